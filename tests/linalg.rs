//! Decompositions beside NumPy's, SciPy's and scikit-learn's, up to the signs of vectors.
#![cfg(feature = "linalg")]

mod support;

use support::difference::largest_difference;
use support::fixture::{Array, Fixture};
use tensor_core::data::Schema;
use tensor_core::linalg::{
    ANY, Eigen, LowRank, Matrix, Moments, Pca, Randomised, Rows, Svd, SymmetricEigen, singular_values,
};

const TOLERANCE: f64 = 1e-8;

fn matrix<const R: usize, const C: usize>(fixture: &Fixture, key: &str) -> Matrix<R, C> {
    let Array { shape, values } = fixture.f64(key);
    Matrix::from_vec(shape[0], shape[1], values.clone()).expect(key)
}

#[track_caller]
fn assert_near(what: &str, found: &[f64], expected: &Array<f64>) {
    assert_eq!(found.len(), expected.values.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(&expected.values).enumerate() {
        let allowed = TOLERANCE * expected.abs().max(1.0);
        assert!((found - expected).abs() <= allowed, "{what}[{at}] is {found}, expected {expected}");
    }
}

/// Each row may have the other sign.
#[track_caller]
fn assert_near_up_to_sign<const R: usize, const C: usize>(
    what: &str,
    found: &Matrix<R, C>,
    expected: &Array<f64>,
) {
    assert_eq!([found.rows(), found.columns()], expected.shape[..], "{what}");
    for (row, expected) in expected.values.chunks(found.columns()).enumerate() {
        let apart = |sign: f64| {
            let expected: Vec<f64> = expected.iter().map(|number| sign * number).collect();
            largest_difference(found.row(row), &expected)
        };
        let apart = apart(1.0).min(apart(-1.0));
        assert!(apart <= TOLERANCE, "{what}, row {row}: {apart:e}");
    }
}

#[test]
fn symmetric_eigenvectors() {
    let fixture = Fixture::open("linalg/decompositions");
    let eigen = SymmetricEigen::of(&matrix::<12, 12>(&fixture, "symmetric")).unwrap();
    assert_near("values", eigen.values(), fixture.f64("symmetric.values"));
    assert_near_up_to_sign("vectors", eigen.vectors(), fixture.f64("symmetric.vectors"));
}

#[test]
fn general_eigenvalues() {
    let fixture = Fixture::open("linalg/decompositions");
    let eigen = Eigen::of(&matrix::<12, 12>(&fixture, "square")).unwrap();
    let (real, imaginary): (Vec<f64>, Vec<f64>) =
        eigen.values().iter().map(|value| (value.re, value.im)).unzip();
    assert_near("real", &real, fixture.f64("square.real"));
    assert_near("imaginary", &imaginary, fixture.f64("square.imaginary"));
}

fn check_svd<const M: usize, const N: usize>(name: &str) {
    let fixture = Fixture::open("linalg/decompositions");
    let key = |of: &str| format!("{name}.{of}");
    let matrix: Matrix<M, N> = matrix(&fixture, name);
    let svd = Svd::thin(&matrix).unwrap();
    assert_near(name, svd.values(), fixture.f64(&key("values")));
    assert_near(name, &singular_values(&matrix).unwrap(), fixture.f64(&key("values")));
    let rank = svd.rank();
    assert_eq!(rank as i64, fixture.i64(&key("rank")).values[0], "{name}");
    // Where singular values are 0, any vectors do.
    let first = |key: &str| {
        let Array { shape, values } = fixture.f64(key);
        Array::new(&[rank, shape[1]], values[..rank * shape[1]].to_vec())
    };
    let low = svd.low_rank_of(rank).unwrap();
    assert_near_up_to_sign(name, low.left(), &first(&key("left")));
    assert_near_up_to_sign(name, low.right(), &first(&key("right")));
    assert_near(name, svd.pseudo_inverse().numbers(), fixture.f64(&key("pseudo_inverse")));
}

#[test]
fn singular_vectors_ranks_and_pseudo_inverses() {
    check_svd::<9, 5>("tall");
    check_svd::<4, 7>("wide");
    check_svd::<8, 6>("flat");
    check_svd::<ANY, 5>("tall");
    let fixture = Fixture::open("linalg/decompositions");
    let condition = Svd::thin(&matrix::<9, 5>(&fixture, "tall")).unwrap().condition();
    assert_near("condition", &[condition], fixture.f64("tall.condition"));
}

#[test]
fn a_randomised_decomposition() {
    let fixture = Fixture::open("linalg/decompositions");
    let noisy: Matrix<80, 50> = matrix(&fixture, "noisy");
    let found = LowRank::<80, 50, 6>::randomised(&noisy, &Randomised::default()).unwrap();
    assert_near("values", found.values(), fixture.f64("noisy.values"));
    assert_near_up_to_sign("right", found.right(), fixture.f64("noisy.right"));
}

#[test]
fn principal_components() {
    let fixture = Fixture::open("linalg/components");
    let (x, new): (Rows<6>, Rows<6>) = (matrix(&fixture, "x"), matrix(&fixture, "new"));
    let pca = Pca::<6, 5>::fit(&x).unwrap().unbiased();
    assert_near("mean", pca.mean(), fixture.f64("mean"));
    assert_near("variance", pca.variance(), fixture.f64("variance"));
    assert_near("ratio", &pca.ratio(), fixture.f64("ratio"));
    assert_near_up_to_sign("components", pca.components(), fixture.f64("components"));
    let four = pca.first::<4>().unwrap();
    // Columns may have the other sign.
    let transposed = |key: &str| {
        let expected: Matrix<ANY, ANY> = matrix::<ANY, ANY>(&fixture, key).transpose();
        Array::new(&[4, 7], expected.into_numbers())
    };
    assert_near_up_to_sign(
        "transformed",
        &four.transform(&new).unwrap().transpose(),
        &transposed("transformed"),
    );
    let whitened = four.whiten(&new).unwrap();
    assert_near_up_to_sign("whitened", &whitened.transpose(), &transposed("whitened"));
    assert_near("restored", four.unwhiten(&whitened).unwrap().numbers(), fixture.f64("restored"));
}

#[test]
fn principal_components_of_few_rows_and_of_batches() {
    let fixture = Fixture::open("linalg/components");
    let wide: Rows<15> = matrix(&fixture, "wide");
    let pca = Pca::<15, 5>::fit(&wide).unwrap().unbiased();
    assert_near("variance", pca.variance(), fixture.f64("wide.variance"));
    assert_near("ratio", &pca.ratio(), fixture.f64("wide.ratio"));
    assert_near_up_to_sign("components", pca.components(), fixture.f64("wide.components"));

    let x: Matrix<40, 6> = matrix(&fixture, "x");
    let mut moments = Moments::<5>::new();
    for batch in x.numbers().chunks(7 * 6) {
        let rows: Vec<[f64; 5]> =
            batch.chunks(6).map(|row| [row[0], row[1], row[3], row[4], row[5]]).collect();
        moments.add(&Rows::from_rows(&rows).unwrap()).unwrap();
    }
    let pca = Pca::<5, 5>::of(&moments).unwrap().unbiased();
    assert_near("variance", pca.variance(), fixture.f64("stream.variance"));
    assert_near_up_to_sign("components", pca.components(), fixture.f64("stream.components"));
}

#[test]
fn digits_as_scikit_learn_has_them() {
    let fixture = Fixture::open("linalg/digits");
    let names: Vec<String> = (0..64).map(|pixel| format!("{}{}", pixel / 8, pixel % 8)).collect();
    let schema = Schema {
        features: std::array::from_fn(|pixel| -> &'static str { names[pixel].clone().leak() }),
        class: "digit",
        classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/digits.csv");
    let table: tensor_core::data::Table<64, 10> = schema.read_csv(path).unwrap();
    let rows: Rows<64> = Rows::from_rows(table.rows()).unwrap();
    let pca = Pca::<64>::fit(&rows).unwrap();
    for (share, &count) in fixture.f64("shares").values.iter().zip(&fixture.i64("counts").values) {
        assert_eq!(pca.number_for(*share).unwrap() as i64, count, "{share}");
        assert_eq!(pca.share(*share).unwrap().components().rows() as i64, count);
    }
    let mut moments = Moments::<64>::new();
    moments.add(&rows).unwrap();
    let covariance = moments.covariance().unwrap();
    let diagonal: Vec<f64> = (0..64).map(|at| covariance[(at, at)]).collect();
    assert_near("covariance", &diagonal, fixture.f64("covariance.diagonal"));

    let pca = pca.unbiased();
    assert_near("variance", pca.variance(), fixture.f64("variance"));
    assert_near("ratio", &pca.ratio(), fixture.f64("ratio"));
    assert_near_up_to_sign("components", pca.first::<10>().unwrap().components(), fixture.f64("components"));
    // The randomised ones are as near as iterations bring them.
    let near =
        Pca::<64, 10>::randomised(&rows, &Randomised { iterations: Some(30), ..Randomised::default() });
    assert_near_up_to_sign("randomised", near.unwrap().components(), fixture.f64("components"));
}
