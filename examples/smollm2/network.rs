//! SmolLM2-135M, declared, and how its published weights come into it.

use std::{error::Error, path::Path};

use tensor_core::{
    io::{Checkpoint, LoadError, gguf::Gguf},
    prelude::*,
};

pub const VOCABULARY: usize = 49_152;
const WIDTH: usize = 576;
const INNER: usize = 1_536;
const HEADS: usize = 9;
const KV_HEADS: usize = 3;
const BLOCKS: usize = 30;
const HEAD_DIM: usize = WIDTH / HEADS;

layer! {
    /// A block of Llama's: grouped queries with rotary positions, then a gated feed-forward net (SwiGLU).
    pub struct Block: [n, WIDTH] -> [n, WIDTH] {
        residual {
            attn_norm: rms_norm(eps: 1e-5),
            attn: attention(heads: HEADS, kv_heads: KV_HEADS, mask: causal, rope: 100_000.0, bias: false),
        },
        residual {
            ffn_norm: rms_norm(eps: 1e-5),
            fork(mul) {
                gate: { ffn_gate: linear(INNER, bias: false), silu },
                up: { ffn_up: linear(INNER, bias: false) },
            },
            ffn_down: linear(WIDTH, bias: false),
        },
    }
}

layer! {
    /// Tokens → the logits of the token after each.
    pub struct SmolLm2: ids[n] -> [n, VOCABULARY] {
        token_embd: embedding(VOCABULARY -> WIDTH),
        blk: [Block; BLOCKS],
        output_norm: rms_norm(eps: 1e-5),
        unembed(VOCABULARY, tie: token_embd),
    }
}

const _: () = assert!(SmolLm2::PARAMS == 134_515_008);

/// Opens the file, which must be of this network.
pub fn open(path: &Path) -> Result<Gguf, Box<dyn Error>> {
    if !path.exists() {
        let path = path.display();
        return Err(
            format!("there is no `{path}`: get it by `python3 examples/data/fetch_smollm2.py`").into()
        );
    }
    let file = Gguf::read(path)?;
    let says = file.metadata();
    let wrong = |what: &str, found: &dyn std::fmt::Display, expected: &dyn std::fmt::Display| {
        let path = path.display();
        Err(format!("`{path}` is of another network: its {what} is {found}, where {expected} is declared")
            .into())
    };
    let architecture = says.text("general.architecture")?;
    if architecture != "llama" {
        return wrong("architecture", &architecture, &"llama");
    }
    for (key, expected) in [
        ("llama.block_count", BLOCKS),
        ("llama.embedding_length", WIDTH),
        ("llama.feed_forward_length", INNER),
        ("llama.attention.head_count", HEADS),
        ("llama.attention.head_count_kv", KV_HEADS),
        ("llama.rope.dimension_count", HEAD_DIM),
    ] {
        let found = says.size(key)?;
        if found != expected {
            return wrong(key, &found, &expected);
        }
    }
    // Which the file has as 32 bits.
    for (key, expected) in
        [("llama.attention.layer_norm_rms_epsilon", 1e-5f32), ("llama.rope.freq_base", 100_000.0)]
    {
        let found = says.number(key)? as f32;
        if found != expected {
            return wrong(key, &found, &expected);
        }
    }
    Ok(file)
}

/// The file's tensors under the names and in the order of the declared network.
pub fn checkpoint(file: &Gguf) -> Result<Checkpoint, LoadError> {
    file.checkpoint().map_tensors(|name, tensor| {
        let tensor = match () {
            () if name.ends_with("attn_q.weight") => tensor.reorder_rows(by_halves)?,
            () if name.ends_with("attn_k.weight") => tensor.reorder_rows(by_halves)?,
            () => tensor,
        };
        let name = name.replace("attn_output.", "attn.w_o.");
        let name = ["q", "k", "v"]
            .iter()
            .fold(name, |name, which| name.replace(&format!("attn_{which}."), &format!("attn.w_{which}.")));
        Ok(vec![(name, tensor)])
    })
}

/// llama.cpp has the two features of a rotary pair side by side, `layer!` as Llama's authors do: in the two halves of a head.
fn by_halves(row: usize) -> usize {
    let (head, at) = (row / HEAD_DIM, row % HEAD_DIM);
    let half = HEAD_DIM / 2;
    head * HEAD_DIM + 2 * (at % half) + at / half
}
