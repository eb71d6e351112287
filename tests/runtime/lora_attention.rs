//! Adapted matrices of attentions: each is as a `lora` item.

use tensor_core::lora::adapters_and;
use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{AdamW, Optimizer};
use tensor_core::prelude::*;

use crate::support::net::randomise;

layer! {
    pub struct Block: [n, 8] -> [n, 8] {
        residual { norm: layer_norm, attend: attention(heads: 4, kv_heads: 2, mask: causal, rope: 100.0) },
    }
}
layer! {
    pub struct Plain: [n, 8] -> [n, 3] { blocks: [Block; 2], head: linear(8 -> 3) }
}
layer! {
    pub struct AdaptedBlock: [n, 8] -> [n, 8] {
        residual {
            norm: layer_norm,
            attend: attention(
                heads: 4, kv_heads: 2, mask: causal, rope: 100.0, lora: qv, rank: 2, alpha: 4,
            ),
        },
    }
}
layer! {
    pub struct Adapted: [n, 8] -> [n, 3] { blocks: [AdaptedBlock; 2], head: linear(8 -> 3) }
}

const FACTORS: usize = 2 * (2 * (8 + 8) + 2 * (8 + 4));
const FROZEN: usize = 2 * ((8 * 8 + 8) + (4 * 8 + 4));
const _: () = assert!(Adapted::PARAMS == Plain::PARAMS + FACTORS as u64);
const _: () = assert!(Adapted::cost([5, 8]).trainable == Adapted::PARAMS - FROZEN as u64);
const _: () = assert!(Adapted::macs([5, 8]) == Plain::macs([5, 8]) + 5 * FACTORS as u64);

type Batch = (Tensor<Rank3<2, 5, 8>, f32, Cpu>, [usize; 10]);

fn batch() -> Batch {
    (Cpu::seed_from_u64(9).sample_normal(), std::array::from_fn(|row| row % 3))
}

fn base() -> Plain {
    let mut base = Plain::new(&Cpu::seed_from_u64(7));
    randomise(&mut base, 3);
    base
}

fn adapted() -> Adapted {
    let mut net = Adapted::new(&Cpu::seed_from_u64(8));
    net.adapt(&base(), &[]).unwrap();
    net
}

/// Its adapters have learned something, and nothing else has.
fn trained() -> Adapted {
    let (mut net, (x, labels)) = (adapted(), batch());
    let rule = AdamW { learning_rate: 0.02, weight_decay: 0.1, ..AdamW::default() };
    let mut optimizer = Optimizer::new(rule).with_groups(adapters_and(&[]));
    for _ in 0..20 {
        optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
    }
    assert_eq!((optimizer.trained(), optimizer.remembered()), (FACTORS, 2 * FACTORS));
    net
}

/// All weights by name, as bytes.
fn weights<N: StateDict<f32, Cpu>>(net: &N) -> Vec<(String, Vec<u8>)> {
    let bytes = net.save_bytes().unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let of = |name: String| (name.clone(), file.tensor(&name).unwrap().data().to_vec());
    net.state_dict().into_iter().map(|tensor| of(tensor.name)).collect()
}

#[track_caller]
fn close(a: &[f32], b: &[f32], most: f32) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= most * (1.0 + b.abs()), "{a} and {b}");
    }
}

#[test]
fn it_starts_as_its_base_under_the_names_of_lora_items() {
    let (net, base, (x, _)) = (adapted(), base(), batch());
    close(&net.forward(x.clone()).as_vec(), &base.forward(x).as_vec(), 1e-6);
    let infos = net.adapters();
    let names: Vec<&str> = infos.iter().map(|info| info.name.as_str()).collect();
    assert_eq!(
        names,
        ["blocks.0.attend.w_q", "blocks.0.attend.w_v", "blocks.1.attend.w_q", "blocks.1.attend.w_v"]
    );
    assert_eq!((infos[1].inputs, infos[1].outputs, infos[1].rank, infos[1].alpha), (8, 4, 2, 4));
    assert_eq!(infos.iter().map(|info| info.params()).sum::<usize>(), FACTORS);
    let keys: Vec<String> = net.state_dict().into_iter().map(|tensor| tensor.name).collect();
    assert!(keys.contains(&"blocks.1.attend.w_v.lora_b".to_owned()), "{keys:?}");
    assert!(!keys.iter().any(|key| key.contains("w_k.lora") || key.contains("w_o.lora")), "{keys:?}");
}

#[test]
fn only_the_pairs_train_and_published_weights_keep_their_bits() {
    let (before, after) = (weights(&adapted()), weights(&trained()));
    for ((name, before), (_, after)) in before.iter().zip(&after) {
        assert_eq!(before == after, !name.contains("lora_"), "{name}");
    }
    // The steps by the tape are those at once.
    let (x, labels) = batch();
    let mut net = adapted();
    let rule = AdamW { learning_rate: 0.02, weight_decay: 0.1, ..AdamW::default() };
    let mut optimizer = Optimizer::new(rule).with_groups(adapters_and(&[]));
    let mut gradients = net.alloc_grads();
    for _ in 0..20 {
        let loss = cross_entropy(net.forward_train(x.clone(), gradients), &labels);
        gradients = loss.backward();
        optimizer.step(&mut net, &mut gradients).unwrap();
    }
    close(&net.forward(x.clone()).as_vec(), &trained().forward(x).as_vec(), 1e-4);
}

/// Without groups, what is frozen by the declaration stays, and all else trains.
#[test]
fn without_groups_the_other_matrices_train_too() {
    let (mut net, (x, labels)) = (adapted(), batch());
    let before = weights(&net);
    let mut optimizer = Optimizer::new(AdamW { learning_rate: 0.01, ..AdamW::default() });
    for _ in 0..3 {
        optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
    }
    assert_eq!(optimizer.untrained(), FROZEN);
    for ((name, before), (_, after)) in before.iter().zip(&weights(&net)) {
        let frozen = (name.contains("w_q.") || name.contains("w_v.")) && !name.contains("lora_");
        // A bias of keys moves all scores of a query alike, so that it has no gradient but rounding's.
        assert!(before == after || !frozen, "{name}");
        assert!(before != after || frozen || name.ends_with("w_k.bias"), "{name}");
    }
}

#[test]
fn a_merged_network_does_the_same_and_an_unmerged_one_is_the_base() {
    let (net, mut plain, (x, _)) = (trained(), base(), batch());
    let before = weights(&plain);
    net.merge_into(&mut plain).unwrap();
    close(&plain.forward(x.clone()).as_vec(), &net.forward(x.clone()).as_vec(), 1e-5);
    for ((name, before), (_, after)) in before.iter().zip(&weights(&plain)) {
        let merged = name.ends_with("w_q.weight") || name.ends_with("w_v.weight");
        assert_eq!(before != after, merged, "{name}");
    }
    assert_ne!(plain.forward(x.clone()).as_vec(), base().forward(x).as_vec());
    net.unmerge_from(&mut plain).unwrap();
    assert_eq!(weights(&plain), before);
}

#[test]
fn an_adapter_is_saved_and_loaded_onto_another_copy() {
    let (net, mut other, (x, _)) = (trained(), adapted(), batch());
    let bytes = net.adapter_bytes(&[]).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(header.tensors().len(), 8);
    assert!(
        header.metadata().as_ref().unwrap()["lora"].contains(r#""blocks.1.attend.w_v":{"alpha":4,"rank":2}"#)
    );
    other.load_adapter_bytes(&bytes, &[]).unwrap();
    assert_eq!(weights(&other), weights(&net));
    assert_eq!(other.forward(x.clone()).as_vec(), net.forward(x).as_vec());
}

/// Frozen, and in `f64`, where the composed executor runs.
#[test]
fn all_ways_through_it_give_the_same() {
    let (net, (x, _)) = (trained(), batch());
    let expected = net.forward(x.clone()).as_vec();
    let wide = net.clone().to_dtype::<f64>().forward(x.clone().to_dtype::<f64>()).as_vec();
    close(&wide.into_iter().map(|y| y as f32).collect::<Vec<_>>(), &expected, 1e-5);
    assert_eq!(net.freeze().forward(x).as_vec(), expected);
}

attention! {
    pub struct Head: [seq, 8] -> [seq, 4] {
        w_q: [8, 4], w_k: [8, 4], w_v: [8, 4], lora: qk, rank: 1, alpha: 1,
    }
}

#[test]
fn an_attention_of_its_own_is_adapted_too() {
    let head = Head::new(&Cpu::seed_from_u64(1));
    let names: Vec<String> = head.adapters().into_iter().map(|info| info.name).collect();
    assert_eq!(names, ["w_q", "w_k"]);
    let merged = head.w_q.merge().unwrap().array();
    assert_eq!(merged, head.w_q.weight.array()); // B is zero
    let table = head.summary().to_string();
    assert!(table.contains("lora: qk, rank: 1, alpha: 1"), "{table}");
}
