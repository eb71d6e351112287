use tensor_core::linalg::{Dominant, LowRank, Matrix, Pca, Rows};

fn never_called(rows: &Rows<64>, photograph: &Matrix<512, 300>, covariance: &Matrix<64, 64>) {
    let pca = <Pca![64, 65]>::fit(rows);
    let photograph = <LowRank![512, 300, 301]>::of(photograph);
    let few = <Dominant![64, 0]>::of(covariance);
}

fn main() {}
