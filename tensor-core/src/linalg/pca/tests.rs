use proptest::prelude::*;

use super::*;
use crate::linalg::{Randomised, Rows, random};

/// Rows with a different variance in each direction, away from 0.
fn rows<const D: usize>(count: usize, seed: u64) -> Rows<D> {
    let turn: Matrix<D, D> = Matrix::from_vec(D, D, random::normal(D * D, seed ^ 1)).unwrap();
    let mut rows: Rows<D> = Rows::from_vec(count, D, random::normal(count * D, seed)).unwrap();
    for row in rows.numbers_mut().chunks_mut(D) {
        row.iter_mut().enumerate().for_each(|(at, number)| *number = *number / (1.0 + at as f64) + 3.0);
    }
    rows.times(&turn).unwrap()
}

fn near(a: &[f64], b: &[f64], allowed: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= allowed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn all_components_lose_nothing(count in 7..60_usize, seed: u64) {
        let rows = rows::<6>(count, seed);
        let pca = Pca::<6>::fit(&rows).unwrap();
        let places = pca.transform(&rows).unwrap();
        let scale = rows.norm();
        prop_assert!(pca.inverse(&places).unwrap().minus(&rows).unwrap().norm() <= 1e-12 * scale);
        let white = pca.whiten(&rows).unwrap();
        prop_assert!(pca.unwhiten(&white).unwrap().minus(&rows).unwrap().norm() <= 1e-9 * scale);
        // Uncorrelated, with the variances that are said; white ones with variance 1.
        // The covariance is known to its largest variance times a rounding error; making white
        // divides by each variance, so that the smallest one says how much of that is seen.
        let variance = pca.variance().to_vec();
        let condition = variance[0] / variance[5];
        for (places, wanted, allowed) in
            [(places, variance.clone(), 1e-14 * variance[0]), (white, vec![1.0; 6], 1e-14 * condition)]
        {
            let mut moments = Moments::<6>::new();
            moments.add(&places.typed::<ANY, 6>().unwrap()).unwrap();
            let covariance = moments.covariance().unwrap();
            for row in 0..6 {
                for column in 0..6 {
                    let expected = if row == column { wanted[row] } else { 0.0 };
                    let apart = (covariance[(row, column)] - expected).abs();
                    prop_assert!(apart <= 1e-12 + allowed, "{apart:e} of {:e}", 1e-12 + allowed);
                }
            }
        }
        prop_assert!((pca.explained() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn batches_give_what_all_rows_give(count in 10..400_usize, batch in 1..50_usize, split in 0..10_usize, seed: u64) {
        let rows = rows::<5>(count, seed);
        let mut whole = Moments::<5>::new();
        whole.add(&rows).unwrap();
        let (mut first, mut second) = (Moments::<5>::new(), Moments::<5>::new());
        for (at, numbers) in rows.numbers().chunks(5 * batch).enumerate() {
            let part: Rows<5> = Rows::from_vec(numbers.len() / 5, 5, numbers.to_vec()).unwrap();
            if at < split { &mut first } else { &mut second }.add(&part).unwrap();
        }
        first.merge(&second);
        prop_assert_eq!(first.rows(), count);
        prop_assert!(near(first.mean(), whole.mean(), 1e-11));
        let (a, b) = (first.covariance().unwrap(), whole.covariance().unwrap());
        prop_assert!(a.minus(&b).unwrap().norm() <= 1e-12 * b.norm());
    }
}

#[test]
fn nothing_cancels_far_from_zero() {
    let near_zero = rows::<4>(500, 9);
    let mut far = near_zero.clone();
    far.numbers_mut().iter_mut().for_each(|number| *number += 1e8);
    let (a, b) = (Pca::<4>::fit(&near_zero).unwrap(), Pca::<4>::fit(&far).unwrap());
    // At 10⁸ a number is known to 10⁻⁸.
    assert!(near(a.variance(), b.variance(), 1e-7), "{:?} {:?}", a.variance(), b.variance());
}

#[test]
fn threads_give_what_one_gives() {
    let rows = rows::<16>(5000, 2);
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let one = pool(1).install(|| Pca::<16>::fit(&rows).unwrap());
    let three = pool(3).install(|| Pca::<16>::fit(&rows).unwrap());
    assert!(near(one.variance(), three.variance(), 1e-12 * one.variance()[0]));
    assert!(near(one.components().numbers(), three.components().numbers(), 1e-10));
    let mut bad = rows;
    bad.numbers_mut()[16 * 3000 + 5] = f64::NAN;
    bad.numbers_mut()[16 * 4000 + 1] = f64::INFINITY;
    let error = pool(3).install(|| Pca::<16>::fit(&bad).unwrap_err());
    assert_eq!(error.to_string(), "row 3000, column 5 is NaN: only finite numbers can be decomposed");
}

#[test]
fn fewer_rows_than_columns() {
    let rows = rows::<30>(8, 4);
    let pca = Pca::<30>::fit(&rows).unwrap();
    assert_eq!(pca.components().rows(), 8);
    assert!(pca.variance()[7] < 1e-20 && (pca.explained() - 1.0).abs() < 1e-12);
    let mut moments = Moments::<30>::new();
    moments.add(&rows).unwrap();
    let by_moments = Pca::<30>::of(&moments).unwrap();
    assert!(near(&pca.variance()[..7], &by_moments.variance()[..7], 1e-11));
    assert!(near(pca.components().row(2), by_moments.components().row(2), 1e-9));
    let random = Pca::<30, 3>::randomised(&rows, &Randomised::default()).unwrap();
    assert!(near(random.variance(), &pca.variance()[..3], 1e-11));
    assert!((random.explained() - pca.first::<3>().unwrap().explained()).abs() < 1e-12);
}

#[test]
fn rows_without_components_are_refused() {
    let said = |error: LinalgError| error.to_string();
    let one: Rows<2> = Rows::from_rows(&[[1.0, 2.0]]).unwrap();
    assert_eq!(said(Pca::<2>::fit(&one).unwrap_err()), "at least 2 rows are needed, but there are 1");
    let two: Rows<3> = Rows::from_rows(&[[1.0, 2.0, 3.0], [2.0, 1.0, 0.0]]).unwrap();
    assert_eq!(said(Pca::<3, 3>::fit(&two).unwrap_err()), "at least 3 rows are needed, but there are 2");
    let same: Rows<2> = Rows::from_rows(&[[1.0, 2.0]; 5]).unwrap();
    let expected = "all 5 rows are the same: there is no variance to explain";
    assert_eq!(said(Pca::<2>::fit(&same).unwrap_err()), expected);
    assert_eq!(said(Pca::<2, 1>::randomised(&same, &Randomised::default()).unwrap_err()), expected);
    assert!(matches!(Moments::<2>::new().covariance(), Err(LinalgError::TooFewRows { rows: 0, .. })));

    // A constant column has no component of its own: all others can be scaled.
    let flat: Rows<2> = Rows::from_rows(&[[1.0, 7.0], [2.0, 7.0], [4.0, 7.0]]).unwrap();
    let pca = Pca::<2>::fit(&flat).unwrap();
    assert!(matches!(pca.whiten(&flat), Err(LinalgError::NoVariance { component: 1 })));
    assert!(pca.first::<1>().unwrap().whiten(&flat).is_ok());
    for share in [0.0, -1.0, 1.5, f64::NAN] {
        assert!(matches!(pca.share(share), Err(LinalgError::Share { .. })), "{share}");
    }
    assert!(matches!(pca.number(3), Err(LinalgError::Number { asked: 3, most: 2 })));
    let odd: Rows<2> = Rows::from_rows(&[[1.0, f64::NAN]]).unwrap();
    assert!(matches!(pca.transform(&odd), Err(LinalgError::NotFinite { row: 0, column: 1, .. })));
}

#[test]
fn what_is_saved_is_loaded() {
    let pca = Pca::<4, 2>::fit(&rows::<4>(20, 1)).unwrap().unbiased();
    let path = std::env::temp_dir().join(format!("tensor-core-pca-{}.safetensors", std::process::id()));
    pca.save(&path).unwrap();
    assert_eq!(Pca::<4, 2>::load(&path).unwrap(), pca);
    assert_eq!(Pca::<4>::load(&path).unwrap().variance(), pca.variance());
    let said = |error: LinalgError| error.to_string();
    let error = said(Pca::<4, 3>::load(&path).unwrap_err());
    assert!(error.ends_with("`variance` is F64 [2], but F64 [3] is wanted"), "{error}");
    let error = said(Pca::<5, 2>::load(&path).unwrap_err());
    assert!(error.ends_with("`mean` is F64 [4], but F64 [5] is wanted"), "{error}");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    std::fs::write(&path, &bytes[..end - 3]).unwrap();
    assert!(matches!(Pca::<4, 2>::load(&path), Err(LinalgError::File { what: "read", .. })));
    bytes[end - 8 * 4..].fill(0xFF);
    std::fs::write(&path, &bytes).unwrap();
    assert!(Pca::<4, 2>::load(&path).is_err());
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(Pca::<4, 2>::load(&path), Err(LinalgError::File { what: "read", .. })));
}
