//! GPT-2 declared in `layer!` takes the published names and layouts, and gives what transformers gives: `make_gpt2.py`.

use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use tensor_core::io::{Checkpoint, CheckpointTensor, LoadError};
use tensor_core::prelude::*;

#[path = "../support/mod.rs"]
mod support;

use support::difference::largest_difference;

layer! {
    pub struct Block<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D]
    where F == 4 * D, D % H == 0
    {
        residual { ln_1: layer_norm, attend: attention(heads: H, mask: causal, rename: "attn"), dropout(0.1) },
        residual {
            ln_2: layer_norm,
            up: linear(F, rename: "mlp.c_fc"), gelu_tanh, down: linear(D, rename: "mlp.c_proj"),
            dropout(0.1),
        },
    }
}

layer! {
    /// `V` tokens, `N` positions, `L` blocks.
    pub struct Gpt<const V: usize, const N: usize, const D: usize, const F: usize, const H: usize, const L: usize>:
        ids[n] -> [n, V]
    where F == 4 * D, D % H == 0
    {
        tokens: embedding(V -> D, rename: "wte"),
        places: positional(N, rename: "wpe"),
        dropout(0.1),
        blocks: [Block<D, F, H>; L](rename: "h"),
        norm: layer_norm(D, rename: "ln_f"), // rustc alone knows what a generic network gives
        unembed(V, tie: tokens),
    }
}
/// The smallest of the published ones.
type Gpt2 = Gpt<50257, 1024, 768, 3072, 12, 12>;
const _: () = assert!(Gpt2::PARAMS == 124_439_808);
type Small = Gpt<101, 32, 48, 192, 4, 2>;

/// The matrices, which published files keep as `[in, out]`.
const CONV_1D: [&str; 4] =
    ["attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight"];

/// A published file's tensors under the names and in the layouts of the declaration: matrices are turned, and queries, keys and
/// values taken apart. Files that were saved with a head begin all names with `transformer.`, and those of the original model
/// hold each block's causal mask.
fn published(checkpoint: Checkpoint) -> Result<Checkpoint, LoadError> {
    checkpoint
        .without(|name| {
            name == "lm_head.weight" || name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias")
        })
        .rename(|name| name.strip_prefix("transformer.").unwrap_or(name).to_owned())?
        .map_tensors(|name, tensor| {
            let is_matrix = CONV_1D.iter().any(|matrix| name.ends_with(matrix));
            let tensor = if is_matrix { tensor.transpose()? } else { tensor };
            if let Some((block, kind)) = name.split_once("attn.c_attn.") {
                return packed(&format!("{block}attn."), kind, tensor);
            }
            Ok(vec![(name.replace("attn.c_proj.", "attn.w_o."), tensor)])
        })
}

/// Queries, keys and values, one below the other.
fn packed(
    attention: &str,
    kind: &str,
    tensor: CheckpointTensor,
) -> Result<Vec<(String, CheckpointTensor)>, LoadError> {
    let parts = ["w_q", "w_k", "w_v"].into_iter().zip(tensor.split(3)?);
    Ok(parts.map(|(part, tensor)| (format!("{attention}{part}.{kind}"), tensor)).collect())
}

fn file() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gpt2/gpt2.safetensors");
    std::fs::read(path).expect("the file is in the repository")
}

fn weights() -> Checkpoint {
    Checkpoint::from_bytes(file())
        .expect("it is a whole file")
        .without(|name| name == "ids" || name == "logits")
}

/// Ids `[2, 9]`, and transformers' logits `[2, 9, 101]`.
fn expected() -> (Vec<usize>, Vec<f32>) {
    let file = file();
    let tensors = SafeTensors::deserialize(&file).expect("it is a whole file");
    let bytes = |key| tensors.tensor(key).expect("the script writes it").data();
    let ids = bytes("ids").as_chunks().0.iter().map(|&id| i64::from_le_bytes(id) as usize).collect();
    (ids, bytes("logits").as_chunks().0.iter().map(|&logit| f32::from_le_bytes(logit)).collect())
}

fn loaded() -> Small {
    published(weights())
        .and_then(|weights| weights.build(&Cpu::default()))
        .expect("the names and layouts are those")
}

#[test]
fn a_network_is_built_without_drawing_weights() {
    let published = published(weights()).expect("the names and layouts are those");
    let devices = [(); 2].map(|()| Cpu::seed_from_u64(3));
    let built: Small = published.build(&devices[0]).expect("it fits");
    let next = |device: &Cpu| -> [f32; 4] { device.sample_normal::<Rank1<4>>().array() };
    assert_eq!(next(&devices[0]), next(&devices[1]));
    let mut filled = Small::new(&devices[1]);
    published.load_into(&mut filled).expect("it fits");
    assert_eq!(built.save_bytes().expect("bytes"), filled.save_bytes().expect("bytes"));
}

#[test]
fn logits_are_those_of_transformers() {
    let ((ids, logits), net) = (expected(), loaded());
    let ids = Cpu::default().tensor_from_vec(ids, (Const::<2>, Const::<9>));
    let difference = largest_difference(&net.forward(ids.clone()).as_vec(), &logits);
    assert!(difference < 2e-5, "{difference:e}");
    println!("largest difference from transformers: {difference:.1e}");

    // Token by token.
    let (mut cache, mut steps) = (tensor_core::decode::KvCache::new(9), Vec::new());
    for at in 0..9 {
        let next = [0, 1].map(|row| ids.as_vec()[9 * row + at]);
        let next = Cpu::default().tensor_from_vec(next.to_vec(), (2, 1));
        steps.push(cache.step(&net, next).expect("there is room").as_vec());
    }
    let steps: Vec<f32> = [0, 1]
        .into_iter()
        .flat_map(|row| steps.iter().flat_map(move |step| step[101 * row..][..101].to_vec()))
        .collect();
    let difference = largest_difference(&steps, &logits);
    assert!(difference < 2e-5, "{difference:e}");
}

/// The file of the original model has no prefix, and keeps each block's causal mask.
#[test]
fn names_without_prefix_and_kept_masks_fit_too() {
    let (file, mask) = (file(), vec![1u8; 32 * 32]);
    let tensors = SafeTensors::deserialize(&file).expect("it is a whole file");
    let renamed =
        tensors.iter().filter_map(|(name, view)| Some((name.strip_prefix("transformer.")?.to_owned(), view)));
    let masks = [0, 1].map(|block| {
        let view =
            TensorView::new(Dtype::BOOL, vec![1, 1, 32, 32], &mask).expect("as many bytes as the shape says");
        (format!("h.{block}.attn.bias"), view)
    });
    let original = safetensors::serialize(renamed.chain(masks), None).expect("safetensors holds them");

    let mut net = Small::new(&Cpu::default());
    let original = Checkpoint::from_bytes(original).expect("it is a whole file");
    published(original)
        .and_then(|weights| weights.load_into(&mut net))
        .expect("the names and layouts are those");
    assert_eq!(net.save_bytes().expect("a file in memory"), loaded().save_bytes().expect("a file in memory"));
}

#[test]
fn a_matrix_that_is_not_turned_is_reported() {
    let turned = weights().rename(|name| name.trim_start_matches("transformer.").to_owned()).unwrap();
    let error = turned.load_into(&mut Small::new(&Cpu::default())).unwrap_err().to_string();
    assert!(error.contains("h.0.mlp.c_fc.weight: the network has [192, 48], the file [48, 192]"), "{error}");
    assert!(error.contains("h.0.attn.w_q.weight"), "{error}");
}
