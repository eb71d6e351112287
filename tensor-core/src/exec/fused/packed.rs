//! The weights of passes: as numbers, packed once where they don't change any more, or of eight bits; and passes with such ones.

use std::sync::{Arc, OnceLock};

use dfdx::prelude::{Cpu, NoneTape};

use super::cache::{self, Loan};
use super::lower::Purpose;
use super::program::Pass;
use super::shard::Shard;
use super::value::Values;
use super::{enter, given};
use crate::Error;
use crate::decode::OnHost;
use crate::exec::{Mode, SideInput, Value};
use crate::kernels::eight::EightBit;
use crate::kernels::matmul::{Matrix, PanelView, Panels};
use crate::plan::{Axes, Plan};

/// A weight that does not change any more.
#[derive(Clone, Debug)]
pub(crate) enum Packed {
    /// As it is.
    Numbers(Arc<[f32]>),
    /// A matrix of eight bits, which only products and tables of rows can use.
    Eight(Arc<EightBit>),
}

/// The weights of a pass.
#[derive(Clone, Copy)]
pub(super) enum PassWeights<'p> {
    Numbers(&'p [Arc<[f32]>]),
    /// Of a network that does not change any more: with them as products take them.
    Frozen(&'p [Arc<[f32]>], &'p [OnceLock<Panels>]),
    Packed(&'p [Packed]),
}

impl<'p> PassWeights<'p> {
    /// A weight's numbers.
    pub(super) fn numbers(self, index: usize) -> &'p [f32] {
        match self {
            PassWeights::Numbers(weights) | PassWeights::Frozen(weights, _) => &weights[index],
            PassWeights::Packed(weights) => match &weights[index] {
                Packed::Numbers(numbers) => numbers,
                Packed::Eight(_) => unreachable!("only products and tables use weights of eight bits"),
            },
        }
    }

    /// A weight of eight bits, if it is one.
    pub(super) fn eight(self, index: usize) -> Option<&'p EightBit> {
        match self {
            PassWeights::Packed(weights) => match &weights[index] {
                Packed::Eight(eight) => Some(eight),
                Packed::Numbers(_) => None,
            },
            PassWeights::Numbers(_) | PassWeights::Frozen(..) => None,
        }
    }

    /// A weight `[outputs, inputs]` as products take it, where that is kept.
    pub(super) fn panels(self, index: usize, outputs: usize, inputs: usize) -> Option<PanelView<'p>> {
        let PassWeights::Frozen(weights, panels) = self else { return None };
        let weight = || Matrix::new(&weights[index], outputs, inputs).transposed();
        Some(panels[index].get_or_init(|| Panels::of(weight())).view())
    }
}

/// A network to run in use.
pub(crate) struct PackedTask<'t> {
    pub(crate) plan: &'static Plan,
    pub(crate) weights: &'t [Packed],
    /// Whether only what comes out at the last position is asked for, where this spares something.
    pub(crate) last: bool,
}

impl PackedTask<'_> {
    /// Lets `take` have what the network gives, as a step of decoding where there is a cache.
    pub(crate) fn run<R>(
        self,
        x: &Value<f32, Cpu, NoneTape>,
        sides: &[SideInput<f32, Cpu>],
        axes: &Axes,
        cache: Option<&mut OnHost>,
        take: impl FnOnce(&[f32], &Axes) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let PackedTask { plan, weights, last } = self;
        let step = cache.as_ref().map(|cache| cache.step());
        let purpose =
            Purpose { mode: Mode::Inference, goes_back: false, of_input: false, step, last, frozen: false };
        let program = cache::program(plan, axes, given(sides), purpose)?;
        let mut loan = Loan::of(&program);
        let ids = enter(&program, &mut loan, x, sides)?;
        let mut pass = Pass {
            program: &program,
            buffers: &mut loan.0,
            weights: PassWeights::Packed(weights),
            ids: &ids,
            seed: 0,
            shard: Shard::default(),
            cache,
            gradients: None,
        };
        program.forward(&mut pass)?;
        let Some(y) = program.ends.y else { unreachable!("each network gives something") };
        take(pass.get(y), &program.axes)
    }
}
