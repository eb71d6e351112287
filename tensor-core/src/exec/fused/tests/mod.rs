//! Fused and composed give the same, and the same gradients.

mod attention;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::*;

use super::{Task, run};
use crate::Error;
use crate::exec::{Mode, Run, SideInput, Value, enter, run as run_composed};
use crate::ops::testing::{ATTENTION, M, N, NoWeights, numbers, plan, plan_of, side, size};
use crate::ops::{
    Activation, AttentionOp, ClassToken, ClassTokenOp, Conv2d, Conv2dNoBias, Conv2dOp, Embedding,
    EmbeddingOp, Flatten, Linear, LinearOp, Lora, LoraOp, LoraWithBias, Mask, Op, PatchesOp, Pool, Pool2d,
    Pool2dOp, PoolOp, RmsNorm, UnembedOp,
};
use crate::param::{Weight, Weighted, Weights};
use crate::plan::{Axes, Branch, Item, Join, Key, Node, Plan, Side};

type Sides = Vec<SideInput<f32, Cpu>>;
type All<'w> = &'w [&'w dyn Weighted<f32, Cpu>];
type Taped = OwnedTape<f32, Cpu>;

fn tensor<S: Shape>(shape: S, seed: u64) -> Tensor<S, f32, Cpu> {
    Cpu::default().tensor_from_vec(numbers(shape.num_elements(), seed), shape)
}

fn ids<S: Shape>(values: &[usize], shape: S) -> Tensor<S, usize, Cpu> {
    Cpu::default().tensor_from_vec(values.to_vec(), shape)
}

fn weights<W: TensorCollection<f32, Cpu, To<f32, Cpu> = W>>() -> W {
    W::try_build(&Cpu::default()).unwrap_or_else(|error| panic!("{error:?}"))
}

fn given<S: Shape, U: crate::exec::Enters<f32>>(
    name: &'static str,
    x: &Tensor<S, U, Cpu>,
) -> SideInput<f32, Cpu>
where
    Cpu: Storage<U>,
{
    SideInput::new::<_, U, _>(name, x.clone()).unwrap_or_else(|error| panic!("{error}")).0
}

/// The list of all weights.
fn listed(all: All<'_>, mut list: Weights<f32, Cpu>) -> Weights<f32, Cpu> {
    all.iter().for_each(|weights| weights.weights(&mut list));
    list
}

/// How many weights there are.
fn count(all: All<'_>) -> usize {
    listed(all, Weights::on_host()).hosts().count()
}

#[derive(Clone, Copy, PartialEq)]
enum By {
    Fused,
    Composed,
}

/// What comes out, and the gradients of the input, the side inputs and the weights of Σ y·w.
fn results<S: Shape, U: crate::exec::Enters<f32>>(
    by: By,
    plan: &'static Plan,
    all: All<'_>,
    x: &Tensor<S, U, Cpu>,
    sides: &Sides,
) -> Result<Vec<(String, Vec<f32>)>, Error>
where
    Cpu: Storage<U>,
{
    let device = Cpu::default();
    let (x, mut axes) = enter(x.clone())?;
    let taped = match &x {
        Value::Rows(rows) => Value::Rows(rows.clone().put_tape(Taped::default())),
        Value::Ids(ids, _) => Value::Ids(ids.clone(), Taped::default()),
    };
    let y = if by == By::Fused {
        let weights = listed(all, Weights::on_host());
        let mode = Mode::Inference;
        let task = Task { plan, weights, mode, device: &device, wants_input_gradient: true };
        run(task, taped, sides.clone(), &mut axes, None)?
    } else {
        let fitted = sides.iter().map(|side| side.clone().fit(plan, &axes)).collect::<Result<_, _>>()?;
        let weights = listed(all, Weights::default());
        run_composed(plan, taped, &mut axes, &mut Run::new(weights, Mode::Inference, fitted, None))?
    };
    let y = y.rows();
    let mut found = vec![(format!("y {axes}"), y.as_vec())];
    let factors = tensor(*y.shape(), 99);
    let mut gradients = (y * factors).sum::<Rank0, _>().backward();
    let mut of = |name: String, gradient: Vec<f32>| found.push((name, gradient));
    if let Value::Rows(rows) = &x {
        of("x".to_owned(), gradients.get_or_alloc_mut(rows).expect("there is memory").to_vec());
    }
    for side in sides.iter().filter(|side| side.at.name != "mask") {
        if let Value::Rows(rows) = &side.value {
            of(side.at.name.to_owned(), gradients.get_or_alloc_mut(rows).expect("there is memory").to_vec());
        }
    }
    let list = listed(all, Weights::default());
    for place in 0..count(all) {
        let gradient = match list.get(place) {
            Weight::Vector(weight) => gradients.get_or_alloc_mut(weight),
            Weight::Matrix(weight) => gradients.get_or_alloc_mut(weight),
            Weight::Filters(weight) => gradients.get_or_alloc_mut(weight),
        };
        of(format!("weight {place}"), gradient.expect("there is memory").to_vec());
    }
    Ok(found)
}

/// Compares the executors; what is no number must be none in both.
#[track_caller]
fn agree<S: Shape, U: crate::exec::Enters<f32>>(
    plan: &'static Plan,
    all: All<'_>,
    x: &Tensor<S, U, Cpu>,
    sides: Sides,
) where
    Cpu: Storage<U>,
{
    agree_but(&[], plan, all, x, sides);
}

/// [`agree`], but for the gradients of weights that training does not change.
#[track_caller]
fn agree_but<S: Shape, U: crate::exec::Enters<f32>>(
    frozen: &[&str],
    plan: &'static Plan,
    all: All<'_>,
    x: &Tensor<S, U, Cpu>,
    sides: Sides,
) where
    Cpu: Storage<U>,
{
    let [fused, composed] = [By::Fused, By::Composed].map(|by| results(by, plan, all, x, &sides));
    let (fused, composed) = match (fused, composed) {
        (Ok(fused), Ok(composed)) => (fused, composed),
        (Err(fused), Err(composed)) => return assert_eq!(fused, composed),
        (fused, composed) => panic!("{:?} and {:?}", fused.err(), composed.err()),
    };
    assert_eq!(fused.len(), composed.len());
    for ((name, fused), (other, composed)) in fused.iter().zip(&composed) {
        assert_eq!((name, fused.len()), (other, composed.len()));
        let same = |a: f32, b: f32| a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-5 * b.abs().max(1.0);
        let differs = fused.iter().zip(composed).position(|(&a, &b)| a != b && !same(a, b));
        if let Some(at) = differs.filter(|_| !frozen.contains(&name.as_str())) {
            panic!("{name} at {at}: {} and {}", fused[at], composed[at]);
        }
    }
}

type Eight = Linear<8, 8, f32, Cpu>;
type Heads4 = RmsNorm<4, f32, Cpu>;

/// A context for all sequences and its mask, which two nested networks of three blocks see by other names.
#[test]
fn nested_networks_share_side_inputs() {
    let cross = Op::Attention(AttentionOp {
        context: Some("memory"),
        mask: Mask::Padding,
        kv_heads: 1,
        w_k: [8, 4],
        w_v: [8, 4],
        ..ATTENTION
    });
    let sides = [side("memory", &[M, size(8)]), side("mask", &[M])];
    let block = plan(&[N, size(8)], false, &sides, &[("cross", cross)]);
    let nested = Node::Network { plan: block, count: 3, sides: &[("memory", "context")] };
    let body: &'static [Item] = Box::leak(Box::new([Item { name: "blocks", key: Key::None, node: nested }]));
    let residual: &'static [Item] =
        Box::leak(Box::new([Item { name: "", key: Key::None, node: Node::Residual { body } }]));
    let branches = [Branch { name: "left", body: residual }, Branch { name: "right", body: &[] }];
    let branches: &'static [Branch] = Box::leak(Box::new(branches));
    let fork = Node::Fork { join: Join::Add, branches };
    let sides: &'static [Side] = Box::leak(Box::new([side("context", &[M, size(8)]), side("mask", &[M])]));
    let body = Box::leak(Box::new([Item { name: "fork", key: Key::None, node: fork }]));
    let net = Box::leak(Box::new(Plan { name: "Net", sides, body, ..*block }));
    let queries: [Eight; 6] = std::array::from_fn(|_| weights());
    let keys: [Linear<8, 4, f32, Cpu>; 6] = std::array::from_fn(|_| weights());
    let all: Vec<&dyn Weighted<f32, Cpu>> = (0..3)
        .flat_map(|i| {
            [&queries[2 * i] as &dyn Weighted<_, _>, &keys[2 * i], &keys[2 * i + 1], &queries[2 * i + 1]]
        })
        .collect();
    let mask = Cpu::default().tensor_from_vec(vec![1.0, 0.0, 1.0, 1.0], (4,));
    let both = |context, mask| vec![context, mask];
    let shared = given("context", &tensor((4, 8), 3));
    agree(net, &all, &tensor((3, 5, 8), 1), both(shared.clone(), given("mask", &mask)));
    agree(net, &all, &tensor((5, 8), 1), both(shared.clone(), given("mask", &mask)));
    agree(net, &all, &tensor((3, 5, 8), 1), vec![shared]);
}

#[test]
fn rows_of_ids_are_added() {
    let first = Op::Embedding(EmbeddingOp { vocabulary: 7, width: 4, of: None, add: None });
    let second = Op::Embedding(EmbeddingOp { vocabulary: 3, width: 4, of: None, add: Some("segments") });
    let unembed = Op::Unembed(UnembedOp { vocabulary: 3, width: 4, tie: "second" });
    let sides = [Side { name: "segments", axes: Axes::new(&[N]).with_ids(true) }];
    let net = plan(&[N], true, &sides, &[("first", first), ("second", second), ("unembed", unembed)]);
    let (a, b): (Embedding<7, 4, f32, Cpu>, Embedding<3, 4, f32, Cpu>) = (weights(), weights());
    let x = ids(&[0, 6, 3, 3, 1, 2], (2, 3));
    agree(net, &[&a, &b], &x, vec![given("segments", &ids(&[0, 2, 2, 1, 0, 2], (2, 3)))]);
    agree(net, &[&a, &b], &x, vec![given("segments", &ids(&[0, 2, 2], (3,)))]);
    agree(net, &[&a, &b], &x, vec![given("segments", &ids(&[0, 2, 3], (3,)))]);
    agree(net, &[&a, &b], &ids(&[0, 6, 3, 3, 7, 2], (2, 3)), vec![given("segments", &ids(&[0, 2, 2], (3,)))]);
}

#[test]
fn rows_of_two_inputs_are_multiplied() {
    let users = EmbeddingOp { vocabulary: 7, width: 4, of: None, add: None };
    let items = EmbeddingOp { vocabulary: 3, of: Some("items"), ..users };
    let sides = [Side { name: "items", axes: Axes::new(&[N]).with_ids(true) }];
    let branch = |op| plan(&[N], true, &sides, &[("table", Op::Embedding(op))]).body;
    let [left, right] = [users, items].map(branch);
    let branches = Box::leak(Box::new([Branch { name: "u", body: left }, Branch { name: "i", body: right }]));
    let fork = Node::Fork { join: Join::Mul, branches };
    let body = Box::leak(Box::new([Item { name: "fork", key: Key::None, node: fork }]));
    let net = Box::leak(Box::new(Plan { body, ..*plan(&[N], true, &sides, &[]) }));
    let (a, b): (Embedding<7, 4, f32, Cpu>, Embedding<3, 4, f32, Cpu>) = (weights(), weights());
    let x = ids(&[0, 6, 3, 3, 1, 2], (2, 3));
    agree(net, &[&a, &b], &x, vec![given("items", &ids(&[0, 2, 2, 1, 0, 2], (2, 3)))]);
    agree(net, &[&a, &b], &x, vec![given("items", &ids(&[0, 2, 2], (3,)))]);
    agree(net, &[&a, &b], &x, vec![given("items", &ids(&[0, 2, 3], (3,)))]);
    agree(net, &[&a, &b], &x, vec![]);
}

#[test]
fn sequences_are_pooled_and_get_tokens() {
    let mask = Cpu::default().tensor_from_vec(vec![0.0, 1.0, 1.0, 1.0, 1.0, 0.0], (2, 3));
    let one = Cpu::default().tensor_from_vec(vec![0.0, 1.0, 1.0], (3,));
    let linear: Linear<4, 5, f32, Cpu> = weights();
    let x = tensor((2, 3, 4), 1);
    let mut holes = numbers::<f32>(24, 5);
    (holes[2], holes[9], holes[17], holes[20]) = (f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::NAN);
    let holes = Cpu::default().tensor_from_vec(holes, (2, 3, 4));
    let equal = Cpu::default().tensor_from_vec(vec![1.0, -0.0, 2.0, 0.0, 2.0, -0.0], (1, 3, 2));
    for kind in [Pool::Mean, Pool::Max, Pool::First, Pool::Last] {
        for masked in [false, true] {
            let pool = Op::Pool(PoolOp { kind, masked });
            let up = Op::Linear(LinearOp { inputs: 4, outputs: 5, bias: true });
            let ops = [("up", up), ("pool", pool)];
            let net = plan(&[N, size(4)], false, &[side("mask", &[N])], &ops);
            agree(net, &[&linear], &x, vec![given("mask", &mask)]);
            agree(net, &[&linear], &x, vec![given("mask", &one)]);
            agree(
                plan_of(&[N, size(4)], &[side("mask", &[N])], pool),
                &[&NoWeights],
                &holes,
                vec![given("mask", &mask)],
            );
        }
        let pool = Op::Pool(PoolOp { kind, masked: false });
        agree(plan_of(&[N, size(2)], &[], pool), &[&NoWeights], &equal, vec![]);
    }
    let token: ClassToken<4, f32, Cpu> = weights();
    let net = plan_of(&[N, size(4)], &[], Op::ClassToken(ClassTokenOp { width: 4 }));
    agree(net, &[&token], &x, vec![]);
    agree(net, &[&token], &tensor((3, 4), 1), vec![]);
}

#[test]
fn images_are_cut_filtered_and_pooled() {
    let x = tensor((3, 2, 6, 4), 1);
    let input = [size(2), size(6), size(4)];
    agree(plan_of(&input, &[], Op::Patches(PatchesOp { size: 2 })), &[&NoWeights], &x, vec![]);
    let mut holes = numbers::<f32>(48, 5);
    (holes[3], holes[9], holes[17], holes[20]) = (f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::NAN);
    let holes = Cpu::default().tensor_from_vec(holes, (2, 6, 4));
    let zeros: Tensor<_, f32, _> = Cpu::default().zeros_like(&(1, 2, 6, 4));
    for kind in [Pool2d::Max, Pool2d::Avg] {
        let net = plan_of(&input, &[], Op::Pool2d(Pool2dOp { size: 2, kind }));
        agree(net, &[&NoWeights], &x, vec![]);
        agree(net, &[&NoWeights], &holes, vec![]);
        agree(net, &[&NoWeights], &zeros, vec![]);
    }
    let (filters, bare): (Conv2d<2, 5, 3, f32, Cpu>, Conv2dNoBias<2, 5, 3, f32, Cpu>) =
        (weights(), weights());
    for (stride, padding, bias) in [(1, 0, true), (1, 1, false), (2, 1, true), (3, 2, false)] {
        let conv = Op::Conv2d(Conv2dOp { inputs: 2, outputs: 5, kernel: 3, stride, padding, bias });
        let ops =
            [("conv", conv), ("relu", Op::Activation(Activation::Relu)), ("flatten", Op::Flatten(Flatten))];
        let all: [&dyn Weighted<f32, Cpu>; 1] = if bias { [&filters] } else { [&bare] };
        agree(plan(&input, false, &[], &ops), &all, &x, vec![]);
    }
}

#[test]
fn rows_before_and_after_a_flatten_are_not_the_same() {
    let x = tensor((3, 5, 8), 1);
    let linear = |inputs, outputs| Op::Linear(LinearOp { inputs, outputs, bias: true });
    let (up, head): (Linear<8, 4, f32, Cpu>, Linear<20, 2, f32, Cpu>) = (weights(), weights());
    let flatten = ("flatten", Op::Flatten(Flatten));
    for kind in [Activation::Softmax, Activation::LogSoftmax, Activation::Gelu, Activation::Tanh] {
        let (up, all): (_, All<'_>) = (("up", linear(8, 4)), &[&up, &head]);
        let (activation, head) = (("activation", Op::Activation(kind)), ("head", linear(20, 2)));
        let input = [size(5), size(8)];
        agree(plan(&input, false, &[], &[up, flatten, activation]), &all[..1], &x, vec![]);
        agree(plan(&input, false, &[], &[up, activation, flatten, head]), all, &x, vec![]);
        agree(plan(&input, false, &[], &[up, flatten, activation, head]), all, &x, vec![]);
    }
}

#[test]
fn a_frozen_matrix_has_one_of_low_rank_beside_it() {
    let tanh = ("tanh", Op::Activation(Activation::Tanh));
    let op = LoraOp { inputs: 6, outputs: 4, rank: 2, alpha: 3, bias: false };
    let mut lora: Lora<6, 4, 2, 3, f32, Cpu> = weights();
    lora.lora_b.tensor_mut().copy_from(&numbers::<f32>(8, 1));
    let net = plan(&[size(6)], false, &[], &[("lora", Op::Lora(op)), tanh]);
    agree_but(&["weight 0"], net, &[&lora], &tensor((5, 6), 1), vec![]);

    let mut lora: LoraWithBias<6, 4, 2, 3, f32, Cpu> = weights();
    lora.lora_b.tensor_mut().copy_from(&numbers::<f32>(8, 1));
    let op = LoraOp { bias: true, ..op };
    let net = plan(&[size(6)], false, &[], &[("lora", Op::Lora(op)), tanh]);
    agree_but(&["weight 0", "weight 1"], net, &[&lora], &tensor((5, 6), 1), vec![]);
}

#[test]
fn a_side_input_has_a_gradient_where_one_is_asked_for() {
    let linears: [Eight; 4] = std::array::from_fn(|_| weights());
    let all = linears.each_ref().map(|linear| linear as &dyn Weighted<f32, Cpu>);
    let op = AttentionOp { context: Some("context"), ..ATTENTION };
    let net = plan_of(&[N, size(8)], &[side("context", &[M, size(8)])], Op::Attention(op));
    for (traced, wants_input_gradient) in [(false, false), (true, false), (false, true)] {
        let context = tensor((4, 8), 3);
        let device = Cpu::default();
        let weights = listed(&all, Weights::on_host());
        let task = Task { plan: net, weights, mode: Mode::Training, device: &device, wants_input_gradient };
        let side = if traced {
            SideInput::new("context", context.leaky_trace()).expect("it enters").0
        } else {
            given("context", &context)
        };
        let x = Value::Rows(tensor((5, 8), 1).put_tape(Taped::default()));
        let y = run(task, x, vec![side], &mut Axes::of_sizes(&[5, 8]), None).expect("it runs").rows();
        let mut gradients = y.square().sum::<Rank0, _>().backward();
        let gradient = gradients.get_or_alloc_mut(&context).expect("there is memory");
        assert_eq!(gradient.iter().any(|&g| g != 0.0), traced || wants_input_gradient);
    }
}
