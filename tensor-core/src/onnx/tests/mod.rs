//! Files are what they should be, without a runtime that reads them: `tests/onnx` asks one.
#![allow(unused_parens, reason = "in what `layer!` writes; rustc excuses them in other crates alone")]

mod errors;
mod graphs;

use std::collections::HashSet;

use prost::Message;

use super::proto::Model;
use super::{Export, ExportOnnx};
use crate::io::StateDict;
use crate::prelude::*;

layer! { struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }

layer! {
    struct Block: (x: [n, 8], mask: [n]) -> [n, 8] {
        residual { norm_1: rms_norm, attend: attention(heads: 4, kv_heads: 2, mask: padding, rope: 10_000.0) },
        residual {
            norm_2: layer_norm,
            fork(mul) { gate: { w_gate: linear(12), silu }, up: { w_up: lora(8 -> 12, rank: 2, alpha: 4) } },
            down: linear(8),
        },
    }
}

// Most ops, networks in networks, other keys.
layer! {
    struct Encoder: (ids: ids[n], mask: [n]) -> [3] {
        tokens: embedding(11 -> 8, rename: "words"), places: positional(16),
        blocks: [Block; 2], last: Block(rename: "outside.last"),
        pool(mean), head: linear(3),
    }
}

layer! {
    struct Images: [2, 8, 8] -> [5] {
        conv: conv2d(2 -> 3, kernel: 3, padding: 1), relu, max_pool2d(2), patches(2), class: class_token, pool(max),
        head: linear(5),
    }
}

fn decode(bytes: &[u8]) -> Model {
    Model::decode(bytes).expect("it was encoded before")
}

/// What a network is exported to.
fn exported<N: ExportOnnx<f32, Cpu>>(net: &N, export: &Export) -> Model {
    decode(&net.onnx_bytes(export).expect("every op is exported"))
}

/// The operators in order, but for constants.
fn operators(model: &Model) -> Vec<&str> {
    let nodes = &model.graph.as_ref().expect("a file has a graph").node;
    nodes.iter().filter_map(|node| node.op_type.as_deref()).filter(|&op| op != "Constant").collect()
}

/// Everything that a node uses was there before, nothing is there twice, all weights are used, and they are the state dict.
#[track_caller]
fn assert_well_formed<N: ExportOnnx<f32, Cpu> + StateDict<f32, Cpu>>(net: &N, model: &Model) {
    let graph = model.graph.as_ref().expect("a file has a graph");
    let inputs = graph.input.iter().filter_map(|input| input.name.as_deref());
    let keys: Vec<&str> = graph.initializer.iter().filter_map(|weight| weight.name.as_deref()).collect();
    let mut there = HashSet::new();
    for name in inputs.chain(keys.iter().copied()) {
        assert!(there.insert(name), "`{name}` is there twice");
    }
    let mut used = HashSet::new();
    let mut names = HashSet::new();
    for node in &graph.node {
        assert!(
            names.insert(node.name.as_deref().expect("nodes have names")),
            "{:?} is there twice",
            node.name
        );
        for name in &node.input {
            assert!(there.contains(name.as_str()), "{:?} uses `{name}`, which is not there yet", node.name);
            used.insert(name.as_str());
        }
        for name in &node.output {
            assert!(there.insert(name), "`{name}` is there twice");
        }
    }
    for output in &graph.output {
        assert!(there.contains(output.name.as_deref().expect("outputs have names")));
    }
    for key in keys {
        assert!(used.contains(key), "nothing uses `{key}`");
    }
    let shapes: Vec<(String, Vec<i64>)> = net
        .state_dict()
        .into_iter()
        .map(|info| (info.name, info.shape.into_iter().map(|size| size as i64).collect()))
        .collect();
    let found: Vec<(String, Vec<i64>)> = graph
        .initializer
        .iter()
        .map(|weight| (weight.name.clone().unwrap_or_default(), weight.dims.clone()))
        .collect();
    assert_eq!(found, shapes);
    for weight in &graph.initializer {
        let bytes = weight.raw_data.as_ref().map_or(0, Vec::len) as i64;
        assert_eq!(bytes, 4 * weight.dims.iter().product::<i64>());
    }
}
