//! all-MiniLM-L6-v2 gives what its reference implementation gives: `fixtures/make_minilm.py`.
#![cfg(all(feature = "text", feature = "search"))]

#[path = "../examples/support/minilm/mod.rs"]
mod minilm;
mod support;

use std::path::PathBuf;

use minilm::{Encoder, Sentences, WIDTH};
use safetensors::SafeTensors;
use support::{difference::largest_difference, example::fetched};

/// The folder of the weights; without them the test is left out, and says so.
fn model() -> Option<PathBuf> {
    fetched("minilm/tokenizer.json", "fetch_minilm.py")?;
    Some(fetched("minilm/model.safetensors", "fetch_minilm.py")?.parent()?.into())
}

struct Reference {
    sentences: Vec<String>,
    vectors: Vec<[f32; WIDTH]>,
    ids: Vec<Vec<usize>>,
}

fn reference() -> Reference {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/models/minilm.safetensors");
    let bytes = std::fs::read(path).expect("the fixture is here");
    let (_, header) = SafeTensors::read_metadata(&bytes).expect("the fixture is whole");
    let metadata = header.metadata().as_ref().expect("it has metadata");
    let sentences = serde_json::from_str(&metadata["sentences"]).expect("a list of texts");
    let tensors = SafeTensors::deserialize(&bytes).expect("the fixture is whole");
    let of = |name| tensors.tensor(name).expect("it has this tensor").data();
    let whole =
        |name| of(name).as_chunks().0.iter().map(|&n| i64::from_le_bytes(n) as usize).collect::<Vec<_>>();
    let numbers: Vec<f32> = of("vectors").as_chunks().0.iter().map(|&x| f32::from_le_bytes(x)).collect();
    let mut all = whole("ids").into_iter();
    let ids = whole("lengths").into_iter().map(|length| all.by_ref().take(length).collect()).collect();
    Reference { sentences, vectors: numbers.as_chunks().0.to_vec(), ids }
}

#[test]
fn tokens_are_the_references() {
    let Some(folder) = model() else { return };
    let Reference { sentences, ids, .. } = reference();
    let texts: Vec<&str> = sentences.iter().map(String::as_str).collect();
    assert_eq!(Sentences::read(&folder).and_then(|tokenizer| tokenizer.tokens(&texts)).expect("tokens"), ids);
}

#[test]
fn vectors_are_the_references() {
    let Some(folder) = model() else { return };
    let Reference { sentences, vectors, .. } = reference();
    let texts: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let encoder = Encoder::read(&folder).expect("the encoder");
    let together = encoder.encode(&texts).expect("vectors");
    let mut largest = 0_f64;
    for ((text, ours), theirs) in texts.iter().zip(&together).zip(&vectors) {
        let alone = encoder.encode(&[text]).expect("a vector")[0];
        largest = largest.max(largest_difference(ours, theirs)).max(largest_difference(&alone, theirs));
    }
    println!("largest difference {largest:.1e}");
    assert!(largest < 1e-5, "{largest}");
}
