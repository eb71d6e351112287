//! What flows from item to item at run time: a tensor of any rank, held as rows of features, so that an executor is
//! compiled once and not per shape. The axes that the rows stand for are kept beside them.

use dfdx::prelude::*;

use crate::Error;
use crate::param::Element;
use crate::plan::Axes;

/// The numbers; one row for each place in the axes before the features.
pub(crate) type Rows<E, D, T> = Tensor<(usize, usize), E, D, T>;

/// Ids of tokens …, in the order of their places.
pub(crate) type Ids<D> = Tensor<(usize,), usize, D>;

/// Each row less its largest number, which a softmax does not see: its logarithm then keeps the digits of large logits. No
/// gradient goes through what is subtracted, since it would cancel.
pub(crate) fn less_largest<E: Element, D: Device<E>, T: Tape<E, D>>(
    rows: Rows<E, D, T>,
) -> Result<Rows<E, D, T>, D::Err> {
    let (rows, tape) = rows.split_tape();
    let most = rows.clone().try_max::<(usize,), Axis<1>>()?;
    let most = most.try_broadcast_like::<_, Axis<1>>(rows.shape())?;
    rows.put_tape(tape).try_sub(most)
}

/// The logarithm of the softmax of each row.
pub(crate) fn log_softmax<E: Element, D: Device<E>, T: Tape<E, D>>(
    rows: Rows<E, D, T>,
) -> Result<Rows<E, D, T>, D::Err> {
    less_largest(rows)?.try_log_softmax::<Axis<1>>()
}

/// What flows: numbers, or ids until an embedding takes them.
#[derive(Clone, Debug)]
pub(crate) enum Value<E: Element, D: Device<E>, T> {
    Rows(Rows<E, D, T>),
    Ids(Ids<D>, T),
}

impl<E: Element, D: Device<E>, T: Tape<E, D>> Value<E, D, T> {
    /// The same value with an empty tape, for another use of it.
    pub(crate) fn retaped(&self) -> Self {
        match self {
            Value::Rows(rows) => Value::Rows(rows.retaped::<T>()),
            Value::Ids(ids, _) => Value::Ids(ids.clone(), T::default()),
        }
    }

    /// The value, and its tape.
    pub(super) fn split_tape(self) -> (Value<E, D, NoneTape>, T) {
        match self {
            Value::Rows(rows) => {
                let (rows, tape) = rows.split_tape();
                (Value::Rows(rows), tape)
            }
            Value::Ids(ids, tape) => (Value::Ids(ids, NoneTape), tape),
        }
    }

    /// The numbers; the network's input was checked to be some where its first item takes some.
    pub(crate) fn rows(self) -> Rows<E, D, T> {
        match self {
            Value::Rows(rows) => rows,
            Value::Ids(..) => {
                unreachable!("an item that takes numbers was given ids, which the plan's check refuses")
            }
        }
    }
}

/// Number types of tensors that can enter a network: its own, and `usize` for ids.
pub trait Enters<E: Dtype>: Unit {
    /// Whether these are ids.
    const ARE_IDS: bool;

    /// The tensor as a value, with its tape.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn value<S: Shape, D: Device<E> + Storage<Self>, T: Tape<E, D>>(
        tensor: Tensor<S, Self, D, T>,
        axes: &Axes,
    ) -> Result<Value<E, D, T>, Error>
    where
        E: Element;

    /// Lets the way back make a gradient for this tensor, if it can have one.
    #[doc(hidden)]
    fn expect_gradient<S: Shape, D: Device<E> + Storage<Self>, T: Tape<E, D>>(
        tensor: &Tensor<S, Self, D>,
        tape: &mut T,
    );
}

macro_rules! enters {
    ($($number:ty),+) => {$(
        impl Enters<$number> for $number {
            const ARE_IDS: bool = false;

            #[expect(private_interfaces, reason = "only this crate calls it")]
            fn value<S: Shape, D: Device<$number>, T: Tape<$number, D>>(
                tensor: Tensor<S, Self, D, T>,
                axes: &Axes,
            ) -> Result<Value<$number, D, T>, Error> {
                Ok(Value::Rows(reshape(tensor, axes)?))
            }

            fn expect_gradient<S: Shape, D: Device<$number>, T: Tape<$number, D>>(
                tensor: &Tensor<S, Self, D>,
                tape: &mut T,
            ) {
                let ghost = tensor.ghost();
                tape.add_backward_op(move |gradients| gradients.try_alloc_for(&ghost));
            }
        }
    )+};
}
enters!(f32, f64);

impl<E: Dtype> Enters<E> for usize {
    const ARE_IDS: bool = true;

    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn value<S: Shape, D: Device<E>, T: Tape<E, D>>(
        tensor: Tensor<S, usize, D, T>,
        axes: &Axes,
    ) -> Result<Value<E, D, T>, Error>
    where
        E: Element,
    {
        let (ids, tape) = tensor.split_tape();
        let places = axes.elements() as usize;
        let flat = if places == 0 { Vec::new() } else { ids.as_vec() }; // dfdx can't read an empty tensor
        let ids = ids.device().try_tensor_from_vec(flat, (places,)).map_err(Error::device)?;
        Ok(Value::Ids(ids, tape))
    }

    fn expect_gradient<S: Shape, D: Device<E>, T: Tape<E, D>>(_: &Tensor<S, usize, D>, _: &mut T) {}
}

/// Value and axes of a typed tensor. Nothing is copied if it is numbers and contiguous.
pub(crate) fn enter<S: Shape, U: Enters<E>, E: Element, D: Device<E> + Storage<U>, T: Tape<E, D>>(
    x: Tensor<S, U, D, T>,
) -> Result<(Value<E, D, T>, Axes), Error> {
    let axes = Axes::of_sizes(x.shape().concrete().as_ref()).with_ids(U::ARE_IDS);
    Ok((U::value(x, &axes)?, axes))
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

/// Where the element `at` stands in axes whose sizes are all known.
pub(crate) fn place_of(at: usize, axes: &Axes) -> Vec<usize> {
    let mut rest = at;
    let mut place: Vec<usize> = Vec::with_capacity(axes.len());
    for i in 1..=axes.len() {
        let size = axes.from_end(i).size().unwrap_or(1).max(1);
        place.push(rest % size);
        rest /= size;
    }
    place.reverse();
    place
}
