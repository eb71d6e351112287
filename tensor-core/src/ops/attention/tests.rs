use dfdx::prelude::*;

use super::{Absent, Attention, AttentionOp, Mask};
use crate::Error;
use crate::decode::KvCache;
use crate::exec::Mode;
use crate::layer::Network;
use crate::ops::testing::{
    ATTENTION, M, N, build, check_gradients, plan_of, refusal, run, side, size, tensor,
};
use crate::ops::{Linear, LinearNoBias, Op, RmsNorm};
use crate::param::{WeightVisitor, Weighted, Weights};
use crate::plan::{Axes, Item, Key, Node, Plan};

/// 4 heads of 2 features on 6 features, 2 heads of keys, values of 3 features.
const OP: AttentionOp = AttentionOp {
    width: 6,
    outputs: 5,
    heads: 4,
    kv_heads: 2,
    w_q: [6, 8],
    w_k: [6, 4],
    w_v: [6, 6],
    w_o: Some([12, 5]),
    ..ATTENTION
};

type Plain = Attention<
    Linear<6, 8, f64, Cpu>,
    Linear<6, 4, f64, Cpu>,
    Linear<6, 6, f64, Cpu>,
    Linear<12, 5, f64, Cpu>,
    Absent,
    Absent,
>;
type Normed = Attention<
    Linear<6, 8, f64, Cpu>,
    Linear<6, 4, f64, Cpu>,
    Linear<6, 6, f64, Cpu>,
    Linear<12, 5, f64, Cpu>,
    RmsNorm<2, f64, Cpu>,
    RmsNorm<2, f64, Cpu>,
>;
type Table = Tensor<(usize, usize), f64, Cpu>;

/// x·Wᵀ + b with W as `[out, in]`.
fn affine(x: &[Vec<f64>], weight: &[f64], bias: &[f64]) -> Vec<Vec<f64>> {
    let row = |x: &Vec<f64>| {
        let outputs = bias.iter().enumerate();
        outputs
            .map(|(o, b)| {
                b + x.iter().enumerate().map(|(i, x)| x * weight[o * x_len(weight, bias) + i]).sum::<f64>()
            })
            .collect()
    };
    x.iter().map(row).collect()
}

fn x_len(weight: &[f64], bias: &[f64]) -> usize {
    weight.len() / bias.len()
}

/// Attention by its definition, for one sequence.
fn by_definition(
    op: &AttentionOp,
    w: &Plain,
    x: &[Vec<f64>],
    source: &[Vec<f64>],
    seen: impl Fn(usize, usize) -> bool,
) -> Vec<f64> {
    let turned = |rows: Vec<Vec<f64>>| -> Vec<Vec<f64>> {
        let Some(base) = op.rope else { return rows };
        let turn = |(p, row): (usize, Vec<f64>)| {
            let mut out = row.clone();
            for head in 0..row.len() / 2 {
                let angle = p as f64 * base.powf(0.0);
                let (a, b) = (row[2 * head], row[2 * head + 1]);
                out[2 * head] = a * angle.cos() - b * angle.sin();
                out[2 * head + 1] = b * angle.cos() + a * angle.sin();
            }
            out
        };
        rows.into_iter().enumerate().map(turn).collect()
    };
    let q = turned(affine(x, &w.w_q.weight.as_vec(), &w.w_q.bias.as_vec()));
    let k = turned(affine(source, &w.w_k.weight.as_vec(), &w.w_k.bias.as_vec()));
    let v = affine(source, &w.w_v.weight.as_vec(), &w.w_v.bias.as_vec());
    let mut joined = vec![Vec::new(); x.len()];
    for (i, out) in joined.iter_mut().enumerate() {
        for head in 0..op.heads {
            let kv = head / (op.heads / op.kv_heads);
            let score = |j: usize| -> f64 {
                (0..2).map(|f| q[i][2 * head + f] * k[j][2 * kv + f]).sum::<f64>() / 2f64.sqrt()
            };
            let share: Vec<f64> =
                (0..k.len()).map(|j| if seen(i, j) { score(j).exp() } else { 0.0 }).collect();
            let sum: f64 = share.iter().sum();
            out.extend((0..3).map(|f| (0..k.len()).map(|j| share[j] * v[j][3 * kv + f]).sum::<f64>() / sum));
        }
    }
    affine(&joined, &w.w_o.weight.as_vec(), &w.w_o.bias.as_vec()).concat()
}

fn rows(x: &[f64], width: usize) -> Vec<Vec<f64>> {
    x.chunks(width).map(<[f64]>::to_vec).collect()
}

fn assert_close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() < 1e-12, "{a} and {b}");
    }
}

#[test]
fn each_mask_and_rotary_positions_follow_the_definition() {
    let weights: Plain = build();
    let x = tensor((2, 5, 6), 1);
    let all = |_: usize, _: usize| true;
    let causal = |i: usize, j: usize| j <= i;
    let window = |i: usize, j: usize| j <= i && i < j + 2;
    type Sees = fn(usize, usize) -> bool;
    let cases: [(AttentionOp, Sees); 4] = [
        (OP, all),
        (AttentionOp { mask: Mask::Causal, rope: Some(100.0), ..OP }, causal),
        (AttentionOp { mask: Mask::Window(2), ..OP }, window),
        (AttentionOp { rope: Some(100.0), ..OP }, all),
    ];
    for (op, seen) in cases {
        let plan = plan_of(&[N, size(6)], &[], Op::Attention(op));
        let y: Tensor<(usize, usize, usize), f64, _> = run(plan, &weights, x.clone(), &[]).expect("it runs");
        let expected: Vec<f64> = x
            .as_vec()
            .chunks(30)
            .flat_map(|x| by_definition(&op, &weights, &rows(x, 6), &rows(x, 6), seen))
            .collect();
        assert_close(&y.as_vec(), &expected);
    }
}

#[test]
fn a_context_and_its_mask_follow_the_definition() {
    let op = AttentionOp { mask: Mask::Padding, context: Some("seen"), ..OP };
    let plan = plan_of(&[N, size(6)], &[side("seen", &[M, size(6)]), side("mask", &[M])], Op::Attention(op));
    let weights: Plain = build();
    let (x, context): (Table, Table) = (tensor((3, 6), 2), tensor((4, 6), 3));
    let mask = |values: [f64; 4]| Cpu::default().tensor_from_vec(values.to_vec(), (1, 4));
    let with = |values| {
        let x = x.clone().reshape_like(&(1, 3, 6));
        run::<_, _, _, (usize, usize, usize), _>(
            plan,
            &weights,
            x,
            &[("seen", context.clone()), ("mask", mask(values))],
        )
    };
    let y = with([1.0, 0.0, 0.0, 1.0]).expect("it runs");
    let (x_rows, context_rows) = (rows(&x.as_vec(), 6), rows(&context.as_vec(), 6));
    assert_close(&y.as_vec(), &by_definition(&op, &weights, &x_rows, &context_rows, |_, j| j == 0 || j == 3));
    assert!(matches!(with([0.0; 4]), Err(Error::AllMasked { sequence: 0, .. })));
    assert!(matches!(with([0.0, 1.0, 0.5, 1.0]), Err(Error::Mask { place, .. }) if place == [0, 2]));
    assert!(matches!(with([0.0, 1.0, f64::NAN, 1.0]), Err(Error::Mask { .. })));
}

#[test]
fn gradients_fit_differences() {
    let (rope, causal) = (Some(10.0), Mask::Causal);
    for op in [OP, AttentionOp { mask: causal, rope, ..OP }] {
        let plan = plan_of(&[N, size(6)], &[], Op::Attention(op));
        check_gradients::<(usize, usize, usize), _, _>(
            plan,
            &mut build::<Plain>(),
            &tensor((2, 4, 6), 4),
            &[],
        );
    }
    let op = AttentionOp { qk_norm: true, mask: causal, rope, ..OP };
    let plan = plan_of(&[N, size(6)], &[], Op::Attention(op));
    check_gradients::<(usize, usize), _, _>(plan, &mut build::<Normed>(), &tensor((4, 6), 5), &[]);
    let op = AttentionOp { mask: Mask::Padding, context: Some("seen"), ..OP };
    let plan = plan_of(&[N, size(6)], &[side("seen", &[M, size(6)]), side("mask", &[M])], Op::Attention(op));
    let mask = Cpu::default().tensor_from_vec(vec![1.0, 0.0, 1.0], (1, 3));
    let sides = [("seen", tensor((3, 6), 7)), ("mask", mask)];
    check_gradients::<(usize, usize, usize), _, _>(
        plan,
        &mut build::<Plain>(),
        &tensor((1, 2, 6), 6),
        &sides,
    );
}

#[test]
fn queries_and_keys_of_normed_heads_have_no_scale() {
    let op = AttentionOp { qk_norm: true, bias: false, ..OP };
    type NoBias = Attention<
        LinearNoBias<6, 8, f64, Cpu>,
        LinearNoBias<6, 4, f64, Cpu>,
        LinearNoBias<6, 6, f64, Cpu>,
        LinearNoBias<12, 5, f64, Cpu>,
        RmsNorm<2, f64, Cpu>,
        RmsNorm<2, f64, Cpu>,
    >;
    let plan = plan_of(&[N, size(6)], &[], Op::Attention(op));
    let mut weights: NoBias = build();
    let x: Table = tensor((3, 6), 8);
    let before: Table = run(plan, &weights, x.clone(), &[]).expect("it runs");
    let scaled = weights.w_q.weight.tensor().clone() * 1000.0;
    *weights.w_q.weight.tensor_mut() = scaled;
    let after: Table = run(plan, &weights, x, &[]).expect("it runs");
    for (a, b) in before.as_vec().iter().zip(after.as_vec()) {
        assert!((a - b).abs() < 1e-3, "{a} and {b}");
    }
}

#[test]
fn nan_stays_nan() {
    let plan = plan_of(&[N, size(6)], &[], Op::Attention(AttentionOp { mask: Mask::Causal, ..OP }));
    let mut values = tensor((3, 6), 9).as_vec();
    values[7] = f64::NAN;
    let x = Cpu::default().tensor_from_vec(values, (3, 6));
    let y: Table = run(plan, &build::<Plain>(), x, &[]).expect("it runs");
    assert!(y.as_vec()[5..].iter().all(|value| value.is_nan()));
}

struct Decoder(Plain);

const DECODER: Plan = Plan {
    name: "Decoder",
    input: Axes::new(&[N, size(6)]),
    sides: &[],
    output: Axes::new(&[N, size(5)]),
    relations: &[],
    budgets: &[],
    body: &[Item {
        name: "attend",
        key: Key::Name("attend"),
        node: Node::Op(Op::Attention(AttentionOp { mask: Mask::Window(3), rope: Some(50.0), ..OP })),
    }],
    sound: true,
};

impl Network for Decoder {
    const PLAN: &'static Plan = &DECODER;
    type Declared = Self;
}

impl Weighted<f64, Cpu> for Decoder {
    fn weights(&self, list: &mut Weights<f64, Cpu>) {
        self.0.weights(list);
    }

    fn visit_weights(&mut self, visitor: &mut dyn WeightVisitor<f64, Cpu>) {
        self.0.visit_weights(visitor);
    }
}

impl<T: Tape<f64, Cpu>> Module<Tensor<(usize, usize, usize), f64, Cpu, T>> for Decoder {
    type Output = Tensor<(usize, usize, usize), f64, Cpu, T>;
    type Error = Error;

    fn try_forward(&self, x: Tensor<(usize, usize, usize), f64, Cpu, T>) -> Result<Self::Output, Error> {
        crate::layer::forward(self, x, Vec::new(), Mode::Inference)
    }
}

#[test]
fn steps_give_what_one_pass_gives() {
    let net = Decoder(build());
    let x = tensor((2, 7, 6), 10);
    let whole = net.forward(x.clone()).as_vec();
    let mut cache = KvCache::new(7);
    let mut from = 0;
    for step in [3, 1, 2, 1] {
        let part = x.clone().slice((0..2, from..from + step, 0..6));
        let y = cache.step(&net, part).expect("it steps").as_vec();
        let expected: Vec<f64> =
            (0..2).flat_map(|b| whole[(b * 7 + from) * 5..(b * 7 + from + step) * 5].to_vec()).collect();
        assert_close(&y, &expected);
        from += step;
    }
    let full = cache.step(&net, tensor((2, 1, 6), 11));
    assert_eq!(full.map(|_| ()), Err(Error::CacheFull { capacity: 7, length: 7, given: 1 }));
    cache.clear();
    cache.step(&net, tensor((2, 1, 6), 11)).expect("it steps");
    assert!(matches!(cache.step(&net, tensor((3, 1, 6), 11)), Err(Error::CacheChanged { .. })));
}

#[test]
fn sizes_that_do_not_fit_are_refused_each_in_its_words() {
    let axes = Axes::new(&[N, size(6)]);
    let says = |op: AttentionOp| refusal(Op::Attention(op), &axes, &[]).unwrap_or_default();
    assert_eq!(says(OP), "");
    let cases = [
        (AttentionOp { width: 7, ..OP }, "takes 7 features"),
        (AttentionOp { w_q: [8, 8], ..OP }, "multiplies 6 features by `w_q` [8, 8], which takes 8"),
        (AttentionOp { w_v: [5, 6], ..OP }, "multiplies 6 features by `w_v` [5, 6], which takes 5"),
        (AttentionOp { heads: 3, ..OP }, "splits 8 features into 3 heads, which leaves a remainder of 2"),
        (
            AttentionOp { kv_heads: 3, ..OP },
            "shares 3 heads of keys among 4 heads of queries, which leaves a remainder of 1",
        ),
        (
            AttentionOp { w_k: [6, 6], ..OP },
            "needs keys as wide as its queries for Q·Kᵀ: 2 heads of 2 features make 4, but `w_k` [6, 6] gives 6",
        ),
        (
            AttentionOp { w_v: [6, 7], ..OP },
            "splits 7 features of `w_v` into 2 heads, which leaves a remainder of 1",
        ),
        (
            AttentionOp { w_o: Some([8, 5]), ..OP },
            "joins 4 heads of 3 features to 12, but `w_o` [8, 5] takes 8",
        ),
        (AttentionOp { w_o: Some([12, 6]), ..OP }, "gives 5 features, but `w_o` [12, 6] gives 6"),
        (AttentionOp { w_o: None, ..OP }, "joins 4 heads of 3 features to 12, but gives 5"),
        (
            AttentionOp { heads: 8, kv_heads: 4, w_o: None, w_v: [6, 4], outputs: 8, rope: Some(1e4), ..OP },
            "turns pairs of features by `rope`, but a head has 1, an odd number",
        ),
        (AttentionOp { mask: Mask::Window(0), ..OP }, "sees a window of 0 positions"),
        (
            AttentionOp { mask: Mask::Padding, ..OP },
            "needs the side input `mask` [n], but there is none here",
        ),
        (AttentionOp { context: Some("seen"), ..OP }, "needs the side input `seen`, but there is none here"),
    ];
    for (op, sentence) in cases {
        assert_eq!(says(op), sentence);
    }
    let sides = [side("seen", &[M, size(9)]), side("mask", &[N])];
    let cross = AttentionOp { context: Some("seen"), mask: Mask::Padding, ..OP };
    let sentence = "multiplies 9 features of `seen` by `w_k` [6, 4], which takes 6";
    assert_eq!(refusal(Op::Attention(cross), &axes, &sides).unwrap_or_default(), sentence);
    let fits = AttentionOp { w_k: [9, 4], w_v: [9, 6], ..cross };
    let sentence = "needs the side input `mask` [m], but it has [n]";
    assert_eq!(refusal(Op::Attention(fits), &axes, &sides).unwrap_or_default(), sentence);
    let one_axis = refusal(Op::Attention(OP), &Axes::of_sizes(&[6]), &[]).unwrap_or_default();
    assert_eq!(one_axis, "takes sequences, `[n, features]`, but what flows in has the axes [6]");
}

#[test]
fn products_are_counted() {
    let axes = Axes::of_sizes(&[2, 10, 6]);
    let (projections, pairs) = (20 * (6 * 8 + 6 * 4 + 6 * 6 + 12 * 5), 20 * 10 * 4 * (2 + 3));
    assert_eq!(OP.macs(&axes, &[]), projections + pairs);
    assert_eq!(OP.params(), 6 * 8 + 8 + 6 * 4 + 4 + 6 * 6 + 6 + 12 * 5 + 5);
    assert_eq!(OP.kv_cache(&axes), 20 * (4 + 6));
    let cross = AttentionOp { context: Some("seen"), ..OP };
    let sides = [side("seen", &[size(3), size(6)])];
    let axes = Axes::of_sizes(&[10, 6]);
    let expected = 10 * (6 * 8 + 12 * 5) + 3 * (6 * 4 + 6 * 6) + 10 * 3 * 4 * 5;
    assert_eq!((cross.macs(&axes, &sides), cross.kv_cache(&axes)), (expected, 0));
}
