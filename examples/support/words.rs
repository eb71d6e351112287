//! Word vectors from a file, as `examples/data/make_glove.py` writes it.
#![allow(dead_code)] // each example uses a part of it

use std::{collections::HashMap, error::Error, path::Path};

use half::f16;
use safetensors::{Dtype, SafeTensors};

/// Numbers of a vector.
pub const WIDTH: usize = 50;

/// A vector with its word.
pub type Vector = [f32; WIDTH];

/// Words, the most frequent first.
pub struct Words {
    words: Vec<String>,
    vectors: Vec<Vector>,
    /// The place of each word among all 400,000 by frequency, from 0.
    ranks: Vec<u32>,
    places: HashMap<String, usize>,
}

impl Words {
    /// Reads `vectors` (`F16 [words, 50]`), `ranks` (`U32 [words]`) and `words` (`U8`, a line each).
    pub fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        let wrong = |what: String| format!("`{}` holds no word vectors: {what}", path.display());
        let file =
            std::fs::read(path).map_err(|error| format!("can't read `{}`: {error}", path.display()))?;
        let tensors = SafeTensors::deserialize(&file).map_err(|error| wrong(error.to_string()))?;
        let tensor = |name: &str, dtype: Dtype| {
            let tensor = tensors.tensor(name).map_err(|error| wrong(error.to_string()))?;
            if tensor.dtype() != dtype {
                return Err(wrong(format!("`{name}` is {:?}, where {dtype:?} is wanted", tensor.dtype())));
            }
            Ok((tensor.shape().to_vec(), tensor.data()))
        };
        let (_, text) = tensor("words", Dtype::U8)?;
        let text = std::str::from_utf8(text).map_err(|error| wrong(error.to_string()))?;
        let words: Vec<String> = text.lines().map(str::to_owned).collect();
        let (shape, halves) = tensor("vectors", Dtype::F16)?;
        if shape != [words.len(), WIDTH] {
            return Err(wrong(format!("{} words have vectors of the shape {shape:?}", words.len())).into());
        }
        let (shape, ranks) = tensor("ranks", Dtype::U32)?;
        if shape != [words.len()] {
            return Err(wrong(format!("{} words have ranks of the shape {shape:?}", words.len())).into());
        }
        let numbers: Vec<f32> =
            halves.as_chunks::<2>().0.iter().map(|&half| f16::from_le_bytes(half).to_f32()).collect();
        let vectors = numbers.as_chunks::<WIDTH>().0.to_vec();
        let ranks = ranks.as_chunks::<4>().0.iter().map(|&rank| u32::from_le_bytes(rank)).collect();
        let places = words.iter().enumerate().map(|(place, word)| (word.clone(), place)).collect();
        Ok(Words { words, vectors, ranks, places })
    }

    pub fn words(&self) -> &[String] {
        &self.words
    }

    pub fn vectors(&self) -> &Vec<Vector> {
        &self.vectors
    }

    /// A word's vector; nothing if it isn't among these.
    pub fn vector(&self, word: &str) -> Option<&Vector> {
        self.places.get(word).map(|&place| &self.vectors[place])
    }

    /// A word's vector, or the sentence that it has none.
    pub fn known(&self, word: &str) -> Result<&Vector, String> {
        let absent =
            || format!("`{word}` is not among the {} words that have a vector here", self.words.len());
        self.vector(word).ok_or_else(absent)
    }

    /// The share of a word among all words of English text, as Zipf's law has it: the word of place n has 0.1 / n.
    pub fn share(&self, word: &str) -> Option<f32> {
        self.places.get(word).map(|&place| 0.1 / (1.0 + self.ranks[place] as f32))
    }
}

/// The words of a text: runs of letters, in lower case.
pub fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
}
