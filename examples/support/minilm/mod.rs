//! all-MiniLM-L6-v2: its declaration and weights, its tokenizer, and sentences to vectors.
#![allow(dead_code, unused_imports)] // each example uses a part of it

mod net;
mod sentences;

use std::{error::Error, path::Path};

use tensor_core::{prelude::*, train::Progress};

pub use net::{Block, Embeddings, MiniLm, WIDTH, checkpoint, published};
pub use sentences::{Batch, Encoder, Sentences};

/// The encoder with its published weights.
pub fn read(folder: &Path, device: &Cpu) -> Result<MiniLm, Box<dyn Error>> {
    let checkpoint = checkpoint(folder)?;
    let mut net = MiniLm::new(device);
    let mut progress = Progress::new("reading weights", checkpoint.tensors().count() as u64);
    checkpoint.load_with(&mut net, |done, of| {
        progress.step(format_args!("{} of {} MB", done >> 20, of >> 20));
    })?;
    progress.finish();
    Ok(net)
}
