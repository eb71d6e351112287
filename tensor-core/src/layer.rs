//! What a declaration implements, and the way into a network.

use std::marker::PhantomData;

use dfdx::nn::tensor_collection::{RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor};
use dfdx::prelude::*;

use crate::Error;
use crate::decode::KvCache;
use crate::exec::fused;
use crate::exec::{Enters, Mode, Rows, Run, SideInput, Value, enter, leave, typed_shape};
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

    /// Itself: what is named through it is known to be a network.
    #[doc(hidden)]
    type Declared;
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

/// As [`build`], of zeros: for a network whose weights are yet to be read, so that none are drawn.
pub(crate) fn build_empty<L, E: Element, D: Device<E>>(device: &D) -> Result<L, Error>
where
    L: Network + TensorCollection<E, D, To<E, D> = L>,
{
    const { verify(L::PLAN) };
    let mut zeros = Zeros { device, numbers: PhantomData };
    match L::iter_tensors(&mut RecursiveWalker { m: (), f: &mut zeros }).map_err(Error::device)? {
        Some(net) => Ok(net),
        None => unreachable!("each tensor was made"),
    }
}

/// Makes the tensors of a network.
struct Zeros<'d, E, D> {
    device: &'d D,
    numbers: PhantomData<E>,
}

impl<E: Element, D: Device<E>> TensorVisitor<E, D> for Zeros<'_, E, D> {
    type Viewer = ();
    type Err = D::Err;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (): (),
    ) -> Result<Option<Tensor<S, E, D>>, D::Err> {
        Ok(Some(self.device.try_zeros_like(&options.shape)?))
    }
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
    pass(L::PLAN, net, x, sides, mode, None, true)
}

/// As [`forward`] in training, where nobody asks for the input's gradient.
pub fn train<L, S: Shape, U: Enters<E>, O: Shape, E: Element, D: Device<E> + Storage<U>, T: Tape<E, D>>(
    net: &L,
    x: Tensor<S, U, D, T>,
    sides: Vec<SideInput<E, D>>,
) -> Result<Tensor<O, E, D, T>, Error>
where
    L: Network + Weighted<E, D>,
{
    pass(L::PLAN, net, x, sides, Mode::Training, None, false)
}

/// Adds a side input to the list, and its tape to that of the main input.
pub fn take_side<S: Shape, U: Unit, E: Element, D, T, S1: Shape, U1: Enters<E>, T1>(
    x: Tensor<S, U, D, T>,
    name: &'static str,
    side: Tensor<S1, U1, D, T1>,
    sides: &mut Vec<SideInput<E, D>>,
) -> Result<Tensor<S, U, D, T>, Error>
where
    D: Device<E> + Storage<U> + Storage<U1>,
    T: Tape<E, D> + Merge<T1>,
    T1: Tape<E, D>,
{
    let (side, side_tape) = SideInput::new(name, side)?;
    sides.push(side);
    let (x, tape) = x.split_tape();
    Ok(x.put_tape(tape.merge(side_tape)))
}

/// The mode of dfdx's `forward_mut`: training where a tape comes along.
pub fn mode_of<E: Element, D: Device<E>, T: Tape<E, D>>() -> Mode {
    if T::OWNS_TAPE { Mode::Training } else { Mode::Inference }
}

/// What a pass gave.
///
/// # Panics
/// With the error's sentence.
#[track_caller]
pub fn expect_pass<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
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
    plan: &'static Plan,
    net: &L,
    x: Tensor<S, U, D, T>,
    sides: Vec<SideInput<E, D>>,
    mode: Mode,
    cache: Option<&mut KvCache<E, D>>,
    wants_input_gradient: bool,
) -> Result<Tensor<O, E, D, T>, Error>
where
    L: Weighted<E, D>,
{
    if x.shape().num_elements() == 0 {
        return nothing(plan, x);
    }
    let (rows, axes) = pass_rows(plan, net, x, sides, mode, cache, wants_input_gradient)?;
    leave(rows, output_shape(plan, &axes)?)
}

/// A pass of something, as rows of features and the axes that they have.
pub(crate) fn pass_rows<L, S: Shape, U: Enters<E>, E: Element, D: Device<E> + Storage<U>, T: Tape<E, D>>(
    plan: &'static Plan,
    net: &L,
    x: Tensor<S, U, D, T>,
    sides: Vec<SideInput<E, D>>,
    mode: Mode,
    cache: Option<&mut KvCache<E, D>>,
    wants_input_gradient: bool,
) -> Result<(Rows<E, D, T>, Axes), Error>
where
    L: Weighted<E, D>,
{
    #[cfg(feature = "cuda")]
    if crate::cuda::is_gpu_f32::<E, D>() && cache.is_none() {
        let mut weights = Weights::for_gpu();
        net.weights(&mut weights);
        let axes = Axes::of_sizes(x.shape().concrete().as_ref()).with_ids(U::ARE_IDS);
        let device = x.device().clone();
        let task = fused::Task { plan, weights, mode, device: &device, wants_input_gradient };
        if fused::gpu::fits::<E, D, T>(&task, &axes, &sides)? {
            let (value, mut axes) = enter_plan(plan, x)?;
            let value = fused::gpu::run(task, value, &sides, &mut axes)?;
            return Ok((value.rows(), axes));
        }
    }
    if fused::is_cpu_f32::<E, D>() {
        let device = x.device().clone();
        let (x, mut tape) = x.split_tape();
        let weights = on_host(net, &mut tape)?;
        let (value, mut axes) = enter_plan(plan, x.put_tape(tape))?;
        let task = fused::Task { plan, weights, mode, device: &device, wants_input_gradient };
        let value = fused::run(task, value, sides, &mut axes, cache.map(KvCache::on_host))?;
        return Ok((value.rows(), axes));
    }
    let mut weights = Weights::default();
    net.weights(&mut weights);
    let (value, mut axes) = enter_plan(plan, x)?;
    let sides = sides.into_iter().map(|side| side.fit(plan, &axes)).collect::<Result<_, _>>()?;
    let value = E::run_composed(plan, value, &mut axes, &mut Run::new(weights, mode, sides, cache))?;
    Ok((value.rows(), axes))
}

/// The weights with their numbers on the host. Those whose numbers lie in another order than that of their axes are copied,
/// on the tape, so that their gradients find them.
fn on_host<L: Weighted<E, D>, E: Element, D: Device<E>, T: Tape<E, D>>(
    net: &L,
    tape: &mut T,
) -> Result<Weights<E, D>, Error> {
    let mut weights = Weights::on_host();
    net.weights(&mut weights);
    if weights.are_on_host() {
        return Ok(weights);
    }
    weights = Weights::default();
    net.weights(&mut weights);
    weights.put_in_order(tape)?;
    Ok(weights.copied_to_host())
}

/// What a network gives in use, as rows of features.
#[cfg(feature = "trainer")]
pub(crate) fn used_rows<L, S: Shape, U: Enters<E>, E: Element, D: Device<E> + Storage<U>>(
    net: &L,
    x: Tensor<S, U, D>,
    sides: Vec<SideInput<E, D>>,
) -> Result<Tensor<(usize, usize), E, D>, Error>
where
    L: Network + Weighted<E, D>,
{
    refuse_empty(L::PLAN, &x)?;
    Ok(pass_rows(L::PLAN, net, x, sides, Mode::Inference, None, false)?.0)
}

/// What a network gives in training, as rows of features; no loss is made of a batch without any.
pub(crate) fn train_rows<L, S: Shape, U: Enters<E>, E: Element, D: Device<E> + Storage<U>, T: Tape<E, D>>(
    net: &L,
    x: Tensor<S, U, D, T>,
    sides: Vec<SideInput<E, D>>,
) -> Result<Tensor<(usize, usize), E, D, T>, Error>
where
    L: Network + Weighted<E, D>,
{
    refuse_empty(L::PLAN, &x)?;
    Ok(pass_rows(L::PLAN, net, x, sides, Mode::Training, None, false)?.0)
}

fn refuse_empty<S: Shape, U: Enters<E>, E: Element, D: Device<E> + Storage<U>, T: Tape<E, D>>(
    plan: &Plan,
    x: &Tensor<S, U, D, T>,
) -> Result<(), Error> {
    if x.shape().num_elements() > 0 {
        return Ok(());
    }
    let given = Axes::of_sizes(x.shape().concrete().as_ref()).with_ids(U::ARE_IDS);
    Err(Error::Empty { network: plan.name, given: given.to_string() })
}

/// An input as the executors take it, if the plan takes such ones.
pub(crate) fn enter_plan<S: Shape, U: Enters<E>, E: Element, D: Device<E> + Storage<U>, T: Tape<E, D>>(
    plan: &Plan,
    x: Tensor<S, U, D, T>,
) -> Result<(Value<E, D, T>, Axes), Error> {
    let (value, axes) = enter(x)?;
    if !axes.ends_in(&plan.input) {
        return Err(Error::axes(plan.name, &plan.input, &axes));
    }
    Ok((value, axes))
}

/// The typed tensor of what comes out, from its numbers on the host.
pub(crate) fn tensor_of<O: Shape>(
    plan: &Plan,
    device: &Cpu,
    y: &[f32],
    axes: &Axes,
) -> Result<Tensor<O, f32, Cpu>, Error> {
    let features = axes.from_end(1).size().unwrap_or(1);
    let shape = (y.len() / features.max(1), features);
    let y = TensorFromVec::<f32>::try_tensor_from_vec(device, y.to_vec(), shape);
    leave(y.map_err(Error::device)?, output_shape(plan, axes)?)
}

/// The axes that come out, as the output's type has them.
pub(crate) fn output_shape<O: Shape>(plan: &Plan, axes: &Axes) -> Result<O, Error> {
    typed_shape(axes).ok_or_else(|| Error::axes(plan.name, &plan.output, axes))
}

/// What a network makes of a batch without rows, which dfdx's ops don't take: no rows. The input's gradient has none either.
pub(crate) fn nothing<
    S: Shape,
    U: Enters<E>,
    O: Shape,
    E: Element,
    D: Device<E> + Storage<U>,
    T: Tape<E, D>,
>(
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
