//! The fused executor: a whole network as one program of kernels, with one entry on dfdx's tape. For `f32` on the CPU, and
//! every op; with the feature `cuda` also on GPUs, see `gpu`. *Composed* is the reference, and runs the rest.
//!
//! - [`lower`]: a plan on axes of known sizes → steps; what can be done to the rows of a product at once becomes part of it.
//! - [`way_back`]: the steps of the way back, from those of the way forward.
//! - [`value`]: which buffer each value lies in; values that are not needed at the same time share one.
//! - [`program`]: runs the steps. [`cache`] keeps programs and buffers from pass to pass.
//!
//! Weights are read from snapshots on the host, which [`Param`](crate::param::Param) drops when it hands out its tensor to
//! be changed.

mod cache;
#[cfg(feature = "cuda")]
pub(crate) mod gpu;
mod inputs;
mod lower;
mod packed;
mod program;
#[cfg(test)]
mod random;
mod serve;
mod shard;
mod steps;
#[cfg(test)]
mod tests;
mod train;
mod value;
#[cfg(feature = "mpi")]
mod watch;
mod way_back;

use std::any::Any;
use std::sync::Arc;

use dfdx::prelude::*;

use super::random::pass_seed;
use super::{Mode, SideInput, Value};
use crate::Error;
use crate::decode::OnHost;
use crate::kernels::Threads;
use crate::kernels::matmul::Into;
use crate::param::{Element, Weight, Weights};
use crate::plan::{Axes, Plan};
use cache::Loan;
use inputs::{copy_slice, enter};
pub(crate) use inputs::{given, input, numbers_into};
use lower::Purpose;
pub(crate) use lower::{Given, matrices};
use packed::PassWeights;
pub(crate) use packed::{Packed, PackedTask};
use program::{Pass, Program, WeightGradients};
pub(crate) use serve::{Input, Service};
pub(crate) use shard::Shard;
pub(crate) use train::Step;
#[cfg(feature = "mpi")]
pub(crate) use watch::{Watcher, watched};

/// Whether numbers of type `E` on a device `D` are `f32` on the CPU.
pub(crate) fn is_cpu_f32<E: 'static, D: 'static>() -> bool {
    use std::any::TypeId;
    TypeId::of::<E>() == TypeId::of::<f32>() && TypeId::of::<D>() == TypeId::of::<Cpu>()
}

/// The same value as another type, which it is.
fn same<A: 'static, B: 'static>(value: A) -> B {
    let mut value = Some(value);
    match (&mut value as &mut dyn Any).downcast_mut::<Option<B>>().and_then(Option::take) {
        Some(value) => value,
        None => unreachable!("the types are the same, as `is_cpu_f32` says"),
    }
}

/// The same numbers as `f32`, which they are.
fn as_f32<E: 'static>(numbers: &mut [f32]) -> &mut [E] {
    assert_eq!(std::any::TypeId::of::<E>(), std::any::TypeId::of::<f32>());
    // SAFETY: the types are the same.
    unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), numbers.len()) }
}

/// A value as one of the type that it has.
pub(crate) fn as_it_is<A: 'static, B: 'static>(value: &mut A) -> &mut B {
    match (value as &mut dyn Any).downcast_mut::<B>() {
        Some(value) => value,
        None => unreachable!("the types are the same, as `is_cpu_f32` says"),
    }
}

/// A gradient of dfdx as the numbers that it is.
fn numbers_of<E: Element, D: Device<E>>(gradient: &mut <D as Storage<E>>::Vec) -> &mut Vec<f32> {
    match (gradient as &mut dyn Any).downcast_mut::<<Cpu as Storage<f32>>::Vec>() {
        Some(gradient) => gradient,
        None => unreachable!("these are `f32` on the CPU, as `is_cpu_f32` says"),
    }
}

/// A network to run.
pub(crate) struct Task<'d, E: Element, D: Device<E>> {
    pub(crate) plan: &'static Plan,
    pub(crate) weights: Weights<E, D>,
    pub(crate) mode: Mode,
    pub(crate) device: &'d D,
    /// Whether somebody asks for the gradients of inputs that came without a tape of their own.
    pub(crate) wants_input_gradient: bool,
}

/// Runs a network on a value of `f32` on the CPU, as a step of decoding where there is a cache. `axes` become those of the
/// output.
pub(crate) fn run<E: Element, D: Device<E>, T: Tape<E, D>>(
    task: Task<'_, E, D>,
    x: Value<E, D, T>,
    sides: Vec<SideInput<E, D>>,
    axes: &mut Axes,
    cache: Option<&mut OnHost>,
) -> Result<Value<E, D, T>, Error> {
    let Task { plan, weights, mode, device, wants_input_gradient } = task;
    let step = cache.as_ref().map(|cache| cache.step());
    let purpose = Purpose {
        mode,
        goes_back: T::OWNS_TAPE,
        of_input: wants_input_gradient,
        step,
        last: false,
        frozen: false,
    };
    let program = cache::program(plan, axes, given(&sides), purpose)?;
    let hosts: Vec<Arc<[f32]>> = weights.hosts().map(same::<Arc<[E]>, Arc<[f32]>>).collect();
    let mut loan = Loan::of(&program);
    let (x, mut tape) = x.split_tape();
    let ids = enter(&program, &mut loan, &x, &sides)?;
    let inputs = std::iter::once(x).chain(sides.into_iter().map(|side| side.value));
    let sources =
        inputs.zip(&program.ends.of_inputs).filter_map(|(input, of_value)| match (input, *of_value) {
            (Value::Rows(rows), Some(of_value)) => Some((of_value, rows)),
            _ => None,
        });
    let sources: Vec<_> = sources.collect();
    let seed = if mode == Mode::Training { pass_seed(device) } else { 0 };
    let shard = Shard::here();
    let mut pass = Pass {
        program: &program,
        buffers: &mut loan.0,
        weights: PassWeights::Numbers(&hosts),
        ids: &ids,
        seed,
        shard,
        cache,
        gradients: None,
    };
    program.forward(&mut pass)?;
    *axes = program.axes;
    let y = take_output(&program, &mut loan);
    let features = axes.from_end(1).size().unwrap_or(1);
    let shape = (axes.without_last(1).elements() as usize, features);
    let y: Tensor<(usize, usize), E, D> =
        device.try_tensor_from_vec(same(y), shape).map_err(Error::device)?;
    if T::OWNS_TAPE && program.ends.of_y.is_some() {
        let ghost = y.ghost();
        #[cfg(feature = "mpi")]
        let entry = watch::Entry::of(plan);
        tape.add_backward_op(move |gradients| {
            let back = Back { program: &program, hosts: &hosts, ids: &ids, seed, shard, weights: &weights };
            if let Some(of_y) = program.ends.of_y {
                let given = numbers_of::<E, D>(gradients.get_or_alloc_mut(&ghost)?);
                copy_slice(given, &mut loan.0[program.buffer(of_y)][..program.len(of_y)]);
            }
            #[cfg(feature = "mpi")]
            entry.run(|| back.run(&mut loan, gradients))?;
            #[cfg(not(feature = "mpi"))]
            back.run(&mut loan, gradients)?;
            for (of_value, source) in &sources {
                let found = &loan.0[program.buffer(*of_value)][..program.len(*of_value)];
                crate::kernels::elementwise::add(
                    Threads::All,
                    numbers_of::<E, D>(gradients.get_or_alloc_mut(source)?),
                    found,
                );
            }
            Ok(())
        });
    }
    Ok(Value::Rows(y.put_tape(tape)))
}

/// The output's numbers: its buffer's, or a copy where the way back needs them.
fn take_output(program: &Program, loan: &mut Loan) -> Vec<f32> {
    let Some(y) = program.ends.y else { unreachable!("each network gives something") };
    let buffer = &mut loan.0[program.buffer(y)];
    if program.ends.y_is_read {
        return buffer[..program.len(y)].to_vec();
    }
    buffer.truncate(program.len(y));
    std::mem::take(buffer)
}

/// What the way back works with.
struct Back<'b, E: Element, D: Device<E>> {
    program: &'b Program,
    hosts: &'b [Arc<[f32]>],
    ids: &'b [Vec<usize>],
    seed: u64,
    shard: Shard,
    weights: &'b Weights<E, D>,
}

impl<E: Element, D: Device<E>> Back<'_, E, D> {
    fn run(&self, loan: &mut Loan, gradients: &mut Gradients<E, D>) -> Result<(), D::Err> {
        let mut found = Found { gradients, weights: self.weights, failed: None };
        let mut pass = Pass {
            program: self.program,
            buffers: &mut loan.0,
            weights: PassWeights::Numbers(self.hosts),
            ids: self.ids,
            seed: self.seed,
            shard: self.shard,
            cache: None,
            gradients: Some(&mut found),
        };
        let result = self.program.backward(&mut pass);
        match (result, found.failed) {
            (_, Some(error)) => Err(error),
            (Err(error), None) => unreachable!("only dfdx fails on the way back: {error}"),
            (Ok(()), None) => Ok(()),
        }
    }
}

/// The gradients of the weights among dfdx's.
struct Found<'f, E: Element, D: Device<E>> {
    gradients: &'f mut Gradients<E, D>,
    weights: &'f Weights<E, D>,
    failed: Option<D::Err>,
}

impl<E: Element, D: Device<E>> WeightGradients for Found<'_, E, D> {
    fn of(&mut self, weight: usize) -> Result<Option<(&mut [f32], Into)>, Error> {
        let found = match self.weights.get(weight) {
            Weight::Vector(tensor) => self.gradients.get_or_alloc_mut(tensor),
            Weight::Matrix(tensor) => self.gradients.get_or_alloc_mut(tensor),
            Weight::Filters(tensor) => self.gradients.get_or_alloc_mut(tensor),
        };
        match found {
            Ok(gradient) => Ok(Some((numbers_of::<E, D>(gradient), Into::Add))),
            Err(error) => {
                let told = Error::device(&error);
                self.failed = Some(error);
                Err(told)
            }
        }
    }
}
