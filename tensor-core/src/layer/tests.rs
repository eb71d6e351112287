//! Networks as a declaration makes them, by hand.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
use dfdx::prelude::*;

use super::*;
use crate::ops::testing::{M, N, size};
use crate::ops::{Embedding, EmbeddingOp, Op, Pool, PoolOp};
use crate::plan::{Axes, Axis as PlanAxis, Branch, Item, Join, Node, Side};
use crate::shape::AnySize;

macro_rules! net {
    ($Net:ident, $plan:expr) => {
        #[derive(Clone, Debug)]
        struct $Net<E: Dtype, D: Device<E>> {
            table: Embedding<4, 2, E, D>,
        }

        impl<E: Dtype, D: Device<E>> Network for $Net<E, D> {
            const PLAN: &'static Plan = &$plan;
        }

        impl<E: Dtype, D: Device<E>> Weighted<E, D> for $Net<E, D> {
            fn weights(&self, list: &mut Weights<E, D>) {
                self.table.weights(list);
            }
        }

        impl<E: Element, D: Device<E>> TensorCollection<E, D> for $Net<E, D> {
            type To<E2: Dtype, D2: Device<E2>> = $Net<E2, D2>;

            fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
                visitor: &mut V,
            ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
                let table = Self::module("table", |s| &s.table, |s| &mut s.table);
                visitor.visit_fields(table, |table| $Net { table })
            }
        }
    };
}

const TABLE: EmbeddingOp = EmbeddingOp { vocabulary: 4, width: 2, add: None };
const IDS: Axes = Axes::new(&[N]).with_ids(true);
const EMPTY: Plan = Plan {
    name: "Net",
    input: IDS,
    sides: &[],
    output: Axes::new(&[N, PlanAxis::Static(2)]),
    relations: &[],
    budgets: &[],
    body: &[Item { name: "table", node: Node::Op(Op::Embedding(TABLE)) }],
};

net!(Tokens, EMPTY);
crate::__glue! {
    impl[] Tokens[] as [E, D] with [S, T] : usize (AnySize,) => (<S as crate::shape::EndsIn<(AnySize,)>>::Axis1, Const<2>)
}

const POOL: PoolOp = PoolOp { kind: Pool::Mean, masked: true };
net!(
    Masked,
    Plan {
        name: "Masked",
        input: Axes::new(&[N, size(2)]),
        sides: &[Side { name: "segments", axes: IDS }, Side { name: "mask", axes: Axes::new(&[N]) },],
        output: Axes::new(&[size(2)]),
        body: &[
            Item {
                name: "table",
                node: Node::Op(Op::Embedding(EmbeddingOp { add: Some("segments"), ..TABLE }))
            },
            Item { name: "pool", node: Node::Op(Op::Pool(POOL)) },
        ],
        ..EMPTY
    }
);
crate::__glue_sides! {
    impl[] Masked[] as [E, D] with [S, T] : E (AnySize, Const<2>) => (Const<2>,);
    [segments, S1, T1, usize, (AnySize,)] [mask, S2, T2, E, (AnySize,)]
}

#[test]
fn a_network_takes_ids() {
    let device = Cpu::default();
    let mut net: Tokens<f64, Cpu> = build(&device).expect("it builds");
    net.table.weight.tensor_mut().copy_from(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    let ids = device.tensor([[3, 0], [1, 1]]);
    let y: Tensor<Rank3<2, 2, 2>, f64, _> = net.forward(ids.clone());
    assert_eq!(y.array(), [[[6.0, 7.0], [0.0, 1.0]], [[2.0, 3.0], [2.0, 3.0]]]);
    let y = net.forward_mut(ids.put_tape(OwnedTape::<f64, Cpu>::default()));
    let gradient = y.sum().backward().get(net.table.weight.tensor());
    assert_eq!(gradient.array(), [[1.0; 2], [2.0; 2], [0.0; 2], [1.0; 2]]);
    let none: Tensor<(usize, Const<2>), f64, _> = net.forward(device.tensor_from_vec(vec![], (0,)));
    assert_eq!(none.shape().0, 0);
}

#[test]
fn a_network_takes_side_inputs_for_each_sequence_or_for_all() {
    let device = Cpu::default();
    let mut net: Masked<f64, Cpu> = build(&device).expect("it builds");
    net.table.weight.tensor_mut().copy_from(&[0.0, 0.0, 10.0, 10.0, 20.0, 20.0, 30.0, 30.0]);
    let x: Tensor<Rank3<2, 2, 2>, f64, _> =
        device.tensor([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]);
    let (one, each) = (device.tensor([0, 1]), device.tensor([[1.0, 0.0], [1.0, 1.0]]));
    let y: Tensor<Rank2<2, 2>, f64, _> = net.forward((x.clone(), one.clone(), each.clone()));
    assert_eq!(y.array(), [[1.0, 2.0], [11.0, 12.0]]);

    let input = (x.leaky_trace(), one.clone(), each.leaky_trace());
    let gradients = net.forward_mut(input).sum().backward();
    assert_eq!(gradients.get(&x).array(), [[[1.0; 2], [0.0; 2]], [[0.5; 2]; 2]]);
    assert_eq!(gradients.get(&each).array(), [[0.0; 2]; 2]);

    let wrong: Tensor<(usize, usize), f64, _> = device.tensor_from_vec(vec![1.0; 6], (2, 3));
    let error = net.try_forward((x.clone(), one.clone(), wrong)).map(|_| ());
    let (takes, given) = ("[2, 2]".to_owned(), "[2, 3]".to_owned());
    assert_eq!(error, Err(Error::Side { network: "Masked", side: "mask", takes, given }));
    let single: Tensor<Rank3<1, 2, 2>, f64, _> = device.tensor([[[1.0, 2.0], [3.0, 4.0]]]);
    let y = net.forward((single, one, device.tensor([0.0, 1.0])));
    assert_eq!(y.array(), [[13.0, 14.0]]);
}

/// The message with which a plan is refused.
fn refusal(plan: Plan) -> String {
    let panic = std::panic::catch_unwind(|| verify(&plan)).expect_err("it is refused");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

const RELU: Item = Item { name: "relu", node: Node::Op(Op::Activation(crate::ops::Activation::Relu)) };

#[test]
fn ids_are_refused_where_numbers_are_joined() {
    const PAIRS: Axes = Axes::new(&[M, size(2)]);
    const NUMBERS: Plan = Plan { name: "Inner", input: PAIRS, output: PAIRS, body: &[RELU], ..EMPTY };
    let cases: [(&[Item], &str); 5] = [
        (&[RELU], "`relu` takes numbers, but ids flow in\n"),
        (
            &[Item { name: "residual", node: Node::Residual { body: EMPTY.body } }],
            "`residual` adds what it gives to what it takes, but takes ids[n]\n",
        ),
        (
            &[Item {
                name: "fork",
                node: Node::Fork {
                    join: Join::Add,
                    branches: &[Branch { name: "a", body: EMPTY.body }, Branch { name: "b", body: &[] }],
                },
            }],
            "`b` gives ids[n], but `fork(add)` joins numbers\n",
        ),
        (&[], "`Net` gives numbers, but the input has ids[n]\n"),
        (
            &[Item { name: "inner", node: Node::Network { plan: &NUMBERS, count: 1, sides: &[] } }],
            "`inner` takes axes that end in [m, 2], but the input has ids[n]\n",
        ),
    ];
    for (body, sentence) in cases {
        let message = refusal(Plan { body, ..EMPTY });
        assert!(message.starts_with(sentence), "{message}");
    }
    let twice = Item { name: "table", node: Node::Op(Op::Embedding(TABLE)) };
    let message = refusal(Plan { body: Box::leak(Box::new([twice, twice])), ..EMPTY });
    assert!(message.starts_with("`table` takes ids, but numbers flow in\n"), "{message}");
    verify(&EMPTY);
}

#[test]
fn branches_may_embed_the_same_ids() {
    let branch = |name| Branch { name, body: EMPTY.body };
    let branches: &'static [Branch] = Box::leak(Box::new([branch("a"), branch("b")]));
    let fork = Item { name: "fork", node: Node::Fork { join: Join::Concat, branches } };
    let output = Axes::new(&[N, size(4)]);
    verify(&Plan { output, body: Box::leak(Box::new([fork])), ..EMPTY });
}

#[test]
fn a_network_with_side_inputs_takes_no_further_axes() {
    let inner = <Masked<f32, Cpu> as Network>::PLAN;
    let body: &'static [Item] = Box::leak(Box::new([Item {
        name: "inner",
        node: Node::Network { plan: inner, count: 1, sides: &[] },
    }]));
    let (input, output) = (Axes::new(&[M, N, size(2)]), Axes::new(&[M, size(2)]));
    let message = refusal(Plan { input, output, sides: inner.sides, body, ..EMPTY });
    let sentence =
        "`inner` has side inputs, so that it takes no axes before [n, 2], but the input has [m, n, 2]\n";
    assert!(message.starts_with(sentence), "{message}");
    verify(&Plan { input: inner.input, output: inner.output, sides: inner.sides, body, ..EMPTY });
}
