//! Whole steps of training give what they give on the CPU, and the same bits twice.

use tensor_core::loss::{CrossEntropy, MeanSquares};
use tensor_core::optim::{Adam, AdamW, Lion, Optimizer, RmsProp, Rule, Sgd};
use tensor_core::prelude::*;

use crate::support::net::{place, weights};
use crate::{Gpt, Images, TwoLayer, assert_close, both};

const LABELS: [usize; 12] = [0, 1, 2, 2, 1, 0, 0, 0, 1, 2, 1, 1];

/// Twenty steps on both devices from the same weights.
fn same_course<R: Rule + Clone>(rule: R, clip: Option<f64>) {
    let mut cpu_net = TwoLayer::new(&Cpu::seed_from_u64(1));
    let mut gpu_net: TwoLayer<f32, Cuda> = cpu_net.to_device(&place());
    let optimizer = || match clip {
        Some(most) => Optimizer::<R, f32>::new(rule.clone()).clip_norm(most),
        None => Optimizer::<R, f32>::new(rule.clone()),
    };
    let (mut cpu, mut gpu) = (optimizer(), optimizer());
    let (here, there) = both(2, (12, Const::<4>));
    for step in 0..20 {
        let a = cpu.train_step(&mut cpu_net, here.clone(), CrossEntropy(&LABELS)).unwrap();
        let b = gpu.train_step(&mut gpu_net, there.clone(), CrossEntropy(&LABELS)).unwrap();
        assert_close(&format!("loss {step}"), &[a], &[b], 1e-4);
        if let (Some(a), Some(b)) = (cpu.last_norm(), gpu.last_norm()) {
            assert_close(&format!("norm {step}"), &[a as f32], &[b as f32], 1e-4);
        }
    }
    let narrow = |weights: Vec<(String, crate::support::fixture::Array<f64>)>| -> Vec<f32> {
        weights.into_iter().flat_map(|(_, array)| array.values).map(|x| x as f32).collect()
    };
    assert_close("weights", &narrow(weights(&cpu_net)), &narrow(weights(&gpu_net)), 1e-4);
    // What is remembered comes back to the host, and goes there again.
    assert_eq!(cpu.remembered(), gpu.remembered());
    let mut again = optimizer();
    again.watch(&mut gpu_net);
    again.load_bytes(&gpu.save_bytes().unwrap()).unwrap();
    let mut copy = gpu_net.clone();
    let a = gpu.train_step(&mut gpu_net, there.clone(), CrossEntropy(&LABELS)).unwrap();
    let b = again.train_step(&mut copy, there, CrossEntropy(&LABELS)).unwrap();
    assert_eq!(a, b);
    assert_eq!(narrow(weights(&gpu_net)), narrow(weights(&copy)));
}

#[test]
fn adam() {
    same_course(Adam { learning_rate: 0.02, ..Adam::default() }, None);
}

#[test]
fn adamw_with_clipping() {
    same_course(AdamW { learning_rate: 0.02, weight_decay: 0.1, ..AdamW::default() }, Some(0.05));
}

#[test]
fn rules_without_a_kernel() {
    same_course(Sgd { learning_rate: 0.05, momentum: 0.9, ..Sgd::default() }, None);
    same_course(Lion { learning_rate: 0.001, ..Lion::default() }, Some(0.5));
    same_course(RmsProp { learning_rate: 0.001, ..RmsProp::default() }, None);
}

#[test]
fn a_transformer_with_dropout() {
    let ids = [3, 0, 3, 6, 10, 1, 1, 5, 2, 4];
    let next = [0, 3, 6, 10, 1, 1, 5, 2, 4, 7];
    let steps = || {
        let mut net: Gpt<f32, Cuda> = Gpt::<f32, Cpu>::build(&Cpu::seed_from_u64(5)).to_device(&place());
        let mut optimizer = Optimizer::<AdamW>::new(AdamW { learning_rate: 0.01, ..AdamW::default() });
        let gpu = tensor_core::cuda::device(0, 7).unwrap();
        let ids = gpu.tensor_from_vec(ids.to_vec(), (2, 5));
        (0..60)
            .map(|_| optimizer.train_step(&mut net, ids.clone(), CrossEntropy(&next)).unwrap())
            .collect::<Vec<f32>>()
    };
    let losses = steps();
    assert!(losses[59] < 0.5 * losses[0], "{losses:?}");
    assert_eq!(losses, steps(), "the same seed gives the same bits");
}

#[test]
fn images() {
    let (here, there) = both(4, (3, Const::<1>, Const::<6>, Const::<6>));
    let mut cpu_net = Images::new(&Cpu::seed_from_u64(3));
    let mut gpu_net: Images<f32, Cuda> = cpu_net.to_device(&place());
    let (mut cpu, mut gpu) =
        (Optimizer::<Adam>::new(Adam::default()), Optimizer::<Adam>::new(Adam::default()));
    let (target_here, target_there) = both(5, (3, Const::<3>));
    for _ in 0..5 {
        let a = cpu.train_step(&mut cpu_net, here.clone(), MeanSquares(&target_here)).unwrap();
        let b = gpu.train_step(&mut gpu_net, there.clone(), MeanSquares(&target_there)).unwrap();
        assert_close("loss", &[a], &[b], 1e-4);
    }
}

/// A step of dfdx's Adam between two of ours: each sees what the other did.
#[test]
fn foreign_optimizers_and_ours_take_turns() {
    let course = |mut net: TwoLayer<f32, Cuda>| {
        let (_, x) = both(2, (12, Const::<4>));
        let mut ours = Optimizer::<Adam>::new(Adam::default());
        let mut theirs = dfdx::optim::Adam::new(&net, AdamConfig::default());
        let mut losses = Vec::new();
        for _ in 0..4 {
            losses.push(ours.train_step(&mut net, x.clone(), CrossEntropy(&LABELS)).unwrap());
            let y = net.forward_train(x.clone(), net.alloc_grads());
            let loss = cross_entropy(y, &LABELS);
            losses.push(loss.array());
            dfdx::optim::Optimizer::update(&mut theirs, &mut net, &loss.backward()).unwrap();
        }
        losses
    };
    let net = TwoLayer::new(&Cpu::seed_from_u64(1)).to_device(&place());
    let losses = course(net);
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "each step lowers the loss: {losses:?}");
}
