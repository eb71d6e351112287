//! Rows of numbers with a class each.

use std::sync::Arc;

use dfdx::{
    shapes::Const,
    tensor::{Storage, Tensor, TensorFromVec},
};

use super::{Schema, SplitError, stratified};

/// Rows of `F` numbers, each of one of `C` classes.
///
/// A table is never ragged: the lengths are part of its type, as they are of the network that it feeds.
///
/// ```
/// use dfdx::tensor::Cpu;
/// use tensor_core::data::Schema;
///
/// let schema = Schema { features: ["width", "height"], class: "kind", classes: ["flat", "tall"] };
/// let table = schema.parse_csv("width,height,kind\n3,9.5,tall\n4,1,flat\n", "shapes.csv")?;
/// let device = Cpu::default();
/// assert_eq!(table.features(&device).as_vec(), [3.0, 9.5, 4.0, 1.0]);
/// assert_eq!(table.one_hot(&device).as_vec(), [0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), tensor_core::data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table<const F: usize, const C: usize> {
    names: Arc<Names<F, C>>,
    rows: Vec<[f32; F]>,
    labels: Vec<usize>,
}

/// Shared by a table and everything selected from it, so that a mini-batch copies no text.
#[derive(Debug, PartialEq)]
struct Names<const F: usize, const C: usize> {
    features: [String; F],
    classes: [String; C],
    ignored: Vec<String>,
}

impl<const F: usize, const C: usize> Table<F, C> {
    pub(super) fn new(schema: &Schema<F, C>, ignored: Vec<String>) -> Self {
        let features = schema.features.map(str::to_owned);
        let classes = schema.classes.map(str::to_owned);
        Self { names: Arc::new(Names { features, classes, ignored }), rows: Vec::new(), labels: Vec::new() }
    }

    pub(super) fn push(&mut self, row: [f32; F], label: usize) {
        debug_assert!(label < C);
        self.rows.push(row);
        self.labels.push(label);
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The numbers, row by row.
    pub fn rows(&self) -> &[[f32; F]] {
        &self.rows
    }

    /// The numbers, to be changed in place.
    pub fn rows_mut(&mut self) -> &mut [[f32; F]] {
        &mut self.rows
    }

    /// The class of each row, as its index in [`class_names`](Self::class_names).
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The features' names.
    pub fn feature_names(&self) -> &[String; F] {
        &self.names.features
    }

    /// The classes' names.
    pub fn class_names(&self) -> &[String; C] {
        &self.names.classes
    }

    /// The columns of the file that the schema didn't name, in the file's order.
    pub fn ignored_columns(&self) -> &[String] {
        &self.names.ignored
    }

    /// The rows at `indices`, in that order; an index may come twice.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            names: Arc::clone(&self.names),
            rows: indices.iter().map(|&at| self.rows[at]).collect(),
            labels: indices.iter().map(|&at| self.labels[at]).collect(),
        }
    }

    /// A training and a test part with the same share of each class; see [`stratified`].
    ///
    /// # Errors
    /// [`SplitError`] if one of the parts would lack a class.
    pub fn split(&self, test_fraction: f64, seed: u64) -> Result<(Self, Self), SplitError> {
        let split = stratified(&self.labels, test_fraction, seed).map_err(|error| self.named(error))?;
        Ok((self.select(&split.train), self.select(&split.test)))
    }

    /// `error` with the name of the class instead of its number.
    fn named(&self, error: SplitError) -> SplitError {
        match error {
            SplitError::ClassTooSmall { class, rows, test, fraction } => {
                let name = class.parse().ok().and_then(|at: usize| self.names.classes.get(at)).cloned();
                SplitError::ClassTooSmall { class: name.unwrap_or(class), rows, test, fraction }
            }
            other => other,
        }
    }

    /// The numbers as a tensor on `device`.
    ///
    /// # Shapes
    /// → `[rows, F]`
    ///
    /// # Panics
    /// If the device is out of memory.
    pub fn features<D: TensorFromVec<f32> + Storage<f32>>(
        &self,
        device: &D,
    ) -> Tensor<(usize, Const<F>), f32, D> {
        device.tensor_from_vec(self.rows.as_flattened().to_vec(), (self.len(), Const))
    }

    /// The classes as a tensor on `device`: 1 in the column of a row's class, else 0.
    ///
    /// # Shapes
    /// → `[rows, C]`
    ///
    /// # Panics
    /// If the device is out of memory.
    pub fn one_hot<D: TensorFromVec<f32> + Storage<f32>>(
        &self,
        device: &D,
    ) -> Tensor<(usize, Const<C>), f32, D> {
        let mut targets = vec![0.0; self.len() * C];
        for (row, &label) in targets.chunks_exact_mut(C).zip(&self.labels) {
            row[label] = 1.0;
        }
        device.tensor_from_vec(targets, (self.len(), Const))
    }
}
