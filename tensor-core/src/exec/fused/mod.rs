//! The fused executor: a whole network as kernels on plain slices, with one entry on dfdx's tape. For `f32` on the CPU,
//! and the ops that [`supports`] lists; *composed* is the reference, and runs everything else. Weights are read from
//! snapshots on the host, which [`Param`](crate::param::Param) drops when it hands out its tensor to be changed.

mod backward;
mod forward;
mod record;

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use dfdx::prelude::*;

use super::{Mode, Value};
use crate::Error;
use crate::ops::{AttentionOp, EmbeddingOp, Mask, Op};
use crate::param::{Element, Weights, numbers};
use crate::plan::{Axes, Item, Node, Plan};
use forward::Machine;
use record::Input;

/// Numbers that flow, shared with what the way back keeps of them.
type Buffer = Rc<Vec<f32>>;

/// A weight: its numbers, and which of the network's it is.
#[derive(Clone, Debug)]
struct Slot {
    numbers: Arc<[f32]>,
    index: usize,
}

/// Whether the fused executor can run all of `body`.
pub(crate) fn supports(body: &[Item]) -> bool {
    body.iter().all(|item| match &item.node {
        Node::Op(op) => supports_op(op),
        Node::Residual { body } => supports(body),
        Node::Fork { branches, .. } => branches.iter().all(|branch| supports(branch.body)),
        Node::Network { plan, .. } => plan.sides.is_empty() && supports(plan.body),
    })
}

fn supports_op(op: &Op) -> bool {
    match op {
        Op::Linear(_) | Op::Activation(_) | Op::LayerNorm(_) | Op::RmsNorm(_) | Op::Dropout(_) => true,
        Op::Flatten(_) | Op::Unembed(_) | Op::Positional(_) => true,
        Op::Embedding(EmbeddingOp { add, .. }) => add.is_none(),
        Op::Attention(AttentionOp { context, mask, dropout, qk_norm, .. }) => {
            let plain = context.is_none() && !qk_norm && *dropout == 0.0;
            plain && !matches!(mask, Mask::Padding)
        }
        _ => false,
    }
}

/// Whether numbers of type `E` on a device `D` are `f32` on the CPU.
pub(crate) fn is_cpu_f32<E: 'static, D: 'static>() -> bool {
    use std::any::TypeId;
    TypeId::of::<E>() == TypeId::of::<f32>() && TypeId::of::<D>() == TypeId::of::<Cpu>()
}

/// The same value as another type, which it is.
fn same<A: 'static, B: 'static>(value: A) -> B {
    match (Box::new(value) as Box<dyn Any>).downcast::<B>() {
        Ok(value) => *value,
        Err(_) => unreachable!("the types are the same, as `is_cpu_f32` says"),
    }
}

/// Runs `plan` on a value of `f32` on the CPU. `axes` become those of the output.
pub(crate) fn run<E: Element, D: Device<E>, T: Tape<E, D>>(
    plan: &Plan,
    x: Value<E, D, T>,
    axes: &mut Axes,
    weights: Weights<E, D>,
    mode: Mode,
    device: &D,
    wants_input_gradient: bool,
) -> Result<Value<E, D, T>, Error> {
    let hosts: Vec<Arc<[f32]>> = weights.hosts().map(same::<Arc<[E]>, Arc<[f32]>>).collect();
    let seed = if mode == Mode::Training { device.random_u64() } else { 0 };
    let mut machine = Machine::new(hosts, mode, T::OWNS_TAPE, seed);
    let (input, mut tape, source) = match x {
        Value::Rows(rows) => {
            let (rows, tape) = rows.split_tape();
            let numbers: Vec<f32> = same(numbers(&rows));
            (Input::Numbers(Rc::new(numbers)), tape, wants_input_gradient.then_some(rows))
        }
        Value::Ids(ids, tape) => (Input::Ids(Rc::new(ids.as_vec())), tape, None),
    };
    let y = machine.run(plan, input, axes)?;
    let features = axes.from_end(1).size().unwrap_or(1);
    let shape = (axes.without_last(1).elements() as usize, features);
    let numbers: Vec<E> = same(Rc::try_unwrap(y).unwrap_or_else(|shared| shared.as_ref().clone()));
    let y: Tensor<(usize, usize), E, D> =
        device.try_tensor_from_vec(numbers, shape).map_err(Error::device)?;
    if T::OWNS_TAPE {
        let (ghost, records) = (y.ghost(), machine.into_records());
        tape.add_backward_op(move |gradients| {
            let given = backward::numbers_of::<E, D>(gradients.get_or_alloc_mut(&ghost)?).to_vec();
            backward::backward(records, gradients, given, source.as_ref(), &weights)
        });
    }
    Ok(Value::Rows(y.put_tape(tape)))
}
