//! The only place where matrices become faer's views and back.
//!
//! Ours are row by row, faer's best ones column by column: a matrix of ours is the transpose of one of faer's without a
//! number moved. What faer gives as columns are our rows.

use std::sync::atomic::Ordering;
use std::sync::{LazyLock, Mutex};
use std::thread;

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::linalg::matmul::{matmul, triangular};
use faer::linalg::svd::{self, ComputeSvdVectors};
use faer::linalg::{householder, qr::no_pivoting::factor};
use faer::prelude::{Reborrow, ReborrowMut};
use faer::{Accum, Auto, Conj, MatMut, MatRef, Par, Spec, c64, diag::DiagMut};

use super::{LinalgError, Matrix};

/// Multiplications from which on threads share work.
const SHARED: usize = 1 << 18;

/// Numbers from which on threads share a step of a reduction, where they are kept ready for the next one; faer's 49,152 are
/// for threads that must be woken. (A tenth less time for the reduction of 512².)
const SHARED_WHEN_READY: usize = 1 << 12;

/// How many threads share so many multiplications.
fn threads(multiplications: usize) -> Par {
    if multiplications < SHARED { Par::Seq } else { Par::rayon(0) }
}

/// The most cores that threads can be kept ready on.
static CORES: LazyLock<usize> = LazyLock::new(|| {
    // Beside other programs each turn that a thread waits for in vain costs them time: some 50 µs at most.
    spindle::SPIN_LIMIT.store(1 << 12, Ordering::Relaxed);
    thread::available_parallelism().map_or(1, |cores| cores.get())
});

/// With memory for what faer asks for, and with its threads kept ready: a reduction shares each column's work between
/// them, in less time than it takes to wake one (a tenth of the time of a decomposition of 1000², a third of one of 100²).
///
/// Threads that are ready wait by counting, so they are kept only where each has a core, and by one caller at a time.
fn with_memory<T: Send>(par: Par, request: StackReq, work: impl FnOnce(&mut MemStack) -> T + Send) -> T {
    static READY: Mutex<()> = Mutex::new(());
    let work = || work(MemStack::new(&mut MemBuffer::new(request)));
    if !are_kept_ready(par) {
        return work();
    }
    match READY.try_lock() {
        Ok(_alone) => spindle::with_lock(par.degree(), work),
        Err(_) => work(),
    }
}

/// Whether there are several threads, and a core for each.
fn are_kept_ready(par: Par) -> bool {
    (2..=*CORES).contains(&par.degree())
}

/// Sets from how many numbers on threads share a step of a reduction, if they are kept ready.
fn share_sooner(par: Par, threshold: &mut usize) {
    if are_kept_ready(par) {
        *threshold = SHARED_WHEN_READY;
    }
}

fn view<const R: usize, const C: usize>(matrix: &Matrix<R, C>) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(matrix.numbers(), matrix.rows(), matrix.columns())
}

/// `a · b`, whose sizes fit.
pub(super) fn product<const R: usize, const C: usize, const K: usize>(
    a: &Matrix<R, C>,
    b: &Matrix<C, K>,
) -> Matrix<R, K> {
    let mut numbers = vec![0.0; a.rows() * b.columns()];
    product_into(&mut numbers, view(a), view(b));
    Matrix::trusted(a.rows(), b.columns(), numbers)
}

/// `a · bᵀ`, whose sizes fit: dot products of rows.
pub(super) fn product_of_rows<const R: usize, const C: usize, const K: usize>(
    a: &Matrix<R, C>,
    b: &Matrix<K, C>,
) -> Matrix<R, K> {
    let mut numbers = vec![0.0; a.rows() * b.rows()];
    product_into(&mut numbers, view(a), view(b).transpose());
    Matrix::trusted(a.rows(), b.rows(), numbers)
}

/// `A·v` for each row v.
pub(super) fn images<const M: usize, const N: usize>(matrix: &Matrix<M, N>, vectors: &[f64]) -> Vec<f64> {
    let (m, n) = (matrix.rows(), matrix.columns());
    let count = vectors.len() / n;
    let mut images = vec![0.0; count * m];
    let vectors = MatRef::from_row_major_slice(vectors, count, n);
    product_into(&mut images, vectors, view(matrix).transpose());
    images
}

/// `Aᵀ·v` for each row v.
pub(super) fn images_of_transpose<const M: usize, const N: usize>(
    matrix: &Matrix<M, N>,
    vectors: &[f64],
) -> Vec<f64> {
    let (m, n) = (matrix.rows(), matrix.columns());
    combined(vectors, matrix.numbers(), m, n)
}

/// Sums of rows of length `length`, each with the `count` weights of a row of `weights`.
pub(super) fn combined(weights: &[f64], rows: &[f64], count: usize, length: usize) -> Vec<f64> {
    let sums = weights.len() / count;
    let mut numbers = vec![0.0; sums * length];
    let weights = MatRef::from_row_major_slice(weights, sums, count);
    product_into(&mut numbers, weights, MatRef::from_row_major_slice(rows, count, length));
    numbers
}

fn product_into(numbers: &mut [f64], a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    let into = MatMut::from_row_major_slice_mut(numbers, a.nrows(), b.ncols());
    matmul(into, Accum::Replace, a, b, 1.0, threads(a.nrows() * a.ncols() * b.ncols()));
}

/// Adds `rowsᵀ · rows` to the lower triangle of `[columns, columns]` numbers, on this thread alone.
pub(super) fn add_squares(sum: &mut [f64], rows: &[f64], columns: usize) {
    let into = MatMut::from_row_major_slice_mut(sum, columns, columns);
    let rows = MatRef::from_row_major_slice(rows, rows.len() / columns, columns);
    use triangular::BlockStructure::{Rectangular, TriangularLower};
    let transposed = rows.transpose();
    triangular::matmul(
        into,
        TriangularLower,
        Accum::Add,
        transposed,
        Rectangular,
        rows,
        Rectangular,
        1.0,
        Par::Seq,
    );
}

/// The numbers of a symmetric matrix that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Triangle {
    /// As sums of squares have them.
    Lower,
    /// Those that lie as faer likes them.
    Upper,
}

/// Values from the largest to the smallest, and as many orthonormal rows, of `n × n` symmetric numbers.
pub(super) fn symmetric_eigen(
    numbers: &[f64],
    triangle: Triangle,
    n: usize,
) -> Result<(Vec<f64>, Vec<f64>), LinalgError> {
    let matrix = match triangle {
        Triangle::Lower => MatRef::from_row_major_slice(numbers, n, n),
        Triangle::Upper => MatRef::from_column_major_slice(numbers, n, n),
    };
    let (mut values, mut vectors) = (vec![0.0; n], vec![0.0; n * n]);
    let par = threads(n * n * n);
    let mut params: evd::SelfAdjointEvdParams = Auto::<f64>::auto();
    share_sooner(par, &mut params.tridiag.par_threshold);
    let params = Spec::new(params);
    let request = evd::self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, par, params);
    with_memory(par, request, |memory| {
        let into = MatMut::from_column_major_slice_mut(&mut vectors, n, n);
        evd::self_adjoint_evd(matrix, DiagMut::from_slice_mut(&mut values), Some(into), par, memory, params)
    })
    .map_err(|_| LinalgError::Failed { decomposition: "eigendecomposition" })?;
    // From the smallest to the largest, faer says.
    values.reverse();
    reverse_rows(&mut vectors, n);
    Ok((values, vectors))
}

fn reverse_rows(numbers: &mut [f64], columns: usize) {
    let half = numbers.len() / columns / 2 * columns;
    let (upper, lower) = numbers.split_at_mut(numbers.len() - half);
    for (a, b) in upper.chunks_exact_mut(columns).zip(lower.chunks_exact_mut(columns).rev()) {
        a.swap_with_slice(b);
    }
}

/// The eigenvalues of a square matrix in faer's order, and an eigenvector for each.
pub(super) fn general_eigen<const N: usize>(
    matrix: &Matrix<N, N>,
) -> Result<(Vec<c64>, Vec<Vec<c64>>), LinalgError> {
    let n = matrix.rows();
    let (mut real, mut imaginary, mut packed) = (vec![0.0; n], vec![0.0; n], vec![0.0; n * n]);
    let (par, params) = (threads(n * n * n), Spec::default());
    let (no, yes) = (ComputeEigenvectors::No, ComputeEigenvectors::Yes);
    with_memory(par, evd::evd_scratch::<f64>(n, no, yes, par, params), |memory| {
        let (re, im) = (DiagMut::from_slice_mut(&mut real), DiagMut::from_slice_mut(&mut imaginary));
        let into = MatMut::from_column_major_slice_mut(&mut packed, n, n);
        evd::evd_real(view(matrix), re, im, None, Some(into), par, memory, params)
    })
    .map_err(|_| LinalgError::Failed { decomposition: "eigendecomposition" })?;
    let values: Vec<c64> = real.iter().zip(&imaginary).map(|(&re, &im)| c64::new(re, im)).collect();
    // A pair of conjugates shares two columns: the real and the imaginary part of the first one's vector.
    let column = |at: usize| &packed[at * n..][..n];
    let paired = |first: usize, sign: f64| {
        let parts = column(first).iter().zip(column(first + 1));
        parts.map(|(&re, &im)| c64::new(re, sign * im)).collect()
    };
    let (mut vectors, mut at) = (Vec::with_capacity(n), 0);
    while at < n {
        if values[at].im == 0.0 || at + 1 == n {
            vectors.push(column(at).iter().map(|&re| c64::new(re, 0.0)).collect());
            at += 1;
        } else {
            vectors.extend([paired(at, 1.0), paired(at, -1.0)]);
            at += 2;
        }
    }
    Ok((values, vectors))
}

/// How many singular vectors are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vectors {
    None,
    Thin,
    Full,
}

/// Singular values from the largest to the smallest; left and right singular vectors as rows.
#[derive(Debug)]
pub(super) struct Triple {
    pub(super) values: Vec<f64>,
    pub(super) left: Vec<f64>,
    pub(super) right: Vec<f64>,
}

/// The singular values of `[rows, columns]` numbers.
pub(super) fn singular(
    numbers: &[f64],
    (rows, columns): (usize, usize),
    wanted: Vectors,
) -> Result<Triple, LinalgError> {
    let least = rows.min(columns);
    let (of_left, of_right, compute) = match wanted {
        Vectors::None => (0, 0, ComputeSvdVectors::No),
        Vectors::Thin => (least, least, ComputeSvdVectors::Thin),
        Vectors::Full => (rows, columns, ComputeSvdVectors::Full),
    };
    let mut triple = Triple {
        values: vec![0.0; least],
        left: vec![0.0; rows * of_left],
        right: vec![0.0; columns * of_right],
    };
    // Our transpose lies as faer likes it, so that left and right change places.
    let transposed = MatRef::from_column_major_slice(numbers, columns, rows);
    let par = threads(rows * columns * least);
    let mut params: svd::SvdParams = Auto::<f64>::auto();
    share_sooner(par, &mut params.bidiag.par_threshold);
    let params = Spec::new(params);
    with_memory(par, svd::svd_scratch::<f64>(columns, rows, compute, compute, par, params), |memory| {
        let values = DiagMut::from_slice_mut(&mut triple.values);
        let of_transposed = (wanted != Vectors::None).then(|| {
            (
                MatMut::from_column_major_slice_mut(&mut triple.right, columns, of_right),
                MatMut::from_column_major_slice_mut(&mut triple.left, rows, of_left),
            )
        });
        let (left, right) = of_transposed.unzip();
        svd::svd(transposed, values, left, right, par, memory, params)
    })
    .map_err(|_| LinalgError::Failed { decomposition: "singular value decomposition" })?;
    Ok(triple)
}

/// Makes rows orthonormal in place, of which there are no more than columns, by Householder's reflections: those that
/// depend on the ones before are replaced by rows orthogonal to all.
pub(super) fn orthonormalise(numbers: &mut [f64], columns: usize) {
    let rows = numbers.len() / columns;
    let mut copy = numbers.to_vec();
    // Threads take twice as long for as few reflections as there are here.
    let par = Par::Seq;
    let block = factor::recommended_block_size::<f64>(columns, rows);
    let mut coefficients = vec![0.0; block * rows];
    let params = Spec::default();
    let request = StackReq::any_of(&[
        factor::qr_in_place_scratch::<f64>(columns, rows, block, par, params),
        householder::apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(
            columns, block, rows,
        ),
    ]);
    with_memory(par, request, |memory| {
        let mut copy = MatMut::from_column_major_slice_mut(&mut copy, columns, rows);
        let mut coefficients = MatMut::from_column_major_slice_mut(&mut coefficients, block, rows);
        factor::qr_in_place(copy.rb_mut(), coefficients.rb_mut(), par, memory, params);
        let mut q = MatMut::from_column_major_slice_mut(numbers, columns, rows);
        q.fill(0.0);
        q.rb_mut().diagonal_mut().fill(1.0);
        householder::apply_block_householder_sequence_on_the_left_in_place_with_conj(
            copy.rb(),
            coefficients.rb(),
            Conj::No,
            q,
            par,
            memory,
        );
    });
}
