//! The essay's two-layer network, 4 → 8 → 3, learns to tell three species of iris by their measurements.
//!
//! `cargo run --release --example two_layer -- --help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use tensor_core::{
    data::{Batches, Schema, Standardiser, Table},
    prelude::*,
    train::{Chart, ConfusionMatrix, Progress, accuracy},
};

mod support;
use support::Common;

layer! {
    /// Four measurements of a flower → the scores of three species.
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

const IRIS: Schema<4, 3> = Schema {
    features: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
    class: "species",
    classes: ["setosa", "versicolor", "virginica"],
};
const TEST_FRACTION: f64 = 0.2;
const QUICK_EPOCHS: u32 = 20;

/// Trains the essay's 4 → 8 → 3 network on Fisher's irises and shows what it has learnt.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    /// Seed of the split; one test part for all values of --seed lets their results be compared
    #[arg(long, default_value_t = 0)]
    split_seed: u64,
    /// How often to go through the training data
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Flowers in a mini-batch
    #[arg(long, default_value_t = 16)]
    batch_size: usize,
    /// Adam's step size
    #[arg(long, default_value_t = 0.01, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// A CSV file with the columns sepal_length, sepal_width, petal_length, petal_width (in cm) and species
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/iris.csv"))]
    data: PathBuf,
    /// Where to put weights and pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/two_layer"))]
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
    let (train, flowers) = IRIS.read_csv(&options.data)?.split(TEST_FRACTION, options.split_seed)?;
    let standardiser = Standardiser::fit(train.rows())?;
    let (train, test) = (standardiser.standardised(&train), standardiser.standardised(&flowers));
    println!("{} flowers to train on, {} to test", train.len(), test.len());

    let mut net = TwoLayer::new(device);
    let started = Instant::now();
    let course = fit(&mut net, &train, options, device)?;
    let seconds = started.elapsed().as_secs_f64();
    let last = course[course.len() - 1];
    println!(
        "after {} epochs: loss {:.6}, training accuracy {:.4}\n",
        course.len(),
        last.loss,
        last.accuracy
    );
    println!("{}\n", net.summary());

    let logits = net.forward(test.features(device));
    let predicted = classes(&logits)?;
    let confusion = ConfusionMatrix::new(IRIS.classes, &predicted, test.labels());
    println!("test accuracy {:.4}\n{confusion}\n", confusion.accuracy());
    describe(&flowers, &predicted, &logits.clone().softmax::<Axis<1>>().as_vec());

    save_and_read_back(&net, &test, options, device)?;
    draw(&course, options)?;
    println!("result test_accuracy={:.4}", confusion.accuracy());
    println!("result seconds={seconds:.2}");
    Ok(())
}

/// Where the training stood after an epoch.
#[derive(Clone, Copy)]
struct Epoch {
    /// Mean cross-entropy of the epoch's mini-batches, in nats.
    loss: f64,
    /// On the training part, at the end of the epoch.
    accuracy: f64,
}

fn fit<D: Device<f32>>(
    net: &mut TwoLayer<f32, D>,
    train: &Table<4, 3>,
    options: &Options,
    device: &D,
) -> Result<Vec<Epoch>, Box<dyn Error>> {
    let mut optimizer = Adam::new(net, AdamConfig { lr: options.learning_rate, ..AdamConfig::default() });
    let mut gradients = net.alloc_grads();
    let mut batches = Batches::new(train.len(), options.batch_size, options.common.seed)?;
    let mut progress = Progress::new("training", options.epochs().into());
    let mut course = Vec::new();
    for epoch in 1..=options.epochs() {
        let mut loss_sum = 0.0;
        for rows in batches.epoch() {
            let batch = train.select(rows);
            let logits = net.forward_train(batch.features(device), gradients);
            let loss = try_cross_entropy(logits, batch.labels())?;
            loss_sum += f64::from(loss.as_vec()[0]) * batch.len() as f64;
            gradients = loss.backward();
            optimizer.update(net, &gradients)?;
            net.zero_grads(&mut gradients);
        }
        let loss = support::finite(loss_sum / train.len() as f64, format_args!("epoch {epoch}"))?;
        let accuracy = accuracy(&classes(&net.forward(train.features(device)))?, train.labels());
        progress.step(format_args!("loss {loss:.4}  accuracy {accuracy:.4}"));
        course.push(Epoch { loss, accuracy });
    }
    progress.finish();
    Ok(course)
}

/// The class with the largest logit of each row.
fn classes<D: Device<f32>>(logits: &Tensor<(usize, Const<3>), f32, D>) -> Result<Vec<usize>, Box<dyn Error>> {
    Ok(support::classes(&logits.as_vec(), IRIS.classes.len())?)
}

/// Five predictions in words.
fn describe(flowers: &Table<4, 3>, predicted: &[usize], probabilities: &[f32]) {
    for row in (0..flowers.len()).step_by(flowers.len().div_ceil(5)) {
        let [sepal_length, sepal_width, petal_length, petal_width] = flowers.rows()[row];
        let (class, actual) = (predicted[row], flowers.labels()[row]);
        println!(
            "{sepal_length:.1} × {sepal_width:.1} cm sepal, {petal_length:.1} × {petal_width:.1} cm petal: \
             {} ({:.2}), is {}",
            IRIS.classes[class],
            probabilities[row * IRIS.classes.len() + class],
            IRIS.classes[actual],
        );
    }
    println!();
}

/// Saves the weights, reads them into a second network and makes sure that it answers the same, bit for bit.
fn save_and_read_back<D: Device<f32>>(
    net: &TwoLayer<f32, D>,
    test: &Table<4, 3>,
    options: &Options,
    device: &D,
) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(&options.output)
        .map_err(|error| format!("can't create `{}`: {error}", options.output.display()))?;
    let path = options.output.join("two_layer.safetensors");
    net.save(&path)?;
    let mut restored = TwoLayer::new(device);
    restored.load(&path)?;
    let answers = |net: &TwoLayer<f32, D>| net.forward(test.features(device)).as_vec();
    if answers(&restored) != answers(net) {
        return Err(format!("the weights read back from `{}` give other answers", path.display()).into());
    }
    println!("weights: {} (read back, same answers)", path.display());
    Ok(())
}

fn draw(course: &[Epoch], options: &Options) -> Result<(), Box<dyn Error>> {
    let curve = |value: fn(&Epoch) -> f64| (1..).map(f64::from).zip(course.iter().map(value));
    let pictures = Chart::new("4 → 8 → 3 on Iris")
        .horizontal("epoch")
        .vertical("loss in nats, accuracy")
        .curve("training loss", curve(|epoch| epoch.loss))
        .curve("training accuracy", curve(|epoch| epoch.accuracy))
        .save(options.output.join("loss"))?;
    println!("curves: {}, {}\n", pictures.svg.display(), pictures.png.display());
    Ok(())
}
