use tensor_core::linalg::{Moments, Pca, Rows};

fn never_called(rows: &Rows<65>) {
    let pca = Pca::<64, 10>::fit(rows);
    let mut moments = Moments::<64>::new();
    moments.add(rows);
}

fn main() {}
