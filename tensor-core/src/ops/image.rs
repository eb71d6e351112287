//! What ops on images `[C, H, W]` share.

use dfdx::prelude::*;

use super::{Refusal, says};
use crate::Error;
use crate::param::Element;
use crate::plan::{Axes, Axis as PlanAxis, NONE, Text};

/// The sizes of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
}

impl Image {
    /// The last three of the axes; what the compiler does not know is no size.
    #[inline]
    pub(crate) const fn of(axes: &Axes) -> Self {
        Image { channels: size(axes, 3), height: size(axes, 2), width: size(axes, 1) }
    }
}

const fn size(axes: &Axes, from_end: usize) -> usize {
    if axes.len() < from_end {
        return NONE;
    }
    match axes.from_end(from_end) {
        PlanAxis::Static(size) => size,
        PlanAxis::Runtime { .. } => NONE,
    }
}

/// The shape rule of ops that take `[C, H, W]`.
#[inline]
pub(super) const fn check_image(axes: &Axes) -> Result<Image, Refusal> {
    let declared = axes.len() - axes.leading();
    if declared < 3 {
        let text =
            Text::new().str("takes images, `[channels, height, width]`, but what flows in has the axes ");
        let help = Text::new().str("let the network take images, as in `[3, 32, 32] -> …`");
        return match says(text.axes(axes), help) {
            Err(refusal) => Err(refusal),
            Ok(()) => Ok(Image::of(axes)),
        };
    }
    let mut i = 1;
    while i <= 3 {
        if axes.from_end(i).size().is_none() {
            return Err(Refusal::RuntimeAxis);
        }
        i += 1;
    }
    Ok(Image::of(axes))
}

/// The elements of `x` at these places in its order.
pub(super) fn pick<S: Shape, O: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Tensor<S, E, D, T>,
    places: Vec<usize>,
    shape: O,
) -> Result<Tensor<O, E, D, T>, Error> {
    let count = places.len();
    let places = x.device().try_tensor_from_vec(places, (count,)).map_err(Error::device)?;
    let all = x.shape().num_elements();
    x.try_reshape_like(&(all,))
        .and_then(|x| x.try_gather::<(usize,), (usize,)>(places))
        .and_then(|picked| picked.try_reshape_like(&shape))
        .map_err(Error::device)
}

/// The place of the first largest value among `places`; the first that is not a number, if there is one.
pub(super) fn first_largest<E: Element>(values: &[E], places: impl Iterator<Item = usize>) -> usize {
    let mut best: Option<usize> = None;
    for place in places {
        if values[place].is_nan() {
            return place;
        }
        if best.is_none_or(|best| values[place] > values[best]) {
            best = Some(place);
        }
    }
    best.unwrap_or(0)
}
