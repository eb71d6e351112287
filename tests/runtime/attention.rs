//! What an attention declares: keys, counts, types, its table.

use tensor_core::prelude::*;

use crate::support::net::{normal, randomise, tensor, weights};

attention! { pub struct Head: [seq, 8] -> [seq, 4] { w_q: [8, 4], w_k: [8, 4], w_v: [8, 4] } }
attention! {
    /// Grouped queries with a generic width.
    pub struct Grouped<const D: usize, const K: usize>: [n, D] -> [n, D] where D == 2 * K, D % 4 == 0 {
        heads: 4, kv_heads: 2, mask: causal, w_k: [D, K], w_v: [D, K],
    }
}
layer! {
    pub struct Net: [n, 8] -> [n, 3] {
        attend: attention(heads: 2, mask: causal, qk_norm: true, rename: "self_attn"),
        grouped: [Grouped<8, 4>; 2],
        head: linear(8 -> 3),
    }
}

fn keys<N: tensor_core::io::StateDict<f32, Cpu>>(net: &N) -> Vec<String> {
    weights(net).into_iter().map(|(key, _)| key).collect()
}

#[test]
fn keys_are_pytorchs() {
    let device = Cpu::default();
    assert_eq!(keys(&Head::new(&device)), ["w_q.weight", "w_k.weight", "w_v.weight"]);
    let net = Net::new(&device);
    let expected: Vec<String> = ["q", "k", "v", "o"]
        .iter()
        .flat_map(|name| [format!("self_attn.w_{name}.weight"), format!("self_attn.w_{name}.bias")])
        .chain(["self_attn.q_norm.weight".to_owned(), "self_attn.k_norm.weight".to_owned()])
        .collect();
    assert_eq!(keys(&net)[..10], expected);
    assert_eq!(keys(&net)[10..12], ["grouped.0.w_q.weight", "grouped.0.w_q.bias"]);
    assert_eq!(net.grouped[1].w_k.weight.shape(), &(Const::<4>, Const::<8>)); // [out, in]
    assert_eq!(net.attend.w_o.bias.array(), net.attend.w_o.bias.array());
}

#[test]
fn it_is_counted_by_hand() {
    assert_eq!(Head::PARAMS, 3 * 8 * 4);
    // Projections, scores and weighted sums of 5 positions.
    assert_eq!(Head::macs([5, 8]), 3 * 5 * 8 * 4 + 2 * 5 * 5 * 4);
    assert_eq!(Head::cost([5, 8]).kv_cache, 2 * 5 * 4);
    let (wide, narrow) = (8 * 8 + 8, 8 * 4 + 4);
    assert_eq!(Grouped::<8, 4>::PARAMS, 2 * wide + 2 * narrow);
    assert_eq!(Grouped::<8, 4>::macs([7, 5, 8]), 7 * (2 * 5 * 64 + 2 * 5 * 32 + 2 * 25 * 8));
    assert_eq!(Grouped::<8, 4>::cost([7, 5, 8]).kv_cache, 7 * 2 * 5 * 4);
    assert_eq!(Net::PARAMS, (4 * wide + 2 * 4) + 2 * Grouped::<8, 4>::PARAMS + 8 * 3 + 3);
}

#[test]
fn a_head_is_the_definition() {
    let mut head = Head::<f64, _>::build(&Cpu::default());
    randomise(&mut head, 1);
    let x: Tensor<Rank2<3, 8>, f64, _> =
        tensor(&Cpu::default(), Default::default(), &normal(&Cpu::seed_from_u64(2), 24));
    let project = |weight: &Tensor<Rank2<4, 8>, f64, Cpu>| x.clone().matmul(weight.clone().permute());
    let [q, k, v]: [Tensor<Rank2<3, 4>, f64, _>; 3] =
        [&head.w_q.weight, &head.w_k.weight, &head.w_v.weight].map(|w| project(w));
    let scores: Tensor<Rank2<3, 3>, f64, _> = q.matmul(k.permute()) * 0.5;
    let expected = scores.softmax::<Axis<1>>().matmul(v);
    let difference = (head.forward(x) - expected).abs().max::<Rank0, _>().array();
    assert!(difference < 1e-14, "{difference}");
}

#[test]
fn it_moves_to_other_number_types() {
    let net = Net::new(&Cpu::default());
    let wide: Net<f64, Cpu> = net.to_dtype::<f64>();
    let x: Tensor<(usize, Const<8>), f32, _> = Cpu::seed_from_u64(1).sample_normal_like(&(4, Const));
    let (narrow, wide) = (net.forward(x.clone()).as_vec(), wide.forward(x.to_dtype::<f64>()).as_vec());
    assert!(narrow.iter().zip(&wide).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-5), "{narrow:?} {wide:?}");
}

#[test]
fn dropout_acts_on_the_weights_in_training_alone() {
    layer! { pub struct Drop: [n, 8] -> [n, 8] { attend: attention(heads: 2, dropout: 0.5) } }
    let net = Drop::<f64, _>::build(&Cpu::seed_from_u64(3));
    let x: Tensor<(usize, Const<8>), f64, _> = Cpu::seed_from_u64(1).sample_normal_like(&(6, Const));
    let used = net.forward(x.clone()).as_vec();
    assert_eq!(used, net.forward(x.clone()).as_vec());
    let trained = || net.forward_train(x.clone(), net.alloc_grads()).as_vec();
    let passes: Vec<Vec<f64>> = (0..4000).map(|_| trained()).collect();
    assert_ne!(passes[0], passes[1]);
    // On average nothing is lost: the weights that stay are doubled.
    for (place, used) in used.iter().enumerate() {
        let mean = passes.iter().map(|pass| pass[place]).sum::<f64>() / passes.len() as f64;
        assert!((mean - used).abs() < 0.05, "{mean} for {used}");
    }
}

#[test]
fn the_table_shows_a_block() {
    layer! {
        pub struct Block: [n, 64] -> [n, 64] {
            residual { norm_1: layer_norm, attend: attention(heads: 4, mask: causal) },
            residual { norm_2: layer_norm, up: linear(256), gelu, down: linear(64) },
        }
    }
    let table = Block::new(&Cpu::default()).summary().at([2, 10, 64]).to_string();
    for part in [
        "attention(64 -> 64, heads: 4, mask: causal)",
        "[2, 10, 64] → [2, 10, 64]",
        "16 640",
        "353 280",
        "49 984",
    ] {
        assert!(table.contains(part), "`{part}` is missing in\n{table}");
    }
}
