//! Weights in files.

use std::path::PathBuf;

use tensor_core::io::LoadError;
use tensor_core::prelude::*;

use crate::nets::{Block, Everything, TwoLayer};
use crate::support::net::{randomise, weights};

/// A file that goes away with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        File(std::env::temp_dir().join(format!("tensor_dsl_{}_{name}.safetensors", std::process::id())))
    }
}

impl std::ops::Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn keys<N: StateDict<f32, Cpu>>(net: &N) -> Vec<String> {
    net.state_dict().iter().map(ToString::to_string).collect()
}

#[test]
fn saved_and_loaded_networks_are_the_same_bit_for_bit() {
    let file = File::new("everything");
    let mut saved = Everything::new(&Cpu::seed_from_u64(1));
    randomise(&mut saved, 1);
    saved.save(&file.0).unwrap();
    let mut loaded = Everything::new(&Cpu::seed_from_u64(2));
    loaded.load(&file.0).unwrap();
    assert_eq!(weights(&loaded), weights(&saved));
    assert_eq!(loaded.save_bytes().unwrap(), std::fs::read(&file.0).unwrap());
    let x: Tensor<Rank2<5, 4>, f32, _> = Cpu::seed_from_u64(3).sample_normal();
    assert_eq!(loaded.forward(x.clone()).array(), saved.forward(x).array());
}

#[test]
fn keys_follow_the_fields() {
    assert_eq!(
        keys(&Everything::new(&Cpu::default())),
        [
            "embed.weight [6, 4]",
            "norm.weight [6]",
            "fc.weight [6, 6]",
            "fc.bias [6]",
            "blocks.0.norm.weight [6]",
            "blocks.0.norm.bias [6]",
            "blocks.0.up.weight [12, 6]",
            "blocks.0.up.bias [12]",
            "blocks.0.down.weight [6, 12]",
            "blocks.0.down.bias [6]",
            "blocks.1.norm.weight [6]",
            "blocks.1.norm.bias [6]",
            "blocks.1.up.weight [12, 6]",
            "blocks.1.up.bias [12]",
            "blocks.1.down.weight [6, 12]",
            "blocks.1.down.bias [6]",
            "w_gate.weight [3, 6]",
            "w_gate.bias [3]",
            "w_up.weight [3, 6]",
            "w_up.lora_a [2, 6]",
            "w_up.lora_b [3, 2]",
            "w_one.weight [3, 3]",
            "w_one.bias [3]",
            "last.weight [6]",
            "last.bias [6]",
            "head.out.weight [2, 6]",
            "head.out.bias [2]",
        ]
    );
}

mod renamed {
    use super::*;

    layer! { pub struct Inner: [4] -> [4] { fc: linear(4 -> 4, bias: false, rename: "mlp.c_fc"), tanh } }
    layer! {
        pub struct Outer: [4] -> [3] {
            first: linear(4 -> 4, bias: false, rename: "model.first"),
            residual { norm: rms_norm(rename: "model.ln_1") },
            inner: Inner(rename: "model.body"),
            blocks: [Inner; 2](rename: "transformer.h"),
            out: linear(4 -> 3, rename: "lm_head"),
        }
    }
}

#[test]
fn renamed_items_have_the_checkpoints_keys() {
    let net = renamed::Outer::new(&Cpu::default());
    assert_eq!(
        keys(&net),
        [
            "model.first.weight [4, 4]",
            "model.ln_1.weight [4]",
            "model.body.mlp.c_fc.weight [4, 4]",
            "transformer.h.0.mlp.c_fc.weight [4, 4]",
            "transformer.h.1.mlp.c_fc.weight [4, 4]",
            "lm_head.weight [3, 4]",
            "lm_head.bias [3]",
        ]
    );
    let mut other = renamed::Outer::new(&Cpu::seed_from_u64(4));
    other.load_bytes(&net.save_bytes().unwrap()).unwrap();
    assert_eq!(weights(&other), weights(&net));
}

#[test]
fn a_wrong_network_gives_the_whole_report_and_stays_as_it_was() {
    layer! { struct Other: [5] -> [3] { hidden: linear(5 -> 8), tanh, out: linear(8 -> 3), extra: layer_norm } }
    let bytes = Other::new(&Cpu::default()).save_bytes().unwrap();
    let mut net = TwoLayer::new(&Cpu::seed_from_u64(1));
    let before = weights(&net);
    let error = net.load_bytes(&bytes).unwrap_err();
    assert!(matches!(error, LoadError::Mismatch(_)));
    assert_eq!(
        error.to_string(),
        "the file does not fit this network:
  wrong shape   hidden.weight: the network has [8, 4], the file [8, 5]
  missing       output.weight [3, 8] (the file has `out.weight`: renamed?)
  missing       output.bias [3] (the file has `out.bias`: renamed?)
  unexpected    extra.bias [3] (the network has `output.bias`)
  unexpected    extra.weight [3]
  unexpected    out.bias [3]
  unexpected    out.weight [3, 8]"
    );
    assert_eq!(weights(&net), before);
}

#[test]
fn loaded_weights_are_used_at_once() {
    let (mut net, other) = (TwoLayer::new(&Cpu::seed_from_u64(1)), TwoLayer::new(&Cpu::seed_from_u64(2)));
    let x: Tensor<Rank2<5, 4>, f32, _> = Cpu::seed_from_u64(3).sample_normal();
    assert_ne!(net.forward(x.clone()).array(), other.forward(x.clone()).array());
    net.load_bytes(&other.save_bytes().unwrap()).unwrap();
    assert_eq!(net.forward(x.clone()).array(), other.forward(x).array());
}

#[test]
fn a_merged_lora_is_the_same_linear() {
    layer! { struct Adapted: [6] -> [4] { fc: lora(6 -> 4, rank: 2, alpha: 5) } }
    layer! { struct Plain: [6] -> [4] { fc: linear(6 -> 4, bias: false) } }
    let device = Cpu::seed_from_u64(1);
    let mut adapted = Adapted::<f64, _>::build(&device);
    randomise(&mut adapted, 1);
    let mut plain = Plain::<f64, _>::build(&device);
    plain.fc.weight = adapted.fc.merge().unwrap().into();
    let x: Tensor<Rank2<5, 6>, f64, _> = device.sample_normal();
    let (adapted, plain) = (adapted.forward(x.clone()).array(), plain.forward(x).array());
    let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-14;
    assert!(adapted.as_flattened().iter().zip(plain.as_flattened()).all(close), "{adapted:?}\n{plain:?}");
}

/// A generic block's weights load into one of the same sizes only.
#[test]
fn sizes_of_generic_networks_are_compared() {
    let bytes = Block::<4, 8>::new(&Cpu::default()).save_bytes().unwrap();
    let error = Block::<5, 10>::new(&Cpu::default()).load_bytes(&bytes).unwrap_err();
    let LoadError::Mismatch(mismatch) = error else { panic!("{error}") };
    assert_eq!((mismatch.wrong_shape.len(), mismatch.missing.len()), (6, 0));
}
