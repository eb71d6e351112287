//! The same rows added to each sequence: positions.

use std::sync::Arc;

use super::super::program::Pass;
use super::super::value::{Uses, Value};
use super::super::way_back::WayBack;
use crate::Error;
use crate::kernels::elementwise::{add_rows, sum_rows};

/// Where the rows come from.
#[derive(Clone, Debug)]
pub(in crate::exec::fused) enum RowsOf {
    Weight(usize),
    Constant(Arc<[f32]>),
}

/// Adds the first rows of a table to each sequence of so many numbers.
#[derive(Debug)]
pub(in crate::exec::fused) struct AddRows {
    pub(in crate::exec::fused) x: Value,
    pub(in crate::exec::fused) y: Value,
    pub(in crate::exec::fused) rows: RowsOf,
    /// Numbers of a sequence.
    pub(in crate::exec::fused) length: usize,
}

impl AddRows {
    pub(super) fn uses(&self) -> Uses {
        Uses::default().changing(self.x, self.y)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.change(self.x, self.y, |pass, y| match &self.rows {
            RowsOf::Weight(weight) => add_rows(y, &pass.weight(*weight)[..self.length]),
            RowsOf::Constant(rows) => add_rows(y, rows),
        });
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        if let RowsOf::Weight(weight) = self.rows {
            back.push(RowsBack { g, weight, length: self.length });
        }
        back.give(self.x, g);
    }
}

/// The gradient of the rows: the sum over the sequences.
#[derive(Debug)]
pub(in crate::exec::fused) struct RowsBack {
    g: Value,
    weight: usize,
    length: usize,
}

impl RowsBack {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.g])
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.gradient(self.weight, |pass, gradient| sum_rows(&mut gradient[..self.length], pass.get(self.g)))
    }
}
