//! The same rows for each sequence: positions, what stands before them, side inputs.

use std::sync::Arc;

use super::super::program::Pass;
use super::super::value::{Target, Uses, Value, Values};
use super::super::way_back::WayBack;
use crate::Error;
use crate::kernels::elementwise::{add_rows, sum_rows};

/// Where the rows come from.
#[derive(Clone, Debug)]
pub(in crate::exec::fused) enum RowsOf {
    Weight(usize),
    Constant(Arc<[f32]>),
}

/// For each sequence of so many numbers the first rows of a table, or what came before and those rows.
#[derive(Debug)]
pub(in crate::exec::fused) struct AddRows {
    pub(in crate::exec::fused) before: Option<Value>,
    pub(in crate::exec::fused) y: Value,
    pub(in crate::exec::fused) rows: RowsOf,
    /// Numbers of a sequence.
    pub(in crate::exec::fused) length: usize,
}

impl AddRows {
    pub(super) fn uses(&self) -> Uses {
        match self.before {
            Some(before) => Uses::default().changing(before, self.y),
            None => Uses::default().writing(self.y),
        }
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        match self.before {
            Some(before) => pass.change(before, self.y, |pass, y| add_rows(y, self.rows(pass))),
            None => pass.write(self.y, |pass, y| repeat(y, self.rows(pass))),
        }
        Ok(())
    }

    fn rows<'p>(&'p self, pass: &'p Pass<'_>) -> &'p [f32] {
        match &self.rows {
            RowsOf::Weight(weight) => &pass.weight(*weight)[..self.length],
            RowsOf::Constant(rows) => rows,
        }
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        if let RowsOf::Weight(weight) = self.rows {
            back.push(RowsBack { g, weight, length: self.length });
        }
        if let Some(before) = self.before {
            back.give(before, g);
        }
    }
}

/// The gradient of the rows: the sum over the sequences.
#[derive(Debug)]
pub(in crate::exec::fused) struct RowsBack {
    pub(in crate::exec::fused) g: Value,
    pub(in crate::exec::fused) weight: usize,
    pub(in crate::exec::fused) length: usize,
}

impl RowsBack {
    /// The weight whose gradient it adds to.
    #[cfg(feature = "mpi")]
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.g])
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.gradient(self.weight, |pass, gradient| sum_rows(&mut gradient[..self.length], pass.get(self.g)))
    }
}

/// The same numbers several times.
#[derive(Debug)]
pub(in crate::exec::fused) struct Repeat {
    pub(in crate::exec::fused) x: Value,
    pub(in crate::exec::fused) y: Value,
}

impl Repeat {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.x]).writing(self.y)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.write(self.y, |pass, y| repeat(y, pass.get(self.x)));
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        if let Some(to) = back.target(self.x) {
            back.push(RepeatBack { g, to });
        }
    }
}

/// The gradient of what was repeated: the sum of what its repetitions have.
#[derive(Debug)]
pub(in crate::exec::fused) struct RepeatBack {
    pub(in crate::exec::fused) g: Value,
    pub(in crate::exec::fused) to: Target,
}

impl RepeatBack {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.g]).into(self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.add_to(self.to, |pass, sum| sum_rows(sum, pass.get(self.g)));
        Ok(())
    }
}

fn repeat(y: &mut [f32], each: &[f32]) {
    y.chunks_exact_mut(each.len()).for_each(|y| y.copy_from_slice(each));
}
