//! What flows from item to item at run time: a tensor of any rank, held as rows of features, so that an executor is
//! compiled once and not per shape. The axes that the rows stand for are kept beside them.

use dfdx::prelude::*;

use crate::Error;
use crate::param::Element;
use crate::plan::Axes;

/// The numbers; one row for each place in the axes before the features.
pub(crate) type Rows<E, D, T> = Tensor<(usize, usize), E, D, T>;

/// Rows and axes of a typed tensor. Nothing is copied if the tensor is contiguous.
pub(crate) fn enter<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
) -> Result<(Rows<E, D, T>, Axes), Error> {
    let axes = Axes::of_sizes(x.shape().concrete().as_ref());
    Ok((reshape(x, &axes)?, axes))
}

/// The typed tensor again.
pub(crate) fn leave<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    rows: Rows<E, D, T>,
    shape: S,
) -> Result<Tensor<S, E, D, T>, Error> {
    rows.try_reshape_like(&shape).map_err(Error::device)
}

/// The same numbers as rows of other axes.
pub(crate) fn reshape<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    axes: &Axes,
) -> Result<Rows<E, D, T>, Error> {
    let features = axes.from_end(1).size().unwrap_or(1);
    let rows = axes.without_last(1).elements() as usize;
    x.try_reshape_like(&(rows, features)).map_err(Error::device)
}

/// The axes as a shape's type has them, if they fit it.
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
