//! `patches(P)`: an image becomes a sequence of its squares.

use dfdx::prelude::*;

use super::image::{Image, check_image};
use super::{Refusal, no_weights, says};
use crate::Error;
use crate::exec::{Rows, Run};
use crate::param::Element;
use crate::plan::{Axes, Axis as PlanAxis, Side, Text, is_lost, over, times};

/// The size of a `patches` item.
///
/// # Shapes
/// `[C, H, W] → [(H/size)·(W/size), C·size·size]`: squares row by row, each as channel, row, column.
///
/// # Source
/// "An Image is Worth 16x16 Words", arXiv:2010.11929; the order of PyTorch's `unfold`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatchesOp {
    /// Rows and columns of a square.
    pub size: usize,
}

no_weights!(PatchesOp);

impl PatchesOp {
    pub(super) const fn keyword(&self) -> &'static str {
        "patches"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
        match check_image(axes) {
            Ok(image) => check_cuts(image, self.size, "patches"),
            Err(refusal) => Err(refusal),
        }
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        let image = Image::of(&axes);
        let count = times(over(image.height, self.size), over(image.width, self.size));
        let features = times(image.channels, times(self.size, self.size));
        axes.without_last(3).push(PlanAxis::Static(count)).push(PlanAxis::Static(features))
    }

    pub(super) const fn write(&self, text: Text, _: Option<usize>) -> Text {
        text.str("patches(").number(self.size).str(")")
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        axes: &Axes,
        _: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let (count, Image { channels, height, width }, size) =
            (axes.without_last(3).elements() as usize, Image::of(axes), self.size);
        let (down, across) = (height / size, width / size);
        x.try_reshape_like(&(count, channels, down, size, across, size))
            .and_then(|x| {
                x.try_permute::<(usize, usize, usize, usize, usize, usize), Axes6<0, 2, 4, 1, 3, 5>>()
            })
            .and_then(|x| x.try_reshape_like(&(count * down * across, channels * size * size)))
            .map_err(Error::device)
    }
}

/// An image is cut into whole squares.
#[inline]
pub(super) const fn check_cuts(image: Image, size: usize, into: &str) -> Result<(), Refusal> {
    let sides = [(image.height, " rows"), (image.width, " columns")];
    let mut i = 0;
    while i < sides.len() {
        let (length, what) = sides[i];
        if !is_lost(length) && !is_lost(size) && !length.is_multiple_of(size) {
            let text = Text::new().str("cuts ").number(length).str(what).str(" into ").str(into).str(" of ");
            let text = text.number(size).str(", which leaves a remainder of ").number(length % size);
            return says(text, Text::new());
        }
        i += 1;
    }
    Ok(())
}
