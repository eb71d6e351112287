//! The numbers of images in another order: what a window sees at each of its places, and rows as columns.

use std::sync::Arc;

use super::super::program::Pass;
use super::super::value::{Target, Uses, Value, Values};
use super::super::way_back::WayBack;
use crate::Error;
use crate::kernels::parts::by_rows;

/// Of each image the numbers at these places, which may repeat; 0 for a place after its end.
#[derive(Debug)]
pub(in crate::exec::fused) struct Gather {
    pub(in crate::exec::fused) x: Value,
    pub(in crate::exec::fused) y: Value,
    /// Numbers of an image.
    pub(in crate::exec::fused) length: usize,
    pub(in crate::exec::fused) places: Arc<[usize]>,
}

impl Gather {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.x]).writing(self.y)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.write(self.y, |pass, y| {
            let x = pass.get(self.x);
            by_rows(y, self.places.len(), &|first, part| {
                let images = x[first * self.length..].chunks_exact(self.length);
                for (seen, image) in part.chunks_exact_mut(self.places.len()).zip(images) {
                    for (y, &place) in seen.iter_mut().zip(&*self.places) {
                        *y = image.get(place).copied().unwrap_or(0.0);
                    }
                }
            });
        });
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        if let Some(to) = back.target(self.x) {
            back.push(Scatter { g, to, length: self.length, places: self.places.clone() });
        }
    }
}

/// Adds each gradient to that of the number that was gathered.
#[derive(Debug)]
pub(in crate::exec::fused) struct Scatter {
    pub(in crate::exec::fused) g: Value,
    pub(in crate::exec::fused) to: Target,
    pub(in crate::exec::fused) length: usize,
    pub(in crate::exec::fused) places: Arc<[usize]>,
}

impl Scatter {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.g]).into(self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.add_to(self.to, |pass, of_x| {
            let g = pass.get(self.g);
            by_rows(of_x, self.length, &|first, part| {
                let seen = g[first * self.places.len()..].chunks_exact(self.places.len());
                for (image, g) in part.chunks_exact_mut(self.length).zip(seen) {
                    for (g, &place) in g.iter().zip(&*self.places) {
                        if let Some(x) = image.get_mut(place) {
                            *x += g;
                        }
                    }
                }
            });
        });
        Ok(())
    }
}

/// Matrices `[rows, columns]`, one after another, become `[columns, rows]`.
#[derive(Debug)]
pub(in crate::exec::fused) struct Transpose {
    pub(in crate::exec::fused) from: Value,
    pub(in crate::exec::fused) to: Value,
    pub(in crate::exec::fused) rows: usize,
    pub(in crate::exec::fused) columns: usize,
}

impl Transpose {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.from]).writing(self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let (rows, columns) = (self.rows, self.columns);
        pass.write(self.to, |pass, to| {
            let from = pass.get(self.from);
            by_rows(to, rows * columns, &|first, part| {
                let matrices = from[first * rows * columns..].chunks_exact(rows * columns);
                for (to, from) in part.chunks_exact_mut(rows * columns).zip(matrices) {
                    for (column, to) in to.chunks_exact_mut(rows).enumerate() {
                        to.iter_mut().zip(from[column..].iter().step_by(columns)).for_each(|(y, x)| *y = *x);
                    }
                }
            });
        });
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.to) else { return };
        let Transpose { rows, columns, .. } = *self;
        back.give_changed(self.from, g, |from, to| Transpose { from, to, rows: columns, columns: rows });
    }
}
