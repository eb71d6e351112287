//! Steps that go wrong: the place is found where it was made.

use tensor_core::loss::{CrossEntropy, Loss, MeanSquares};
use tensor_core::optim::{Optimizer, Sgd};
use tensor_core::prelude::*;
use tensor_core::train::{Anomaly, Overfit, Place, explain};

layer! { struct Up<const D: usize>: [D] -> [D] { residual { norm: layer_norm, up: linear(D -> D), relu } } }
layer! {
    struct Deep: [4] -> [3] {
        first: linear(4 -> 8),
        blocks: [Up<8>; 3],
        gates: fork(mul) { left: { a: linear(8 -> 8) }, right: { b: linear(8 -> 8) } },
        output: linear(8 -> 3),
    }
}
layer! { struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }
layer! {
    struct Reader: ids[n] -> [3] {
        tokens: embedding(10 -> 8),
        pool(mean),
        output: linear(8 -> 3),
    }
}

type Input = Tensor<Rank2<2, 4>, f32, Cpu>;

fn input() -> Input {
    Cpu::seed_from_u64(7).sample_normal()
}

const LABELS: CrossEntropy<'static> = CrossEntropy(&[0, 2]);

fn item(name: &str, op: &str) -> Place {
    Place::Item { name: name.into(), op: op.into() }
}

/// Neither the fused step nor the composed one is finite where an anomaly is told.
#[track_caller]
fn not_finite(net: &Deep, x: &Input) {
    let rule = Sgd { learning_rate: 0.0, ..Sgd::default() };
    let loss = Optimizer::new(rule).train_step(&mut net.clone(), x.clone(), LABELS).unwrap();
    assert!(!loss.is_finite());
}

#[test]
fn inputs_are_looked_at_first() {
    let net = Deep::new(&Cpu::default());
    let mut values = input().as_vec();
    values[5] = f32::NAN;
    let x: Input = Cpu::default().tensor_from_vec(values, (Const, Const));
    not_finite(&net, &x);
    let anomaly = explain(&net, x, &LABELS, 3).unwrap();
    assert_eq!(anomaly.to_string(), "step 3: the input of the network holds 1 NaN of 8 numbers");
}

#[test]
fn weights_are_named_as_in_files() {
    let mut net = Deep::new(&Cpu::default());
    net.blocks[1].up.bias.tensor_mut().copy_from(&[0.0, 0.0, f32::INFINITY, 0.0, 0.0, f32::NAN, 0.0, 0.0]);
    not_finite(&net, &input());
    let anomaly = explain(&net, input(), &LABELS, 3).unwrap();
    assert_eq!(anomaly.place, Place::Weight { name: "blocks.1.up.bias".into() });
    let text =
        "step 3: the weight `blocks.1.up.bias` holds 1 NaN and 1 infinite of 8 numbers before the step";
    assert_eq!(anomaly.to_string(), text);
}

#[test]
fn the_first_item_is_told_with_what_went_into_it() {
    let mut net = Deep::new(&Cpu::seed_from_u64(1));
    let before = net.state_dict();
    let scaled = net.blocks[1].up.weight.tensor().clone() * 0.0 + 2e38;
    *net.blocks[1].up.weight.tensor_mut() = scaled;
    not_finite(&net, &input());
    let anomaly = explain(&net, input(), &LABELS, 41).unwrap();
    assert_eq!(anomaly.place, item("blocks.1.up", "linear(8 -> 8)"));
    let names: Vec<&str> = anomaly.inputs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["its input", "`weight`", "`bias`"]);
    assert_eq!((anomaly.inputs[1].1.max, anomaly.found.count), (f64::from(2e38f32), 16));
    assert!(anomaly.inputs.iter().all(|(_, statistics)| statistics.is_finite()));
    println!("{anomaly}");
    assert!(anomaly.to_string().starts_with("step 41: the first numbers that are not finite, "));
    assert_eq!(net.state_dict(), before);
}

#[test]
fn joins_are_items_too() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Deep::new(&device);
    for weight in [&mut net.a.bias, &mut net.b.bias] {
        weight.tensor_mut().copy_from(&[1e30; 8]);
    }
    not_finite(&net, &input());
    let anomaly = explain(&net, input(), &LABELS, 0).unwrap();
    assert_eq!(anomaly.place, item("gates", "fork(mul)"));
    let names: Vec<&str> = anomaly.inputs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["left", "right"]);
}

#[test]
fn ids_flow_into_an_embedding() {
    let device = Cpu::default();
    let mut net = Reader::new(&device);
    let scaled = net.tokens.weight.tensor().clone() * 0.0 + 3e38;
    *net.tokens.weight.tensor_mut() = scaled;
    let ids: Tensor<(Const<2>, usize), usize, _> = device.tensor_from_vec(vec![1, 2, 3, 4], (Const, 2));
    let anomaly = explain(&net, ids, &LABELS, 5).unwrap();
    assert_eq!(anomaly.place, item("pool", "pool(mean)"));
}

#[test]
fn a_loss_may_be_the_first() {
    let net = TwoLayer::new(&Cpu::default());
    let target: Tensor<Rank2<2, 3>, f32, _> = Cpu::default().ones() * f32::INFINITY;
    let anomaly = explain(&net, input(), &MeanSquares(&target), 9).unwrap();
    assert_eq!(anomaly.place, Place::Loss);
    let text = anomaly.to_string();
    assert!(text.starts_with("step 9: the loss is not finite, though the network's output is. Of what went into it, the network's output is "), "{text}");
}

fn exploding<E: Element>(large: f64) -> Anomaly
where
    Cpu: Device<E>,
{
    let device = Cpu::default();
    let mut net = TwoLayer::<E, Cpu>::build(&device);
    let fill = |count: usize, value: f64| vec![E::of(value); count];
    net.hidden.weight.tensor_mut().copy_from(&fill(32, 1.0 / large));
    net.hidden.bias.tensor_mut().copy_from(&fill(8, 0.0));
    net.output.weight.tensor_mut().copy_from(&fill(24, large.powf(0.3)));
    let x: Tensor<Rank2<2, 4>, E, _> = device.tensor_from_vec(fill(8, large), (Const, Const));
    let target: Tensor<Rank2<2, 3>, E, _> = device.zeros();
    explain(&net, x, &MeanSquares(&target), 2).unwrap()
}

#[test]
fn a_gradient_may_be_the_first() {
    for anomaly in [exploding::<f32>(1e30), exploding::<f64>(1e250)] {
        assert_eq!(anomaly.place, Place::Gradient { name: "hidden.weight".into(), others: 0 });
        let text = anomaly.to_string();
        assert!(text.starts_with("step 2: pass and loss are finite, but the gradient of `hidden.weight` holds 32 infinite of 32 numbers. Of what went into it, the weight is "), "{text}");
        assert!(text.contains("; the loss's gradient by the output is "), "{text}");
    }
}

#[test]
fn a_finite_step_has_none() {
    let net = Deep::new(&Cpu::default());
    let anomaly = explain(&net, input(), &LABELS, 1).unwrap();
    assert_eq!(anomaly.place, Place::Nowhere);
    let text = "step 1: the loss or a gradient was not finite, but repeated it is, as the network trains and item by item";
    assert_eq!(anomaly.to_string(), text);
    let wrong = explain(&net, input(), &CrossEntropy(&[0, 7]), 1).unwrap_err();
    assert_eq!(wrong, Error::Label { row: 1, label: 7, classes: 3 });
}

/// NaN of an unknown origin in the middle: dividing by an infinite deviation gives 0, and a difference of infinities NaN.
#[test]
fn side_inputs_are_looked_at() {
    layer! {
        struct Across: (x: [n, 8], memory: [m, 8]) -> [8] {
            attend: attention(heads: 2, context: memory),
            pool(mean),
        }
    }
    let device = Cpu::seed_from_u64(3);
    let net = Across::new(&device);
    let x: Tensor<Rank3<2, 3, 8>, f32, _> = device.sample_normal();
    let memory: Tensor<Rank3<2, 5, 8>, f32, _> = device.ones() * f32::NAN;
    let anomaly = explain(&net, (x, memory), &CrossEntropy(&[0, 1]), 6).unwrap();
    let text = "step 6: the side input `memory` of the network holds 80 NaN of 80 numbers";
    assert_eq!(anomaly.to_string(), text);
}

#[test]
fn one_batch_is_learned_by_a_copy() {
    let device = Cpu::seed_from_u64(0);
    let net = Deep::new(&device);
    let bits = |net: &Deep| net.first.weight.as_vec().iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
    let before = bits(&net);
    let dry = Overfit { steps: 60, learning_rate: 0.01 };
    let report = dry.run(&net, input(), &LABELS).unwrap();
    assert!(report.learns() && report.without_gradient.is_empty(), "{report}");
    assert_eq!((report.losses.len(), report.weights), (61, 2 + 3 * 4 + 4 + 2));
    assert_eq!(bits(&net), before);
    assert!(
        report.to_string().starts_with("the network can learn: in 60 steps on one batch the loss went from ")
    );
}

#[test]
fn dead_weights_are_named() {
    let device = Cpu::seed_from_u64(0);
    let mut net = TwoLayer::new(&device);
    net.hidden.bias.tensor_mut().copy_from(&[-1e6; 8]); // no unit is ever above 0
    let report = Overfit { steps: 5, learning_rate: 1e-4 }.run(&net, input(), &LABELS).unwrap();
    assert!(!report.learns());
    assert_eq!(report.without_gradient, ["hidden.weight", "hidden.bias", "output.weight"]);
    let text = report.to_string();
    let end = ". 3 of 4 weights got no gradient: `hidden.weight`, `hidden.bias`, `output.weight`";
    assert!(text.starts_with("the network hardly learns: in 5 steps") && text.ends_with(end), "{text}");
}

/// LoRA's A has no gradient while B is 0, which is so at the start alone; its large matrix never has one, by intent.
#[test]
fn frozen_weights_are_no_dead_ones() {
    layer! { struct Adapted: [4] -> [3] { hidden: lora(4 -> 8, rank: 2, alpha: 4), relu, output: linear(8 -> 3) } }
    let net = Adapted::new(&Cpu::seed_from_u64(0));
    let report = Overfit { steps: 10, learning_rate: 0.01 }.run(&net, input(), &LABELS).unwrap();
    assert!(report.without_gradient.is_empty() && report.weights == 4, "{report}");
}

#[test]
fn a_rate_that_is_too_large_is_told() {
    let net = TwoLayer::new(&Cpu::seed_from_u64(0));
    let target: Tensor<Rank2<2, 3>, f32, _> = Cpu::default().ones();
    let report = Overfit { steps: 5, learning_rate: 1e30 }.run(&net, input(), &MeanSquares(&target)).unwrap();
    assert!(
        report.to_string().starts_with("the loss is not finite; try a smaller learning rate: in 5 steps "),
        "{report}"
    );
}

/// A loss of one's own.
#[test]
fn losses_of_ones_own_are_explained() {
    struct Root;
    impl<E: Element, D: Device<E>> Loss<E, D> for Root {
        fn of<T: Tape<E, D>>(
            &self,
            y: Tensor<(usize, usize), E, D, T>,
        ) -> Result<Tensor<Rank0, E, D, T>, Error> {
            Ok((y * E::of(0.0)).sqrt().mean())
        }

        fn of_rows(&self, y: &[f32], _: usize, gradient: &mut [f32]) -> Result<f32, Error> {
            gradient.fill(f32::NAN);
            Ok(y.iter().sum::<f32>() * 0.0)
        }
    }
    let anomaly = explain(&TwoLayer::new(&Cpu::default()), input(), &Root, 8).unwrap();
    let Place::Gradient { name, others } = &anomaly.place else { panic!("{anomaly}") };
    assert_eq!((name.as_str(), *others), ("output.bias", 3));
}
