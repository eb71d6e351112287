//! How weights start.

use dfdx::nn::tensor_collection::TensorOptions;
use dfdx::prelude::*;
use rand_distr::{Distribution, StandardNormal, Uniform};

use super::Element;

/// Kaiming uniform with a = √5, as PyTorch's `nn.Linear`: uniform in ± 1/√inputs.
pub(crate) fn kaiming<const INPUTS: usize, S: ConstShape, E: Element, D: Device<E>>() -> TensorOptions<S, E, D>
{
    TensorOptions::reset_with(fill_kaiming::<INPUTS, S, E, D>)
}

/// [`kaiming`], of a weight that training does not change.
pub(crate) fn frozen_kaiming<const INPUTS: usize, S: ConstShape, E: Element, D: Device<E>>()
-> TensorOptions<S, E, D> {
    TensorOptions::detached(fill_kaiming::<INPUTS, S, E, D>)
}

fn fill_kaiming<const INPUTS: usize, S: ConstShape, E: Element, D: Device<E>>(
    tensor: &mut Tensor<S, E, D>,
) -> Result<(), D::Err> {
    fill_uniform(tensor, INPUTS)
}

/// [`kaiming`] of a convolution's weight or bias, which has KERNEL · KERNEL inputs a channel, as `nn.Conv2d`.
pub(crate) fn kaiming_2d<
    const CHANNELS: usize,
    const KERNEL: usize,
    S: ConstShape,
    E: Element,
    D: Device<E>,
>() -> TensorOptions<S, E, D> {
    TensorOptions::reset_with(|tensor| fill_uniform(tensor, CHANNELS * KERNEL * KERNEL))
}

fn fill_uniform<S: ConstShape, E: Element, D: Device<E>>(
    tensor: &mut Tensor<S, E, D>,
    inputs: usize,
) -> Result<(), D::Err> {
    let bound = E::ONE / E::from_usize(inputs.max(1)).unwrap_or(E::ONE).sqrt();
    tensor.try_fill_with_distr(Uniform::new_inclusive(-bound, bound))
}

/// Normal with the standard deviation 0.02, as GPT-2, BERT and ViT.
pub(crate) fn normal<S: ConstShape, E: Element, D: Device<E>>() -> TensorOptions<S, E, D> {
    TensorOptions::reset_with(|tensor| tensor.try_fill_with_distr(SmallNormal))
}

struct SmallNormal;

impl<E: Element> Distribution<E> for SmallNormal {
    fn sample<R: rand::Rng + ?Sized>(&self, random: &mut R) -> E {
        let value: f64 = StandardNormal.sample(random);
        E::of(0.02 * value)
    }
}

pub(crate) fn zeros<S: ConstShape, E: Element, D: Device<E>>() -> TensorOptions<S, E, D> {
    TensorOptions::reset_to_zeros()
}

pub(crate) fn ones<S: ConstShape, E: Element, D: Device<E>>() -> TensorOptions<S, E, D> {
    TensorOptions::reset_to_ones()
}
