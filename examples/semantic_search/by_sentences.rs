//! By the sentence encoder: passages of nearest vectors.

use std::{
    error::Error,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use tensor_core::search::{Index, Metric};

use crate::Library;
use crate::minilm::{Encoder, WIDTH};
use crate::passages::Passage;
use crate::support;

/// Passages by their vectors.
pub struct BySentences {
    encoder: Encoder,
    index: Index<WIDTH>,
}

impl BySentences {
    /// Takes the vectors of these passages from where they were kept, or makes and keeps them.
    pub fn new(model: &Path, text: &Path, passages: &[Passage]) -> Result<Self, Box<dyn Error>> {
        let encoder = Encoder::read(model)?;
        let kept = kept(text, passages);
        let index = match Index::load(&kept) {
            Ok(index) if index.len() == passages.len() => index,
            _ => {
                let index = made(&encoder, passages)?;
                if let Some(folder) = kept.parent() {
                    fs::create_dir_all(folder)
                        .map_err(|error| format!("can't create `{}`: {error}", folder.display()))?;
                }
                index.save(&kept)?;
                println!("vectors: {}\n", kept.display());
                index
            }
        };
        Ok(BySentences { encoder, index })
    }
}

fn made(encoder: &Encoder, passages: &[Passage]) -> Result<Index<WIDTH>, Box<dyn Error>> {
    let texts: Vec<String> = passages.iter().map(Passage::under_its_heading).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut index = Index::new(Metric::Cosine);
    for (vector, passage) in encoder.encode(&texts)?.iter().zip(passages) {
        index.push(vector, &passage.heading)?;
    }
    Ok(index)
}

/// Where the vectors of these passages are kept: another text has another place.
fn kept(text: &Path, passages: &[Passage]) -> PathBuf {
    let mut hash = DefaultHasher::new();
    passages.iter().for_each(|passage| passage.under_its_heading().hash(&mut hash));
    let name = text.file_stem().unwrap_or_default().to_string_lossy();
    support::repository("target/search").join(format!("{name}-{:016x}.safetensors", hash.finish()))
}

impl Library for BySentences {
    fn search(&self, question: &str) -> Result<Vec<(usize, f32)>, Box<dyn Error>> {
        let vectors = self.encoder.encode(&[question])?;
        let hits = self.index.search(&vectors[0], self.index.len())?;
        Ok(hits.iter().map(|hit| (hit.row, hit.score)).collect())
    }
}
