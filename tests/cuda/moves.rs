//! Networks move between devices by one call, and their files know no device.

use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{Adam, Optimizer};
use tensor_core::prelude::*;

use crate::support::net::{place, weights};
use crate::{Gpt, TwoLayer, assert_close, both};

#[test]
fn there_and_back_keeps_all_bits() {
    let net = Gpt::<f32, Cpu>::build(&Cpu::seed_from_u64(1));
    let there: Gpt<f32, Cuda> = net.to_device(&place());
    let back: Gpt<f32, Cpu> = there.to_device(&Cpu::default());
    assert_eq!(weights(&net), weights(&back));
    assert_eq!(weights(&net), weights(&there));
}

#[test]
fn files_know_no_device() {
    let trained = {
        let mut net: TwoLayer<f32, Cuda> = TwoLayer::new(&Cpu::seed_from_u64(1)).to_device(&place());
        let (_, x) = both(2, (12, Const::<4>));
        let mut optimizer = Optimizer::<Adam>::new(Adam::default());
        let labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2];
        for _ in 0..3 {
            optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
        }
        net
    };
    let bytes = trained.save_bytes().unwrap();
    let mut here = TwoLayer::new(&Cpu::default());
    here.load_bytes(&bytes).unwrap();
    assert_eq!(weights(&here), weights(&trained));
    let mut there = TwoLayer::<f32, Cuda>::build(&place());
    there.load_bytes(&here.save_bytes().unwrap()).unwrap();
    let (x, on_gpu) = both(3, (7, Const::<4>));
    assert_close("answers", &here.forward(x).as_vec(), &there.forward(on_gpu.clone()).as_vec(), 1e-5);
    assert_eq!(there.forward(on_gpu.clone()).as_vec(), trained.forward(on_gpu).as_vec());
}

#[test]
fn changed_weights_are_seen() {
    let mut net: TwoLayer<f32, Cuda> = TwoLayer::new(&Cpu::seed_from_u64(1)).to_device(&place());
    let (_, x) = both(2, (5, Const::<4>));
    let before = net.forward(x.clone()).as_vec();
    net.hidden.weight.tensor_mut().fill_with_zeros();
    net.hidden.bias.tensor_mut().fill_with_zeros();
    let bias = net.output.bias.as_vec();
    let after = net.forward(x).as_vec();
    assert_ne!(before, after);
    assert_eq!(after, bias.repeat(5));
}
