//! Clones, shared devices, threads.

use tensor_core::prelude::*;

use crate::nets::{Block, Everything, TwoLayer};
use crate::support::net::weights;

const _: fn() = || {
    fn assert_send_sync<T: Send + Sync>() {}
    assert_send_sync::<Everything>();
    assert_send_sync::<Everything<f64, Cpu>>();
    assert_send_sync::<Param<Rank2<3, 4>, f32, Cpu>>();
    assert_send_sync::<Tensor<Rank2<3, 4>, f32, Cpu>>(); // but not with a tape, which holds closures
    assert_send_sync::<tensor_core::Error>();
    assert_send_sync::<Summary>();
};

fn input() -> Tensor<Rank2<5, 4>, f32, Cpu> {
    Cpu::seed_from_u64(1).sample_normal()
}

#[test]
fn a_clone_is_independent() {
    let net = TwoLayer::new(&Cpu::seed_from_u64(1));
    let before = net.forward(input()).array();
    let mut clone = net.clone();
    assert_eq!(clone.forward(input()).array(), before);
    clone.output.weight.tensor_mut().fill_with_zeros();
    clone.output.bias.tensor_mut().fill_with_zeros();
    assert_eq!(clone.forward(input()).array(), [[0.0; 3]; 5]);
    assert_eq!(net.forward(input()).array(), before);
}

#[test]
fn a_trained_clone_leaves_the_original() {
    let net = TwoLayer::new(&Cpu::seed_from_u64(1));
    let before = weights(&net);
    let mut clone = net.clone();
    let found = clone.forward_train(input(), clone.alloc_grads()).square().mean().backward();
    Sgd::new(&clone, SgdConfig::default()).update(&mut clone, &found).unwrap();
    assert_eq!(weights(&net), before);
    assert_ne!(weights(&clone), before);
}

#[test]
fn changed_weights_change_the_output_at_once() {
    let mut net = TwoLayer::new(&Cpu::seed_from_u64(1));
    let before = net.forward(input()).array();
    net.output.bias.tensor_mut().copy_from(&[1.0, 2.0, 3.0]);
    let shifted = net.forward(input()).array();
    assert_ne!(shifted, before);
    let device = Cpu::default();
    *net.output.weight.tensor_mut() = device.zeros();
    assert_eq!(net.forward(input()).array(), [[1.0, 2.0, 3.0]; 5]);
    net.output.bias = device.tensor([4.0, 5.0, 6.0]).into();
    assert_eq!(net.forward(input()).array(), [[4.0, 5.0, 6.0]; 5]);
    net.reset_params();
    assert_ne!(net.forward(input()).array(), [[4.0, 5.0, 6.0]; 5]);
}

#[test]
fn two_networks_share_a_device() {
    let device = Cpu::seed_from_u64(1);
    layer! { struct Second: [3] -> [2] { fc: linear(3 -> 2) } }
    let (first, second) = (TwoLayer::new(&device), Second::new(&device));
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let gradients = Gradients::leaky();
    let y = second.forward(first.forward(x.trace(gradients)));
    let found = y.square().mean().backward();
    assert!(found.get(first.hidden.weight.tensor()).as_vec().iter().any(|value| *value != 0.0));
    assert!(found.get(second.fc.weight.tensor()).as_vec().iter().any(|value| *value != 0.0));
}

#[test]
fn threads_use_one_network() {
    let net = Everything::new(&Cpu::seed_from_u64(1));
    let x: Tensor<Rank2<5, 4>, f32, Cpu> = input();
    let expected = net.forward(x.clone()).array();
    std::thread::scope(|scope| {
        let run = || (0..20).all(|_| net.forward(x.clone()).array() == expected);
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    });
}

#[test]
fn a_network_moves_to_another_thread_and_trains_there() {
    let mut net = TwoLayer::new(&Cpu::seed_from_u64(1));
    let before = weights(&net);
    let net = std::thread::spawn(move || {
        let found = net.forward_train(input(), net.alloc_grads()).square().mean().backward();
        Sgd::new(&net, SgdConfig::default()).update(&mut net, &found).unwrap();
        net
    });
    assert_ne!(weights(&net.join().unwrap()), before);
}

#[test]
fn a_stack_is_a_slice() {
    layer! { struct Net: [4] -> [4] { blocks: [Block<4, 8>; 3] } }
    let mut net = Net::new(&Cpu::seed_from_u64(1));
    assert_eq!(net.blocks.len(), 3);
    let by_hand = net.blocks.iter().fold(input(), |x, block| block.forward(x)).array();
    assert_eq!(net.forward(input()).array(), by_hand);
    let first = &net.blocks[0].up.weight;
    assert!(net.blocks[1..].iter().all(|block| block.up.weight.array() != first.array()));

    for block in net.blocks.iter_mut() {
        block.down.weight.tensor_mut().fill_with_zeros();
        block.down.bias.tensor_mut().fill_with_zeros();
    }
    assert_eq!(net.forward(input()).array(), input().array());
}
