use tensor_core::linalg::{Eigen, Matrix, SymmetricEigen};

fn main() {
    let wide = Matrix::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let symmetric = SymmetricEigen::of(&wide);
    let general = Eigen::of(&wide);
}
