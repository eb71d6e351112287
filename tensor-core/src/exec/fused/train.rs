//! A step of training without dfdx's tape: a pass, its loss, and the way back into gradients that the caller keeps.

use std::sync::Arc;

use dfdx::prelude::*;

use super::cache::{self, Loan};
use super::lower::Purpose;
use super::packed::PassWeights;
use super::program::{Pass, WeightGradients};
use super::shard::Shard;
use super::value::Values;
use super::{enter, given};
use crate::Error;
use crate::exec::{SideInput, Value};
use crate::kernels::matmul::Into;
use crate::kernels::scratch::with_scratch;
use crate::param::Element;
use crate::plan::{Axes, Plan};

/// The loss of rows of so many numbers, whose gradient goes into the last slice.
pub(crate) type LossOfRows<'l> = dyn Fn(&[f32], usize, &mut [f32]) -> Result<f32, Error> + 'l;

/// What a step works with.
pub(crate) struct Step<'s> {
    pub(crate) plan: &'static Plan,
    pub(crate) weights: &'s [Arc<[f32]>],
    /// For each weight. Empty for a weight that stays as it is.
    pub(crate) gradients: &'s mut [Vec<f32>],
    /// Whether to add to what is there, or to replace it.
    pub(crate) adds: bool,
    /// Room for whether each gradient has a part already.
    pub(crate) begun: &'s mut Vec<bool>,
    /// Gives what dropout draws from, where there is some.
    pub(crate) seed: &'s dyn Fn() -> u64,
    pub(crate) loss: &'s LossOfRows<'s>,
}

impl Step<'_> {
    /// The loss at `x` with these side inputs.
    pub(crate) fn run<E: Element, D: Device<E>>(
        self,
        x: &Value<E, D, NoneTape>,
        sides: &[SideInput<E, D>],
        axes: &Axes,
    ) -> Result<f32, Error> {
        let program = cache::program(self.plan, axes, given(sides), Purpose::TRAINING)?;
        let mut loan = Loan::of(&program);
        let ids = enter(&program, &mut loan, x, sides)?;
        self.begun.clear();
        self.begun.resize(self.gradients.len(), self.adds);
        let mut found = Found { gradients: self.gradients, begun: self.begun };
        let mut pass = Pass {
            program: &program,
            buffers: &mut loan.0,
            weights: PassWeights::Numbers(self.weights),
            ids: &ids,
            seed: if program.draws { (self.seed)() } else { 0 },
            shard: Shard::here(),
            cache: None,
            gradients: None,
        };
        program.forward(&mut pass)?;
        let Some(y) = program.ends.y else { unreachable!("each network gives something") };
        let width = program.axes.from_end(1).size().unwrap_or(1);
        let Some(of_y) = program.ends.of_y else {
            found.finish();
            return with_scratch(program.len(y), |gradient| (self.loss)(pass.get(y), width, gradient));
        };
        let loss = pass.write(of_y, |pass, gradient| (self.loss)(pass.get(y), width, gradient))?;
        pass.gradients = Some(&mut found);
        program.backward(&mut pass)?;
        found.finish();
        Ok(loss)
    }
}

/// The gradients that the caller keeps.
struct Found<'f> {
    gradients: &'f mut [Vec<f32>],
    begun: &'f mut [bool],
}

impl Found<'_> {
    /// Nothing depends on the weights that no step came to.
    fn finish(&mut self) {
        let rest = self.gradients.iter_mut().zip(&*self.begun).filter(|(_, begun)| !**begun);
        rest.for_each(|(gradient, _)| gradient.fill(0.0));
    }
}

impl WeightGradients for Found<'_> {
    fn of(&mut self, weight: usize) -> Result<Option<(&mut [f32], Into)>, Error> {
        if self.gradients[weight].is_empty() {
            return Ok(None);
        }
        let begun = std::mem::replace(&mut self.begun[weight], true);
        Ok(Some((&mut self.gradients[weight], if begun { Into::Add } else { Into::Replace })))
    }
}
