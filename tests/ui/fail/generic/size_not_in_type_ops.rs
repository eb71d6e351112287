use tensor_core::prelude::*;

layer! {
    pub struct Tokens<const V: usize>: ids[n] -> [n, 8] {
        tokens: embedding(2 * V -> 8),
    }
}

layer! {
    pub struct Places<const N: usize>: [n, 8] -> [n, 8] {
        places: positional(2 * N),
    }
}

layer! {
    pub struct Wide<const K: usize>: [3, 8, 8] -> [2 * K, 8, 8] {
        conv: conv2d(3 -> 2 * K, kernel: 1),
    }
}

layer! {
    pub struct Window<const W: usize>: [n, 8] -> [n, 8] {
        attend: attention(mask: window(2 * W)),
    }
}

layer! {
    pub struct Adapter<const R: usize>: [8] -> [8] {
        adapter: lora(8 -> 8, rank: 2 * R, alpha: 4),
    }
}

fn main() {}
