//! `layer_norm` and `rms_norm`.

use super::super::packed::PassWeights;
use super::super::program::Pass;
use super::super::value::{Target, Uses, Value, Values};
use super::super::way_back::WayBack;
use crate::Error;
use crate::kernels::norm::{norm, norm_back, parts_len};

/// The weights of a norm; one without a bias does not subtract the mean.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec::fused) struct Scale {
    pub(in crate::exec::fused) weight: usize,
    pub(in crate::exec::fused) bias: Option<usize>,
    pub(in crate::exec::fused) width: usize,
}

/// Each row with the mean 0 and the mean square 1, scaled.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec::fused) struct Norm {
    pub(in crate::exec::fused) x: Value,
    pub(in crate::exec::fused) y: Value,
    /// The mean of each row, and by what it was multiplied.
    pub(in crate::exec::fused) moments: Value,
    pub(in crate::exec::fused) scale: Scale,
    pub(in crate::exec::fused) eps: f32,
}

impl Norm {
    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.x]).writing(self.y).writing(self.moments)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        self.on(pass);
        Ok(())
    }

    pub(super) fn on<V: Values>(&self, values: &mut V) {
        self.write(values, |values, y, moments| {
            norm(V::THREADS, y, moments, values.get(self.x), self.weights(values.weights()), self.eps);
        });
    }

    /// Lets `work` write y and the moments.
    pub(super) fn write<V: Values>(&self, values: &mut V, work: impl FnOnce(&mut V, &mut [f32], &mut [f32])) {
        values.write(self.y, |values, y| {
            values.write(self.moments, |values, moments| work(values, y, moments));
        });
    }

    /// The scale's weight, and its bias, or nothing.
    pub(super) fn weights<'p>(&self, weights: PassWeights<'p>) -> (&'p [f32], &'p [f32]) {
        let bias = self.scale.bias.map_or(&[][..], |bias| weights.numbers(bias));
        (weights.numbers(self.scale.weight), bias)
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        let parts = back.value(parts_len(back.len(self.x), self.scale.width));
        let to = back.target(self.x);
        back.push(NormBack { x: self.x, moments: self.moments, scale: self.scale, g, parts, to });
    }
}

/// The gradients of a norm's input and of its weights.
#[derive(Debug)]
pub(in crate::exec::fused) struct NormBack {
    pub(in crate::exec::fused) x: Value,
    pub(in crate::exec::fused) moments: Value,
    pub(in crate::exec::fused) scale: Scale,
    pub(in crate::exec::fused) g: Value,
    /// Room for what parts of the rows give for the weights.
    pub(in crate::exec::fused) parts: Value,
    pub(in crate::exec::fused) to: Option<Target>,
}

impl NormBack {
    /// The weights whose gradients it adds to.
    #[cfg(feature = "mpi")]
    pub(super) fn weights(&self) -> [Option<usize>; 2] {
        [Some(self.scale.weight), self.scale.bias]
    }

    pub(super) fn uses(&self) -> Uses {
        let uses = Uses::reads([self.x, self.moments]).writing(self.parts);
        match self.to {
            // In place: what it needs of a row of g, it reads before it writes.
            Some(Target { before: None, value }) => uses.changing(self.g, value),
            Some(to) => uses.and(Some(self.g)).into(to),
            None => uses.and(Some(self.g)),
        }
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let NormBack { x, moments, scale, g, parts, to } = *self;
        let width = scale.width;
        pass.write(parts, |pass, parts| {
            let back = |pass: &Pass<'_>, g: Option<&[f32]>, of_x: &mut [f32], parts: &mut [f32]| {
                let weight = pass.weight(scale.weight);
                norm_back(of_x, g, parts, pass.get(x), pass.get(moments), weight, scale.bias.is_some());
            };
            match to {
                Some(Target { before: None, value }) => {
                    pass.change(g, value, |pass, of_x| back(pass, None, of_x, parts));
                }
                Some(Target { before: Some(before), value }) => {
                    pass.change(before, value, |pass, of_x| back(pass, Some(pass.get(g)), of_x, parts));
                }
                None => back(pass, Some(pass.get(g)), &mut [], parts),
            }
            let sums = |parts: &[f32], gradient: &mut [f32], half: usize| {
                for part in parts.chunks_exact(2 * width) {
                    let part = &part[half * width..][..width];
                    gradient.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
                }
            };
            pass.gradient(scale.weight, |_, gradient| sums(parts, gradient, 0))?;
            match scale.bias {
                Some(bias) => pass.gradient(bias, |_, gradient| sums(parts, gradient, 1)),
                None => Ok(()),
            }
        })
    }
}
