//! The essay's two-layer network, 4 → 8 → 3, learns to tell three species of iris by their measurements.
//!
//! `cargo run --release --example two_layer -- --help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    data::{Batches, Schema, Standardiser, Table},
    loss::CrossEntropy,
    optim::{Adam, Optimizer},
    prelude::*,
    train::{Chart, ConfusionMatrix, Every, Outcome, Report, Trainer},
};

mod support;
use support::{Common, Resume};

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
    #[command(flatten)]
    resume: Resume,
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
    let rule = Adam { learning_rate: options.learning_rate, ..Adam::default() };
    let batches = Batches::new(train.len(), options.batch_size, options.common.seed)?;
    let run = Trainer::new(&mut net, Optimizer::new(rule))
        .epochs(options.epochs().into())
        .evaluate(Every::Epochs(1), |look| {
            look.group("training").classify(train.features(device), train.labels())
        })
        .resume(options.resume.of("two_layer"))
        .progress("training")
        .fit(batches, |step, rows| {
            let batch = train.select(&rows);
            step.learn(batch.features(device), CrossEntropy(batch.labels()))
        })?;
    let last = |name| run.history.last(name).unwrap_or(f64::NAN);
    let (loss, accuracy) = (last("epoch/loss"), last("training/accuracy"));
    println!("after {} epochs: loss {loss:.6}, training accuracy {accuracy:.4}\n", run.epochs);
    println!("{}\n", net.summary());

    let logits = net.forward(test.features(device));
    let predicted = classes(&logits)?;
    let confusion = ConfusionMatrix::new(IRIS.classes, &predicted, test.labels());
    println!("test accuracy {:.4}\n{confusion}\n", confusion.accuracy());
    describe(&flowers, &predicted, &logits.clone().softmax::<Axis<1>>().as_vec());

    save_and_read_back(&net, &test, options, device)?;
    draw(&run, options)?;
    let report = Report::new("4 → 8 → 3 on Fisher's irises").outcome(&run).network(&net);
    let report =
        report.result("test accuracy", format_args!("{:.3}", confusion.accuracy())).confusion(&confusion);
    support::report(report, &options.common, &options.output)?;
    println!("result test_accuracy={:.4}", confusion.accuracy());
    println!("result seconds={:.2}", run.seconds);
    Ok(())
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

fn draw(run: &Outcome, options: &Options) -> Result<(), Box<dyn Error>> {
    let curve = |name: &str| (1..).map(f64::from).zip(run.history.values(name));
    let pictures = Chart::new("4 → 8 → 3 on Iris")
        .horizontal("epoch")
        .vertical("loss in nats, accuracy")
        .curve("training loss", curve("epoch/loss"))
        .curve("training accuracy", curve("training/accuracy"))
        .save(options.output.join("loss"))?;
    println!("curves: {}, {}\n", pictures.svg.display(), pictures.png.display());
    Ok(())
}
