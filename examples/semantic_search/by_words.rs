//! By word vectors: passages whose mean is near come first, then those with words near each word of the question.

use std::error::Error;

use tensor_core::search::{Index, Metric};

use crate::Library;
use crate::mean::Mean;
use crate::passages::Passage;
use crate::words::{WIDTH, Words};

/// How much the cosine of the means counts beside the words.
const SHARE_OF_MEAN: f32 = 0.3;

/// Passages by their words.
pub struct ByWords<'a> {
    passages: &'a [Passage],
    mean: Mean<'a>,
    index: Index<WIDTH>,
}

impl<'a> ByWords<'a> {
    pub fn new(words: &'a Words, passages: &'a [Passage]) -> Result<Self, Box<dyn Error>> {
        let mean = Mean::new(words, passages.iter().map(|passage| &passage.text[..]));
        let mut index = Index::new(Metric::Cosine);
        for passage in passages {
            index.push(&mean.of(&passage.text), "")?;
        }
        Ok(ByWords { passages, mean, index })
    }
}

impl Library for ByWords<'_> {
    fn search(&self, question: &str) -> Result<Vec<(usize, f32)>, Box<dyn Error>> {
        let vector = self.mean.of(question);
        if vector == [0.0; WIDTH] {
            return Err(format!("no word of `{question}` has a vector here").into());
        }
        let mut found = Vec::new();
        for hit in self.index.search(&vector, self.passages.len())? {
            let by_words = self.mean.closeness(question, &self.passages[hit.row].text);
            found.push((hit.row, SHARE_OF_MEAN * hit.score + by_words));
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(found)
    }
}
