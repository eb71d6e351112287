use proptest::prelude::*;

use super::*;

type Free = Matrix<ANY, ANY>;

fn matrices() -> impl Strategy<Value = Free> {
    (1..20_usize, 1..20_usize).prop_flat_map(|(m, n)| {
        let numbers = prop::collection::vec(-10.0..10.0_f64, m * n);
        numbers.prop_map(move |numbers| Matrix::from_vec(m, n, numbers).unwrap())
    })
}

fn skew(vectors: &Free) -> f64 {
    let products: Free = bridge::product_of_rows(vectors, vectors);
    let identity = |row, column| f64::from(u8::from(row == column));
    products.minus(&Matrix::from_fn(vectors.rows(), vectors.rows(), identity).unwrap()).unwrap().norm()
}

fn rebuilt(svd: &Svd<ANY, ANY>) -> Free {
    svd.low_rank_of(svd.values().len()).unwrap().to_matrix()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_factors_give_the_matrix_back(matrix in matrices()) {
        for svd in [Svd::thin(&matrix).unwrap(), Svd::full(&matrix).unwrap()] {
            prop_assert!(svd.values().windows(2).all(|pair| pair[0] >= pair[1]));
            prop_assert!(rebuilt(&svd).minus(&matrix).unwrap().norm() <= 1e-12 * matrix.norm());
            prop_assert!(skew(svd.left()) <= 1e-12 && skew(svd.right()) <= 1e-12);
        }
        let full = Svd::full(&matrix).unwrap();
        prop_assert_eq!((full.left().rows(), full.right().rows()), (matrix.rows(), matrix.columns()));
        let values = singular_values(&matrix).unwrap();
        for (alone, with) in values.iter().zip(full.values()) {
            prop_assert!((alone - with).abs() <= 1e-12 * matrix.norm());
        }
    }

    /// Eckart and Young: what is missing is the discarded singular values, and nothing of that rank is nearer.
    #[test]
    fn nothing_of_low_rank_is_nearer(matrix in matrices(), rank in 1..6_usize, seed: u64, scale in 0.0..2.0_f64) {
        let svd = Svd::thin(&matrix).unwrap();
        let rank = rank.min(svd.values().len());
        let nearest = svd.low_rank_of(rank).unwrap();
        let rest = nearest.to_matrix().minus(&matrix).unwrap();
        prop_assert!((rest.norm() - svd.error(rank)).abs() <= 1e-11 * matrix.norm());
        let next = svd.values().get(rank).copied().unwrap_or(0.0);
        prop_assert!((singular_values(&rest).unwrap()[0] - next).abs() <= 1e-11 * matrix.norm());

        // Any matrix of that rank, and one beside the nearest.
        let (m, n) = (matrix.rows(), matrix.columns());
        let noise = crate::linalg::random::normal(rank * (m + n), seed);
        let (b, a) = nearest.factors();
        for weight in [0.0, 1.0] {
            let moved = |factor: &Free, noise: &[f64]| -> Free {
                let numbers = factor.numbers().iter().zip(noise).map(|(x, noise)| weight * x + scale * noise);
                Matrix::from_vec(factor.rows(), factor.columns(), numbers.collect()).unwrap()
            };
            let other: Free = moved(&b, &noise).times(&moved(&a, &noise[rank * m..])).unwrap();
            let apart = other.minus(&matrix).unwrap();
            prop_assert!(apart.norm() >= svd.error(rank) - 1e-11 * matrix.norm());
            prop_assert!(singular_values(&apart).unwrap()[0] >= next - 1e-11 * matrix.norm());
        }
    }

    #[test]
    fn a_pseudo_inverse_has_penroses_properties(matrix in matrices()) {
        let svd = Svd::thin(&matrix).unwrap();
        prop_assume!(svd.condition() < 1e6);
        let inverse = svd.pseudo_inverse();
        let (left, right) = (matrix.times(&inverse).unwrap(), inverse.times(&matrix).unwrap());
        let near = |a: &Free, b: &Free| a.minus(b).unwrap().norm() <= 1e-8 * (1.0 + b.norm());
        prop_assert!(near(&left.times(&matrix).unwrap(), &matrix));
        prop_assert!(near(&right.times(&inverse).unwrap(), &inverse));
        prop_assert!(near(&left.transpose(), &left) && near(&right.transpose(), &right));
    }

    #[test]
    fn randomised_is_exact_for_what_has_that_rank(m in 12..40_usize, n in 12..40_usize, rank in 1..8_usize, seed: u64) {
        let numbers = crate::linalg::random::normal(rank * (m + n), seed);
        let left: Free = Matrix::from_vec(m, rank, numbers[..rank * m].to_vec()).unwrap();
        let right: Free = Matrix::from_vec(rank, n, numbers[rank * m..].to_vec()).unwrap();
        let matrix = left.times(&right).unwrap();
        let found = LowRank::randomised_of(&matrix, rank, &Randomised { seed, ..Randomised::default() }).unwrap();
        prop_assert!(found.to_matrix().minus(&matrix).unwrap().norm() <= 1e-11 * matrix.norm());
        let exact = singular_values(&matrix).unwrap();
        for (found, exact) in found.values().iter().zip(&exact) {
            prop_assert!((found - exact).abs() <= 1e-11 * exact);
        }
    }
}

#[test]
fn a_randomised_decomposition_is_nearly_the_nearest() {
    let numbers = crate::linalg::random::normal(90 * 60, 3);
    let matrix: Matrix<90, 60> = Matrix::from_vec(90, 60, numbers).unwrap();
    let exact = LowRank::<90, 60, 5>::of(&matrix).unwrap().to_matrix().minus(&matrix).unwrap().norm();
    for (iterations, slack) in [(0, 1.06), (4, 1.01), (12, 1.002)] {
        let how = Randomised { iterations: Some(iterations), ..Randomised::default() };
        let near = LowRank::<90, 60, 5>::randomised(&matrix, &how).unwrap();
        let near = near.to_matrix().minus(&matrix).unwrap().norm();
        assert!(near >= exact && near <= slack * exact, "{iterations}: {near} {exact}");
    }
}

#[test]
fn numbers_of_a_matrix_without_inverse() {
    let svd = Svd::thin(&Matrix::from([[1.0, 2.0], [2.0, 4.0]])).unwrap();
    assert_eq!(svd.rank(), 1);
    assert!(svd.condition() > 1e15);
    let zeros = Svd::thin(&Matrix::from([[0.0; 3]; 2])).unwrap();
    assert_eq!((zeros.rank(), zeros.values()), (0, &[0.0, 0.0][..]));
    assert_eq!(zeros.condition(), f64::INFINITY);
    assert_eq!(zeros.pseudo_inverse(), Matrix::from([[0.0; 2]; 3]));
    let low = LowRank::<2, 3, 1>::of(&Matrix::from([[1.0, 2.0, 3.0], [2.0, 4.0, 7.0]])).unwrap();
    assert_eq!((low.rank(), low.storage()), (1, 6));
}

#[test]
fn bad_matrices_and_ranks_are_refused() {
    let bad = Matrix::from([[1.0, 2.0, 3.0], [f64::NEG_INFINITY, 1.0, f64::NAN]]);
    let expected = "row 1, column 0 is -inf: only finite numbers can be decomposed";
    assert_eq!(Svd::thin(&bad).unwrap_err().to_string(), expected);
    assert_eq!(singular_values(&bad).unwrap_err().to_string(), expected);
    assert_eq!(
        LowRank::<2, 3, 1>::randomised(&bad, &Randomised::default()).unwrap_err().to_string(),
        expected
    );
    let free: Free = Matrix::from_vec(2, 3, vec![1.0; 6]).unwrap();
    for rank in [0, 3] {
        let error = LowRank::of_rank(&free, rank).unwrap_err();
        assert!(matches!(error, LinalgError::Number { most: 2, .. }), "{error}");
        let error = LowRank::randomised_of(&free, rank, &Randomised::default()).unwrap_err();
        assert!(matches!(error, LinalgError::Number { most: 2, .. }), "{error}");
    }
    assert!(matches!(LowRank::<ANY, ANY, 3>::of(&free), Err(LinalgError::Number { asked: 3, most: 2 })));
}
