//! Sounds as sequences of vectors: waveforms become spectrograms, and a transformer hears from them which language is
//! spoken, in telephone prompts it has not heard.
//!
//! ```sh
//! python3 examples/data/fetch_speech.py                                                  # once, 60 MB
//! cargo run --release --features audio,vision --example audio                            # English or French
//! cargo run --release --features audio,vision --example audio -- --against spanish      # by the same voice
//! cargo run --release --features audio,vision --example audio -- --only-draw            # nothing to fetch
//! ```

use std::{error::Error, path::PathBuf, process::ExitCode, time::Instant};

use clap::{Parser, ValueEnum};
use tensor_core::{
    prelude::*,
    train::{ConfusionMatrix, accuracy},
};

mod baseline;
mod learning;
mod prompts;
mod sounds;
#[path = "../support/mod.rs"]
mod support;

use learning::Course;
use support::Common;

/// Mel bands.
const BANDS: usize = 40;
/// Four frames of 10 ms are one vector.
const TOGETHER: usize = 4;
/// The most vectors that the network hears at once: 1.92 s.
const MOST: usize = 48;
const WIDTH: usize = 64;

layer! {
    /// One step of a transformer, which doesn't look at padding.
    pub struct Block<const D: usize, const F: usize, const H: usize>: (x: [n, D], mask: [n]) -> [n, D]
    where F == 2 * D, D % H == 0
    {
        residual { norm_1: layer_norm, attend: attention(heads: H, mask: padding), dropout(0.2) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(D), dropout(0.2) },
    }
}

layer! {
    /// A spectrogram, four frames a row → the scores of two languages.
    pub struct Listener: (x: [n, TOGETHER * BANDS], mask: [n]) -> [2] {
        embed: linear(TOGETHER * BANDS -> WIDTH),
        places: positional(MOST),
        blocks: [Block<WIDTH, 128, 4>; 2],
        norm: layer_norm,
        pool(mean),
        head: linear(2),
    }
}

/// Draws spectrograms, then trains a transformer to tell two languages apart.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    /// The language beside English: French is spoken by another woman, Spanish by the same one
    #[arg(long, value_enum, default_value_t = Against::French)]
    against: Against,
    /// A folder with en, fr and es, each with WAV files of 8000 samples a second; the same name means the same prompt
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/data/speech"))]
    data: PathBuf,
    /// Only draw spectrograms of short sounds, which need not be fetched
    #[arg(long)]
    only_draw: bool,
    /// A folder of WAV files to draw
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("examples/data/sounds"))]
    sounds: PathBuf,
    /// Seed of the split; one test part for all values of --seed lets their results be compared
    #[arg(long, default_value_t = 0)]
    split_seed: u64,
    /// How often to go through the training data; 25 if nothing is said, 8 with --quick
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// Prompts in a mini-batch
    #[arg(long, default_value_t = 32)]
    batch_size: usize,
    /// AdamW's largest step size, reached after the first tenth of the steps
    #[arg(long, default_value_t = 2e-3, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// Where to put weights and pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/audio"))]
    output: PathBuf,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Against {
    French,
    Spanish,
}

impl Against {
    fn folder(self) -> &'static str {
        match self {
            Against::French => "fr",
            Against::Spanish => "es",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Against::French => "French",
            Against::Spanish => "Spanish",
        }
    }
}

fn main() -> ExitCode {
    support::end(support::on_device!(&Options::parse(), run))
}

fn run<D: Device<f32>>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    sounds::draw(&options.sounds, &options.output)?;
    if options.only_draw { Ok(()) } else { listen(options, device) }
}

/// Trains the transformer and measures it, beside classifiers that don't listen.
fn listen<D: Device<f32>>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    let names = ["English", options.against.name()];
    let prompts = prompts::read(&options.data, ["en", options.against.folder()])?;
    let (train, test) = prompts::split(prompts, options.split_seed)?;
    println!("{} prompts to train on, {} to test", train.len(), test.len());
    sounds::draw_prompts(&test, names, &options.output)?;

    println!("\nWhat a linear classifier makes of less than the sound, of the test part:");
    let simple = baseline::accuracies(&train, &test, device)?;
    for (what, _, accuracy) in &simple {
        println!("  {accuracy:.4}  {what}");
    }

    let mut net = Listener::new(device);
    println!("\n{}\n", net.summary());
    let course = Course {
        epochs: options.epochs.unwrap_or(if options.common.quick { 8 } else { 25 }),
        batch_size: options.batch_size,
        learning_rate: options.learning_rate,
        seed: options.common.seed,
    };
    let started = Instant::now();
    let losses = learning::fit(&mut net, &train, &course, device)?;
    let seconds = started.elapsed().as_secs_f64();

    let predicted = learning::languages(&net, &test, device)?;
    let actual: Vec<usize> = test.iter().map(|prompt| prompt.language).collect();
    let confusion = ConfusionMatrix::new(names, &predicted, &actual);
    println!("test accuracy {:.4}\n{confusion}\n", confusion.accuracy());
    for (prompt, &heard) in test.iter().zip(&predicted).filter(|(prompt, heard)| prompt.language != **heard) {
        println!("  {} `{}` was taken for {}", names[prompt.language], prompt.name, names[heard]);
    }
    support::save(&net, ("A transformer on spectrograms", "epoch", &losses), &options.output, "listener")?;
    for (_, name, accuracy) in simple {
        println!("result {name}={accuracy:.4}");
    }
    let trained: Vec<usize> = train.iter().map(|prompt| prompt.language).collect();
    println!(
        "result training_accuracy={:.4}",
        accuracy(&learning::languages(&net, &train, device)?, &trained)
    );
    println!("result test_accuracy={:.4}", confusion.accuracy());
    println!("result seconds={seconds:.1}");
    Ok(())
}
