//! The fused executor on NVIDIA GPUs: the same programs as on the CPU, step by step, by this crate's kernels and cuBLAS. One
//! entry on dfdx's tape. For `f32`, and every step but those of decoding.
//!
//! - [`context`]: a GPU as a thread uses it. `kernels.cu`, `attention.cu`: the kernels.
//! - [`forward`], [`backward`]: the steps. [`pass`]: what they work with.
//! - [`train`]: a step of training without dfdx's tape. [`loss`], `losses.cu`: losses. [`rule`], `rules.cu`: what changes the
//!   weights.
//! - [`tensors`]: dfdx's tensors.
//!
//! Ids are read by the host, which checks them, once a pass, and so are masks; of targets that are to be probabilities one
//! number, whether they are. Nothing else crosses over.

mod backward;
mod context;
mod forward;
mod loss;
mod pass;
mod rule;
mod tensors;
mod train;

use std::rc::Rc;
use std::sync::Arc;

use cudarc::driver::{CudaSlice, DevicePtr};
use dfdx::prelude::*;

use super::cache;
use super::lower::Purpose;
use super::program::Program;
use super::{Task, as_it_is, given, same};
use crate::Error;
use crate::cuda::{Numbers, Reading, Stored, address_of, blank, device_of, on_gpu, tensor_of};
use crate::exec::random::pass_seed;
use crate::exec::{Mode, SideInput, Value};
use crate::param::{Element, Weight, Weights};
use crate::plan::Axes;
use context::{Address, Gpu};
pub(crate) use loss::{GpuLoss, Pointwise, Probabilities};
use pass::{Ids, Pass, WeightGradients};
pub(crate) use rule::{Remembered, Rule, Table};
pub(crate) use tensors::{numbers, reading, with_numbers};
pub(crate) use train::GpuStep;

/// The program of a plan, if there are kernels for all of its steps.
fn program<E: Element, D: Device<E>>(
    task: (&'static crate::plan::Plan, Purpose),
    axes: &Axes,
    sides: &[SideInput<E, D>],
) -> Result<Option<Arc<Program>>, Error> {
    let program = cache::program(task.0, axes, given(sides), task.1)?;
    let fits = program.forward_steps().iter().all(super::steps::Forward::fits_gpu);
    Ok(fits.then_some(program))
}

/// What a program of a task is for.
fn purpose<E: Element, D: Device<E>, T: Tape<E, D>>(task: &Task<'_, E, D>) -> Purpose {
    let (mode, of_input) = (task.mode, task.wants_input_gradient);
    Purpose { mode, goes_back: T::OWNS_TAPE, of_input, step: None, last: false, frozen: false }
}

/// Whether the weights of a network are on a GPU, and there are kernels for all of its steps.
pub(crate) fn fits<E: Element, D: Device<E>, T: Tape<E, D>>(
    task: &Task<'_, E, D>,
    axes: &Axes,
    sides: &[SideInput<E, D>],
) -> Result<bool, Error> {
    Ok(task.weights.are_on_gpu() && program((task.plan, purpose::<E, D, T>(task)), axes, sides)?.is_some())
}

/// Runs a network that [`fits`] on a value of `f32` on a GPU. `axes` become those of the output.
pub(crate) fn run<E: Element, D: Device<E>, T: Tape<E, D>>(
    task: Task<'_, E, D>,
    x: Value<E, D, T>,
    sides: &[SideInput<E, D>],
    axes: &mut Axes,
) -> Result<Value<E, D, T>, Error> {
    let purpose = purpose::<E, D, T>(&task);
    let Task { plan, weights, mode, device, .. } = task;
    let Some(program) = program((plan, purpose), axes, sides)? else {
        unreachable!("`fits` said that there are kernels for all steps")
    };
    let numbers: Vec<Arc<Numbers>> = weights.on_gpu().to_vec();
    let gpu = gpu_of(&numbers, device)?;
    let loan = gpu.lend(program.sizes())?;
    let (x, mut tape) = x.split_tape();
    let entered = enter(&gpu, &program, &x, sides)?;
    let inputs = std::iter::once(&x).chain(sides.iter().map(|side| &side.value));
    let sources =
        inputs.zip(&program.ends.of_inputs).filter_map(|(input, of_value)| match (input, *of_value) {
            (Value::Rows(rows), Some(of_value)) => Some((of_value, rows.clone())),
            _ => None,
        });
    let sources: Vec<_> = sources.collect();
    let seed = if mode == Mode::Training { pass_seed(device) } else { 0 };
    let weights_at = addresses(&numbers);
    let ready = if T::OWNS_TAPE { None } else { ready_output(&program, device)? };
    let mut pass = Pass {
        gpu: &gpu,
        program: &program,
        buffers: &loan.buffers,
        weights: &weights_at,
        entered: &entered,
        leaves: ready.as_ref().map(|(y, address, _)| (*y, *address)),
        seed,
        gradients: None,
    };
    program.forward_steps().iter().try_for_each(|step| step.on_gpu(&mut pass))?;
    *axes = program.axes;
    let y = match ready {
        Some((.., y)) => same(y),
        None => output(&program, &pass, device)?,
    };
    if T::OWNS_TAPE && program.ends.of_y.is_some() {
        let ghost = y.ghost();
        tape.add_backward_op(move |gradients| {
            let mut back = || -> Result<(), Error> {
                let of_y = address(gradients.get_or_alloc_mut(&ghost).map_err(Error::device)?);
                let weights_at = addresses(&numbers);
                let mut found = Found { gradients: &mut *gradients, weights: &weights };
                let mut pass = Pass {
                    gpu: &gpu,
                    program: &program,
                    buffers: &loan.buffers,
                    weights: &weights_at,
                    entered: &entered,
                    leaves: None,
                    seed,
                    gradients: Some(&mut found),
                };
                if let Some(value) = program.ends.of_y {
                    pass.copy(pass.get(value), of_y, pass.len(value))?;
                }
                program.backward_steps().iter().try_for_each(|step| step.on_gpu(&mut pass))?;
                for (value, source) in &sources {
                    let (from, n) = (*loan.buffers[program.buffer(*value)].device_ptr(), program.len(*value));
                    let to = address(gradients.get_or_alloc_mut(source).map_err(Error::device)?);
                    gpu.each("add_to", n, (n, to, from))?;
                }
                Ok(())
            };
            // dfdx's errors can't be made; what fails here is the GPU itself, after which nothing on it is right.
            back().unwrap_or_else(|error| panic!("on the way back: {error}"));
            Ok(())
        });
    }
    Ok(Value::Rows(y.put_tape(tape)))
}

fn addresses(numbers: &[Arc<Numbers>]) -> Vec<(Address, usize)> {
    numbers.iter().map(|numbers| (numbers.address(), numbers.len())).collect()
}

/// The GPU that weights lie on; that of the device for a network without some.
fn gpu_of<D: 'static>(numbers: &[Arc<Numbers>], device: &D) -> Result<Rc<Gpu>, Error> {
    match numbers.first() {
        Some(numbers) => Gpu::of(&numbers.device()),
        None => Gpu::of(&device_of(same_ref::<D, Cuda>(device))?),
    }
}

/// A value as one of the type that it has.
fn same_ref<A: 'static, B: 'static>(value: &A) -> &B {
    match (value as &dyn std::any::Any).downcast_ref() {
        Some(value) => value,
        None => unreachable!("the types are the same, as `is_gpu_f32` says"),
    }
}

/// Where a gradient of dfdx lies.
fn address<V: 'static>(gradient: &mut V) -> Address {
    address_of(as_it_is::<V, Stored>(gradient))
}

/// What goes into a pass.
struct Entered {
    /// The numbers of the inputs, for the values that they are.
    numbers: Vec<(super::value::Value, Reading)>,
    /// The ids of those that are ids.
    ids: Vec<Ids>,
}

fn enter<E: Element, D: Device<E>>(
    gpu: &Rc<Gpu>,
    program: &Program,
    x: &Value<E, D, NoneTape>,
    sides: &[SideInput<E, D>],
) -> Result<Entered, Error> {
    let (mut numbers, mut all_ids) = (Vec::new(), Vec::new());
    let inputs = std::iter::once(x).chain(sides.iter().map(|side| &side.value));
    for (input, value) in inputs.zip(&program.ends.inputs) {
        match (input, *value) {
            (Value::Rows(rows), Some(value)) => {
                let Some(rows) = on_gpu(rows) else {
                    unreachable!("these are `f32` on a GPU, as `is_gpu_f32` says")
                };
                numbers.push((value, tensors::read(gpu, rows)?));
            }
            (Value::Ids(ids, _), None) => {
                let host = ids.as_vec();
                let device: CudaSlice<u64> = gpu.upload_places(host.iter().copied())?;
                all_ids.push(Ids { host, device });
            }
            _ => unreachable!("the program was made for these inputs"),
        }
    }
    Ok(Entered { numbers, ids: all_ids })
}

/// The output as the tensor that the last step writes to, and where that lies; nothing where it can't be known, or where the
/// output is an input.
fn ready_output<D: 'static>(program: &Program, device: &D) -> Result<Option<Ready>, Error> {
    let Some(y) = program.ends.y.filter(|y| !program.ends.inputs.contains(&Some(*y))) else {
        return Ok(None);
    };
    let (tensor, address) = blank(same_ref::<D, Cuda>(device), rows_of(program))?;
    Ok(address.map(|address| (y, address, tensor)))
}

/// The output, where it lies, and the tensor.
type Ready = (super::value::Value, Address, Tensor<(usize, usize), f32, Cuda>);

/// Rows and features of the output.
fn rows_of(program: &Program) -> (usize, usize) {
    let features = program.axes.from_end(1).size().unwrap_or(1);
    (program.axes.without_last(1).elements() as usize, features)
}

/// The output as a tensor.
fn output<E: Element, D: Device<E>>(
    program: &Program,
    pass: &Pass<'_>,
    device: &D,
) -> Result<Tensor<(usize, usize), E, D>, Error> {
    let Some(y) = program.ends.y else { unreachable!("each network gives something") };
    let device = same_ref::<D, Cuda>(device);
    let y = tensor_of(device, rows_of(program), |to| pass.copy(to, pass.get(y), pass.len(y)))?;
    Ok(same(y))
}

/// The gradients of the weights among dfdx's.
struct Found<'f, E: Element, D: Device<E>> {
    gradients: &'f mut Gradients<E, D>,
    weights: &'f Weights<E, D>,
}

impl<E: Element, D: Device<E>> WeightGradients for Found<'_, E, D> {
    fn of(&mut self, weight: usize) -> Result<Option<(Address, bool)>, Error> {
        let found = match self.weights.get(weight) {
            Weight::Vector(tensor) => self.gradients.get_or_alloc_mut(tensor),
            Weight::Matrix(tensor) => self.gradients.get_or_alloc_mut(tensor),
            Weight::Filters(tensor) => self.gradients.get_or_alloc_mut(tensor),
        };
        Ok(Some((address(found.map_err(Error::device)?), true)))
    }
}
