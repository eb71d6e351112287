//! A small vision transformer reads handwritten digits: an image is a sequence of patches.
//!
//! `cargo run --release --example vit -- --help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    data::{Batches, Table},
    loss::CrossEntropy,
    optim::{AdamW, Optimizer},
    prelude::*,
    train::{ConfusionMatrix, Report, Trainer, WarmupCosine, accuracy},
};

mod support;
use support::{
    Common, Resume,
    digits::{CLASSES, DIGITS, PIXELS, TEST_FRACTION},
};

/// Pixels of a side.
const SIDE: usize = 8;
const WIDTH: usize = 48;

layer! {
    pub struct Block<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D]
    where F == 2 * D, D % H == 0
    {
        residual { norm_1: layer_norm, attend: attention(heads: H), dropout(0.1) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(D), dropout(0.1) },
    }
}

layer! {
    /// A picture in grey → the scores of the digits.
    pub struct Vit: [1, SIDE, SIDE] -> [CLASSES] {
        patches(2),
        embed: linear(4 -> WIDTH),
        class: class_token,
        places: positional(17),
        blocks: [Block<WIDTH, 96, 4>; 3],
        norm: layer_norm(WIDTH),
        pool(first),
        head: linear(WIDTH -> CLASSES),
    }
}

const QUICK_EPOCHS: u32 = 6;

/// Trains a vision transformer on 8 × 8 digits and measures it on a fifth that it has not seen.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    resume: Resume,
    /// Seed of the split; one test part for all values of --seed lets their results be compared
    #[arg(long, default_value_t = 0)]
    split_seed: u64,
    /// How often to go through the training data
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Digits in a mini-batch
    #[arg(long, default_value_t = 32)]
    batch_size: usize,
    /// AdamW's largest step size, reached after the first epoch
    #[arg(long, default_value_t = 3e-3, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// A CSV file with 64 columns of pixels from 0 to 16, named by row and column (00 … 77), and the column digit
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/digits.csv"))]
    data: PathBuf,
    /// Where to put weights and pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/vit"))]
    output: PathBuf,
}

impl Options {
    fn epochs(&self) -> u32 {
        if self.common.quick { self.epochs.min(QUICK_EPOCHS) } else { self.epochs }
    }
}

fn main() -> ExitCode {
    support::end(support::on_device!(&Options::parse(), learn))
}

fn learn<D: Device<f32>>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    let mut digits = DIGITS.read_csv(&options.data)?;
    digits.rows_mut().as_flattened_mut().iter_mut().for_each(|pixel| *pixel = *pixel / 8.0 - 1.0);
    let (train, test) = digits.split(TEST_FRACTION, options.split_seed)?;
    println!("{} digits to train on, {} to test\n", train.len(), test.len());

    let mut net = Vit::new(device);
    println!("{}\n", net.summary());
    let batches = Batches::new(train.len(), options.batch_size, options.common.seed)?;
    let (warmup, peak) = (batches.per_epoch(), options.learning_rate);
    let steps = warmup * options.epochs() as usize;
    let rule = AdamW { weight_decay: 0.05, ..AdamW::default() };
    let run = Trainer::new(&mut net, Optimizer::new(rule))
        .schedule(WarmupCosine { peak, floor: peak / 100.0, warmup, steps })
        .epochs(options.epochs().into())
        .seed(options.common.seed)
        .resume(options.resume.of("vit"))
        .progress("training")
        .fit(batches, |step, rows| {
            let batch = train.select(&rows);
            step.learn(pictures(&batch, device), CrossEntropy(batch.labels()))
        })?;

    let predicted = classes(&net, &test, device)?;
    let confusion = ConfusionMatrix::new(DIGITS.classes, &predicted, test.labels());
    println!("test accuracy {:.4}\n{confusion}\n", confusion.accuracy());
    let losses = run.history.values("epoch/loss");
    support::save(&net, ("A small vision transformer on digits", "epoch", &losses), &options.output, "vit")?;
    let report = Report::new("A small vision transformer on digits").outcome(&run).network(&net);
    let report =
        report.result("test accuracy", format_args!("{:.4}", confusion.accuracy())).confusion(&confusion);
    support::report(report, &options.common, &options.output)?;
    println!("result training_accuracy={:.4}", accuracy(&classes(&net, &train, device)?, train.labels()));
    println!("result test_accuracy={:.4}", confusion.accuracy());
    println!("result seconds={:.1}", run.seconds);
    Ok(())
}

/// The rows of a table as pictures.
fn pictures<D: Device<f32>>(
    table: &Table<PIXELS, CLASSES>,
    device: &D,
) -> Tensor<(usize, Const<1>, Const<SIDE>, Const<SIDE>), f32, D> {
    table.features(device).reshape_like(&(table.len(), Const, Const, Const))
}

/// The digit with the largest score of each picture.
fn classes<D: Device<f32>>(
    net: &Vit<f32, D>,
    table: &Table<PIXELS, CLASSES>,
    device: &D,
) -> Result<Vec<usize>, Box<dyn Error>> {
    Ok(support::classes(&net.try_forward(pictures(table, device))?.as_vec(), CLASSES)?)
}
