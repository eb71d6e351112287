//! Length, dot product and cosine of vectors.

use super::{Vector, Vectors};
use crate::kernels::Threads;
use crate::kernels::matmul::{Into, Matrix, multiply};
use crate::kernels::vectorised;

/// The dot product, Σ aᵢbᵢ, summed in `f64` and rounded once.
///
/// NaN and infinity are passed on.
///
/// ```
/// use tensor_core::search::dot;
///
/// assert_eq!(dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
/// ```
pub fn dot<const D: usize>(a: impl Vector<D>, b: impl Vector<D>) -> f32 {
    sum_of_products(&a.numbers(), &b.numbers()) as f32
}

/// The Euclidean length, √Σ aᵢ², summed in `f64`, so that no square overflows.
///
/// ```
/// use tensor_core::search::norm;
///
/// assert_eq!(norm(&[3.0, 4.0]), 5.0);
/// assert_eq!(norm(&[3e38, 0.0]), 3e38);
/// ```
pub fn norm<const D: usize>(a: impl Vector<D>) -> f32 {
    length(&a.numbers()) as f32
}

/// The cosine of the angle between two vectors, a·b / (‖a‖·‖b‖): 1 for the same direction, 0 for a right angle, −1 for
/// opposite ones.
///
/// A vector of zeros has no direction; its cosine with any vector is **0**, which is "not similar", as in scikit-learn.
/// NaN gives NaN, and so does an infinite number, whose direction can't be told.
///
/// ```
/// use tensor_core::search::cosine;
///
/// assert_eq!(cosine(&[1.0, 1.0], &[2.0, 2.0]), 1.0);
/// assert_eq!(cosine(&[1.0, 0.0], &[-3.0, 0.0]), -1.0);
/// assert_eq!(cosine(&[0.0, 0.0], &[1.0, 2.0]), 0.0);
/// ```
pub fn cosine<const D: usize>(a: impl Vector<D>, b: impl Vector<D>) -> f32 {
    let (a, b) = (a.numbers(), b.numbers());
    let (product, lengths) = (sum_of_products(&a, &b), length(&a) * length(&b));
    // Rounding may lead beyond 1 by a last bit.
    if lengths == 0.0 { 0.0 } else { (product / lengths).clamp(-1.0, 1.0) as f32 }
}

/// The cosines of all pairs, row by row: `left: [n, D]`, `right: [m, D]` → `n · m` numbers.
///
/// The vectors are brought to length 1, then multiplied as matrices: one blocked product on all threads, summed in `f32`. So
/// a cosine may differ from [`cosine`]'s in the last bits, and be beyond 1 by these. Zeros and NaN as there.
///
/// ```
/// use tensor_core::search::pairwise_cosine;
///
/// let words = [[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]];
/// let cosines = pairwise_cosine(&words, &words);
/// assert_eq!(cosines.len(), 9);
/// assert_eq!((cosines[0], cosines[1]), (1.0, 0.0));
/// assert!((cosines[2] - 0.5f32.sqrt()).abs() < 1e-6);
/// ```
pub fn pairwise_cosine<const D: usize>(left: impl Vectors<D>, right: impl Vectors<D>) -> Vec<f32> {
    const { assert!(D > 0, "vectors have at least one number") };
    let [left, right] = [left.numbers(), right.numbers()].map(|numbers| {
        let mut numbers = numbers.into_owned();
        numbers.chunks_exact_mut(D).for_each(to_unit_length);
        numbers
    });
    let (n, m) = (left.len() / D, right.len() / D);
    let mut cosines = vec![0.0; n * m];
    if !cosines.is_empty() {
        let (left, right) = (Matrix::new(&left, n, D), Matrix::new(&right, m, D).transposed());
        multiply(&mut cosines, m, Into::Replace, 1.0, left, right, Threads::All);
    }
    cosines
}

/// Divides a vector by its length; zeros stay zeros.
pub(super) fn to_unit_length(numbers: &mut [f32]) {
    let length = length(numbers);
    if length != 0.0 {
        numbers.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
}

fn length(numbers: &[f32]) -> f64 {
    sum_of_products(numbers, numbers).sqrt()
}

vectorised! {
    /// Eight sums side by side, which the compiler makes vectors of.
    fn sum_of_products(a: &[f32], b: &[f32]) -> f64 {
        let (a, a_rest) = a.as_chunks::<8>();
        let (b, b_rest) = b.as_chunks::<8>();
        let mut sums = [0.0f64; 8];
        for (a, b) in a.iter().zip(b) {
            for i in 0..8 {
                sums[i] += f64::from(a[i]) * f64::from(b[i]);
            }
        }
        let rest = a_rest.iter().zip(b_rest).map(|(&a, &b)| f64::from(a) * f64::from(b));
        sums.iter().sum::<f64>() + rest.sum::<f64>()
    }
}
