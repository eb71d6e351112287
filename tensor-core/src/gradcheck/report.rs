//! What a check found, and what kept it from finding anything.

use std::fmt;

/// The outcome of a gradient check. Displays as a table, one line a tensor.
///
/// ```
/// use dfdx::prelude::*;
/// use tensor_core::gradcheck::gradcheck;
///
/// let device = Cpu::default();
/// let mut net = device.build_module::<Linear<2, 3>, f64>();
/// let x: Tensor<Rank1<2>, f64, _> = device.sample_normal();
/// let report = gradcheck(&mut net, &x, |net, x| net.forward(x).sigmoid())?;
///
/// let names: Vec<&str> = report.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
/// assert_eq!(names, ["input", "weight", "bias"]);
/// assert_eq!(report.to_string().lines().count(), 4);
/// # Ok::<(), tensor_core::gradcheck::GradcheckError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The input, then the parameters in the network's order. Tensors without elements are left out.
    pub tensors: Vec<TensorReport>,
    /// Names of the parameters that the network doesn't train, and that were not checked.
    pub frozen: Vec<String>,
}

/// One tensor of a [`Report`].
///
/// ```
/// use tensor_core::gradcheck::{TensorReport, Worst};
///
/// let worst = Worst { index: vec![1, 0], analytic: 0.5, numeric: 0.4 };
/// let tensor =
///     TensorReport { name: "fc.weight".into(), elements: 6, checked: 6, relative_error: 0.2, worst };
/// assert!(tensor.relative_error > 1e-6);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TensorReport {
    /// `input`, or the parameter's path in the network, such as `blocks.0.weight`.
    pub name: String,
    /// How many elements the tensor has.
    pub elements: usize,
    /// How many of them were checked.
    pub checked: usize,
    /// The largest over the checked elements; [the module](crate::gradcheck#relative-error) has the formula.
    pub relative_error: f64,
    /// The element with that error.
    pub worst: Worst,
}

/// The element whose two gradients are furthest apart.
///
/// ```
/// let worst = tensor_core::gradcheck::Worst { index: vec![0, 2], analytic: 1.01, numeric: 1.0 };
/// assert_eq!(worst.index, [0, 2]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Worst {
    /// One number an axis.
    pub index: Vec<usize>,
    /// From the tape.
    pub analytic: f64,
    /// From finite differences.
    pub numeric: f64,
}

/// Why a check came to no result.
///
/// ```
/// use dfdx::prelude::*;
/// use tensor_core::gradcheck::{GradcheckError, Place, gradcheck};
///
/// let device = Cpu::default();
/// let mut net = device.build_module::<Linear<2, 3>, f64>();
/// let x = device.tensor([0.5, f64::NAN]);
/// let error = gradcheck(&mut net, &x, |net, x| net.forward(x)).unwrap_err();
/// assert!(matches!(error, GradcheckError::NonFinite { place: Place::Value, .. }));
/// assert_eq!(error.to_string(), "value of `input` at [1] is NaN, which leaves nothing to compare");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GradcheckError {
    /// An infinite value, or one that is not a number.
    #[error("{place} of `{tensor}` at {index:?} is {value}, which leaves nothing to compare")]
    NonFinite {
        /// `input`, `output`, or the parameter's path.
        tensor: String,
        /// One number an axis.
        index: Vec<usize>,
        /// Infinite or NaN.
        value: f64,
        /// What was not finite.
        place: Place,
    },
    /// Two forward passes of the same input differ by more than rounding.
    #[error("the output at {index:?} was {first}, then {second}, from the same input (is a dropout active?)")]
    NotDeterministic {
        /// One number an axis of the output.
        index: Vec<usize>,
        /// In the first pass.
        first: f64,
        /// In the second pass.
        second: f64,
    },
    /// The device failed.
    #[error("the device failed: {message}")]
    Device {
        /// What the device says.
        message: String,
    },
}

/// What of a tensor was not finite.
///
/// ```
/// assert_eq!(tensor_core::gradcheck::Place::Gradient.to_string(), "gradient");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An element of the tensor itself.
    Value,
    /// Its gradient from the tape.
    Gradient,
    /// Its numeric gradient, at every step that was tried.
    Difference,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "value",
            Self::Gradient => "gradient",
            Self::Difference => "numeric gradient",
        })
    }
}

impl Report {
    /// The tensor with the largest relative error; `None` if nothing was checked.
    ///
    /// ```
    /// let empty = tensor_core::gradcheck::Report { tensors: vec![], frozen: vec![] };
    /// assert_eq!(empty.worst(), None);
    /// ```
    pub fn worst(&self) -> Option<&TensorReport> {
        self.tensors.iter().max_by(|a, b| a.relative_error.total_cmp(&b.relative_error))
    }

    /// Panics with the table unless every relative error is below `limit`, and also if nothing was checked.
    ///
    /// ```should_panic
    /// use tensor_core::gradcheck::{Report, TensorReport, Worst};
    ///
    /// let worst = Worst { index: vec![1, 0], analytic: 0.5, numeric: 0.4 };
    /// let name = "weight".to_owned();
    /// let wrong = TensorReport { name, elements: 6, checked: 6, relative_error: 0.2, worst };
    /// Report { tensors: vec![wrong], frozen: vec![] }.assert_below(1e-6);
    /// ```
    #[track_caller]
    pub fn assert_below(&self, limit: f64) {
        let Some(worst) = self.worst() else {
            panic!("the gradient check met no tensor with elements\n{self}")
        };
        let below = worst.relative_error < limit; // false for NaN
        assert!(
            below,
            "gradient of `{}` at {:?} is off by {:.1e}, limit {limit:.0e}\n{self}",
            worst.name, worst.worst.index, worst.relative_error
        );
    }
}

impl TensorReport {
    /// `None` if nothing was checked. `checked` holds the element, its analytic and its numeric gradient;
    /// errors are relative to no less than `least`.
    pub(super) fn new(
        name: String,
        shape: &[usize],
        checked: &[(usize, f64, f64)],
        least: f64,
    ) -> Option<Self> {
        let largest = checked.iter().fold(0.0, |m: f64, &(_, a, n)| m.max(a.abs()).max(n.abs()));
        let floor = (1e-3 * largest).max(least).max(f64::MIN_POSITIVE);
        let errors = checked.iter().map(|&(_, a, n)| (a - n).abs() / a.abs().max(n.abs()).max(floor));
        let (relative_error, &(element, analytic, numeric)) =
            errors.zip(checked).max_by(|a, b| a.0.total_cmp(&b.0))?;
        let worst = Worst { index: unravel(shape, element), analytic, numeric };
        Some(Self { name, elements: shape.iter().product(), checked: checked.len(), relative_error, worst })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head =
            ["tensor", "elements", "checked", "relative error", "worst element", "analytic", "numeric"];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(self.tensors.iter().map(|t| {
            [
                t.name.clone(),
                t.elements.to_string(),
                t.checked.to_string(),
                format!("{:.1e}", t.relative_error),
                format!("{:?}", t.worst.index),
                format!("{:.9e}", t.worst.analytic),
                format!("{:.9e}", t.worst.numeric),
            ]
        }));
        let mut widths = [0; 7];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            write!(f, "{:<1$}", row[0], widths[0])?;
            for (cell, width) in row.iter().zip(widths).skip(1) {
                write!(f, "  {cell:>width$}")?;
            }
        }
        if !self.frozen.is_empty() {
            write!(f, "\nfrozen, not checked: {}", self.frozen.join(", "))?;
        }
        Ok(())
    }
}

/// The first value that isn't finite, as an error.
pub(super) fn check_finite(
    tensor: &str,
    shape: &[usize],
    values: &[f64],
    place: Place,
) -> Result<(), GradcheckError> {
    values
        .iter()
        .enumerate()
        .try_for_each(|(element, &value)| check_element(tensor, shape, element, value, place))
}

/// An error if `value`, which belongs to the element with this number, isn't finite.
pub(super) fn check_element(
    tensor: &str,
    shape: &[usize],
    element: usize,
    value: f64,
    place: Place,
) -> Result<(), GradcheckError> {
    if value.is_finite() {
        return Ok(());
    }
    Err(GradcheckError::NonFinite { tensor: tensor.to_owned(), index: unravel(shape, element), value, place })
}

/// The index of the `element`-th element in row-major order.
pub(super) fn unravel(shape: &[usize], mut element: usize) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (axis, &size) in index.iter_mut().zip(shape).rev() {
        (*axis, element) = (element % size, element / size);
    }
    index
}
