//! What flows from item to item at run time.

use dfdx::prelude::*;

use crate::Error;
use crate::param::Element;
use crate::plan::Axes;

/// Rows of features.
pub(crate) type Rows<E, D, T> = Tensor<(usize, usize), E, D, T>;

/// A tensor of any rank, held as rows of features, so that an executor is compiled once and not per shape.
#[derive(Clone, Debug)]
pub struct Value<E: Dtype, D: Device<E>, T> {
    /// The numbers; one row for each place in the axes before the features.
    pub(crate) rows: Rows<E, D, T>,
    /// The axes they stand for, all of known size.
    pub(crate) axes: Axes,
}

impl<E: Element, D: Device<E>, T: Tape<E, D>> Value<E, D, T> {
    /// A value from a typed tensor. Nothing is copied if the tensor is contiguous.
    pub(crate) fn enter<S: Shape>(x: Tensor<S, E, D, T>) -> Result<Self, Error> {
        let axes = Axes::of_sizes(x.shape().concrete().as_ref());
        let rows = x.try_reshape_like(&rows_and_features(&axes)).map_err(Error::device)?;
        Ok(Value { rows, axes })
    }

    /// The typed tensor again.
    pub(crate) fn leave<S: Shape>(self, network: &'static str) -> Result<Tensor<S, E, D, T>, Error> {
        let shape = typed_shape::<S>(&self.axes)
            .ok_or_else(|| Error::axes(network, &Axes::of_sizes(&[]), &self.axes))?;
        self.rows.try_reshape_like(&shape).map_err(Error::device)
    }

    /// The same numbers with other axes.
    pub(crate) fn reshape(self, axes: Axes) -> Result<Self, Error> {
        let rows = self.rows.try_reshape_like(&rows_and_features(&axes)).map_err(Error::device)?;
        Ok(Value { rows, axes })
    }

    /// The same value with an empty tape, for a second use of it.
    pub(crate) fn fork(&self) -> Self {
        Value { rows: self.rows.retaped::<T>(), axes: self.axes }
    }
}

fn rows_and_features(axes: &Axes) -> (usize, usize) {
    let features = axes.from_end(1).size().unwrap_or(1);
    (axes.without_last(1).elements() as usize, features)
}

/// The typed shape with these sizes, if it can have them.
pub(crate) fn typed_shape<S: Shape>(axes: &Axes) -> Option<S> {
    if axes.len() != S::NUM_DIMS {
        return None;
    }
    let mut concrete = S::Concrete::default();
    for i in 0..S::NUM_DIMS {
        concrete[i] = axes.get(i).size()?;
    }
    S::from_concrete(&concrete)
}
