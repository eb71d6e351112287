use tensor_core::linalg::Matrix;

fn main() {
    let a = Matrix::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let square = a.times(&a);
    let difference = a.minus(&a.transpose());
}
