//! Optimizers change weights as PyTorch's do.

use tensor_core::io::StateDtype;
use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{Adam, AdamW, Group, Lion, Optimizer, RmsProp, Rule, Sgd};
use tensor_core::prelude::*;

use crate::support::fixture::{Difference, Fixture};
use crate::support::net::{Place, file, place, tensor, weights};

layer! { struct Net: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }

const STEPS: usize = 50;

/// Everything decays, as in PyTorch without parameter groups.
fn all_decay<R: Rule, E: Element>(rule: R) -> Optimizer<R, E> {
    Optimizer::new(rule).with_groups(|_| Group::default())
}

/// The weights after 50 steps are PyTorch's, of a step by hand and of one at once.
#[track_caller]
fn agrees<R: Rule, E: Element + StateDtype>(case: &str, fresh: impl Fn() -> Optimizer<R, E>, tolerance: f64)
where
    Place: Device<E>,
{
    let fixture = Fixture::open("optimizers/steps");
    let mut net = Net::<E, _>::build(&place());
    net.load_bytes(&file(fixture.under("param."))).unwrap();
    let x: Tensor<Rank2<6, 4>, E, _> = tensor(&place(), (Const, Const), &fixture.f64("x").values);
    let labels: Vec<usize> = fixture.i64("labels").values.iter().map(|&label| label as usize).collect();
    let (mut at_once, mut whole) = (net.clone(), fresh());
    let (mut optimizer, mut gradients) = (fresh(), net.alloc_grads());
    for _ in 0..STEPS {
        gradients = cross_entropy(net.forward_train(x.clone(), gradients), &labels).backward();
        optimizer.step(&mut net, &mut gradients).unwrap();
        whole.train_step(&mut at_once, x.clone(), CrossEntropy(&labels)).unwrap();
    }
    for (how, net) in [("step", net), ("train_step", at_once)] {
        for (key, weight) in weights(&net) {
            let expected = fixture.f64(&format!("{case}.{key}"));
            Difference::assert_close(&format!("{case} {how} {key}"), &weight, expected, tolerance, tolerance);
        }
    }
}

#[track_caller]
fn agrees_in_both<R: Rule + Copy>(case: &str, rule: R) {
    agrees::<R, f64>(case, || all_decay(rule), 1e-12);
    agrees::<R, f32>(case, || all_decay(rule), 1e-5);
}

#[test]
fn sgd_is_pytorchs() {
    agrees_in_both("sgd", Sgd { learning_rate: 0.1, ..Sgd::default() });
    let momentum = Sgd { learning_rate: 0.05, momentum: 0.9, ..Sgd::default() };
    agrees_in_both("sgd_momentum", Sgd { dampening: 0.1, weight_decay: 0.01, ..momentum });
    agrees_in_both("sgd_nesterov", Sgd { nesterov: true, ..momentum });
}

#[test]
fn adam_is_pytorchs() {
    agrees_in_both("adam", Adam { learning_rate: 0.01, ..Adam::default() });
    let decay = Adam { learning_rate: 0.02, betas: [0.8, 0.95], eps: 1e-6, weight_decay: 0.1 };
    agrees_in_both("adam_decay", decay);
}

#[test]
fn adam_w_is_pytorchs_clipped_too() {
    let rule = AdamW { learning_rate: 0.02, weight_decay: 0.1, ..AdamW::default() };
    agrees_in_both("adamw", rule);
    agrees::<_, f64>("adamw_clipped", || all_decay(rule).clip_norm(0.25), 1e-12);
    agrees::<_, f32>("adamw_clipped", || all_decay(rule).clip_norm(0.25), 1e-5);
}

#[test]
fn lion_is_the_papers() {
    agrees_in_both("lion", Lion { learning_rate: 0.005, weight_decay: 0.1, ..Lion::default() });
}

#[test]
fn rms_prop_is_pytorchs() {
    agrees_in_both("rmsprop", RmsProp { learning_rate: 0.005, ..RmsProp::default() });
    let centered = RmsProp { alpha: 0.95, eps: 0.01, momentum: 0.5, centered: true, ..RmsProp::default() };
    agrees_in_both("rmsprop_centered", RmsProp { learning_rate: 0.005, weight_decay: 0.01, ..centered });
}
