//! dfdx's own generic functions work on declared networks: optimizers, moves, counts, averages.

use dfdx::nn::ModelEMA;
use tensor_core::prelude::*;

use crate::nets::{Everything, TwoLayer};
use crate::support::fixture::Array;
use crate::support::net::{gradients, normal, randomise, tensor, weights};

type Batch = Tensor<(Const<7>, usize, Const<4>), f32, Cpu>;

fn batch(seed: u64) -> Batch {
    let device = Cpu::seed_from_u64(seed);
    tensor(&device, (Const, 5, Const), &normal(&device, 7 * 5 * 4))
}

fn loss<T: Tape<f32, Cpu>>(
    y: Tensor<(Const<7>, usize, Const<2>), f32, Cpu, T>,
) -> Tensor<Rank0, f32, Cpu, T> {
    y.square().mean()
}

/// Ten steps of an optimizer lower the loss, change every weight but the frozen one, and leave none unused.
fn trains<O: Optimizer<Everything, Cpu, f32>>(optimizer: impl FnOnce(&Everything) -> O) {
    let mut net = Everything::new(&Cpu::seed_from_u64(3));
    randomise(&mut net, 3);
    let mut optimizer = optimizer(&net);
    let (x, before, first) = (batch(1), weights(&net), loss(net.forward(batch(1))).array());
    let mut tape = net.alloc_grads();
    for _ in 0..10 {
        let found = loss(net.forward_train(x.clone(), tape)).backward();
        optimizer.update(&mut net, &found).expect("every weight has a gradient");
        tape = found;
        net.zero_grads(&mut tape);
    }
    let last = loss(net.forward(x)).array();
    assert!(last < first, "{first} → {last}");
    for ((key, before), (_, after)) in before.iter().zip(weights(&net)) {
        assert_eq!(*before == after, key == "w_up.weight", "{key}");
    }
}

#[test]
fn sgd_trains() {
    trains(|net| {
        Sgd::new(net, SgdConfig { lr: 1e-2, momentum: Some(Momentum::Nesterov(0.5)), weight_decay: None })
    });
}

#[test]
fn adam_trains() {
    trains(|net| Adam::new(net, AdamConfig { lr: 1e-3, ..Default::default() }));
}

#[test]
fn rmsprop_trains() {
    trains(|net| RMSprop::new(net, RMSpropConfig { lr: 1e-3, ..Default::default() }));
}

#[test]
fn one_step_of_sgd_by_hand() {
    let device = Cpu::seed_from_u64(4);
    let mut net = TwoLayer::new(&device);
    let before = weights(&net);
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let found = net.forward_train(x, net.alloc_grads()).square().mean().backward();
    let slopes = gradients(&net, &found);
    Sgd::new(&net, SgdConfig { lr: 0.5, momentum: None, weight_decay: None })
        .update(&mut net, &found)
        .unwrap();
    for (((key, before), (_, slope)), (_, after)) in before.iter().zip(&slopes).zip(weights(&net)) {
        let step = |(w, g): (&f64, &f64)| f64::from(*w as f32 - 0.5 * *g as f32);
        let expected = Array::new(&before.shape, before.values.iter().zip(&slope.values).map(step).collect());
        assert_eq!(after, expected, "{key}");
    }
}

/// Two passes on one tape add up.
#[test]
fn gradients_accumulate() {
    let device = Cpu::seed_from_u64(4);
    let net = TwoLayer::<f64, _>::build(&device);
    let x: Tensor<Rank2<5, 4>, f64, _> = device.sample_normal();
    let once = net.forward_train(x.clone(), net.alloc_grads()).square().mean().backward();
    let single = gradients(&net, &once);
    let twice = net.forward_train(x, once).square().mean().backward();
    for ((key, single), (_, double)) in single.iter().zip(gradients(&net, &twice)) {
        assert!(single.values.iter().any(|value| *value != 0.0));
        for (single, double) in single.values.iter().zip(double.values) {
            assert!((2.0 * single - double).abs() <= 1e-14, "{key}: {single} twice is not {double}");
        }
    }
}

#[test]
fn to_dtype_rounds_every_weight() {
    let net = Everything::new(&Cpu::seed_from_u64(5));
    let wide: Everything<f64, Cpu> = net.to_dtype::<f64>();
    assert_eq!(weights(&wide), weights(&net));
    let narrow: Everything = wide.to_dtype::<f32>();
    assert_eq!(narrow.forward(batch(1)).array_bits(), net.forward(batch(1)).array_bits());
}

#[test]
fn to_device_keeps_every_weight() {
    let net = Everything::new(&Cpu::seed_from_u64(5));
    let moved: Everything = net.to_device(&Cpu::seed_from_u64(6));
    assert_eq!(moved.forward(batch(1)).array_bits(), net.forward(batch(1)).array_bits());
}

#[test]
fn num_trainable_params_counts_what_is_not_frozen() {
    let net = Everything::new(&Cpu::default());
    assert_eq!(net.num_trainable_params() as u64, Everything::cost([1, 4]).trainable);
    assert_eq!(net.num_trainable_params() as u64 + 6 * 3, Everything::PARAMS);
}

#[test]
fn reset_params_draws_new_weights() {
    let device = Cpu::seed_from_u64(7);
    let mut net = TwoLayer::new(&device);
    let before = weights(&net);
    net.reset_params();
    assert!(before.iter().zip(weights(&net)).all(|(before, after)| *before != after));

    let mut same = TwoLayer::new(&Cpu::seed_from_u64(8));
    same.hidden.weight = device.zeros().into();
    let second = TwoLayer::new(&{
        let device = Cpu::seed_from_u64(7);
        let _first = TwoLayer::new(&device);
        device
    });
    assert_eq!(weights(&second), weights(&net)); // as if the device had built it
}

#[test]
fn ema_averages_what_training_changes() {
    let (mut average, mut net) =
        (Everything::<f64, _>::build(&Cpu::default()), Everything::build(&Cpu::default()));
    randomise(&mut average, 1);
    randomise(&mut net, 2);
    let before = weights(&average);
    average.ema(&net, 0.75);
    for (((key, after), (_, before)), (_, new)) in weights(&average).iter().zip(&before).zip(weights(&net)) {
        if key == "w_up.weight" {
            assert_eq!(after, before);
            continue;
        }
        for ((after, before), new) in after.values.iter().zip(&before.values).zip(new.values) {
            assert!((after - (0.75 * before + 0.25 * new)).abs() < 1e-15, "{key}");
        }
    }
}

fn run<M: Module<X>, X>(net: &M, x: X) -> M::Output {
    net.forward(x)
}

fn run_mut<M: ModuleMut<X>, X>(net: &mut M, x: X) -> M::Output {
    net.forward_mut(x)
}

#[test]
fn generic_functions_take_networks_as_dfdx_modules() {
    let mut net = Everything::new(&Cpu::seed_from_u64(5));
    let expected = net.forward(batch(1)).array_bits();
    assert_eq!(run(&net, batch(1)).array_bits(), expected);
    assert_eq!(run_mut(&mut net, batch(1)).array_bits(), expected);
    assert_eq!(Module::try_forward(&net, batch(1)).unwrap().array_bits(), expected);
    assert_eq!(net.try_forward(batch(1)).unwrap().array_bits(), expected);
}

#[test]
fn dfdx_builds_networks_and_puts_them_into_its_own() {
    let net = Cpu::seed_from_u64(5).build_module::<Everything, f32>();
    assert_eq!(weights(&net), weights(&Everything::new(&Cpu::seed_from_u64(5))));
    let wide: Everything<f64, Cpu> = Cpu::seed_from_u64(5).build_module::<Everything, f64>();
    assert_eq!(wide.embed.weight.array().len(), 6);

    let device = Cpu::seed_from_u64(5);
    let chain = device.build_module::<(TwoLayer, Back), f32>();
    let keys: Vec<_> = chain.state_dict().into_iter().map(|tensor| tensor.name).collect();
    assert_eq!(
        keys,
        ["0.hidden.weight", "0.hidden.bias", "0.output.weight", "0.output.bias", "1.fc.weight", "1.fc.bias"]
    );
    let x: Tensor<Rank1<4>, f32, _> = device.sample_normal();
    let y: Tensor<Rank1<4>, f32, _> = chain.forward(x.clone());
    assert_eq!(y.array(), chain.1.forward(chain.0.forward(x)).array());
}

layer! { struct Back: [3] -> [4] { fc: linear(3 -> 4) } }

trait Bits {
    fn array_bits(&self) -> Vec<u32>;
}

impl<S: Shape> Bits for Tensor<S, f32, Cpu> {
    fn array_bits(&self) -> Vec<u32> {
        self.as_vec().into_iter().map(f32::to_bits).collect()
    }
}
