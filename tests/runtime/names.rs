//! The names and shapes that a plan tells are those of the network's state dict, in the same order.

use tensor_core::prelude::*;

layer! {
    pub struct Everything: (ids: ids[n], mask: [n]) -> [n, 11] {
        tokens: embedding(11 -> 8, rename: "embeddings.word"),
        places: positional(16),
        positional(16, kind: sinusoidal),
        residual {
            norm: layer_norm,
            attend: attention(heads: 4, kv_heads: 2, qk_norm: true, mask: padding, rename: "self.attention"),
            dropout(0.1),
        },
        fork(mul) {
            gate: { gated: linear(6, bias: false), silu },
            up: { r#type: lora(8 -> 6, rank: 2, alpha: 4), tanh },
        },
        down: lora(6 -> 8, rank: 3, alpha: 3, bias: true, rename: "dense"),
        root: rms_norm,
        blocks: [Block<8, 12>; 3](rename: "layer"),
        one: [Block<8, 16>; 1],
        last: Block<8, 8>(rename: "encoder.last"),
        plain: Inner,
        unembed(11, tie: tokens),
    }
}

layer! {
    pub struct Block<const D: usize, const F: usize>: [n, D] -> [n, D] {
        residual { norm: layer_norm, up: linear(F), gelu, down: linear(D) },
    }
}

layer! {
    pub struct Inner: [n, 8] -> [n, 8] { heads: Grouped, stack: [Block<8, 4>; 2] }
}

attention! {
    pub struct Grouped: [n, 8] -> [n, 8] { heads: 2, bias: false }
}

attention! {
    pub struct Head: [n, 8] -> [n, 4] { w_q: [8, 4], w_k: [8, 4], w_v: [8, 4] }
}

layer! {
    pub struct Pictures: [3, 8, 8] -> [5] {
        conv: conv2d(3 -> 4, kernel: 3, padding: 1),
        plain: conv2d(4 -> 2, kernel: 1, bias: false),
        patches(2),
        class: class_token,
        pool(first),
        head: linear(5),
    }
}

layer! {
    pub struct Nothing: [4] -> [4] { relu, softmax }
}

#[test]
fn plans_tell_the_state_dict() {
    let device = Cpu::default();
    let everything = Everything::new(&device).state_dict();
    assert_eq!(<Everything>::PLAN.state_dict(), everything);
    assert!(everything.iter().any(|info| info.to_string() == "self.attention.k_norm.weight [2]"));
    assert!(everything.iter().any(|info| info.to_string() == "one.0.up.weight [16, 8]"));
    assert_eq!(<Grouped>::PLAN.state_dict(), Grouped::new(&device).state_dict());
    assert_eq!(<Head>::PLAN.state_dict(), Head::new(&device).state_dict());
    assert_eq!(<Pictures>::PLAN.state_dict(), Pictures::new(&device).state_dict());
    assert_eq!(<Block<8, 12>>::PLAN.state_dict(), Block::<8, 12>::new(&device).state_dict());
    assert_eq!(<Nothing>::PLAN.state_dict(), StateDict::<f32, Cpu>::state_dict(&Nothing::new(&device)));
}
