//! Digits through a bottleneck of eight numbers: a network that bends, against principal components, which don't.
//!
//! An autoencoder is trained to give back the picture that it takes, though only eight numbers pass its middle. The best
//! that a linear way can do with eight numbers are the first eight principal components. Both are measured on digits that
//! neither has seen; pictures show what each gives back, and where the digits lie in the middle.
//!
//! `cargo run --release --features full --example autoencoder -- --help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    data::{Batches, Table},
    linalg::{Pca, Rows},
    loss::MeanSquares,
    optim::{AdamW, Optimizer},
    picture::{Image, Sheet},
    prelude::*,
    train::{Chart, Trainer, WarmupCosine},
};

mod support;
use support::{
    Common, Resume,
    digits::{self, CLASSES, PIXELS},
};

/// Numbers in the middle.
const CODE: usize = 8;
/// Pixels of a side.
const SIDE: usize = 8;

layer! {
    /// Pixels → a code.
    pub struct Encoder: [PIXELS] -> [CODE] {
        enter: linear(PIXELS -> 256), gelu,
        narrow: linear(256 -> 128), gelu,
        code: linear(128 -> CODE),
    }
}
layer! {
    /// A code → pixels, from paper (0) to ink (1).
    pub struct Decoder: [CODE] -> [PIXELS] {
        widen: linear(CODE -> 128), gelu,
        wide: linear(128 -> 256), gelu,
        leave: linear(256 -> PIXELS), sigmoid,
    }
}
layer! {
    pub struct Autoencoder: [PIXELS] -> [PIXELS] { encoder: Encoder, decoder: Decoder }
}

const QUICK_EPOCHS: u32 = 25;

/// Trains an autoencoder with eight numbers in the middle, and compares it with eight principal components.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    resume: Resume,
    /// Seed of the split into a training and a test part
    #[arg(long, default_value_t = 0)]
    split_seed: u64,
    /// How often to go through the training data
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Digits in a mini-batch
    #[arg(long, default_value_t = 64)]
    batch_size: usize,
    /// AdamW's largest step size
    #[arg(long, default_value_t = 2e-3, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// Deviation of the noise on the pixels that go in while training
    #[arg(long, default_value_t = 0.1)]
    noise: f32,
    /// A CSV file with 64 columns of pixels from 0 to 16, named by row and column (00 … 77), and the column digit
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/digits.csv"))]
    data: PathBuf,
    /// Where to put weights and pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/autoencoder"))]
    output: PathBuf,
}

impl Options {
    fn epochs(&self) -> u32 {
        if self.common.quick { self.epochs.min(QUICK_EPOCHS) } else { self.epochs }
    }
}

fn main() -> ExitCode {
    support::end(support::on_device!(&Options::parse(), compare))
}

type Set = Table<PIXELS, CLASSES>;

fn compare<D: Device<f32>>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    let (train, test) = digits::read(&options.data, options.split_seed)?;
    println!("{} digits to train on, {} to test\n", train.len(), test.len());
    let mut net = Autoencoder::new(device);
    println!("{}\n", net.summary());
    let batches = Batches::new(train.len(), options.batch_size, options.common.seed)?;
    let (warmup, peak) = (batches.per_epoch(), options.learning_rate);
    let steps = warmup * options.epochs() as usize;
    let run = Trainer::new(&mut net, Optimizer::new(AdamW::default()).clip_norm(1.0))
        .schedule(WarmupCosine { peak, floor: peak / 100.0, warmup, steps })
        .epochs(options.epochs().into())
        .seed(options.common.seed)
        .resume(options.resume.of("autoencoder"))
        .progress("training")
        .fit(batches, |step, rows| {
            let clean = train.select(&rows).features(device);
            // Drawn for this batch alone, so that it is the same where the training is taken up again.
            let noise: Tensor<_, f32, _> = Cpu::seed_from_u64(step.seed()).sample_normal_like(clean.shape());
            let noise = device.tensor_from_vec(noise.as_vec(), *clean.shape());
            step.learn(clean.clone() + noise * options.noise, MeanSquares(&clean))
        })?;

    let pca = Pca::<PIXELS, CODE>::fit(&Rows::from_rows(train.rows())?)?;
    let [bent, straight] = [&train, &test].map(|set| -> Result<[Vec<f32>; 2], Box<dyn Error>> {
        let by_net = net.try_forward(set.features(device))?.as_vec();
        let by_pca = pca.inverse(&pca.transform(&Rows::from_rows(set.rows())?)?)?;
        Ok([by_net, by_pca.numbers().iter().map(|&x| x as f32).collect()])
    });
    let (of_train, of_test) = (bent?, straight?);
    let errors =
        |set: &Set, given: &[Vec<f32>; 2]| [0, 1].map(|way| error(set.rows().as_flattened(), &given[way]));
    let (train_errors, test_errors) = (errors(&train, &of_train), errors(&test, &of_test));
    println!("{:<22}{:>14}{:>14}", "mean squared error", "autoencoder", "components");
    println!("{:<22}{:>14.5}{:>14.5}", "training digits", train_errors[0], train_errors[1]);
    println!("{:<22}{:>14.5}{:>14.5}\n", "test digits", test_errors[0], test_errors[1]);

    let losses = run.history.values("epoch/loss");
    support::save(&net, ("An autoencoder on digits", "epoch", &losses), &options.output, "autoencoder")?;
    draw_digits(&test, &of_test, options)?;
    draw_map(&net, &test, options, device)?;
    println!("result autoencoder_error={:.5}", test_errors[0]);
    println!("result pca_error={:.5}", test_errors[1]);
    println!("result ratio={:.3}", test_errors[0] / test_errors[1]);
    println!("result seconds={:.1}", run.seconds);
    Ok(())
}

/// The mean of the squared differences.
fn error(wanted: &[f32], given: &[f32]) -> f64 {
    let squares = wanted.iter().zip(given).map(|(a, b)| f64::from(a - b).powi(2));
    squares.sum::<f64>() / wanted.len() as f64
}

/// The first test digit of each class, and what the two ways give back of it.
fn draw_digits(test: &Set, given: &[Vec<f32>; 2], options: &Options) -> Result<(), Box<dyn Error>> {
    let first = (0..CLASSES).filter_map(|class| test.labels().iter().position(|&label| label == class));
    let rows: Vec<usize> = first.collect();
    let all = [test.rows().as_flattened(), &given[0], &given[1]];
    let mut sheet =
        Sheet::new(format!("Test digits; through {CODE} numbers; {CODE} components")).columns(rows.len());
    for (numbers, caption) in all.into_iter().zip(["digit", "autoencoder", "components"]) {
        for &row in &rows {
            let pixels = numbers[row * PIXELS..][..PIXELS].iter().map(|ink| 1.0 - ink.clamp(0.0, 1.0));
            sheet = sheet.image(caption, Image::grey(SIDE, SIDE, pixels.collect())?);
        }
    }
    let pictures = sheet.save(options.output.join("digits"))?;
    println!("digits: {}, {}", pictures.svg.display(), pictures.png.display());
    Ok(())
}

/// Where the test digits lie in the middle: the plane in which their codes vary most.
fn draw_map<D: Device<f32>>(
    net: &Autoencoder<f32, D>,
    test: &Set,
    options: &Options,
    device: &D,
) -> Result<(), Box<dyn Error>> {
    let codes = net.encoder.try_forward(test.features(device))?.as_vec();
    let codes = Rows::<CODE>::from_rows(codes.as_chunks::<CODE>().0)?;
    let places = Pca::<CODE, 2>::fit(&codes)?.transform(&codes)?;
    let mut chart =
        Chart::new("The codes of test digits").horizontal("first direction").vertical("second").map();
    for class in 0..CLASSES {
        let rows = (0..test.len()).filter(|&row| test.labels()[row] == class);
        chart =
            chart.dots(digits::DIGITS.classes[class], rows.map(|row| (places[(row, 0)], places[(row, 1)])));
    }
    let pictures = chart.save(options.output.join("map"))?;
    println!("map: {}, {}\n", pictures.svg.display(), pictures.png.display());
    Ok(())
}
