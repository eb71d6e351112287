//! Several rows that become one, and the masks that say which of them count.

use super::super::program::Pass;
use super::super::value::{Target, Uses, Value, Values};
use super::super::way_back::WayBack;
use crate::Error;
use crate::kernels::parts::by_rows;
use crate::ops::{Pool, mask};
use crate::plan::Axes;

/// Checks that a mask holds 1 and 0, and leaves something of each sequence.
#[derive(Debug)]
pub(in crate::exec::fused) struct CheckMask {
    pub(in crate::exec::fused) mask: Value,
    /// For errors: the axes of the positions, and the item.
    pub(in crate::exec::fused) positions: Axes,
    pub(in crate::exec::fused) item: &'static str,
}

impl CheckMask {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.mask])
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        mask::check_values(pass.get(self.mask), &self.positions, self.item)
    }

    /// It gives nothing.
    pub(super) fn back(&self, _: &mut WayBack) {}
}

/// How rows become one.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec::fused) struct Pooling {
    pub(in crate::exec::fused) kind: Pool,
    /// How many become one.
    pub(in crate::exec::fused) rows: usize,
    pub(in crate::exec::fused) width: usize,
    /// 1 for each row that counts, 0 for others; all count if there is none.
    pub(in crate::exec::fused) mask: Option<Value>,
}

/// So many rows each become one.
#[derive(Debug)]
pub(in crate::exec::fused) struct PoolRows {
    pub(in crate::exec::fused) x: Value,
    pub(in crate::exec::fused) y: Value,
    pub(in crate::exec::fused) pooling: Pooling,
}

impl PoolRows {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.x]).and(self.pooling.mask).writing(self.y)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let Pooling { kind, rows, width, mask } = self.pooling;
        pass.write(self.y, |pass, y| {
            let x = pass.get(self.x);
            let counts = Counts { mask: mask.map(|mask| pass.get(mask)), rows };
            by_rows(y, width, &|first, part| {
                let groups = x[first * rows * width..].chunks_exact(rows * width);
                for (group, (y, x)) in part.chunks_exact_mut(width).zip(groups).enumerate() {
                    pool(kind, y, x, counts.of(first + group));
                }
            });
        });
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        if let Some(to) = back.target(self.x) {
            let largest = matches!(self.pooling.kind, Pool::Max).then_some((self.x, self.y));
            back.push(PoolBack { g, to, pooling: self.pooling, largest });
        }
    }
}

/// The gradients of the rows.
#[derive(Debug)]
pub(in crate::exec::fused) struct PoolBack {
    pub(in crate::exec::fused) g: Value,
    pub(in crate::exec::fused) to: Target,
    pub(in crate::exec::fused) pooling: Pooling,
    /// The rows and the one that they became, where that says which of them it came from.
    pub(in crate::exec::fused) largest: Option<(Value, Value)>,
}

impl PoolBack {
    pub(super) fn uses(&self) -> Uses {
        let (x, y) = self.largest.unzip();
        Uses::reads([self.g]).and(self.pooling.mask).and(x).and(y).into(self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let Pooling { kind, rows, width, mask } = self.pooling;
        pass.add_to(self.to, |pass, of_x| {
            let g = pass.get(self.g);
            let counts = Counts { mask: mask.map(|mask| pass.get(mask)), rows };
            let largest = self.largest.map(|(x, y)| (pass.get(x), pass.get(y)));
            by_rows(of_x, rows * width, &|first, part| {
                for (place, of_x) in part.chunks_exact_mut(rows * width).enumerate() {
                    let group = first + place;
                    let (g, counts) = (&g[group * width..][..width], counts.of(group));
                    match largest {
                        Some((x, y)) => {
                            let x = &x[group * rows * width..][..rows * width];
                            largest_back(of_x, x, &y[group * width..][..width], g, counts);
                        }
                        None => pool_back(kind, of_x, g, counts),
                    }
                }
            });
        });
        Ok(())
    }
}

/// Which rows count.
#[derive(Clone, Copy)]
struct Counts<'m> {
    mask: Option<&'m [f32]>,
    rows: usize,
}

impl<'m> Counts<'m> {
    /// Those of a group.
    fn of(self, group: usize) -> Self {
        Counts { mask: self.mask.map(|mask| &mask[group * self.rows..][..self.rows]), ..self }
    }

    /// 1 for a row that counts, else 0.
    fn weight(self, row: usize) -> f32 {
        self.mask.map_or(1.0, |mask| mask[row])
    }

    fn places(self) -> impl DoubleEndedIterator<Item = usize> + use<'m> {
        (0..self.rows).filter(move |&row| self.weight(row) != 0.0)
    }

    /// The row that alone counts in this kind of pool.
    fn chosen(self, kind: Pool) -> usize {
        let found = if kind == Pool::First { self.places().next() } else { self.places().next_back() };
        found.unwrap_or_else(|| unreachable!("`CheckMask` found a row that counts"))
    }
}

fn pool(kind: Pool, y: &mut [f32], x: &[f32], counts: Counts<'_>) {
    let width = y.len();
    let row = |place: usize| &x[place * width..][..width];
    match kind {
        Pool::Mean => {
            y.fill(0.0);
            for place in 0..counts.rows {
                // What does not count is not left out, so that what is no number in it shows.
                let weight = counts.weight(place);
                y.iter_mut().zip(row(place)).for_each(|(y, x)| *y += weight * x);
            }
            let count = counts.places().count() as f32;
            y.iter_mut().for_each(|y| *y /= count);
        }
        Pool::Max => {
            y.fill(f32::NEG_INFINITY);
            for place in counts.places() {
                let larger = |y: f32, x: f32| if x > y || x.is_nan() { x } else { y };
                y.iter_mut().zip(row(place)).for_each(|(y, &x)| *y = larger(*y, x));
            }
        }
        Pool::First | Pool::Last => y.copy_from_slice(row(counts.chosen(kind))),
    }
}

fn pool_back(kind: Pool, of_x: &mut [f32], g: &[f32], counts: Counts<'_>) {
    let width = g.len();
    let mut add = |place: usize, factor: f32| {
        of_x[place * width..][..width].iter_mut().zip(g).for_each(|(x, g)| *x += factor * g);
    };
    if kind == Pool::Mean {
        let count = counts.places().count() as f32;
        (0..counts.rows).for_each(|place| add(place, counts.weight(place) / count));
    } else {
        add(counts.chosen(kind), 1.0);
    }
}

/// To the first of the rows that holds the largest number, or to the first that holds none.
fn largest_back(of_x: &mut [f32], x: &[f32], y: &[f32], g: &[f32], counts: Counts<'_>) {
    let width = y.len();
    for (feature, (y, g)) in y.iter().zip(g).enumerate() {
        let at = |place: usize| place * width + feature;
        let found = counts.places().map(at).find(|&at| x[at] == *y || x[at].is_nan());
        if let Some(at) = found {
            of_x[at] += g;
        }
    }
}
