//! A step of training on a GPU without dfdx's tape: a pass, its loss, the way back, and the change of the weights.

use std::sync::Arc;

use dfdx::prelude::*;

use super::context::{Address, Gpu};
use super::pass::{Pass, WeightGradients};
use super::{addresses, enter, gpu_of, output, program};
use crate::Error;
use crate::cuda::Numbers;
use crate::exec::fused::lower::Purpose;
use crate::exec::{SideInput, Value};
use crate::loss::Loss;
use crate::param::Element;
use crate::plan::{Axes, Plan};

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
        let Some(program) = program((self.plan, Purpose::TRAINING), axes, sides)? else { return Ok(None) };
        let gpu = gpu_of(self.weights, device)?;
        let loan = gpu.lend(program.sizes())?;
        let entered = enter(&gpu, &program, x, sides)?;
        let addresses = addresses(self.weights);
        let mut found = Found { gradients: self.gradients, begun: vec![false; self.gradients.len()] };
        let mut pass = Pass {
            gpu: &gpu,
            program: &program,
            buffers: &loan.buffers,
            weights: &addresses,
            entered: &entered,
            leaves: None,
            seed: if program.draws { (self.seed)() } else { 0 },
            gradients: None,
        };
        program.forward_steps().iter().try_for_each(|step| step.on_gpu(&mut pass))?;
        let Some(y) = program.ends.y else { unreachable!("each network gives something") };
        let width = program.axes.from_end(1).size().unwrap_or(1);
        let (n, of_y) = (pass.len(y), program.ends.of_y.map(|of_y| pass.get(of_y)));
        let value = match loss.on_gpu(n / width, width)? {
            Some(loss) => Pending::OnGpu(loss.run(&gpu, (pass.get(y), of_y), [n / width, width])?),
            None => by_dfdx(loss, output(&program, &pass, device)?, &pass, of_y)?,
        };
        if of_y.is_some() {
            pass.gradients = Some(&mut found);
            program.backward_steps().iter().try_for_each(|step| step.on_gpu(&mut pass))?;
        }
        found.finish(&gpu)?;
        Ok(Some(value))
    }
}

/// A loss without kernels, by dfdx's ops on the output.
fn by_dfdx<E: Element, D: Device<E>, L: Loss<E, D>>(
    loss: &L,
    y: Tensor<(usize, usize), E, D>,
    pass: &Pass<'_>,
    of_y: Option<Address>,
) -> Result<Pending, Error> {
    let value = loss.of(y.leaky_trace())?;
    let known = value.as_vec()[0].to_f64().unwrap_or(f64::NAN) as f32;
    if let Some(of_y) = of_y {
        let mut gradients = dfdx::tensor_ops::Backward::try_backward(value).map_err(Error::device)?;
        let from = super::address(gradients.get_or_alloc_mut(&y).map_err(Error::device)?);
        pass.copy(of_y, from, y.shape().num_elements())?;
    }
    Ok(Pending::Known(known))
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
                gpu.fill(gradient.address(), gradient.len(), 0.0)?;
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
