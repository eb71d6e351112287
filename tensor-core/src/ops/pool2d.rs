//! `max_pool2d(K)` and `avg_pool2d(K)`: one value of each square of an image.

use dfdx::prelude::*;

use super::image::{Image, check_image, first_largest, pick};
use super::patches::check_cuts;
use super::{Refusal, no_weights};
use crate::Error;
use crate::exec::{Rows, Run};
use crate::param::Element;
use crate::plan::{Axes, Axis as PlanAxis, Side, Text, over};

/// The size of a `max_pool2d` or `avg_pool2d` item, whose squares lie side by side.
///
/// # Shapes
/// `[C, H, W] → [C, H/size, W/size]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2dOp {
    /// Rows and columns of a square.
    pub size: usize,
    /// What it makes of a square.
    pub kind: Pool2d,
}

/// What a 2-D pool makes of a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool2d {
    /// The largest value; the gradient goes to the first of several.
    Max,
    /// The mean.
    Avg,
}

no_weights!(Pool2dOp);

impl Pool2dOp {
    pub(super) const fn keyword(&self) -> &'static str {
        match self.kind {
            Pool2d::Max => "max_pool2d",
            Pool2d::Avg => "avg_pool2d",
        }
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
        match check_image(axes) {
            Ok(image) => check_cuts(image, self.size, "squares"),
            Err(refusal) => Err(refusal),
        }
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        let image = Image::of(&axes);
        axes.without_last(3)
            .push(PlanAxis::Static(image.channels))
            .push(PlanAxis::Static(over(image.height, self.size)))
            .push(PlanAxis::Static(over(image.width, self.size)))
    }

    pub(super) const fn write(&self, text: Text, _: Option<usize>) -> Text {
        text.str(self.keyword()).str("(").number(self.size).str(")")
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        axes: &Axes,
        _: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let (Image { height, width, .. }, size) = (Image::of(axes), self.size);
        let planes = axes.without_last(2).elements() as usize;
        let (down, across) = (height / size, width / size);
        match self.kind {
            Pool2d::Max => {
                let values = x.as_vec();
                let square = |at: usize| {
                    let (plane, row, column) = (at / (down * across), at / across % down, at % across);
                    let start = (plane * height + row * size) * width + column * size;
                    (0..size * size).map(move |i| start + i / size * width + i % size)
                };
                let largest = (0..planes * down * across).map(|at| first_largest(&values, square(at)));
                pick(x, largest.collect(), (planes * down, across))
            }
            Pool2d::Avg => x
                .try_reshape_like(&(planes * down, size, across, size))
                .and_then(|x| x.try_mean::<(usize, usize), Axes2<1, 3>>())
                .map_err(Error::device),
        }
    }
}
