//! `conv2d(I -> O, kernel: K)`: a filter slides over an image.

use dfdx::prelude::*;

use super::image::{Image, check_image, pick};
use super::{Refusal, WeightShapes, says};
use crate::Error;
use crate::exec::{Rows, Run};
use crate::param::{Element, init, weights};
use crate::plan::{Axes, Axis as PlanAxis, NONE, Side, Text, is_lost, plus, times};

/// The sizes of a `conv2d` item; kernel, stride and padding are the same for rows and columns.
///
/// # Shapes
/// `[inputs, H, W] → [outputs, H', W']` with H' = ⌊(H + 2·padding − kernel) / stride⌋ + 1, as PyTorch's `nn.Conv2d`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dOp {
    /// Channels it takes.
    pub inputs: usize,
    /// Channels it gives.
    pub outputs: usize,
    /// Rows and columns of a filter.
    pub kernel: usize,
    /// How far the filter moves on.
    pub stride: usize,
    /// Rows and columns of zeros at each side.
    pub padding: usize,
    /// Whether a bias is added to each channel.
    pub bias: bool,
}

impl Conv2dOp {
    pub(super) const fn keyword(&self) -> &'static str {
        "conv2d"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, _: &[Side]) -> Result<(), Refusal> {
        let image = match check_image(axes) {
            Ok(image) => image,
            Err(refusal) => return Err(refusal),
        };
        if image.channels != self.inputs && !is_lost(image.channels) && !is_lost(self.inputs) {
            let text = Text::new().str("takes ").number(self.inputs).str(" channels, but ");
            let help = self.write(Text::new().str("write `"), Some(image.channels)).str("`");
            return says(text.number(image.channels).str(" flow in"), help);
        }
        let sides = [(image.height, " rows"), (image.width, " columns")];
        let mut i = 0;
        while i < sides.len() {
            let (length, what) = sides[i];
            let padded = self.padded(length);
            if !is_lost(length) && !is_lost(self.kernel) && padded < self.kernel {
                let text = Text::new().str("moves a filter of ").number(self.kernel).str(what).str(" over ");
                let text = text.number(padded).str(if self.padding > 0 { ", padding included" } else { "" });
                return says(text, Text::new());
            }
            i += 1;
        }
        Ok(())
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        let image = Image::of(&axes);
        axes.without_last(3)
            .push(PlanAxis::Static(self.outputs))
            .push(PlanAxis::Static(self.slide(image.height)))
            .push(PlanAxis::Static(self.slide(image.width)))
    }

    const fn padded(&self, length: usize) -> usize {
        plus(length, times(2, self.padding))
    }

    /// How many places a filter has along `length`.
    const fn slide(&self, length: usize) -> usize {
        let padded = self.padded(length);
        if is_lost(length)
            || padded == NONE
            || padded < self.kernel
            || is_lost(self.kernel)
            || self.stride == 0
        {
            return NONE;
        }
        (padded - self.kernel) / self.stride + 1
    }

    pub(super) const fn params(&self) -> u64 {
        let bias = if self.bias { self.outputs as u64 } else { 0 };
        self.a_place().saturating_mul(self.outputs as u64).saturating_add(bias)
    }

    /// Numbers that a filter sees at one place.
    const fn a_place(&self) -> u64 {
        (self.inputs as u64).saturating_mul(self.kernel as u64).saturating_mul(self.kernel as u64)
    }

    pub(super) const fn weights(&self) -> WeightShapes {
        let weights =
            WeightShapes::NONE.with("weight", &[self.outputs, self.inputs, self.kernel, self.kernel]);
        if self.bias { weights.with("bias", &[self.outputs]) } else { weights }
    }

    pub(super) const fn frozen_params(&self) -> u64 {
        0
    }

    pub(super) const fn macs(&self, axes: &Axes, _: &[Side]) -> u64 {
        self.output(*axes).elements().saturating_mul(self.a_place())
    }

    pub(super) const fn write(&self, text: Text, inputs: Option<usize>) -> Text {
        let inputs = if let Some(inputs) = inputs { inputs } else { self.inputs };
        let text = text.str("conv2d(").number(inputs).str(" -> ").number(self.outputs);
        let text = text.str(", kernel: ").number(self.kernel);
        let text = if self.stride == 1 { text } else { text.str(", stride: ").number(self.stride) };
        let text = if self.padding == 0 { text } else { text.str(", padding: ").number(self.padding) };
        text.str(if self.bias { ")" } else { ", bias: false)" })
    }

    /// One product of the filters, a row each, with what they see, a column for each place of each image.
    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        axes: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let (images, image) = (axes.without_last(3).elements() as usize, Image::of(axes));
        let (down, across) = (self.slide(image.height), self.slide(image.width));
        let (a_place, places) = (self.a_place() as usize, down * across);
        let filters = run.weights.filters().put_tape(T::default());
        let filters = filters.try_reshape_like(&(self.outputs, a_place)).map_err(Error::device)?;

        let seen = self.places_seen(images, image);
        let columns = pick(self.with_zero(x)?, seen, (a_place, images * places))?;
        let mut y = filters.try_matmul(columns).map_err(Error::device)?;
        if self.bias {
            let bias = run.weights.vector().put_tape(T::default());
            let bias = bias.try_broadcast_like::<_, Axis<1>>(y.shape()).map_err(Error::device)?;
            y = y.try_add(bias).map_err(Error::device)?;
        }
        y.try_reshape_like(&(self.outputs, images, places))
            .and_then(|y| y.try_permute::<(usize, usize, usize), Axes3<1, 0, 2>>())
            .and_then(|y| y.try_reshape_like(&(images * self.outputs * down, across)))
            .map_err(Error::device)
    }

    /// The numbers of the images in a row, and a zero after them if there is padding.
    fn with_zero<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
    ) -> Result<Tensor<(usize,), E, D, T>, Error> {
        let count = x.shape().num_elements();
        let zero = x.device().try_zeros_like(&(1,)).map_err(Error::device)?.put_tape(T::default());
        let x = x.try_reshape_like(&(count,)).map_err(Error::device)?;
        if self.padding == 0 { Ok(x) } else { (x, zero).try_concat_along(Axis::<0>).map_err(Error::device) }
    }

    /// `[channel, row and column of the filter; image, row and column of the place]`: where in the images the number
    /// stands that the filter sees there; after their end for the padding.
    fn places_seen(&self, images: usize, image: Image) -> Vec<usize> {
        let Image { channels, height, width } = image;
        let (down, across) = (self.slide(height), self.slide(width));
        let zero = images * channels * height * width;
        let inside = |place: usize, offset: usize, length: usize| {
            (place * self.stride + offset).checked_sub(self.padding).filter(|&at| at < length)
        };
        let mut seen = Vec::with_capacity(channels * self.kernel * self.kernel * images * down * across);
        for filter in 0..channels * self.kernel * self.kernel {
            let (channel, i, j) = (
                filter / (self.kernel * self.kernel),
                filter / self.kernel % self.kernel,
                filter % self.kernel,
            );
            for plane in (0..images).map(|image| image * channels + channel) {
                for row in (0..down).map(|place| inside(place, i, height)) {
                    seen.extend((0..across).map(|place| match (row, inside(place, j, width)) {
                        (Some(row), Some(column)) => (plane * height + row) * width + column,
                        _ => zero,
                    }));
                }
            }
        }
        seen
    }
}

weights! {
    /// The weights of a `conv2d` item, in PyTorch's layout.
    pub struct Conv2d<INPUTS, OUTPUTS, KERNEL> {
        /// `[out, in, kernel, kernel]`, starting Kaiming-uniform.
        weight: Rank4<OUTPUTS, INPUTS, KERNEL, KERNEL> = init::kaiming_2d::<INPUTS, KERNEL, _, _, _>(),
        /// `[out]`, starting uniform in ± 1/√(in · kernel · kernel).
        bias: Rank1<OUTPUTS> = init::kaiming_2d::<INPUTS, KERNEL, _, _, _>(),
    }
}

weights! {
    /// The weight of a `conv2d(…, bias: false)` item.
    pub struct Conv2dNoBias<INPUTS, OUTPUTS, KERNEL> {
        /// `[out, in, kernel, kernel]`, starting Kaiming-uniform.
        weight: Rank4<OUTPUTS, INPUTS, KERNEL, KERNEL> = init::kaiming_2d::<INPUTS, KERNEL, _, _, _>(),
    }
}
