use proptest::prelude::*;

use super::power::larger;
use super::*;
use crate::linalg::{ANY, LinalgError, Matrix};

fn symmetric(n: usize, numbers: &[f64]) -> Matrix<ANY, ANY> {
    let number = |row: usize, column: usize| numbers[row.max(column) * n + row.min(column)];
    Matrix::from_fn(n, n, number).unwrap()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The largest ‖A·v − λ·v‖ and the largest departure of the vectors from orthonormal ones.
fn errors(matrix: &Matrix<ANY, ANY>, values: &[f64], vectors: &[&[f64]]) -> (f64, f64) {
    let (mut residual, mut skew) = (0.0_f64, 0.0_f64);
    for (i, (value, vector)) in values.iter().zip(vectors).enumerate() {
        for row in 0..matrix.rows() {
            residual = larger(residual, (dot(matrix.row(row), vector) - value * vector[row]).abs());
        }
        for (j, other) in vectors.iter().enumerate() {
            skew = larger(skew, (dot(vector, other) - f64::from(u8::from(i == j))).abs());
        }
    }
    (residual, skew)
}

fn square_numbers() -> impl Strategy<Value = (usize, Vec<f64>)> {
    (1..24_usize).prop_flat_map(|n| (Just(n), prop::collection::vec(-10.0..10.0_f64, n * n)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_symmetric_matrix_stretches_its_eigenvectors((n, numbers) in square_numbers()) {
        let matrix = symmetric(n, &numbers);
        let eigen = SymmetricEigen::of(&matrix).unwrap();
        prop_assert!(eigen.values().windows(2).all(|pair| pair[0] >= pair[1]));
        let vectors: Vec<&[f64]> = (0..n).map(|at| eigen.vector(at)).collect();
        let (residual, skew) = errors(&matrix, eigen.values(), &vectors);
        prop_assert!(residual <= 1e-12 * matrix.norm() && skew <= 1e-12, "{residual:e} {skew:e}");
        let trace: f64 = (0..n).map(|at| matrix[(at, at)]).sum();
        prop_assert!((eigen.values().iter().sum::<f64>() - trace).abs() <= 1e-12 * matrix.norm() * n as f64);
    }

    #[test]
    fn any_matrix_stretches_and_turns_its_eigenvectors((n, numbers) in square_numbers()) {
        let matrix: Matrix<ANY, ANY> = Matrix::from_vec(n, n, numbers).unwrap();
        let eigen = Eigen::of(&matrix).unwrap();
        for pair in eigen.values().windows(2) {
            prop_assert!(pair[0].re > pair[1].re || (pair[0].re == pair[1].re && pair[0].im >= pair[1].im));
        }
        for (at, value) in eigen.values().iter().enumerate() {
            let vector = eigen.vector(at);
            let length: f64 = vector.iter().map(|number| number.norm_sqr()).sum();
            prop_assert!((length - 1.0).abs() < 1e-12);
            for row in 0..n {
                let image: Complex64 = matrix.row(row).iter().zip(vector).map(|(a, v)| v * *a).sum();
                prop_assert!((image - value * vector[row]).norm() <= 1e-11 * matrix.norm(), "{value}");
            }
        }
    }

    #[test]
    fn power_iteration_finds_the_largest(
        (n, numbers) in square_numbers(), wanted in 1..4_usize, extra in 4..8_usize, seed: u64
    ) {
        let matrix = symmetric(n, &numbers);
        let wanted = wanted.min(n);
        let how = PowerIteration { extra, seed, ..PowerIteration::default() };
        let found = match Dominant::by_number(&matrix, wanted, &how) {
            Ok(found) => found,
            // Where what is left out is nearly as large, it takes long.
            Err(LinalgError::NotConverged { .. }) => return Ok(()),
            Err(error) => panic!("{error}"),
        };
        let eigen = SymmetricEigen::of(&matrix).unwrap();
        let mut values = eigen.values().to_vec();
        values.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
        for (found, exact) in found.values().iter().zip(&values) {
            prop_assert!((found.abs() - exact.abs()).abs() <= 1e-10 * matrix.norm(), "{found} {exact}");
        }
        let vectors: Vec<&[f64]> = (0..wanted).map(|at| found.vector(at)).collect();
        let (residual, skew) = errors(&matrix, found.values(), &vectors);
        prop_assert!(residual <= 1e-11 * matrix.norm() && skew <= 1e-11, "{residual:e} {skew:e}");
        prop_assert_eq!(found.iterations(), found.history().len());
    }
}

#[test]
fn bad_matrices_are_refused_with_their_place() {
    let nan = Matrix::from([[1.0, 2.0, 3.0], [2.0, 1.0, f64::NAN], [3.0, f64::NAN, 1.0]]);
    let said = |error: LinalgError| error.to_string();
    let expected = "row 1, column 2 is NaN: only finite numbers can be decomposed";
    assert_eq!(said(SymmetricEigen::of(&nan).unwrap_err()), expected);
    assert_eq!(said(Eigen::of(&nan).unwrap_err()), expected);
    assert_eq!(said(Dominant::<3, 1>::of(&nan).unwrap_err()), expected);

    let skew = Matrix::from([[1.0, 2.0], [2.5, 1.0]]);
    let expected = "the matrix is not symmetric: row 1, column 0 is 2.5, but row 0, column 1 is 2";
    assert_eq!(said(SymmetricEigen::of(&skew).unwrap_err()), expected);
    assert!(Eigen::of(&skew).is_ok());

    let free: Matrix<ANY, ANY> = Matrix::from_vec(2, 3, vec![0.0; 6]).unwrap();
    assert!(matches!(SymmetricEigen::of(&free), Err(LinalgError::Sizes { found: (2, 3), .. })));
    assert!(matches!(Eigen::of(&free), Err(LinalgError::Sizes { .. })));
    let one = Matrix::from([[1.0]]).typed::<ANY, ANY>().unwrap();
    let how = PowerIteration::default();
    assert!(matches!(Dominant::by_number(&one, 2, &how), Err(LinalgError::Number { asked: 2, most: 1 })));
    let how = PowerIteration { tolerance: f64::NAN, ..how };
    assert!(matches!(Dominant::by_number(&one, 1, &how), Err(LinalgError::Tolerance { .. })));
}

/// Only one of them has threads kept ready.
#[test]
fn callers_at_once_get_what_one_gets() {
    let numbers = crate::linalg::random::normal(100 * 100, 7);
    let matrix = symmetric(100, &numbers);
    let alone = SymmetricEigen::of(&matrix).unwrap();
    let again = || (0..20).all(|_| near(&SymmetricEigen::of(&matrix).unwrap(), &alone));
    let near_in_each = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4).map(|_| scope.spawn(again)).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(near_in_each, [true; 4]);
}

fn near(a: &SymmetricEigen<ANY>, b: &SymmetricEigen<ANY>) -> bool {
    a.values().iter().zip(b.values()).all(|(a, b)| (a - b).abs() < 1e-11)
}

#[test]
fn two_of_the_same_magnitude() {
    let matrix = Matrix::from([[0.0, 2.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]); // 2, −2 and 1
    let plain = PowerIteration { extra: 0, limit: 50, ..PowerIteration::default() };
    let error = Dominant::<3, 1>::by(&matrix, &plain).unwrap_err();
    assert!(matches!(error, LinalgError::NotConverged { iterations: 50, .. }), "{error}");
    let found = Dominant::<3, 2>::of(&matrix).unwrap();
    assert!(found.values().iter().all(|value| (value.abs() - 2.0).abs() < 1e-12), "{:?}", found.values());
}

#[test]
fn products_that_overflow_are_refused() {
    let huge = Matrix::from([[1e308; 4]; 4]);
    let plain = PowerIteration { extra: 0, ..PowerIteration::default() };
    for how in [plain, PowerIteration::default()] {
        for number in [1, 2] {
            let found = Dominant::by_number(&huge, number, &how).map(|found| found.values().to_vec());
            assert!(matches!(found, Err(LinalgError::Overflow)), "{found:?}");
        }
    }
    let large = Matrix::from([[1e150; 4]; 4]);
    assert!((Dominant::<4, 1>::of(&large).unwrap().values()[0] / 4e150 - 1.0).abs() < 1e-12);
}

#[test]
fn nan_is_the_largest() {
    for (numbers, at) in [([1.0, f64::NAN, 3.0], 1), ([f64::NAN, 1.0, 3.0], 0), ([1.0, 3.0, 2.0], 1)] {
        let found = numbers.into_iter().fold(0.0, larger);
        assert_eq!(found.to_bits(), f64::to_bits(numbers[at]));
    }
}

#[test]
fn a_matrix_of_zeros_and_one_of_one_number() {
    let found = Dominant::<3, 2>::of(&Matrix::from([[0.0; 3]; 3])).unwrap();
    assert_eq!((found.values(), found.iterations()), (&[0.0, 0.0][..], 1));
    assert_eq!(SymmetricEigen::of(&Matrix::from([[-4.0]])).unwrap().values(), [-4.0]);
    assert_eq!(Eigen::of(&Matrix::from([[-4.0]])).unwrap().vector(0)[0].re, 1.0);
    assert_eq!(SymmetricEigen::of(&Matrix::from([[0.0; 40]; 40])).unwrap().values(), [0.0; 40]);
}

#[test]
fn wide_matrices_say_where_they_are_odd() {
    let matrix = |row: usize, column: usize, odd: f64| {
        let number = |r: usize, c: usize| if (r, c) == (row, column) { odd } else { (r.min(c) + 1) as f64 };
        Matrix::<ANY, ANY>::from_fn(19, 19, number)
    };
    for (row, column) in [(18, 0), (17, 9), (18, 17), (8, 7)] {
        let found = SymmetricEigen::of(&matrix(row, column, -5.0).unwrap()).map(|_| ());
        assert!(
            matches!(found, Err(LinalgError::NotSymmetric { row: r, column: c, .. }) if (r, c) == (row, column)),
            "{found:?} at {row}, {column}"
        );
        let found =
            matrix(row, column, f64::INFINITY).and_then(|matrix| SymmetricEigen::of(&matrix)).map(|_| ());
        assert!(
            matches!(found, Err(LinalgError::NotFinite { row: r, column: c, .. }) if (r, c) == (row, column)),
            "{found:?} at {row}, {column}"
        );
    }
}

#[test]
fn the_first_of_the_largest_numbers_becomes_positive() {
    use super::symmetric::make_largest_positive;
    let mut zeros = [0.0; 9];
    assert!(!make_largest_positive(&mut zeros));
    for (at, other) in [(0, 12), (7, 8), (8, 3), (12, 0)] {
        for (number, opposite) in [(2.0_f64, -1.0_f64), (-2.0, 1.0), (2.0, -2.0), (-2.0, 2.0)] {
            let mut vector = [0.5; 13];
            (vector[at], vector[other]) = (number, opposite);
            let first = if opposite.abs() == 2.0 && other < at { opposite } else { number };
            assert_eq!(
                make_largest_positive(&mut vector),
                first < 0.0,
                "{number} at {at}, {opposite} at {other}"
            );
            assert_eq!(vector[at], number * first.signum());
        }
    }
}
