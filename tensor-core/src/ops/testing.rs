//! What the tests of ops share: plans and weights by hand.

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::*;

use super::{AttentionOp, Mask, Op, Refusal};
use crate::Error;
use crate::exec::{Enters, Mode, SideInput};
use crate::gradcheck::gradcheck;
use crate::layer::pass;
use crate::param::{Element, WeightVisitor, Weighted, Weights};
use crate::plan::{Axes, Axis as PlanAxis, Item, Key, Node, Plan, Side, output_of};

pub(crate) const N: PlanAxis = PlanAxis::Runtime { name: "n", plus: 0 };
pub(crate) const M: PlanAxis = PlanAxis::Runtime { name: "m", plus: 0 };

pub(crate) const fn size(size: usize) -> PlanAxis {
    PlanAxis::Static(size)
}

/// 2 heads on 8 features, with nothing else that an attention may have.
pub(crate) const ATTENTION: AttentionOp = AttentionOp {
    width: 8,
    outputs: 8,
    heads: 2,
    kv_heads: 2,
    w_q: [8, 8],
    w_k: [8, 8],
    w_v: [8, 8],
    w_o: Some([8, 8]),
    mask: Mask::None,
    context: None,
    rope: None,
    dropout: 0.0,
    bias: true,
    qk_norm: false,
    lora: None,
};

/// A network of these ops.
pub(crate) fn plan(
    input: &[PlanAxis],
    ids: bool,
    sides: &[Side],
    ops: &[(&'static str, Op)],
) -> &'static Plan {
    let input = Axes::new(input).with_ids(ids);
    let body: Vec<Item> =
        ops.iter().map(|&(name, op)| Item { name, key: Key::Name(name), node: Node::Op(op) }).collect();
    let body: &'static [Item] = Box::leak(body.into_boxed_slice());
    let output = output_of(body, input.entering(&input));
    let sides = Box::leak(sides.to_vec().into_boxed_slice());
    Box::leak(Box::new(Plan {
        name: "Net",
        input,
        sides,
        output,
        relations: &[],
        budgets: &[],
        body,
        sound: true,
    }))
}

/// A network of one op that takes numbers.
pub(crate) fn plan_of(input: &[PlanAxis], sides: &[Side], op: Op) -> &'static Plan {
    plan(input, false, sides, &[("item", op)])
}

pub(crate) fn side(name: &'static str, axes: &[PlanAxis]) -> Side {
    Side { name, axes: Axes::new(axes) }
}

/// Weights of ops without any.
#[derive(Debug)]
pub(crate) struct NoWeights;

impl<E: Dtype, D: Device<E>> Weighted<E, D> for NoWeights {
    fn weights(&self, _: &mut Weights<E, D>) {}

    fn visit_weights(&mut self, _: &mut dyn WeightVisitor<E, D>) {}
}

pub(crate) type Given<'s> = &'s [(&'static str, Tensor<(usize, usize), f64, Cpu>)];

/// Runs a network with side inputs of numbers.
pub(crate) fn run<W, S: Shape, U: Enters<f64>, O: Shape, T: Tape<f64, Cpu>>(
    plan: &Plan,
    weights: &W,
    x: Tensor<S, U, Cpu, T>,
    sides: Given<'_>,
) -> Result<Tensor<O, f64, Cpu, T>, Error>
where
    W: Weighted<f64, Cpu>,
    Cpu: Storage<U>,
{
    let sides = sides.iter().map(|(name, tensor)| Ok(SideInput::new::<_, f64, _>(name, tensor.clone())?.0));
    let plan = Box::leak(Box::new(*plan)); // as constant data would live
    pass(plan, weights, x, sides.collect::<Result<_, Error>>()?, Mode::Inference, None, true)
}

/// Fresh weights, none of which is at a special value.
pub(crate) fn build<W: TensorCollection<f64, Cpu, To<f64, Cpu> = W>>() -> W {
    W::try_build(&Cpu::default()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// Checks the gradients of the input and the weights of a network that gives the shape `O`.
pub(crate) fn check_gradients<O: Shape, W, S: Shape>(
    plan: &Plan,
    weights: &mut W,
    x: &Tensor<S, f64, Cpu>,
    sides: Given<'_>,
) where
    W: Weighted<f64, Cpu> + TensorCollection<f64, Cpu>,
{
    let forward = |weights: &W, x| -> Tensor<O, f64, Cpu, _> {
        run(plan, weights, x, sides).unwrap_or_else(|error| panic!("{error}"))
    };
    gradcheck(weights, x, forward).unwrap_or_else(|error| panic!("{error}")).assert_below(1e-6);
}

/// The sentence with which an op refuses axes.
pub(crate) fn refusal(op: Op, axes: &Axes, sides: &[Side]) -> Option<String> {
    match op.check(axes, sides) {
        Ok(()) => None,
        Err(Refusal::Says { text, .. }) => Some(text.as_str().to_owned()),
        Err(Refusal::Features { takes }) => Some(format!("takes {takes} features")),
        Err(Refusal::RuntimeAxis) => Some("a runtime axis".to_owned()),
    }
}

/// Numbers that look random and are the same each time.
pub(crate) fn numbers<E: Element>(count: usize, seed: u64) -> Vec<E> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64 * 2.0 - 1.0
    };
    (0..count).map(|_| E::of(next())).collect()
}

pub(crate) fn tensor<S: Shape>(shape: S, seed: u64) -> Tensor<S, f64, Cpu> {
    Cpu::default().tensor_from_vec(numbers(shape.num_elements(), seed), shape)
}
