//! A step of training on a GPU without dfdx's tape: a pass, its loss, the way back, and the change of the weights.

use std::sync::Arc;

use cudarc::driver::{CudaSlice, DevicePtr, DeviceRepr};
use dfdx::prelude::*;

use super::context::{Address, Gpu, config};
use super::pass::{Pass, WeightGradients};
use super::{addresses, enter, gpu_of, output, program, same_ref};
use crate::Error;
use crate::cuda::{Numbers, doubled, on_gpu};
use crate::exec::fused::lower::Purpose;
use crate::exec::{Mode, SideInput, Value};
use crate::loss::{Loss, check_labels};
use crate::param::Element;
use crate::plan::{Axes, Plan};

/// Numbers that a block of a rule's kernel changes.
const CHUNK: usize = 4096;

/// What a step works with.
pub(crate) struct GpuStep<'s> {
    pub(crate) plan: &'static Plan,
    pub(crate) weights: &'s [Arc<Numbers>],
    /// For each weight; none for one that stays as it is. Whatever is there is replaced.
    pub(crate) gradients: &'s [Option<Numbers>],
    /// Gives what dropout draws from, where there is some.
    pub(crate) seed: &'s dyn Fn() -> u64,
}

/// A loss that the GPU still computes.
pub(crate) enum Pending {
    OnGpu(Numbers),
    Known(f32),
}

impl Pending {
    /// The loss, once it is there.
    pub(crate) fn wait(&self) -> Result<f32, Error> {
        match self {
            Pending::OnGpu(loss) => Ok(loss.download()?[0]),
            Pending::Known(loss) => Ok(*loss),
        }
    }
}

impl GpuStep<'_> {
    /// The loss at `x` with these side inputs; nothing if there is a step without a kernel.
    pub(crate) fn run<E: Element, D: Device<E>, L: Loss<E, D>>(
        self,
        x: &Value<E, D, NoneTape>,
        sides: &[SideInput<E, D>],
        axes: &Axes,
        device: &D,
        loss: &L,
    ) -> Result<Option<Pending>, Error> {
        let purpose =
            Purpose { mode: Mode::Training, goes_back: true, of_input: false, step: None, last: false };
        let Some(program) = program((self.plan, purpose), axes, sides)? else { return Ok(None) };
        let gpu = gpu_of(self.weights, device)?;
        let loan = gpu.lend(program.sizes())?;
        let ids = enter(&gpu, &program, &loan, x, sides)?;
        let addresses = addresses(self.weights);
        let mut found = Found { gradients: self.gradients, begun: vec![false; self.gradients.len()] };
        let mut pass = Pass {
            gpu: &gpu,
            program: &program,
            buffers: &loan.buffers,
            weights: &addresses,
            ids: &ids,
            seed: if program.draws { (self.seed)() } else { 0 },
            gradients: None,
        };
        program.forward_steps().iter().try_for_each(|step| step.on_gpu(&mut pass))?;
        let Some(y) = program.ends.y else { unreachable!("each network gives something") };
        let width = program.axes.from_end(1).size().unwrap_or(1);
        let (n, of_y) = (pass.len(y), program.ends.of_y.map(|of_y| pass.get(of_y)));
        let value = match loss.labels() {
            Some(labels) => {
                check_labels(labels, n / width, width)?;
                cross_entropy(&pass, (pass.get(y), of_y), [n / width, width], labels)?
            }
            None => by_dfdx(loss, output(&program, &pass, device)?, &pass, of_y)?,
        };
        if of_y.is_some() {
            pass.gradients = Some(&mut found);
            program.backward_steps().iter().try_for_each(|step| step.on_gpu(&mut pass))?;
        }
        drop(pass);
        found.finish(&gpu)?;
        Ok(Some(value))
    }
}

fn cross_entropy(
    pass: &Pass<'_>,
    (logits, of_logits): (Address, Option<Address>),
    [rows, width]: [usize; 2],
    labels: &[usize],
) -> Result<Pending, Error> {
    let gpu = pass.gpu;
    let (labels, losses, value) =
        (gpu.upload_places(labels.iter().copied())?, gpu.alloc(rows)?, gpu.alloc(1)?);
    let scratch = if of_logits.is_none() { Some(gpu.alloc(rows * width)?) } else { None };
    let gradient = of_logits.or(scratch.as_ref().map(|scratch| *scratch.device_ptr())).unwrap_or(0);
    let (losses_at, labels_at, share) = (*losses.device_ptr(), *labels.device_ptr(), 1.0 / rows as f32);
    gpu.rows("cross_entropy", rows, (rows, width, gradient, losses_at, logits, labels_at, share))?;
    gpu.launch(
        "total",
        config((1, 1, 1), (1024, 1, 1), 0),
        (rows, *value.device_ptr(), losses_at, share, 0i32, 0i32),
    )?;
    Ok(Pending::OnGpu(Numbers(value)))
}

/// Any loss, by dfdx's ops on the output.
fn by_dfdx<E: Element, D: Device<E>, L: Loss<E, D>>(
    loss: &L,
    y: Tensor<(usize, usize), E, D>,
    pass: &Pass<'_>,
    of_y: Option<Address>,
) -> Result<Pending, Error> {
    let value = loss.of(y.leaky_trace())?;
    if let Some(of_y) = of_y {
        let known = value.as_vec()[0].to_f64().unwrap_or(f64::NAN) as f32;
        let mut gradients = dfdx::tensor_ops::Backward::try_backward(value).map_err(Error::device)?;
        let from = super::address(gradients.get_or_alloc_mut(&y).map_err(Error::device)?);
        pass.copy(of_y, from, y.shape().num_elements())?;
        return Ok(Pending::Known(known));
    }
    Ok(Pending::Known(value.as_vec()[0].to_f64().unwrap_or(f64::NAN) as f32))
}

/// The gradients that the caller keeps.
struct Found<'f> {
    gradients: &'f [Option<Numbers>],
    begun: Vec<bool>,
}

impl Found<'_> {
    /// Nothing depends on the weights that no step came to.
    fn finish(&self, gpu: &Gpu) -> Result<(), Error> {
        for (gradient, begun) in self.gradients.iter().zip(&self.begun) {
            if let (Some(gradient), false) = (gradient, begun) {
                gpu.each("fill", gradient.len(), (gradient.len(), gradient.address(), 0.0f32))?;
            }
        }
        Ok(())
    }
}

impl WeightGradients for Found<'_> {
    fn of(&mut self, weight: usize) -> Result<Option<(Address, bool)>, Error> {
        let begun = std::mem::replace(&mut self.begun[weight], true);
        Ok(self.gradients[weight].as_ref().map(|gradient| (gradient.address(), begun)))
    }
}

/// A rule that has a kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    Adam { betas: [f64; 2], corrections: [f64; 2], eps: f64, decoupled: bool },
}

/// What a rule works on of one weight.
pub(crate) struct Remembered<'r> {
    pub(crate) weight: Address,
    pub(crate) gradient: &'r Numbers,
    pub(crate) remembered: &'r [Numbers],
    /// The weight's share of the rule's rate and of its decay.
    pub(crate) rate: f64,
    pub(crate) decay: f64,
}

/// As `struct Chunk` of the kernels' source.
#[repr(C)]
#[derive(Clone, Copy)]
struct Chunk {
    weight: Address,
    gradient: Address,
    remembered: [Address; 3],
    length: i64,
    rate: f32,
    decay: f32,
}

// SAFETY: the same fields in C's order as in the source.
unsafe impl DeviceRepr for Chunk {}

impl Rule {
    /// Changes weights by their gradients, scaled down together where their norm is larger than `most_norm`; the sum of their
    /// squares then.
    pub(crate) fn apply(
        &self,
        all: &[Remembered<'_>],
        (rate, decay): (f64, f64),
        most_norm: Option<f64>,
    ) -> Result<Option<Numbers>, Error> {
        let Some(first) = all.first() else { return Ok(None) };
        let gpu = Gpu::of(&first.gradient.device())?;
        let squares = most_norm.map(|_| sum_of_squares(&gpu, all)).transpose()?;
        let chunks = upload(&gpu, all)?;
        let blocks = chunks.1 as u32;
        let (squares_at, most) =
            (squares.as_ref().map_or(0, Numbers::address), most_norm.unwrap_or(0.0) as f32);
        match *self {
            Rule::Adam { betas, corrections, eps, decoupled } => gpu.launch(
                "adam",
                config((blocks, 1, 1), (256, 1, 1), 0),
                (
                    *chunks.0.device_ptr(),
                    squares_at,
                    most,
                    rate as f32,
                    decay as f32,
                    betas[0] as f32,
                    betas[1] as f32,
                    corrections[0] as f32,
                    (1.0 / corrections[1].sqrt()) as f32,
                    eps as f32,
                    i32::from(decoupled),
                ),
            )?,
        }
        Ok(squares)
    }
}

fn upload(gpu: &Gpu, all: &[Remembered<'_>]) -> Result<(CudaSlice<Chunk>, usize), Error> {
    let mut chunks = Vec::new();
    for Remembered { weight, gradient, remembered, rate, decay } in all {
        for start in (0..gradient.len()).step_by(CHUNK) {
            let at = |address: Address| if address == 0 { 0 } else { address + 4 * start as u64 };
            let kept = |place: usize| at(remembered.get(place).map_or(0, Numbers::address));
            chunks.push(Chunk {
                weight: at(*weight),
                gradient: at(gradient.address()),
                remembered: [kept(0), kept(1), kept(2)],
                length: (gradient.len() - start).min(CHUNK) as i64,
                rate: *rate as f32,
                decay: *decay as f32,
            });
        }
    }
    let count = chunks.len();
    Ok((gpu.device.htod_sync_copy(&chunks).map_err(Error::device)?, count))
}

fn sum_of_squares(gpu: &Gpu, all: &[Remembered<'_>]) -> Result<Numbers, Error> {
    let sum = Numbers::zeros(&gpu.device, 1)?;
    for weight in all {
        let parameters =
            (weight.gradient.len(), sum.address(), weight.gradient.address(), 1.0f32, 1i32, 1i32);
        gpu.launch("total", config((1, 1, 1), (1024, 1, 1), 0), parameters)?;
    }
    Ok(sum)
}

/// A copy of a tensor's numbers.
pub(crate) fn numbers<S: Shape, E: Dtype, D: Device<E>>(
    tensor: &Tensor<S, E, D>,
) -> Result<Option<Numbers>, Error> {
    let Some(tensor) = on_gpu(tensor) else { return Ok(None) };
    let doubled = doubled(tensor)?;
    let device = crate::cuda::device_of(same_ref::<Cuda, Cuda>(tensor.device()))?;
    let gpu = Gpu::of(&device)?;
    let n = tensor.shape().num_elements();
    let numbers = gpu.alloc(n)?;
    gpu.each("scale_to", n, (n, *numbers.device_ptr(), doubled.address, 0.5f32))?;
    Ok(Some(Numbers(numbers)))
}

/// The same tensor, by its identity, with these numbers.
pub(crate) fn with_numbers<S: Shape, E: Dtype, D: Device<E>>(
    tensor: &Tensor<S, E, D>,
    numbers: &Numbers,
) -> Result<Option<Tensor<S, E, D>>, Error> {
    let Some(found) = on_gpu(tensor) else { return Ok(None) };
    let gpu = Gpu::of(&numbers.device())?;
    let n = numbers.len();
    let changed =
        crate::cuda::with_numbers(found, |to| gpu.each("scale_to", n, (n, to, numbers.address(), 1.0f32)))?;
    Ok(Some(super::same(changed)))
}
