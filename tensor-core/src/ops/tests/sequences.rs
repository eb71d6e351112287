//! `pool` and `class_token`.

use dfdx::prelude::*;

use crate::Error;
use crate::ops::testing::{N, NoWeights, build, check_gradients, plan_of, refusal, run, side, size, tensor};
use crate::ops::{ClassToken, ClassTokenOp, Linear, LinearOp, Op, Pool, PoolOp};
use crate::plan::Axes;

type Table = Tensor<(usize, usize), f64, Cpu>;

const KINDS: [Pool; 4] = [Pool::Mean, Pool::Max, Pool::First, Pool::Last];
const NAN: f64 = f64::NAN;

fn pooled(kind: Pool, values: &[f64], mask: Option<&[f64]>) -> Result<Vec<f64>, Error> {
    let (device, sequences) = (Cpu::default(), values.len() / 6);
    let op = Op::Pool(PoolOp { kind, masked: mask.is_some() });
    let net = plan_of(&[N, size(2)], &[side("mask", &[N])], op);
    let x = device.tensor_from_vec(values.to_vec(), (sequences, 3, 2));
    let mask = mask.map(|mask| ("mask", device.tensor_from_vec(mask.to_vec(), (sequences, 3))));
    let y: Table = run(net, &NoWeights, x, mask.as_slice())?;
    Ok(y.as_vec())
}

const X: [f64; 12] = [1.0, 6.0, 2.0, 5.0, 3.0, -2.0, 0.0, 0.0, -1.0, 7.0, -5.0, 7.0];

#[test]
fn each_kind_makes_one_vector_of_a_sequence() {
    let expected =
        [[2.0, 3.0, -2.0, 14.0 / 3.0], [3.0, 6.0, 0.0, 7.0], [1.0, 6.0, 0.0, 0.0], [3.0, -2.0, -5.0, 7.0]];
    for (kind, expected) in KINDS.into_iter().zip(expected) {
        assert_eq!(pooled(kind, &X, None), Ok(expected.to_vec()));
    }
}

#[test]
fn masked_positions_do_not_count() {
    let mask = [0.0, 1.0, 1.0, 1.0, 1.0, 0.0];
    let expected =
        [[2.5, 1.5, -0.5, 3.5], [3.0, 5.0, 0.0, 7.0], [2.0, 5.0, 0.0, 0.0], [3.0, -2.0, -1.0, 7.0]];
    for (kind, expected) in KINDS.into_iter().zip(expected) {
        assert_eq!(pooled(kind, &X, Some(&mask)), Ok(expected.to_vec()));
        let none = pooled(kind, &X, Some(&[1.0, 1.0, 1.0, 0.0, 0.0, 0.0]));
        assert_eq!(none, Err(Error::AllMasked { item: "item", mask: "mask", sequence: 1 }));
        let other = pooled(kind, &X, Some(&[1.0, 1.0, 1.0, 0.0, 2.0, 0.0]));
        let place = vec![1, 1];
        assert_eq!(other, Err(Error::Mask { item: "item", mask: "mask", value: "2".to_owned(), place }));
    }
}

#[test]
fn a_nan_shows() {
    let x = [1.0, 6.0, NAN, 5.0, 3.0, -2.0];
    for kind in [Pool::Mean, Pool::Max] {
        assert!(matches!(pooled(kind, &x, None).as_deref(), Ok([a, b]) if a.is_nan() && !b.is_nan()));
    }
}

#[test]
fn the_first_of_the_largest_gets_the_gradient() {
    let net = plan_of(&[N, size(2)], &[], Op::Pool(PoolOp { kind: Pool::Max, masked: false }));
    let x = Cpu::default().tensor_from_vec(vec![1.0, 2.0, 3.0, 2.0, 3.0, 1.0], (1, 3, 2));
    let y: Tensor<(usize, usize), f64, _, _> = run(net, &NoWeights, x.leaky_trace(), &[]).expect("it runs");
    assert_eq!(y.sum().backward().get(&x).as_vec(), [0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn gradients_fit_differences() {
    let linear = ("linear", Op::Linear(LinearOp { inputs: 2, outputs: 3, bias: true }));
    let mask = Cpu::default().tensor_from_vec(vec![1.0, 0.0, 1.0, 1.0, 1.0, 0.0], (2, 3));
    for (kind, masked) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        let pool = ("pool", Op::Pool(PoolOp { kind, masked }));
        let net = crate::ops::testing::plan(&[N, size(2)], false, &[side("mask", &[N])], &[linear, pool]);
        let mut weights: Linear<2, 3, f64, Cpu> = build();
        let sides = [("mask", mask.clone())];
        check_gradients::<(usize, usize), _, _>(net, &mut weights, &tensor((2, 3, 2), 12), &sides);
    }
}

#[test]
fn a_class_token_stands_first() {
    let op = Op::ClassToken(ClassTokenOp { width: 2 });
    let net = plan_of(&[N, size(2)], &[], op);
    assert_eq!(net.output.to_string(), "[n + 1, 2]");
    let mut weights: ClassToken<2, f64, Cpu> = build();
    weights.weight.tensor_mut().copy_from(&[8.0, 9.0]);
    let x = Cpu::default().tensor_from_vec(vec![1.0, 2.0, 3.0, 4.0], (2, 1, 2));
    let y: Tensor<(usize, usize, usize), f64, _> = run(net, &weights, x.clone(), &[]).expect("it runs");
    assert_eq!(y.as_vec(), [8.0, 9.0, 1.0, 2.0, 8.0, 9.0, 3.0, 4.0]);
    check_gradients::<(usize, usize, usize), _, _>(net, &mut weights, &x, &[]);
    assert_eq!(refusal(op, &Axes::of_sizes(&[5, 3]), &[]).as_deref(), Some("takes 2 features"));
}

#[test]
fn a_mask_must_stand_for_the_positions_that_flow_in() {
    let axes = Axes::new(&[N, size(2)]);
    let op = Op::Pool(PoolOp { kind: Pool::Mean, masked: true });
    let after = Op::ClassToken(ClassTokenOp { width: 2 }).output(axes);
    let sentence = "needs the side input `mask` [n + 1], but it has [n]";
    assert_eq!(refusal(op, &after, &[side("mask", &[N])]).as_deref(), Some(sentence));
    assert_eq!(refusal(op, &axes, &[side("mask", &[N])]), None);
    assert!(refusal(op, &Axes::of_sizes(&[2]), &[]).is_some_and(|text| text.starts_with("takes sequences")));
}
