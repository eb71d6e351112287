use tensor_core::prelude::*;

layer! {
    pub struct Model: [n, 8] -> [n, 8] {
        a: attention(heads: 2, lora: qx, rank: 2, alpha: 4),
        b: attention(heads: 2, lora: qq, rank: 2, alpha: 4),
        c: attention(heads: 2, lora: qv, rank: 0, alpha: 4),
        d: attention(heads: 2, lora: qv, alpha: 4),
        e: attention(heads: 2, rank: 2),
        f: attention(heads: 2, lora: true, rank: 2, alpha: 4),
        g: attention(heads: 2, lora: qv, rank: n, alpha: 4),
    }
}

attention! {
    pub struct Head: [seq, 8] -> [seq, 4] {
        w_q: [8, 4], w_k: [8, 4], w_v: [8, 4], lora: qo, rank: 2, alpha: 4,
    }
}

fn main() {}
