//! From a text to a vector.

use std::collections::{HashMap, HashSet};

use tensor_core::search::pairwise_cosine;

use crate::words::{Vector, WIDTH, Words, words_of};

/// A word's share of English text from which on it says little: the constant of "A Simple but Tough-to-Beat Baseline for
/// Sentence Embeddings" (Arora, Liang, Ma, 2017).
const SAYS_LITTLE: f32 = 1e-3;

/// The weighted mean of the vectors of a text's words, less what all passages have in common.
pub struct Mean<'w> {
    words: &'w Words,
    /// In how many passages a word is.
    passages_with: HashMap<String, usize>,
    passages: usize,
    common: Vector,
}

impl<'w> Mean<'w> {
    /// Means that know which words are frequent in these passages.
    pub fn new<'p>(words: &'w Words, passages: impl Iterator<Item = &'p str> + Clone) -> Self {
        let mut passages_with = HashMap::new();
        for passage in passages.clone() {
            for word in words_of(passage).collect::<HashSet<_>>() {
                *passages_with.entry(word).or_insert(0) += 1;
            }
        }
        let count = passages.clone().count();
        let mut of_words = Mean { words, passages_with, passages: count, common: [0.0; WIDTH] };
        let means: Vec<Vector> = passages.map(|passage| of_words.mean(passage)).collect();
        of_words.common = std::array::from_fn(|i| {
            means.iter().map(|mean| mean[i]).sum::<f32>() / means.len().max(1) as f32
        });
        of_words
    }

    /// A text's vector; zeros if no word of it is known.
    pub fn of(&self, text: &str) -> Vector {
        let mean = self.mean(text);
        if mean == [0.0; WIDTH] {
            return mean;
        }
        std::array::from_fn(|i| mean[i] - self.common[i])
    }

    /// How near the words of a question come to those of a passage: the mean, by weight, of each one's largest cosine.
    pub fn closeness(&self, question: &str, passage: &str) -> f32 {
        let (asked, said) = (self.known(question), self.known(passage));
        let vectors =
            |words: &[(String, &Vector)]| words.iter().map(|(_, vector)| **vector).collect::<Vec<_>>();
        let cosines = pairwise_cosine::<WIDTH>(&vectors(&asked), &vectors(&said));
        let mut sums = (0.0, 0.0);
        for ((word, _), cosines) in asked.iter().zip(cosines.chunks(said.len().max(1))) {
            let weight = self.weight(word);
            sums.0 += weight * cosines.iter().copied().fold(0.0, f32::max);
            sums.1 += weight;
        }
        if sums.1 > 0.0 { sums.0 / sums.1 } else { 0.0 }
    }

    /// The mean at length 1.
    fn mean(&self, text: &str) -> Vector {
        let mut sum = [0.0; WIDTH];
        for (word, vector) in self.known(text) {
            let weight = self.weight(&word);
            sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += weight * x);
        }
        let length = tensor_core::search::norm(&sum);
        if length > 0.0 { sum.map(|x| x / length) } else { sum }
    }

    fn known(&self, text: &str) -> Vec<(String, &'w Vector)> {
        words_of(text).filter_map(|word| self.words.vector(&word).map(|vector| (word, vector))).collect()
    }

    /// Little for a word that is frequent in English or in these passages.
    fn weight(&self, word: &str) -> f32 {
        let share = self.words.share(word).unwrap_or_default();
        let with = self.passages_with.get(word).copied().unwrap_or(0);
        let rare = ((self.passages + 1) as f32 / (with + 1) as f32).ln();
        rare * SAYS_LITTLE / (SAYS_LITTLE + share)
    }
}
