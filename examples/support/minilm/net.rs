//! The sentence encoder all-MiniLM-L6-v2: BERT with six blocks of 384 features, a sentence to a vector of length 1.
//!
//! - N. Reimers and I. Gurevych, "Sentence-BERT", EMNLP 2019; W. Wang et al., "MiniLM", NeurIPS 2020.
//! - `python3 examples/data/fetch_minilm.py` gets the weights and the tokenizer.

use std::{error::Error, path::Path};

use tensor_core::{io::Checkpoint, prelude::*};

pub const WIDTH: usize = 384;

layer! {
    /// A block of BERT, whose norms come after.
    pub struct Block: (x: [n, WIDTH], mask: [n]) -> [n, WIDTH] {
        residual { attention: attention(heads: 12, mask: padding), dropout(0.1) },
        attention_norm: layer_norm(eps: 1e-12, rename: "attention.output.LayerNorm"),
        residual {
            up: linear(1536, rename: "intermediate.dense"),
            gelu,
            down: linear(WIDTH, rename: "output.dense"),
            dropout(0.1),
        },
        norm: layer_norm(eps: 1e-12, rename: "output.LayerNorm"),
    }
}
layer! {
    /// Words, which sentence of a pair they are of, and their places.
    pub struct Embeddings: (ids: ids[n], kinds: ids[n]) -> [n, WIDTH] {
        words: embedding(30522 -> WIDTH, rename: "word_embeddings"),
        kinds: embedding(2 -> WIDTH, add: kinds, rename: "token_type_embeddings"),
        places: positional(512, rename: "position_embeddings"),
        norm: layer_norm(eps: 1e-12, rename: "LayerNorm"),
        dropout(0.1),
    }
}
layer! {
    /// A sentence to the mean of what six blocks make of it.
    pub struct MiniLm: (ids: ids[n], kinds: ids[n], mask: [n]) -> [WIDTH] {
        embeddings: Embeddings,
        blocks: [Block; 6](rename: "encoder.layer"),
        pool(mean),
    }
}
const _: () = assert!(MiniLm::PARAMS == 22_565_376);

/// What the projections of an attention are called there and here.
const PROJECTIONS: [(&str, &str); 4] = [
    ("attention.self.query", "attention.w_q"),
    ("attention.self.key", "attention.w_k"),
    ("attention.self.value", "attention.w_v"),
    ("attention.output.dense", "attention.w_o"),
];

/// The published weights, under the names of the declaration.
pub fn checkpoint(folder: &Path) -> Result<Checkpoint, Box<dyn Error>> {
    let path = folder.join("model.safetensors");
    if !path.exists() {
        let path = path.display();
        return Err(
            format!("`{path}` is not there: get it with `python3 examples/data/fetch_minilm.py`").into()
        );
    }
    let published = Checkpoint::open(path)?;
    let ours = published
        // The place of each place, and what classifies a pair of sentences: not of the encoder.
        .without(|name| name == "embeddings.position_ids" || name.starts_with("pooler."))
        .rename(|name| {
            PROJECTIONS.iter().fold(name.to_owned(), |name, (theirs, ours)| name.replace(theirs, ours))
        })?;
    Ok(ours)
}

/// The encoder's weights under the names of the published ones.
pub fn published(net: &MiniLm) -> Result<Checkpoint, Box<dyn Error>> {
    let ours = Checkpoint::from_bytes(net.save_bytes()?)?;
    Ok(ours.rename(|name| {
        PROJECTIONS.iter().fold(name.to_owned(), |name, (theirs, ours)| name.replace(ours, theirs))
    })?)
}
