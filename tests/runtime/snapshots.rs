//! The fused executor reads weights from snapshots on the host: whatever changes a weight, the next pass sees it.

use tensor_core::prelude::*;

use crate::nets::TwoLayer;

fn x() -> Tensor<Rank2<2, 4>, f32, Cpu> {
    Cpu::default().tensor([[0.5, -1.0, 2.0, 0.25], [1.5, 0.75, -0.5, 1.0]])
}

/// What the net gives in `f32`, beside what the composed executor makes of the very weights in `f64`.
#[track_caller]
fn assert_fresh(net: &TwoLayer) {
    let wide = net.to_dtype::<f64>().forward(x().to_dtype::<f64>()).array();
    for (found, expected) in net.forward(x()).array().as_flattened().iter().zip(wide.as_flattened()) {
        assert!((f64::from(*found) - expected).abs() < 1e-5, "{found}, but the weights give {expected}");
    }
}

/// Changes a net that has its snapshots.
#[track_caller]
fn after(change: impl FnOnce(&mut TwoLayer)) {
    let mut net = TwoLayer::new(&Cpu::seed_from_u64(1));
    let before = net.forward(x()).array();
    change(&mut net);
    assert_fresh(&net);
    assert_ne!(net.forward(x()).array(), before);
}

#[test]
fn optimizers_are_seen() {
    after(|net| {
        let mut adam = Adam::new(net, AdamConfig { lr: 0.1, ..Default::default() });
        let gradients = net.forward_train(x(), net.alloc_grads()).square().mean::<Rank0, _>().backward();
        adam.update(net, &gradients).unwrap();
    });
    after(|net| {
        let mut sgd = Sgd::new(net, SgdConfig { lr: 0.1, ..Default::default() });
        for _ in 0..3 {
            let gradients = net.forward_train(x(), net.alloc_grads()).square().mean::<Rank0, _>().backward();
            sgd.update(net, &gradients).unwrap();
            assert_fresh(net);
        }
    });
}

#[test]
fn changed_and_replaced_weights_are_seen() {
    after(|net| net.hidden.weight.tensor_mut().fill_with_zeros());
    after(|net| net.output.bias = Cpu::default().tensor([1.0, 2.0, 3.0]).into());
    after(|net| net.output.weight.tensor_mut().copy_from(&[0.5; 24]));
    // A tensor whose numbers lie in another order.
    after(|net| {
        let turned: Tensor<Rank2<4, 8>, f32, _> = Cpu::seed_from_u64(5).sample_normal();
        net.hidden.weight = turned.permute::<Rank2<8, 4>, _>().into();
    });
}

#[test]
fn loaded_reset_and_averaged_weights_are_seen() {
    let other = TwoLayer::new(&Cpu::seed_from_u64(2));
    let bytes = other.save_bytes().unwrap();
    after(|net| net.load_bytes(&bytes).unwrap());
    after(|net| net.reset_params());
    after(|net| net.ema(&other, 0.5));
    after(|net| *net = other.clone());
}

#[test]
fn a_clone_keeps_its_own() {
    let mut net = TwoLayer::new(&Cpu::seed_from_u64(1));
    let before = net.forward(x()).array();
    let copy = net.clone();
    net.hidden.weight.tensor_mut().fill_with_zeros();
    assert_eq!(copy.forward(x()).array(), before);
    assert_fresh(&net);
}

#[test]
fn the_same_pass_gives_the_same_bits() {
    layer! {
        struct Deep: [n, 64] -> [n, 64] {
            residual { norm_1: layer_norm, attend: attention(heads: 4, mask: causal) },
            residual { norm_2: layer_norm, up: linear(256), gelu, dropout(0.1), down: linear(64) },
        }
    }
    let pass = || {
        let net = Deep::new(&Cpu::seed_from_u64(1));
        let x: Tensor<Rank3<8, 50, 64>, f32, _> = Cpu::seed_from_u64(2).sample_normal();
        let y = net.forward_train(x, net.alloc_grads());
        let values = y.as_vec();
        let gradients = y.square().mean::<Rank0, _>().backward();
        (
            values,
            gradients.get(net.up.weight.tensor()).as_vec(),
            gradients.get(net.attend.w_q.weight.tensor()).as_vec(),
        )
    };
    assert_eq!(pass(), pass());
}
