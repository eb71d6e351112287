//! Sentences as the encoder takes them, and the vectors that it makes of them.

use std::{error::Error, path::Path};

use tensor_core::{prelude::*, search, train::Progress};
use tokenizers::{Tokenizer, TruncationParams};

use super::{MiniLm, WIDTH};

/// The most tokens of a sentence that are read, as its authors' configuration has it.
const MAX_TOKENS: usize = 256;

/// Sentences in a pass.
const BATCH: usize = 32;

/// What turns text into tokens.
pub struct Sentences(Tokenizer);

/// Sentences of about the same length, padded to that of the longest.
pub struct Batch {
    /// Which of the sentences these are.
    pub rows: Vec<usize>,
    pub tokens: usize,
    ids: Vec<usize>,
    mask: Vec<f32>,
}

impl Sentences {
    /// The tokenizer of a folder of weights.
    pub fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let path = folder.join("tokenizer.json");
        let failed = |error| format!("can't read `{}`: {error}", path.display());
        let mut tokenizer = Tokenizer::from_file(&path).map_err(failed)?;
        let truncation = TruncationParams { max_length: MAX_TOKENS, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| error.to_string())?.with_padding(None);
        Ok(Sentences(tokenizer))
    }

    /// The tokens of each text.
    pub fn tokens(&self, texts: &[&str]) -> Result<Vec<Vec<usize>>, Box<dyn Error>> {
        let encoded = self.0.encode_batch(texts.to_vec(), true).map_err(|error| error.to_string())?;
        let ids =
            |encoding: &tokenizers::Encoding| encoding.get_ids().iter().map(|&id| id as usize).collect();
        Ok(encoded.iter().map(ids).collect())
    }

    /// All texts, in batches of about the same length, the longest first.
    pub fn batches(&self, texts: &[&str]) -> Result<Vec<Batch>, Box<dyn Error>> {
        let tokens = self.tokens(texts)?;
        let mut rows: Vec<usize> = (0..texts.len()).collect();
        rows.sort_by_key(|&row| std::cmp::Reverse(tokens[row].len()));
        Ok(rows.chunks(BATCH).map(|rows| Batch::new(rows, &tokens)).collect())
    }
}

impl Batch {
    pub fn new(rows: &[usize], tokens: &[Vec<usize>]) -> Self {
        let longest = rows.iter().map(|&row| tokens[row].len()).max().unwrap_or_default();
        let (mut ids, mut mask) = (Vec::new(), Vec::new());
        for &row in rows {
            let padding = longest - tokens[row].len();
            ids.extend(tokens[row].iter().copied().chain(std::iter::repeat_n(0, padding)));
            mask.extend(tokens[row].iter().map(|_| 1.0).chain(std::iter::repeat_n(0.0, padding)));
        }
        Batch { rows: rows.to_vec(), tokens: longest, ids, mask }
    }

    /// What the encoder takes: ids, which sentence of a pair each token is of (here the first), and which are no padding.
    #[allow(clippy::type_complexity, reason = "dfdx's way to write a tensor")]
    pub fn inputs(
        &self,
        device: &Cpu,
    ) -> (
        Tensor<(usize, usize), usize, Cpu>,
        Tensor<(usize, usize), usize, Cpu>,
        Tensor<(usize, usize), f32, Cpu>,
    ) {
        let shape = (self.rows.len(), self.tokens);
        let first = vec![0; self.ids.len()];
        (
            device.tensor_from_vec(self.ids.clone(), shape),
            device.tensor_from_vec(first, shape),
            device.tensor_from_vec(self.mask.clone(), shape),
        )
    }
}

/// Texts to vectors of length 1.
pub struct Encoder {
    sentences: Sentences,
    net: Frozen<MiniLm>,
    device: Cpu,
}

impl Encoder {
    /// The published encoder.
    pub fn read(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let device = Cpu::default();
        let net = super::read(folder, &device)?; // the larger file, whose absence is told with what fetches it
        Ok(Encoder::new(Sentences::read(folder)?, net, device))
    }

    pub fn new(sentences: Sentences, net: MiniLm, device: Cpu) -> Self {
        Encoder { sentences, net: net.freeze(), device }
    }

    /// The vector of each text.
    pub fn encode(&self, texts: &[&str]) -> Result<Vec<[f32; WIDTH]>, Box<dyn Error>> {
        let batches = self.sentences.batches(texts)?;
        let mut progress = (batches.len() > 4).then(|| Progress::new("encoding", batches.len() as u64));
        let mut vectors = vec![[0.0; WIDTH]; texts.len()];
        for batch in &batches {
            let means: Tensor<(usize, Const<WIDTH>), f32, Cpu> =
                self.net.try_forward(batch.inputs(&self.device))?;
            for (&row, mean) in batch.rows.iter().zip(means.as_vec().as_chunks().0) {
                vectors[row] = unit(mean);
            }
            if let Some(progress) = &mut progress {
                progress.step(format_args!("{} tokens each", batch.tokens));
            }
        }
        if let Some(progress) = progress {
            progress.finish();
        }
        Ok(vectors)
    }
}

/// The vector of this direction of length 1; zeros stay.
pub fn unit(vector: &[f32; WIDTH]) -> [f32; WIDTH] {
    let length = search::norm(vector).max(f32::MIN_POSITIVE);
    vector.map(|x| x / length)
}
