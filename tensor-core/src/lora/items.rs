//! Which items of a network are `lora` items, adapted matrices of attentions among them, and under which names their weights are saved.

use dfdx::prelude::Device;

use super::AdapterError;
use crate::io::{StateDict, StateDtype, nearest_name};
use crate::layer::Layer;
use crate::ops::{LoraOp, Op};
use crate::param::Element;
use crate::plan::{Item, Node, Plan};

/// The last parts of the names of A and of B.
pub(super) const A: &str = "lora_a";
pub(super) const B: &str = "lora_b";

/// A `lora` item of a network, or an adapted matrix of an `attention`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterInfo {
    /// Its name in saved files: `blocks.0.up`, `blocks.0.attend.w_q`.
    pub name: String,
    /// Features it takes.
    pub inputs: usize,
    /// Features it gives.
    pub outputs: usize,
    /// Rows of A and columns of B.
    pub rank: usize,
    /// The update is scaled by alpha / rank.
    pub alpha: usize,
}

impl AdapterInfo {
    /// What the update B·A is multiplied with.
    pub fn scale(&self) -> f64 {
        self.alpha as f64 / self.rank as f64
    }

    /// Numbers in A and B.
    pub fn params(&self) -> usize {
        (self.inputs + self.outputs) * self.rank
    }
}

/// The `lora` items of a network in order.
pub(super) fn adapters<N: Layer<E, D>, E: Element + StateDtype, D: Device<E>>(net: &N) -> Vec<AdapterInfo> {
    let mut ops = Vec::new();
    find(N::PLAN, &mut ops);
    // The walk over the fields comes to them in the plan's order, and no other weight has this name.
    let state = net.state_dict();
    let names = state.iter().filter_map(|tensor| tensor.name.strip_suffix(A)?.strip_suffix('.'));
    let info = |(name, LoraOp { inputs, outputs, rank, alpha, .. }): (&str, LoraOp)| AdapterInfo {
        name: name.to_owned(),
        inputs,
        outputs,
        rank,
        alpha,
    };
    names.zip(ops).map(info).collect()
}

/// [`adapters`], of which there must be some.
pub(super) fn some_adapters<N: Layer<E, D>, E: Element + StateDtype, D: Device<E>>(
    net: &N,
) -> Result<Vec<AdapterInfo>, AdapterError> {
    let found = adapters(net);
    if found.is_empty() { Err(AdapterError::NoItems { network: N::PLAN.name }) } else { Ok(found) }
}

fn find(plan: &Plan, ops: &mut Vec<LoraOp>) {
    in_body(plan.body, ops);
}

fn in_body(body: &[Item], ops: &mut Vec<LoraOp>) {
    for item in body {
        match &item.node {
            Node::Op(Op::Lora(op)) => ops.push(*op),
            Node::Op(Op::Attention(op)) => ops.extend(op.all_adapted()),
            Node::Op(_) => {}
            Node::Residual { body } => in_body(body, ops),
            Node::Fork { branches, .. } => branches.iter().for_each(|branch| in_body(branch.body, ops)),
            Node::Network { plan, count, .. } => (0..*count).for_each(|_| find(plan, ops)),
        }
    }
}

/// Whether a tensor is A or B of a `lora` item.
pub(super) fn is_factor(name: &str) -> bool {
    matches!(name.rsplit_once('.'), Some((_, A | B)))
}

/// Whether a tensor belongs to one of these items, or is one of these tensors.
pub(super) fn is_of(name: &str, items: &[&str]) -> bool {
    items
        .iter()
        .any(|item| name.strip_prefix(item).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// Each of these names is one of the network's.
pub(super) fn check_names<N: Layer<E, D>, E: Element + StateDtype, D: Device<E>>(
    net: &N,
    items: &[&str],
) -> Result<(), AdapterError> {
    let state = net.state_dict();
    let Some(name) = items.iter().find(|item| !state.iter().any(|tensor| is_of(&tensor.name, &[item])))
    else {
        return Ok(());
    };
    let items = state.iter().filter_map(|tensor| Some(tensor.name.rsplit_once('.')?.0));
    let similar = nearest_name(name, items).map(str::to_owned);
    Err(AdapterError::NoSuchItem { name: (*name).to_owned(), similar })
}
