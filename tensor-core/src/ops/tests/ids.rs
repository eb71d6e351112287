//! Ops on ids and positions: values by hand, gradients, refusals.

use dfdx::prelude::*;

use crate::Error;
use crate::exec::{Mode, SideInput};
use crate::layer::pass;
use crate::ops::testing::{N, build, check_gradients, plan, plan_of, refusal, run, side, size, tensor};
use crate::ops::{Embedding, EmbeddingOp, Op, Positional, PositionalOp, Positions, UnembedOp};
use crate::plan::{Axes, Side};

type Table = Tensor<(usize, usize), f64, Cpu>;

const TOKENS: EmbeddingOp = EmbeddingOp { vocabulary: 4, width: 2, of: None, add: None };

fn ids<S: Shape>(values: &[usize], shape: S) -> Tensor<S, usize, Cpu> {
    Cpu::default().tensor_from_vec(values.to_vec(), shape)
}

#[test]
fn an_embedding_gives_rows_and_its_table_unembeds() {
    let tie = Op::Unembed(UnembedOp { vocabulary: 4, width: 2, tie: "tokens" });
    let net = plan(&[N], true, &[], &[("tokens", Op::Embedding(TOKENS)), ("unembed", tie)]);
    let mut table: Embedding<4, 2, f64, Cpu> = build();
    table.weight.tensor_mut().copy_from(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    let y: Tensor<(usize, usize, usize), f64, _> =
        run(net, &table, ids(&[3, 0, 1, 1], (2, 2)), &[]).expect("it runs");
    let row = |a: f64, b: f64| [b, 2.0 * a + 3.0 * b, 4.0 * a + 5.0 * b, 6.0 * a + 7.0 * b];
    assert_eq!(y.as_vec(), [row(6.0, 7.0), row(0.0, 1.0), row(2.0, 3.0), row(2.0, 3.0)].concat());

    let out_of_range = run::<_, _, _, (usize, usize, usize), _>(net, &table, ids(&[0, 1, 4, 2], (2, 2)), &[]);
    let expected = Error::Id { item: "tokens", id: 4, place: vec![1, 0], vocabulary: 4 };
    assert_eq!(out_of_range.map(|_| ()), Err(expected));
}

#[test]
fn the_table_gets_both_gradients() {
    let tie = Op::Unembed(UnembedOp { vocabulary: 4, width: 2, tie: "tokens" });
    let net = plan(&[N], true, &[], &[("tokens", Op::Embedding(TOKENS)), ("unembed", tie)]);
    let mut table: Embedding<4, 2, f64, Cpu> = build();
    let forward = |table: &Embedding<4, 2, f64, Cpu>,
                   dummy: Tensor<(usize,), f64, Cpu, OwnedTape<f64, Cpu>>| {
        let (_, tape) = dummy.split_tape();
        let x = ids(&[3, 0, 3], (3,)).put_tape(tape);
        let y: Tensor<(usize, usize), f64, _, _> = run(net, table, x, &[]).unwrap_or_else(|e| panic!("{e}"));
        y
    };
    let report = crate::gradcheck::gradcheck(&mut table, &tensor((1,), 1), forward);
    report.unwrap_or_else(|error| panic!("{error}")).assert_below(1e-6);
}

#[test]
fn an_embedding_of_a_side_input_is_added() {
    let op = Op::Embedding(EmbeddingOp { vocabulary: 4, width: 2, of: None, add: Some("segments") });
    let segments = Side { name: "segments", axes: Axes::new(&[N]).with_ids(true) };
    let net = plan_of(&[N, size(2)], &[segments], op);
    let mut table: Embedding<4, 2, f64, Cpu> = build();
    table.weight.tensor_mut().copy_from(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    let x = Cpu::default().tensor_from_vec(vec![10.0, 20.0, 30.0, 40.0], (2, 2));
    let with = |values: &[usize]| -> Result<Table, Error> {
        let (given, _) = SideInput::new("segments", ids(values, (values.len(),)))?;
        pass(net, &table, x.clone(), vec![given], Mode::Inference, None, true)
    };
    assert_eq!(with(&[1, 3]).map(|y| y.as_vec()), Ok(vec![12.0, 23.0, 36.0, 47.0]));
    assert!(matches!(with(&[1, 9]), Err(Error::Id { id: 9, .. })));
    assert!(matches!(with(&[1, 1, 1]), Err(Error::Side { .. })));
    let axes = Axes::new(&[N, size(2)]);
    let sentence = "needs the side input `segments` ids[n], but there is none here";
    assert_eq!(refusal(op, &axes, &[]).as_deref(), Some(sentence));
    let sentence = "needs the side input `segments` ids[n], but it has [n]";
    assert_eq!(refusal(op, &axes, &[side("segments", &[N])]).as_deref(), Some(sentence));
}

#[test]
fn ids_flow_into_embeddings_alone() {
    let (numbers, ids) = (Axes::new(&[N, size(2)]), Axes::new(&[N]).with_ids(true));
    assert_eq!(
        refusal(Op::Embedding(TOKENS), &numbers, &[]).as_deref(),
        Some("takes ids, but numbers flow in")
    );
    let op = Op::Unembed(UnembedOp { vocabulary: 4, width: 2, tie: "tokens" });
    assert_eq!(refusal(op, &ids, &[]).as_deref(), Some("takes numbers, but ids flow in"));
}

#[test]
fn learned_positions_are_added_to_each_sequence() {
    let op = Op::Positional(PositionalOp { most: 3, width: 2, kind: Positions::Learned });
    let net = plan_of(&[N, size(2)], &[], op);
    let mut weights: Positional<3, 2, f64, Cpu> = build();
    weights.weight.tensor_mut().copy_from(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let x = Cpu::default().tensor_from_vec(vec![0.0, 0.0, 0.0, 0.0, 10.0, 10.0, 10.0, 10.0], (2, 2, 2));
    let y: Tensor<(usize, usize, usize), f64, _> = run(net, &weights, x.clone(), &[]).expect("it runs");
    assert_eq!(y.as_vec(), [1.0, 2.0, 3.0, 4.0, 11.0, 12.0, 13.0, 14.0]);
    check_gradients::<(usize, usize, usize), _, _>(net, &mut weights, &x, &[]);
    let long = run::<_, _, _, (usize, usize), _>(net, &weights, tensor((4, 2), 1), &[]);
    assert_eq!(long.map(|_| ()), Err(Error::TooLong { item: "item", given: 4, most: 3 }));
    let sentence = "has 3 positions, but takes a sequence of 4";
    assert_eq!(refusal(op, &Axes::of_sizes(&[4, 2]), &[]).as_deref(), Some(sentence));
    assert_eq!(refusal(op, &Axes::of_sizes(&[3, 2]), &[]), None);
}

#[test]
fn sinusoidal_positions_follow_the_paper() {
    let op = PositionalOp { most: 100, width: 4, kind: Positions::Sinusoidal };
    let net = plan_of(&[N, size(4)], &[], Op::Positional(op));
    let x: Table = Cpu::default().zeros_like(&(3, 4));
    let y: Table = run(net, &crate::ops::testing::NoWeights, x, &[]).expect("it runs");
    let row = |p: f64| [p.sin(), p.cos(), (p / 100.0).sin(), (p / 100.0).cos()];
    for (a, b) in y.as_vec().iter().zip([row(0.0), row(1.0), row(2.0)].concat()) {
        assert!((a - b).abs() < 1e-15);
    }
    let odd = Op::Positional(PositionalOp { width: 5, ..op });
    assert!(refusal(odd, &Axes::of_sizes(&[3, 5]), &[]).is_some());
}
