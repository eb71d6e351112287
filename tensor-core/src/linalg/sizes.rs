//! Proofs that a number of components fits, at compile time.

use super::ANY;
use crate::plan::Text;

/// `asked`, if no more than `most` exist; evaluated by what [`Pca!`](super::Pca), [`LowRank!`](super::LowRank) and
/// [`Dominant!`](super::Dominant) expand to.
///
/// # Panics
/// At compile time, with both numbers.
#[doc(hidden)]
#[track_caller]
pub const fn at_most(asked: usize, most: usize, what: &str, of: &str) -> usize {
    if asked == ANY || (asked > 0 && (asked <= most || most == ANY)) {
        return asked;
    }
    let text = Text::new().number(asked).str(" ").str(what).str(" are asked for, but ").str(of);
    panic!("{}", text.str(" from 1 to ").number(most).as_str())
}

/// The smaller one.
#[doc(hidden)]
pub const fn least(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

/// `Pca![64, 10]` is the type `Pca<64, 10>`, whose number of components `cargo check` compares with the width.
///
/// For sizes of a generic function write `Pca<D, K>`: those are compared when it is built.
///
/// ```
/// use tensor_core::linalg::{Pca, Rows};
///
/// let rows: Rows<3> = Rows::from_rows(&[[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [3.0, 6.0, 8.0], [4.0, 8.0, 9.0]])?;
/// let pca = <Pca![3, 2]>::fit(&rows)?;
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
/// ```compile_fail
/// # use tensor_core::linalg::Pca;
/// fn reduce(pca: &Pca![3, 4]) {} // 4 components are asked for, but vectors of 3 numbers have from 1 to 3
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! __pca {
    ($D:expr, $K:expr $(,)?) => {
        $crate::linalg::Pca<
            { $D },
            { $crate::linalg::at_most($K, $D, "components", ::core::concat!("vectors of ", ::core::stringify!($D), " numbers have")) },
        >
    };
}

/// `LowRank![512, 300, 50]` is the type `LowRank<512, 300, 50>`, whose rank `cargo check` compares with the sizes.
///
/// For sizes of a generic function write `LowRank<M, N, K>`: those are compared when it is built.
///
/// ```
/// use tensor_core::linalg::{LowRank, Matrix};
///
/// let a = Matrix::from([[1.0, 2.0, 3.0], [2.0, 4.0, 7.0]]);
/// let nearest = <LowRank![2, 3, 1]>::of(&a)?;
/// # Ok::<(), tensor_core::linalg::LinalgError>(())
/// ```
/// ```compile_fail
/// # use tensor_core::linalg::LowRank;
/// fn shrink(matrix: &LowRank![2, 3, 3]) {} // 3 singular values are asked for, but a matrix of 2 × 3 has from 1 to 2
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! __low_rank {
    ($M:expr, $N:expr, $K:expr $(,)?) => {
        $crate::linalg::LowRank<
            { $M },
            { $N },
            {
                $crate::linalg::at_most(
                    $K,
                    $crate::linalg::least($M, $N),
                    "singular values",
                    ::core::concat!("a matrix of ", ::core::stringify!($M), " × ", ::core::stringify!($N), " has"),
                )
            },
        >
    };
}

/// `Dominant![3, 2]` is the type `Dominant<3, 2>`, whose number of eigenvectors `cargo check` compares with the size.
///
/// For sizes of a generic function write `Dominant<N, K>`: those are compared when it is built.
///
/// ```compile_fail
/// # use tensor_core::linalg::Dominant;
/// fn first(found: &Dominant![3, 4]) {} // 4 eigenvectors are asked for, but a matrix of 3 × 3 has from 1 to 3
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! __dominant {
    ($N:expr, $K:expr $(,)?) => {
        $crate::linalg::Dominant<
            { $N },
            {
                $crate::linalg::at_most(
                    $K,
                    $N,
                    "eigenvectors",
                    ::core::concat!("a matrix of ", ::core::stringify!($N), " × ", ::core::stringify!($N), " has"),
                )
            },
        >
    };
}
