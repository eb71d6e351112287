//! What a declaration implements, and the way into a network.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::*;

use crate::Error;
use crate::decode::KvCache;
use crate::exec::{Enters, Mode, Run, SideInput, enter, leave, run, typed_shape};
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

/// Runs a network on a tensor that fits it, with its side inputs.
pub fn forward<L, S: Shape, U: Enters<E>, O: Shape, E: Element, D: Device<E> + Storage<U>, T: Tape<E, D>>(
    net: &L,
    x: Tensor<S, U, D, T>,
    sides: Vec<SideInput<E, D>>,
    mode: Mode,
) -> Result<Tensor<O, E, D, T>, Error>
where
    L: Network + Weighted<E, D>,
{
    pass(L::PLAN, net, x, sides, mode, None)
}

/// Adds a side input to the list of a pass, and its tape to the main input's.
#[doc(hidden)]
pub fn take_side<S, U, T, S1: Shape, U1, T1, E: Element, D: Device<E> + Storage<U> + Storage<U1>>(
    x: Tensor<S, U, D, T>,
    list: &mut Vec<SideInput<E, D>>,
    name: &'static str,
    side: Tensor<S1, U1, D, T1>,
) -> Result<Tensor<S, U, D, T>, Error>
where
    S: Shape,
    U: Enters<E>,
    U1: Enters<E>,
    T: Tape<E, D> + Merge<T1>,
    T1: Tape<E, D>,
{
    let (side, mut side_tape) = side.split_tape();
    // A mask has a gradient, of zeros, though nothing asks for it on the way back.
    U1::expect_gradient(&side, &mut side_tape);
    let (side, side_tape) = SideInput::new(name, side.put_tape(side_tape))?;
    list.push(side);
    let (x, tape) = x.split_tape();
    Ok(x.put_tape(tape.merge(side_tape)))
}

/// One pass, or one step of decoding where there is a cache.
pub(crate) fn pass<
    L,
    S: Shape,
    U: Enters<E>,
    O: Shape,
    E: Element,
    D: Device<E> + Storage<U>,
    T: Tape<E, D>,
>(
    plan: &Plan,
    net: &L,
    x: Tensor<S, U, D, T>,
    sides: Vec<SideInput<E, D>>,
    mode: Mode,
    cache: Option<&mut KvCache<E, D>>,
) -> Result<Tensor<O, E, D, T>, Error>
where
    L: Weighted<E, D>,
{
    if x.shape().num_elements() == 0 {
        return nothing(plan, x);
    }
    let mut weights = Weights::default();
    net.weights(&mut weights);
    let (value, mut axes) = enter(x)?;
    if !axes.ends_in(&plan.input) {
        return Err(Error::axes(plan.name, &plan.input, &axes));
    }
    let sides = sides.into_iter().map(|side| side.fit(plan, &axes)).collect::<Result<_, _>>()?;
    let value = run(plan, value, &mut axes, &mut Run::new(weights, mode, sides, cache))?;
    leave(value.rows(), output_shape(plan, &axes)?)
}

/// The axes that come out, as the output's type has them.
fn output_shape<O: Shape>(plan: &Plan, axes: &Axes) -> Result<O, Error> {
    typed_shape(axes).ok_or_else(|| Error::axes(plan.name, &plan.output, axes))
}

/// What a network makes of a batch without rows, which dfdx's ops don't take: no rows. The input's gradient has none either.
fn nothing<S: Shape, U: Enters<E>, O: Shape, E: Element, D: Device<E> + Storage<U>, T: Tape<E, D>>(
    plan: &Plan,
    x: Tensor<S, U, D, T>,
) -> Result<Tensor<O, E, D, T>, Error> {
    let given = Axes::of_sizes(x.shape().concrete().as_ref()).with_ids(U::ARE_IDS);
    let axes = given.through(&plan.input, &plan.output);
    if axes.elements() != 0 {
        return Err(Error::Empty { network: plan.name, given: given.to_string() });
    }
    let shape: O = output_shape(plan, &axes)?;
    let (x, mut tape) = x.split_tape();
    let y = ZerosTensor::<E>::try_zeros_like(x.device(), &shape).map_err(Error::device)?;
    let given = y.ghost();
    tape.add_backward_op(move |gradients| gradients.try_alloc_for(&given));
    U::expect_gradient(&x, &mut tape);
    Ok(y.put_tape(tape))
}

#[cfg(test)]
mod tests;
