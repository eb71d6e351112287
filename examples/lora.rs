//! Low-rank adaptation: a network that reads the digits 0 to 4 learns 5 to 9 by 3 % of its numbers.
//!
//! A network of 301,066 numbers is trained on the digits 0 to 4. Then it learns 5 to 9 twice: with all of its numbers, and
//! with a `lora` pair of rank 4 beside each matrix, where the matrices themselves stay as they are, to the bit. The adapter
//! is saved alone, loaded onto another copy of the base, and merged into a plain network.
//!
//! `cargo run --release --example lora -- --help` lists the options. With `--features linalg` it also takes the best
//! matrices of rank 4 from the difference that full training made.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use tensor_core::{
    data::{Batches, Table},
    loss::CrossEntropy,
    optim::{AdamW, Optimizer},
    plan::grouped,
    prelude::*,
    train::{Chart, Every, Outcome, Trainer, WarmupCosine, accuracy},
};

mod support;
use support::{
    Common, Resume,
    digits::{self, CLASSES, PIXELS},
};

const WIDTH: usize = 512;
const RANK: usize = 4;
const ALPHA: usize = 8;

layer! {
    /// The pixels of a digit → the scores of the ten digits.
    pub struct Digits: [PIXELS] -> [CLASSES] {
        hidden_1: linear(PIXELS -> WIDTH),
        relu,
        hidden_2: linear(WIDTH -> WIDTH),
        relu,
        output: linear(WIDTH -> CLASSES),
    }
}

layer! {
    /// The same, with a trainable pair of rank 4 beside each frozen matrix.
    pub struct Adapted: [PIXELS] -> [CLASSES] {
        hidden_1: lora(PIXELS -> WIDTH, rank: RANK, alpha: ALPHA, bias: true),
        relu,
        hidden_2: lora(WIDTH -> WIDTH, rank: RANK, alpha: ALPHA, bias: true),
        relu,
        output: lora(WIDTH -> CLASSES, rank: RANK, alpha: ALPHA, bias: true),
    }
}

/// Digits below this one are what the base learns.
const FIRST_NEW: usize = 5;
const QUICK_EPOCHS: u32 = 25;

/// Trains a network on the digits 0 to 4, and adapts it to 5 to 9 with all numbers and with matrices of rank 4.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    resume: Resume,
    /// Seed of the split into a training and a test part
    #[arg(long, default_value_t = 0)]
    split_seed: u64,
    /// How often each training goes through its digits
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Digits in a mini-batch
    #[arg(long, default_value_t = 32)]
    batch_size: usize,
    /// Largest step size of training all numbers
    #[arg(long, default_value_t = 1e-3, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// Largest step size of training matrices of rank 4
    #[arg(long, default_value_t = 5e-3, value_parser = support::learning_rate)]
    lora_rate: f64,
    /// A CSV file with 64 columns of pixels from 0 to 16, named by row and column (00 … 77), and the column digit
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/digits.csv"))]
    data: PathBuf,
    /// Where to put weights and pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/lora"))]
    output: PathBuf,
}

impl Options {
    fn epochs(&self) -> u32 {
        if self.common.quick { self.epochs.min(QUICK_EPOCHS) } else { self.epochs }
    }
}

fn main() -> ExitCode {
    support::end(support::on_device!(&Options::parse(), adapt))
}

type Set = Table<PIXELS, CLASSES>;

/// The digits of which the label says so.
fn those(set: &Set, keep: impl Fn(usize) -> bool) -> Set {
    let rows: Vec<usize> = (0..set.len()).filter(|&row| keep(set.labels()[row])).collect();
    set.select(&rows)
}

fn adapt<D: Device<f32>>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    let (train, test) = digits::read(&options.data, options.split_seed)?;
    let [(old, old_test), (new, new_test)] = [true, false].map(|old| {
        let keep = move |label: usize| (label < FIRST_NEW) == old;
        (those(&train, keep), those(&test, keep))
    });
    println!("digits 0 to 4: {} to train on, {} to test", old.len(), old_test.len());
    println!("digits 5 to 9: {} to train on, {} to test\n", new.len(), new_test.len());

    let mut base = Digits::new(device);
    let work = Work { train: &old, test: &old_test, options, device };
    work.fit("the base on 0 to 4", &mut base, options.learning_rate)?;
    println!(
        "the base reads {:.4} of 0 to 4, {:.4} of 5 to 9\n",
        work.measure(&base)?,
        reads(&base, &new_test, device)?
    );

    let work = Work { train: &new, test: &new_test, options, device };
    let mut full = base.clone();
    let (full_run, full_counts) = work.fit("all numbers on 5 to 9", &mut full, options.learning_rate)?;
    let mut net = Adapted::new(device);
    net.adapt(&base, &[])?;
    println!("{}", net.summary());
    let (run, counts) = work.fit("rank 4 on 5 to 9", &mut net, options.lora_rate)?;

    let folder = &options.output;
    fs::create_dir_all(folder).map_err(|error| format!("can't create `{}`: {error}", folder.display()))?;
    let files = [folder.join("full.safetensors"), folder.join("adapter.safetensors")];
    full.save(&files[0])?;
    net.save_adapter(&files[1], &[])?;
    let accuracies = [work.measure(&full)?, work.measure(&net)?];
    let share = table([full_counts, counts], accuracies, &files)?;

    check_file(&net, &base, &files[1], &work)?;
    let difference = check_merging(&net, &base, &work)?;
    #[cfg(feature = "linalg")]
    start_from_difference(&base, &full, &work)?;
    draw([&full_run, &run], folder)?;
    println!("result full_accuracy={:.4}", accuracies[0]);
    println!("result lora_accuracy={:.4}", accuracies[1]);
    println!("result trained_share={share:.4}");
    println!("result merged_difference={difference:.1e}");
    Ok(())
}

/// Training on a set, and measuring on another.
struct Work<'w, D> {
    train: &'w Set,
    test: &'w Set,
    options: &'w Options,
    device: &'w D,
}

type Pixels<D> = Tensor<(usize, Const<PIXELS>), f32, D>;
type Scores<D> = Tensor<(usize, Const<CLASSES>), f32, D>;

/// The share of a set that a network reads right.
fn reads<N, D: Device<f32>>(net: &N, set: &Set, device: &D) -> Result<f64, Box<dyn Error>>
where
    N: Module<Pixels<D>, Output = Scores<D>, Error = tensor_core::Error>,
{
    let scores = net.try_forward(set.features(device))?.as_vec();
    Ok(accuracy(&support::classes(&scores, CLASSES)?, set.labels()))
}

impl<D: Device<f32>> Work<'_, D> {
    fn measure<N>(&self, net: &N) -> Result<f64, Box<dyn Error>>
    where
        N: Module<Pixels<D>, Output = Scores<D>, Error = tensor_core::Error>,
    {
        reads(net, self.test, self.device)
    }

    /// Trains with AdamW, and measures the test accuracy after each epoch. With it come how many numbers the optimizer
    /// changes, leaves as they are, and remembers.
    fn fit<N>(&self, what: &str, net: &mut N, peak: f64) -> Result<(Outcome, [usize; 3]), Box<dyn Error>>
    where
        N: Layer<f32, D> + Module<Pixels<D>, Output = Scores<D>, Error = tensor_core::Error>,
    {
        let options = self.options;
        let batches = Batches::new(self.train.len(), options.batch_size, options.common.seed)?;
        let (warmup, epochs) = (batches.per_epoch(), options.epochs());
        let steps = warmup * epochs as usize;
        let mut trainer = Trainer::new(net, Optimizer::new(AdamW::default()).clip_norm(1.0))
            .schedule(WarmupCosine { peak, floor: peak / 100.0, warmup, steps })
            .epochs(epochs.into())
            .evaluate(Every::Epochs(1), |look| {
                look.group("test").classify(self.test.features(self.device), self.test.labels())
            })
            .resume(options.resume.of(what))
            .progress(what);
        let run = trainer.fit(batches, |step, rows| {
            let batch = self.train.select(&rows);
            step.learn(batch.features(self.device), CrossEntropy(batch.labels()))
        })?;
        let optimizer = trainer.optimizer();
        Ok((run, [optimizer.trained(), optimizer.untrained(), optimizer.remembered()]))
    }
}

/// What both ways took; the share of the numbers that LoRA trained.
fn table(counts: [[usize; 3]; 2], accuracies: [f64; 2], files: &[PathBuf; 2]) -> Result<f64, Box<dyn Error>> {
    println!("{:<26}{:>14}{:>14}", "", "all numbers", "rank 4");
    let row = |what: &str, numbers: [String; 2]| println!("{what:<26}{:>14}{:>14}", numbers[0], numbers[1]);
    let count = |number: usize| grouped(number as u64);
    row("numbers trained", counts.map(|[trained, ..]| count(trained)));
    row("numbers that stay", counts.map(|[_, stays, _]| count(stays)));
    row("bytes of gradients", counts.map(|[trained, ..]| count(4 * trained)));
    row("bytes of AdamW's averages", counts.map(|[.., remembered]| count(4 * remembered)));
    let size = |file: &PathBuf| fs::metadata(file).map(|metadata| metadata.len());
    row("bytes of the file", [grouped(size(&files[0])?), grouped(size(&files[1])?)]);
    row("test accuracy on 5 to 9", accuracies.map(|accuracy| format!("{accuracy:.4}")));
    println!();
    Ok(counts[1][0] as f64 / counts[0][0] as f64)
}

/// The adapter's file, on another copy of the base, gives the same numbers.
fn check_file<D: Device<f32>>(
    net: &Adapted<f32, D>,
    base: &Digits<f32, D>,
    file: &Path,
    work: &Work<'_, D>,
) -> Result<(), Box<dyn Error>> {
    let mut copy = Adapted::new(work.device);
    copy.adapt(base, &[])?;
    copy.load_adapter(file, &[])?;
    let x = || work.test.features(work.device);
    if copy.try_forward(x())?.as_vec() != net.try_forward(x())?.as_vec() {
        return Err("the loaded adapter gives other scores".into());
    }
    println!("the adapter in {} gives the same scores on another copy of the base", file.display());
    Ok(())
}

/// A merged network gives the same scores, and an unmerged one is the base; how much the scores differ at most.
fn check_merging<D: Device<f32>>(
    net: &Adapted<f32, D>,
    base: &Digits<f32, D>,
    work: &Work<'_, D>,
) -> Result<f64, Box<dyn Error>> {
    let mut plain = base.clone();
    net.merge_into(&mut plain)?;
    let x = || work.test.features(work.device);
    let [merged, apart] = [plain.try_forward(x())?.as_vec(), net.try_forward(x())?.as_vec()];
    let difference = support::largest_difference(&merged, &apart);
    println!("merged into a plain network, scores differ by {difference:.1e} at most");
    net.unmerge_from(&mut plain)?;
    if plain.save_bytes()? != base.save_bytes()? {
        return Err("the unmerged network is not the base".into());
    }
    println!("unmerged, it is the base again, to the bit\n");
    Ok(difference)
}

/// The matrices of rank 4 that come nearest to what full training changed, without any training of their own.
#[cfg(feature = "linalg")]
fn start_from_difference<D: Device<f32>>(
    base: &Digits<f32, D>,
    full: &Digits<f32, D>,
    work: &Work<'_, D>,
) -> Result<(), Box<dyn Error>> {
    let mut net = Adapted::new(work.device);
    println!("singular values of the difference that full training made:");
    for kept in net.adapt_to_difference(base, full)? {
        println!("  {:<10} rank {RANK} keeps {:.3} of its squares", kept.name, kept.share);
    }
    let accuracy = work.measure(&net)?;
    println!("with these matrices alone, the test accuracy on 5 to 9 is {accuracy:.4}\n");
    println!("result difference_accuracy={accuracy:.4}");
    Ok(())
}

/// Test accuracies over the epochs.
fn draw([full, lora]: [&Outcome; 2], folder: &Path) -> Result<(), Box<dyn Error>> {
    let curve = |run: &Outcome| (1..).map(f64::from).zip(run.history.values("test/accuracy"));
    let pictures = Chart::new("From the digits 0 to 4 to 5 to 9")
        .horizontal("epoch")
        .vertical("test accuracy")
        .curve("all numbers", curve(full))
        .curve("rank 4", curve(lora))
        .save(folder.join("accuracy"))?;
    println!("curves: {}, {}\n", pictures.svg.display(), pictures.png.display());
    Ok(())
}
