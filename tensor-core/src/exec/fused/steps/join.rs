//! Values that become one: sums, products, and features side by side.

use super::super::program::Pass;
use super::super::value::{Uses, Value, Values};
use super::super::way_back::WayBack;
use crate::Error;
use crate::kernels::Threads;
use crate::kernels::elementwise::{add, multiply_each};

/// Adds another value.
#[derive(Debug)]
pub(in crate::exec::fused) struct Add {
    pub(in crate::exec::fused) from: Value,
    pub(in crate::exec::fused) other: Value,
    pub(in crate::exec::fused) to: Value,
}

impl Add {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.other]).changing(self.from, self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        self.on(pass);
        Ok(())
    }

    pub(super) fn on<V: Values>(&self, values: &mut V) {
        values.change(self.from, self.to, |values, sum| add(V::THREADS, sum, values.get(self.other)));
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.to) else { return };
        back.give(self.from, g);
        back.give(self.other, g);
    }
}

/// Multiplies by another value, number by number.
#[derive(Debug)]
pub(in crate::exec::fused) struct Multiply {
    pub(in crate::exec::fused) left: Value,
    pub(in crate::exec::fused) right: Value,
    pub(in crate::exec::fused) y: Value,
}

impl Multiply {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.right]).changing(self.left, self.y)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        self.on(pass);
        Ok(())
    }

    pub(super) fn on<V: Values>(&self, values: &mut V) {
        values.change(self.left, self.y, |values, y| multiply_each(V::THREADS, y, values.get(self.right)));
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        back.give_changed(self.left, g, |from, to| MultiplyBack { from, other: self.right, to });
        back.give_changed(self.right, g, |from, to| MultiplyBack { from, other: self.left, to });
    }
}

/// A gradient times the other factor.
#[derive(Debug)]
pub(in crate::exec::fused) struct MultiplyBack {
    pub(in crate::exec::fused) from: Value,
    pub(in crate::exec::fused) other: Value,
    pub(in crate::exec::fused) to: Value,
}

impl MultiplyBack {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.other]).changing(self.from, self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.change(self.from, self.to, |pass, g| multiply_each(Threads::All, g, pass.get(self.other)));
        Ok(())
    }
}

/// Rows of several values, one after the other.
#[derive(Debug)]
pub(in crate::exec::fused) struct Concat {
    /// The values, and their widths.
    pub(in crate::exec::fused) parts: Vec<(Value, usize)>,
    pub(in crate::exec::fused) y: Value,
}

impl Concat {
    fn width(&self) -> usize {
        self.parts.iter().map(|(_, width)| width).sum()
    }

    pub(super) fn uses(&self) -> Uses {
        Uses::reads(self.parts.iter().map(|&(part, _)| part)).writing(self.y)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.write(self.y, |pass, y| {
            let mut start = 0;
            for &(part, width) in &self.parts {
                let rows = pass.get(part).chunks_exact(width);
                for (y, row) in y.chunks_exact_mut(self.width()).zip(rows) {
                    y[start..][..width].copy_from_slice(row);
                }
                start += width;
            }
        });
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        let mut start = 0;
        for &(part, width) in &self.parts {
            if back.wants(part) {
                let to = back.value(back.len(part));
                back.push(Part { from: g, of: self.width(), start, width, to });
                back.give(part, to);
            }
            start += width;
        }
    }
}

/// Some of the features of each row.
#[derive(Debug)]
pub(in crate::exec::fused) struct Part {
    pub(in crate::exec::fused) from: Value,
    /// Features of a row.
    pub(in crate::exec::fused) of: usize,
    pub(in crate::exec::fused) start: usize,
    pub(in crate::exec::fused) width: usize,
    pub(in crate::exec::fused) to: Value,
}

impl Part {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.from]).writing(self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.write(self.to, |pass, part| {
            let rows = pass.get(self.from).chunks_exact(self.of);
            for (part, row) in part.chunks_exact_mut(self.width).zip(rows) {
                part.copy_from_slice(&row[self.start..][..self.width]);
            }
        });
        Ok(())
    }
}
