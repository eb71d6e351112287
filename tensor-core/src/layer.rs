//! What a declaration implements, and the way into a network.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::*;

use crate::Error;
use crate::exec::{Mode, enter, leave, run};
use crate::param::{Element, Weighted, Weights};
use crate::plan::{Plan, verify};

/// A declared network: its plan.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a network that `layer!` declared",
    label = "not a declared network"
)]
pub trait Network {
    /// What the declaration says.
    const PLAN: &'static Plan;
}

/// A declared network with its weights on a device.
pub trait Layer<E: Element, D: Device<E>>: Network + Weighted<E, D> + TensorCollection<E, D> {}

impl<L, E: Element, D: Device<E>> Layer<E, D> for L where L: Network + Weighted<E, D> + TensorCollection<E, D> {}

/// Builds a network with fresh weights; at build time this proves what only then is known of its sizes.
pub fn build<L, E: Element, D: Device<E>>(device: &D) -> Result<L, Error>
where
    L: Network + TensorCollection<E, D, To<E, D> = L>,
{
    const { verify(L::PLAN) };
    L::try_build(device).map_err(Error::device)
}

/// Runs a network on a tensor that fits it.
pub fn forward<L, S: Shape, O: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    net: &L,
    x: Tensor<S, E, D, T>,
    mode: Mode,
) -> Result<Tensor<O, E, D, T>, Error>
where
    L: Network + Weighted<E, D>,
{
    let mut weights = Weights::default();
    net.weights(&mut weights);
    let (rows, mut axes) = enter(x)?;
    let rows = run(L::PLAN, rows, &mut axes, &mut weights, mode)?;
    leave(rows, &axes, L::PLAN.name)
}
