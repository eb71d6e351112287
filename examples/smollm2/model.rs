//! The network in use: tokens in, logits of the next one out.

use std::error::Error;

use clap::ValueEnum;
use tensor_core::{decode::KvCache, io::gguf::Gguf, prelude::*, quantised::Quantised, train::Progress};

use super::network::{SmolLm2, VOCABULARY, checkpoint};

/// How weights are kept in memory.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// Eight bits: a fourth of the memory, and three times as fast
    #[value(name = "8")]
    Eight,
    /// All that the file's stand for
    #[value(name = "32")]
    All,
}

enum Net {
    Eight(Quantised<SmolLm2>),
    All(Box<SmolLm2>),
}

/// The network, and what it keeps of the tokens before.
pub struct Model {
    net: Net,
    cache: KvCache<f32, Cpu>,
    device: Cpu,
}

impl Model {
    /// The file's, for up to `context` tokens.
    pub fn new(file: &Gguf, bits: Bits, context: usize) -> Result<Self, Box<dyn Error>> {
        let (device, checkpoint) = (Cpu::default(), checkpoint(file)?);
        let net = match bits {
            Bits::Eight => Net::Eight(Quantised::load(&checkpoint)?),
            Bits::All => {
                let mut progress = Progress::new("loading", checkpoint.tensors().count() as u64);
                let shown = |done, _| progress.step(format_args!("{} MB", done >> 20));
                Net::All(Box::new(checkpoint.build_with(&device, shown)?))
            }
        };
        Ok(Model { net, cache: KvCache::new(context), device })
    }

    /// Bytes that the weights take.
    pub fn bytes(&self) -> usize {
        match &self.net {
            Net::Eight(net) => net.bytes(),
            Net::All(_) => SmolLm2::PARAMS as usize * size_of::<f32>(),
        }
    }

    /// How many tokens there is room for.
    pub fn room(&self) -> usize {
        self.cache.capacity() - self.cache.len()
    }

    pub fn forget(&mut self) {
        self.cache.clear();
    }

    /// The logits after the last of these tokens, which come after those before.
    pub fn read(&mut self, tokens: &[usize]) -> Result<Vec<f32>, tensor_core::Error> {
        match &self.net {
            Net::Eight(net) => net.last(&mut self.cache, ids(&self.device, tokens)),
            Net::All(_) => {
                let logits = self.read_each(tokens)?;
                Ok(logits[logits.len() - VOCABULARY..].to_vec())
            }
        }
    }

    /// The logits after each of them.
    pub fn read_each(&mut self, tokens: &[usize]) -> Result<Vec<f32>, tensor_core::Error> {
        let ids = ids(&self.device, tokens);
        let logits = match &self.net {
            Net::Eight(net) => net.step(&mut self.cache, ids)?,
            Net::All(net) => self.cache.step(&**net, ids)?,
        };
        Ok(logits.as_vec())
    }
}

fn ids(device: &Cpu, tokens: &[usize]) -> Tensor<(usize,), usize, Cpu> {
    device.tensor_from_vec(tokens.to_vec(), (tokens.len(),))
}
