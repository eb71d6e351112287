//! One tensor of a checkpoint.

use std::ops::Range;
use std::sync::Arc;

use super::super::LoadError;
use super::super::encoding::Encoding;
use super::super::header::Place;
use super::super::stored::{Step, Stored};
use super::super::whole::Whole;

/// One tensor of a [`Checkpoint`](super::Checkpoint): where it lies, and how it is to be turned when it is read.
#[derive(Clone, Debug)]
pub struct CheckpointTensor {
    file: Arc<Whole>,
    /// Its name there.
    origin: Arc<str>,
    dtype: Encoding,
    bytes: Range<usize>,
    shape: Vec<usize>,
    steps: Vec<Step>,
}

impl CheckpointTensor {
    pub(super) fn new(file: Arc<Whole>, origin: &str, place: Place) -> Self {
        let Place { dtype, shape, bytes } = place;
        CheckpointTensor { file, origin: origin.into(), dtype, bytes, shape, steps: Vec::new() }
    }

    /// Its name in the file.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Its sizes, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// A matrix `[a, b]` as `[b, a]`: for layers that keep what goes in outermost.
    ///
    /// # Errors
    /// [`LoadError::Layout`] if it has not two axes.
    pub fn transpose(self) -> Result<Self, LoadError> {
        let [rows, columns] = self.shape[..] else { return Err(self.not("has two axes to be exchanged")) };
        Ok(self.then(Step::Transpose { rows, columns }, vec![columns, rows]))
    }

    /// These elements of its outermost axis.
    ///
    /// # Errors
    /// [`LoadError::Layout`] if it has fewer.
    pub fn rows(self, rows: Range<usize>) -> Result<Self, LoadError> {
        match self.shape.first() {
            Some(&all) if rows.start <= rows.end && rows.end <= all => {}
            _ => return Err(self.not(&format!("has the rows {rows:?}"))),
        }
        let (shape, numbers) = (self.with_rows(rows.len()), self.row());
        Ok(self.then(Step::Keep { elements: rows, numbers }, shape))
    }

    /// Its outermost axis in so many equal parts: for layers that keep several matrices in one.
    ///
    /// # Errors
    /// [`LoadError::Layout`] if it can't be divided so.
    pub fn split(self, parts: usize) -> Result<Vec<Self>, LoadError> {
        let rows = match self.shape.first() {
            Some(&all) if parts > 0 && all.is_multiple_of(parts) => all / parts,
            _ => return Err(self.not(&format!("has rows for {parts} equal parts"))),
        };
        (0..parts).map(|part| self.clone().rows(part * rows..(part + 1) * rows)).collect()
    }

    /// Its outermost axis in another order: row `i` is the row `order(i)` of before.
    ///
    /// # Errors
    /// [`LoadError::Layout`] if it has no axis, or `order` does not give each row once.
    pub fn reorder_rows(self, order: impl Fn(usize) -> usize) -> Result<Self, LoadError> {
        let Some(&rows) = self.shape.first() else { return Err(self.not("has rows")) };
        let mut comes = vec![false; rows];
        let elements: Vec<usize> = (0..rows).map(order).collect();
        for &row in &elements {
            match comes.get_mut(row) {
                Some(seen @ false) => *seen = true,
                _ => return Err(self.not(&format!("has the row {row} once, as its new order has not"))),
            }
        }
        let (shape, numbers) = (self.shape.clone(), self.row());
        Ok(self.then(Step::Order { elements, numbers }, shape))
    }

    fn then(mut self, step: Step, shape: Vec<usize>) -> Self {
        self.steps.push(step);
        CheckpointTensor { shape, ..self }
    }

    fn with_rows(&self, rows: usize) -> Vec<usize> {
        std::iter::once(rows).chain(self.shape.iter().skip(1).copied()).collect()
    }

    /// Numbers in an element of the outermost axis. Of a tensor without any, the other axes may be longer than any memory.
    fn row(&self) -> usize {
        self.shape.iter().skip(1).fold(1, |numbers, &size| numbers.saturating_mul(size))
    }

    fn not(&self, wanted: &str) -> LoadError {
        LoadError::Layout { name: self.origin.to_string(), shape: self.shape.clone(), wanted: wanted.into() }
    }

    pub(in super::super) fn stored(&self) -> Stored<'_> {
        Stored::new(self.dtype, self.shape.clone(), &self.file.bytes()[self.bytes.clone()])
            .with_steps(&self.steps)
    }
}
