//! Sums of `xᵀ·x`: half a product, since the result is symmetric.

use super::bridge;

/// Adds the products of centred rows to lower triangles, on one thread; keeps its memory from call to call.
#[derive(Default)]
pub(super) struct Squares {
    centred: Vec<f64>,
    #[cfg(target_arch = "x86_64")]
    panels: Vec<avx2::Row>,
}

impl Squares {
    /// Adds `(x − mean)·(x − mean)ᵀ` of each row, and `last·lastᵀ`, to the lower triangle of as many rows and columns.
    pub(super) fn add(&mut self, sum: &mut [f64], rows: &[f64], mean: &[f64], last: &[f64]) {
        // With AVX-512 faer has registers twice as wide.
        #[cfg(target_arch = "x86_64")]
        if crate::kernels::Level::best() == crate::kernels::Level::Avx2 {
            let columns = mean.len();
            let count = rows.len() / columns + 1;
            let at_once = count.div_ceil(count.div_ceil(avx2::DEPTH));
            for (part, rows) in rows.chunks(at_once * columns).enumerate() {
                let is_last = (part + 1) * at_once >= count;
                avx2::pack(&mut self.panels, rows, mean, is_last.then_some(last));
                // SAFETY: the processor has AVX2 and FMA, the only condition.
                unsafe { avx2::add(sum, &self.panels, columns) };
            }
            if (count - 1).is_multiple_of(at_once) {
                avx2::pack(&mut self.panels, &[], mean, Some(last));
                // SAFETY: as above.
                unsafe { avx2::add(sum, &self.panels, columns) };
            }
            return;
        }
        self.add_by_faer(sum, rows, mean, last);
    }

    /// The same, by a product of whole rows.
    fn add_by_faer(&mut self, sum: &mut [f64], rows: &[f64], mean: &[f64], last: &[f64]) {
        self.centred.clear();
        for row in rows.chunks_exact(mean.len()) {
            self.centred.extend(row.iter().zip(mean).map(|(x, mean)| x - mean));
        }
        self.centred.extend(last);
        bridge::add_squares(sum, &self.centred, mean.len());
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    /// Rows and columns of a tile, whose sums fill twelve of the sixteen registers.
    const TILE: (usize, usize) = (6, 8);

    /// Columns of a panel: a whole number of tiles' rows, and of their columns.
    const PANEL: usize = 24;

    /// The most rows that are taken at once, so that two panels nearly stay in the nearest cache.
    pub(super) const DEPTH: usize = 160;

    /// A row of a panel, which no load takes from three lines of the cache.
    #[derive(Clone, Copy)]
    #[repr(align(64))]
    pub(super) struct Row([f64; PANEL]);

    /// Rows less their mean, and one as it is, as panels of their columns, the last one filled up with zeros.
    pub(super) fn pack(panels: &mut Vec<Row>, rows: &[f64], mean: &[f64], last: Option<&[f64]>) {
        let columns = mean.len();
        let count = rows.len() / columns + usize::from(last.is_some());
        panels.resize(count * columns.div_ceil(PANEL), Row([0.0; PANEL]));
        for (at, row) in rows.chunks_exact(columns).enumerate() {
            let places = panels[at..].iter_mut().step_by(count);
            for ((place, row), mean) in places.zip(row.chunks(PANEL)).zip(mean.chunks(PANEL)) {
                let (place, rest) = place.0.split_at_mut(row.len());
                place.iter_mut().zip(row).zip(mean).for_each(|((place, x), mean)| *place = x - mean);
                rest.fill(0.0);
            }
        }
        for (place, row) in
            panels[count - 1..].iter_mut().step_by(count).zip(last.unwrap_or(&[]).chunks(PANEL))
        {
            let (place, rest) = place.0.split_at_mut(row.len());
            place.copy_from_slice(row);
            rest.fill(0.0);
        }
    }

    /// Adds the products of all panels with those before them and themselves.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn add(sum: &mut [f64], panels: &[Row], columns: usize) {
        let depth = panels.len() / columns.div_ceil(PANEL);
        for (left, top) in panels.chunks_exact(depth).zip((0..columns).step_by(PANEL)) {
            for (right, first) in panels.chunks_exact(depth).zip((0..=top).step_by(PANEL)) {
                for row in (top..columns.min(top + PANEL)).step_by(TILE.0) {
                    let end = columns.min(row + TILE.0).min(first + PANEL);
                    for column in (first..end).step_by(TILE.1) {
                        let tile = tile((left, row - top), (right, column - first));
                        put(sum, columns, (row, column), &tile);
                    }
                }
            }
        }
    }

    /// Adds those numbers of a tile that lie in the lower triangle.
    fn put(sum: &mut [f64], columns: usize, (row, column): (usize, usize), tile: &[[f64; TILE.1]; TILE.0]) {
        for (row, numbers) in (row..columns).zip(tile) {
            let Some(places) = sum[row * columns..][..=row].get_mut(column..) else { continue };
            match places.first_chunk_mut() {
                Some(whole) => add_whole(whole, numbers),
                None => places.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number),
            }
        }
    }

    /// Of a known length, which takes two vectors.
    fn add_whole(sum: &mut [f64; TILE.1], numbers: &[f64; TILE.1]) {
        sum.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
    }

    /// Six columns times eight, from these places of the panels on.
    #[target_feature(enable = "avx2,fma")]
    fn tile(left: (&[Row], usize), right: (&[Row], usize)) -> [[f64; TILE.1]; TILE.0] {
        let mut sums = [[_mm256_setzero_pd(); TILE.1 / 4]; TILE.0];
        for (Row(row), Row(column)) in left.0.iter().zip(right.0) {
            let places =
                (row[left.1..].first_chunk::<{ TILE.0 }>(), column[right.1..].first_chunk::<{ TILE.1 }>());
            let (Some(row), Some(column)) = places else { break };
            // SAFETY: there are eight numbers, of which each load takes four.
            let column =
                unsafe { [_mm256_loadu_pd(column.as_ptr()), _mm256_loadu_pd(column.as_ptr().add(4))] };
            for (sums, number) in sums.iter_mut().zip(row) {
                let number = _mm256_set1_pd(*number);
                for (sum, column) in sums.iter_mut().zip(column) {
                    *sum = _mm256_fmadd_pd(number, column, *sum);
                }
            }
        }
        let mut numbers = [[0.0; TILE.1]; TILE.0];
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
        for columns in [1, 5, 6, 7, 8, 9, 23, 24, 25, 64] {
            for count in [0, 1, 7, 158, 159, 160, 161, 320, 400] {
                let numbers = random::normal((count + 2) * columns, columns as u64);
                let (rows, others) = numbers.split_at(count * columns);
                let (mean, last) = others.split_at(columns);
                let before = random::normal(columns * columns, count as u64);
                let (mut ours, mut expected) = (before.clone(), before);
                squares.add(&mut ours, rows, mean, last);
                squares.add_by_faer(&mut expected, rows, mean, last);
                for (at, (ours, expected)) in ours.iter().zip(&expected).enumerate() {
                    let near = (ours - expected).abs() <= 1e-13 * (10 + count) as f64;
                    assert!(near, "{count} × {columns}: {ours} {expected} at {at}");
                }
            }
        }
    }
}
