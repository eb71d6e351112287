//! Networks that several tests use.

use tensor_core::prelude::*;

layer! { pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }

layer! {
    pub struct Block<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D {
        residual { norm: layer_norm, up: linear(D -> F), gelu, down: linear(F -> D) },
    }
}

layer! { pub struct Head: [seq, 6] -> [seq, 2] { out: linear(6 -> 2), log_softmax } }

// Every op and every structure.
layer! {
    pub struct Everything: [seq, 4] -> [seq, 2] {
        embed: linear(4 -> 6, bias: false),
        residual { norm: rms_norm, tanh, dropout(0.1), fc: linear(6) },
        blocks: [Block<6, 12>; 2],
        fork(mul) {
            gate: { w_gate: linear(6 -> 3), sigmoid },
            up: { w_up: lora(6 -> 3, rank: 2, alpha: 4) },
        },
        fork(concat) {
            same: { silu },
            small: { fork(add) { one: { w_one: linear(3 -> 3) }, two: { softmax } }, gelu_tanh },
        },
        last: layer_norm(eps: 1e-3),
        head: Head,
    }
}

layer! { pub struct Picture: [3, 4, 5] -> [2] { flatten, relu, fc: linear(60 -> 2) } }

layer! { pub struct Drop: [8] -> [8] { dropout(0.25) } }

layer! {
    pub struct DeepDrop: [8] -> [3] {
        hidden: linear(8 -> 16), relu, dropout(0.5),
        residual { dropout(0.5), up: linear(16 -> 16) },
        inner: InnerDrop,
        out: linear(16 -> 3),
    }
}

layer! { pub struct InnerDrop: [16] -> [16] { tanh, dropout(0.5) } }
