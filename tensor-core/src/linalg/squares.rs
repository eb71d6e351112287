//! Sums of `xᵀ·x`: half a product, since the result is symmetric.

use super::bridge;

/// Columns of a panel. With [`TILE`] rows its sums fill twelve of AVX2's sixteen registers.
const PANEL: usize = 12;

/// Rows of a tile, of which a panel has three.
const TILE: usize = 4;

/// The most rows that are taken at once, so that two panels stay in the nearest cache.
const DEPTH: usize = 192;

/// Adds `rowsᵀ · rows` to lower triangles, on one thread; keeps its memory from call to call.
#[derive(Default)]
pub(super) struct Squares {
    /// `[panels, rows]`
    panels: Vec<[f64; PANEL]>,
}

impl Squares {
    /// Adds to the lower triangle of `[columns, columns]` numbers.
    pub(super) fn add(&mut self, sum: &mut [f64], rows: &[f64], columns: usize) {
        // With AVX-512 faer has twice these registers.
        #[cfg(target_arch = "x86_64")]
        if crate::kernels::has_avx2() && !crate::kernels::has_avx512() {
            let count = rows.len() / columns;
            let at_once = count.div_ceil(count.div_ceil(DEPTH).max(1)).max(1);
            for rows in rows.chunks(at_once * columns) {
                self.pack(rows, columns);
                // SAFETY: the processor has AVX2 and FMA, the only condition.
                unsafe { avx2::add(sum, &self.panels, columns) };
            }
            return;
        }
        bridge::add_squares(sum, rows, columns);
    }

    /// Rows as panels of their columns, the last one filled up with zeros.
    #[cfg(target_arch = "x86_64")]
    fn pack(&mut self, rows: &[f64], columns: usize) {
        let count = rows.len() / columns;
        self.panels.clear();
        self.panels.resize(count * columns.div_ceil(PANEL), [0.0; PANEL]);
        for (at, row) in rows.chunks_exact(columns).enumerate() {
            let places = self.panels[at..].iter_mut().step_by(count);
            for (place, numbers) in places.zip(row.chunks(PANEL)) {
                place[..numbers.len()].copy_from_slice(numbers);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{PANEL, TILE};

    /// Adds the products of all panels with those before them and themselves.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn add(sum: &mut [f64], panels: &[[f64; PANEL]], columns: usize) {
        let depth = panels.len() / columns.div_ceil(PANEL);
        for (left, row) in panels.chunks_exact(depth).zip((0..columns).step_by(PANEL)) {
            for (right, column) in panels.chunks_exact(depth).zip((0..=row).step_by(PANEL)) {
                put(sum, columns, (row, column), tile::<0>(left, right));
                if row + TILE < columns {
                    put(sum, columns, (row + TILE, column), tile::<TILE>(left, right));
                }
                if row + 2 * TILE < columns {
                    put(sum, columns, (row + 2 * TILE, column), tile::<{ 2 * TILE }>(left, right));
                }
            }
        }
    }

    /// Adds a tile's numbers that lie in the lower triangle.
    fn put(sum: &mut [f64], columns: usize, (row, column): (usize, usize), tile: [[f64; PANEL]; TILE]) {
        for (row, numbers) in (row..columns).zip(&tile) {
            let end = columns.min(column + PANEL).min(row + 1);
            let places = &mut sum[row * columns..][column..end];
            places.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
        }
    }

    /// Four columns of the left panel, from `FROM` on, times the right one's columns.
    #[target_feature(enable = "avx2,fma")]
    fn tile<const FROM: usize>(left: &[[f64; PANEL]], right: &[[f64; PANEL]]) -> [[f64; PANEL]; TILE] {
        let mut sums = [[_mm256_setzero_pd(); PANEL / 4]; TILE];
        for (left, right) in left.iter().zip(right) {
            // SAFETY: a panel's row is twelve numbers, of which each load takes four.
            let right = unsafe {
                let at = right.as_ptr();
                [_mm256_loadu_pd(at), _mm256_loadu_pd(at.add(4)), _mm256_loadu_pd(at.add(8))]
            };
            for (row, sums) in sums.iter_mut().enumerate() {
                let left = _mm256_set1_pd(left[FROM + row]);
                for (sum, right) in sums.iter_mut().zip(right) {
                    *sum = _mm256_fmadd_pd(left, right, *sum);
                }
            }
        }
        let mut numbers = [[0.0; PANEL]; TILE];
        for (numbers, sums) in numbers.iter_mut().zip(sums) {
            for (numbers, sum) in numbers.as_chunks_mut::<4>().0.iter_mut().zip(sums) {
                // SAFETY: the place has four numbers.
                unsafe { _mm256_storeu_pd(numbers.as_mut_ptr(), sum) };
            }
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::random;

    #[test]
    fn tiles_give_what_the_product_gives() {
        let mut squares = Squares::default();
        for columns in [1, 3, 4, 5, 8, 9, 11, 12, 13, 24, 40, 64] {
            for count in [0, 1, 2, 7, 191, 192, 193, 400] {
                let rows = random::normal(count * columns, columns as u64);
                let before = random::normal(columns * columns, count as u64);
                let (mut ours, mut expected) = (before.clone(), before);
                squares.add(&mut ours, &rows, columns);
                if count > 0 {
                    bridge::add_squares(&mut expected, &rows, columns);
                }
                for (at, (ours, expected)) in ours.iter().zip(&expected).enumerate() {
                    let case = || format!("{count} × {columns}: {ours} {expected} at {at}");
                    assert!((ours - expected).abs() <= 1e-12 * (1 + count) as f64, "{}", case());
                }
            }
        }
    }
}
