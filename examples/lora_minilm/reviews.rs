//! Sentences of reviews, and which are favourable.

use std::{error::Error, path::Path};

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};

/// The two kinds, in the order of their labels.
const KINDS: [&str; 2] = ["unfavourable", "favourable"];
const TEST: usize = 400;
const BATCH: usize = 16;
/// With `--quick`.
const FEW: usize = 240;

/// Sentences with their labels.
pub struct Reviews(Vec<(String, usize)>);

impl Reviews {
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let failed = |error| format!("can't read `{}`: {error}", path.display());
        let mut sentences = Vec::new();
        for (line, row) in (2..).zip(csv::Reader::from_path(path).map_err(failed)?.records()) {
            let row = row.map_err(failed)?;
            let label = KINDS.iter().position(|&kind| Some(kind) == row.get(0));
            let (Some(label), Some(sentence)) = (label, row.get(1)) else {
                let wanted = KINDS.join(" or ");
                return Err(
                    format!("`{}`, line {line}: it is not {wanted} and a sentence", path.display()).into()
                );
            };
            sentences.push((sentence.to_owned(), label));
        }
        if sentences.len() < 2 * TEST {
            let (path, found) = (path.display(), sentences.len());
            return Err(format!("`{path}` has {found} sentences, and {} are needed", 2 * TEST).into());
        }
        Ok(Reviews(sentences))
    }

    /// A part to train on and a part to test.
    pub fn split(mut self, seed: u64, quick: bool) -> (Reviews, Reviews) {
        self.0.shuffle(&mut StdRng::seed_from_u64(seed));
        let train = self.0.split_off(TEST);
        let few = |mut sentences: Vec<_>| {
            sentences.truncate(if quick { FEW } else { usize::MAX });
            Reviews(sentences)
        };
        (few(train), few(self.0))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn texts(&self) -> Vec<&str> {
        self.0.iter().map(|(text, _)| &text[..]).collect()
    }

    pub fn labels(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter().map(|&row| self.0[row].1).collect()
    }

    pub fn batches(&self) -> usize {
        self.len().div_ceil(BATCH)
    }

    /// All rows, in batches drawn by this seed.
    pub fn shuffled(&self, seed: u64) -> Vec<Vec<usize>> {
        let mut rows: Vec<usize> = (0..self.len()).collect();
        rows.shuffle(&mut StdRng::seed_from_u64(seed));
        rows.chunks(BATCH).map(<[usize]>::to_vec).collect()
    }
}
