//! What a declaration implements, and the way into a network.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::*;

use crate::Error;
use crate::exec::{Mode, enter, leave, run, typed_shape};
use crate::param::{Element, Weighted, Weights};
use crate::plan::{Axes, Plan, verify};

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
    if x.shape().num_elements() == 0 {
        return nothing(L::PLAN, x);
    }
    let mut weights = Weights::default();
    net.weights(&mut weights);
    let (rows, mut axes) = enter(x)?;
    let rows = run(L::PLAN, rows, &mut axes, &mut weights, mode)?;
    leave(rows, output_shape(L::PLAN, &axes)?)
}

/// The axes that come out, as the output's type has them.
fn output_shape<O: Shape>(plan: &Plan, axes: &Axes) -> Result<O, Error> {
    typed_shape(axes).ok_or_else(|| Error::axes(plan.name, &plan.output, axes))
}

/// What a network makes of a batch without rows, which dfdx's ops don't take: no rows. The input's gradient has none either.
fn nothing<S: Shape, O: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    plan: &Plan,
    x: Tensor<S, E, D, T>,
) -> Result<Tensor<O, E, D, T>, Error> {
    let axes = Axes::of_sizes(x.shape().concrete().as_ref()).through(&plan.input, &plan.output);
    let shape: O = output_shape(plan, &axes)?;
    let (x, mut tape) = x.split_tape();
    let y = x.device().try_zeros_like(&shape).map_err(Error::device)?;
    let (given, taken) = (y.ghost(), x.ghost());
    tape.add_backward_op(move |gradients| {
        gradients.try_alloc_for(&given)?;
        gradients.try_alloc_for(&taken)
    });
    Ok(y.put_tape(tape))
}
