//! Images as sequences of vectors: a photograph is cut into 196 patches of 768 numbers, as vision transformers read it;
//! then a small one learns to tell ten kinds of clothes, or digits, from patches.
//!
//! ```sh
//! python3 examples/data/fetch_fashion_mnist.py                                    # once, 31 MB
//! cargo run --release --features vision --example vision                          # Fashion-MNIST
//! cargo run --release --features vision --example vision -- --data digits        # nothing to fetch
//! ```

use std::{error::Error, path::PathBuf, process::ExitCode, time::Instant};

use clap::{Parser, ValueEnum};
use tensor_core::{prelude::*, train::ConfusionMatrix};

mod labelled;
mod learning;
mod photograph;
mod pictures;
#[path = "../support/mod.rs"]
mod support;

use labelled::Labelled;
use learning::{Course, Reader};
use support::Common;

/// Kinds of pictures.
pub const CLASSES: usize = 10;

layer! {
    /// One step of a transformer.
    pub struct Block<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D]
    where F == 2 * D, D % H == 0
    {
        residual { norm_1: layer_norm, attend: attention(heads: H), dropout(0.1) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(D), dropout(0.1) },
    }
}

layer! {
    /// A picture of 28 × 28 in grey → the scores of ten kinds of clothes.
    pub struct Clothes: [1, 28, 28] -> [CLASSES] {
        patches(4),                                  // [49, 16]
        embed: linear(16 -> 64),
        places: positional(49),
        blocks: [Block<64, 128, 4>; 3],
        norm: layer_norm,
        pool(mean),
        head: linear(CLASSES),
    }
}

layer! {
    /// A picture of 8 × 8 in grey → the scores of the digits.
    pub struct Digits: [1, 8, 8] -> [CLASSES] {
        patches(2),                                  // [16, 4]
        embed: linear(4 -> 64),
        places: positional(16),
        blocks: [Block<64, 128, 4>; 3],
        norm: layer_norm,
        pool(mean),
        head: linear(CLASSES),
    }
}

/// Cuts a photograph into patches, then trains a patch transformer and measures it on pictures it has not seen.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    /// What to train on; Fashion-MNIST has to be fetched once
    #[arg(long, value_enum, default_value_t = Data::Fashion)]
    data: Data,
    /// Where Fashion-MNIST lies
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/data/fashion_mnist"))]
    fashion: PathBuf,
    /// The photograph to cut, a PNG or JPEG
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/chelsea.jpg"))]
    photograph: PathBuf,
    /// How often to go through the training data; 6 for clothes and 40 for digits if nothing is said, less with --quick
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// Pictures in a mini-batch; 64 for clothes and 32 for digits if nothing is said
    #[arg(long)]
    batch_size: Option<usize>,
    /// AdamW's largest step size, reached after the first tenth of the steps
    #[arg(long, default_value_t = 2e-3, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// Where to put weights and pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/vision"))]
    output: PathBuf,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Data {
    /// 70,000 pictures of clothes, 28 × 28
    Fashion,
    /// 1,797 handwritten digits, 8 × 8, in this repository
    Digits,
}

fn main() -> ExitCode {
    support::end(support::on_device!(&Options::parse(), run))
}

fn run<D: Device<f32>>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    photograph::show(&options.photograph, &options.output, device)?;
    let quick = options.common.quick;
    match options.data {
        Data::Fashion => {
            let (mut train, mut test) = labelled::fashion(&options.fashion)?;
            if quick {
                (train, test) = (train.first(4000), test.first(1000));
            }
            let usual = (if quick { 3 } else { 6 }, 64);
            learn(Clothes::new(device), &train, &test, usual, options, device)
        }
        Data::Digits => {
            let (train, test) = labelled::digits(options.common.seed)?;
            let usual = (if quick { 6 } else { 40 }, 32);
            learn(Digits::new(device), &train, &test, usual, options, device)
        }
    }
}

/// Trains a network, for so many epochs in batches of such a size if nothing else is said, and shows what it does.
fn learn<const S: usize, N: Reader<S, D>, D: Device<f32>>(
    mut net: N,
    train: &Labelled<S>,
    test: &Labelled<S>,
    (epochs, batch_size): (u32, usize),
    options: &Options,
    device: &D,
) -> Result<(), Box<dyn Error>> {
    println!("{} pictures of {S} × {S} to train on, {} to test\n", train.len(), test.len());
    println!("{}\n", net.table());
    let course = Course {
        epochs: options.epochs.unwrap_or(epochs),
        batch_size: options.batch_size.unwrap_or(batch_size),
        learning_rate: options.learning_rate,
        seed: options.common.seed,
    };
    let started = Instant::now();
    let losses = learning::fit(&mut net, train, &course, device)?;
    let seconds = started.elapsed().as_secs_f64();

    let predicted = learning::classes(&net, test, device)?;
    let confusion = ConfusionMatrix::new(test.names, &predicted, &test.labels);
    println!("test accuracy {:.4}\n{confusion}\n", confusion.accuracy());
    support::save(&net, ("A patch transformer", "epoch", &losses), &options.output, "weights")?;
    pictures::misread(test, &predicted, &options.output)?;
    pictures::embedding(&net, &options.output)?;
    pictures::places(&net, &options.output)?;
    println!("result test_accuracy={:.4}", confusion.accuracy());
    println!("result seconds={seconds:.1}");
    Ok(())
}
