//! The network in use: tokens in, logits of the next one out.

use tensor_core::{decode::KvCache, io::gguf::Gguf, prelude::*};

use crate::network::{SmolLm2, VOCABULARY, checkpoint};

/// The network, and what it keeps of the tokens before.
pub struct Model {
    net: SmolLm2,
    cache: KvCache<f32, Cpu>,
    device: Cpu,
}

impl Model {
    /// The file's, for up to `context` tokens.
    pub fn new(file: &Gguf, context: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let device = Cpu::default();
        let mut net = SmolLm2::new(&device);
        checkpoint(file)?.load_into(&mut net)?;
        Ok(Model { net, cache: KvCache::new(context), device })
    }

    /// How many tokens there is room for.
    pub fn room(&self) -> usize {
        self.cache.capacity() - self.cache.len()
    }

    pub fn forget(&mut self) {
        self.cache.clear();
    }

    /// The logits after the last of these tokens, which come after those before.
    pub fn read(&mut self, tokens: &[usize]) -> Result<Vec<f32>, Error> {
        let logits = self.read_each(tokens)?;
        Ok(logits[logits.len() - VOCABULARY..].to_vec())
    }

    /// The logits after each of them.
    pub fn read_each(&mut self, tokens: &[usize]) -> Result<Vec<f32>, Error> {
        let tokens: Tensor<(usize,), usize, _> =
            self.device.tensor_from_vec(tokens.to_vec(), (tokens.len(),));
        Ok(self.cache.step(&self.net, tokens)?.as_vec())
    }
}
