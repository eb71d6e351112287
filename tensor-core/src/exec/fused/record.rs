//! What flows, and what the way back needs of each op.

use std::rc::Rc;

use super::{Buffer, Slot};
use crate::kernels::attention::Heads;
use crate::kernels::norm::Moments;
use crate::kernels::rotary::Turns;
use crate::ops::Activation;
use crate::plan::Join;

/// What flows in.
#[derive(Clone)]
pub(super) enum Input {
    Numbers(Buffer),
    Ids(Rc<Vec<usize>>),
}

impl Input {
    /// The numbers, where the plan's check says that no ids flow.
    pub(super) fn numbers(self) -> Buffer {
        match self {
            Input::Numbers(numbers) => numbers,
            Input::Ids(_) => unreachable!("numbers flow here, as the plan's check says"),
        }
    }
}

/// What one op keeps.
pub(super) enum Record {
    /// Also of an `unembed`, whose weight is the embedding's.
    Linear {
        x: Buffer,
        weight: Slot,
        bias: Option<Slot>,
        rows: usize,
        inputs: usize,
        outputs: usize,
    },
    /// What went in, or for a softmax what came out.
    Activation {
        activation: Activation,
        x: Buffer,
        width: usize,
    },
    Norm {
        x: Buffer,
        moments: Vec<Moments>,
        weight: Slot,
        bias: Option<Slot>,
    },
    Dropout {
        factors: Vec<f32>,
    },
    Residual(Vec<Record>),
    Embedding {
        ids: Rc<Vec<usize>>,
        table: Slot,
        width: usize,
    },
    Positional {
        weight: Slot,
        positions: usize,
        width: usize,
    },
    Attention {
        heads: Heads,
        turns: Option<Turns>,
        q: Buffer,
        k: Buffer,
        v: Buffer,
        shares: Vec<f32>,
    },
    Fork {
        join: Join,
        branches: Vec<Taken>,
        width: usize,
    },
    /// The value that flows is set aside for projections side by side.
    Projections {
        x: Buffer,
        weights: [(Slot, Option<Slot>); 3],
        rows: usize,
        width: usize,
    },
}

/// A branch that was run.
pub(super) struct Taken {
    pub(super) records: Vec<Record>,
    /// What it gave.
    pub(super) y: Buffer,
}
