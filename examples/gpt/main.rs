//! A small GPT learns to write like Hamlet, character by character.
//!
//! `cargo run --release --example gpt -- --help` lists the options; `mpirun -n 4 cargo run --release --features mpi --example gpt`
//! trains on four processes. The network stands in `../support/gpt.rs`, for the example `parallel` too; `reference.py` beside
//! this file trains the same one in PyTorch.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    data::{Characters, Windows},
    decode::{KvCache, Sampler},
    loss::CrossEntropy,
    optim::{AdamW, Optimizer},
    prelude::*,
    train::{Checkpoints, Every, Fault, Look, Outcome, Report, TrainError, Trainer, WarmupCosine},
};

#[path = "../support/gpt.rs"]
mod gpt;
#[path = "../support/mod.rs"]
mod support;

use gpt::{CHARACTERS, CONTEXT, Gpt};
use support::{Common, Resume, together::Together};

/// Trains a character model on Hamlet, measures it on the play's last tenth, and lets it write.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    resume: Resume,
    /// Mini-batches to train on
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Windows of 128 characters in a mini-batch
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,
    /// AdamW's largest step size, reached after the warm-up
    #[arg(long, default_value_t = 3e-3, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// Steps of the warm-up
    #[arg(long, default_value_t = 100)]
    warmup: u32,
    /// What the text begins with that the network writes
    #[arg(long, default_value = "HAMLET.\n")]
    prompt: String,
    /// Characters to write
    #[arg(long, default_value_t = 500)]
    length: usize,
    /// Below 1 likely characters become likelier
    #[arg(long, default_value_t = 0.8)]
    temperature: f64,
    /// A text of at most 65 different characters
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/hamlet.txt"))]
    data: PathBuf,
    /// Where to put weights and pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/gpt"))]
    output: PathBuf,
}

/// Of the quick run.
const QUICK_STEPS: u32 = 40;

impl Options {
    fn steps(&self) -> usize {
        (if self.common.quick { self.steps.min(QUICK_STEPS) } else { self.steps }) as usize
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let together = match Together::start() {
        Ok(together) => together,
        Err(error) => return support::end(Err(error)),
    };
    let mut job = Job { options, together };
    let result = support::on_device!(&mut job, learn);
    job.together.end(result)
}

/// What is to be done, and with which other processes.
struct Job {
    options: Options,
    together: Together,
}

impl std::ops::Deref for Job {
    type Target = Options;

    fn deref(&self) -> &Options {
        &self.options
    }
}

fn learn<D: Device<f32>>(job: &mut Job, device: &D) -> Result<(), Box<dyn Error>> {
    let Job { options, together } = job;
    let options = &*options;
    let (characters, ids) = gpt::read(&options.data)?;
    // A wrong option is told before the training, not after it.
    if characters.encode(&options.prompt).map_err(|error| format!("the prompt: {error}"))?.is_empty() {
        return Err("the prompt needs at least one character to go on from".into());
    }
    let sampler = Sampler::new(options.common.seed).temperature(options.temperature)?.top_p(0.95)?;

    let parts = gpt::parts(&ids)?;
    let mut net = Gpt::new(device);
    if together.is_first() {
        println!("{}\n", net.summary().at([options.batch_size as usize, CONTEXT]));
    }

    let run = fit(&mut net, parts, (options, together), device)?;
    if !together.is_first() {
        return Ok(()); // the first has the same network
    }

    let written = write(&net, &characters, sampler, options, device)?;
    println!("{written}\n");
    let losses = run.history.values("train/loss");
    support::save(&net, ("A small GPT on Hamlet", "step", &losses), &options.output, "gpt")?;
    let shape = [options.batch_size as usize, CONTEXT];
    let report = Report::new("A small GPT on Hamlet").outcome(&run).summary(net.summary().at(shape));
    support::report(report.text("What it writes", written), &options.common, &options.output)?;
    let rates = run.history.values("train/rows_per_second");
    let windows_per_second = rates.iter().sum::<f64>() / rates.len() as f64;
    let last = |name| run.history.last(name).unwrap_or(f64::NAN);
    println!("result training_loss={:.4}", last("train/loss"));
    println!("result validation_loss={:.4}", last("validation/loss"));
    println!("result validation_perplexity={:.3}", last("validation/perplexity"));
    println!("result tokens_per_second={:.0}", windows_per_second * CONTEXT as f64);
    println!("result seconds={:.1}", run.seconds);
    Ok(())
}

/// Trains with AdamW, and measures in the end.
fn fit<D: Device<f32>>(
    net: &mut Gpt<f32, D>,
    (train, validation): (Windows<'_>, Windows<'_>),
    (options, together): (&Options, &mut Together),
    device: &D,
) -> Result<Outcome, TrainError> {
    let (steps, batch_size, peak) = (options.steps(), options.batch_size as usize, options.learning_rate);
    let warmup = (options.warmup as usize).min(steps / 5); // of a quick run there is more to see
    let rule = AdamW { betas: [0.9, 0.95], weight_decay: 0.1, ..AdamW::default() };
    let checkpoints = options.resume.of("gpt").map(|folder| Checkpoints::new(folder).every(Every::Steps(50)));
    together
        .join(Trainer::new(net, Optimizer::new(rule)))
        .schedule(WarmupCosine { peak, floor: peak / 10.0, warmup, steps })
        .steps(steps as u64)
        .seed(options.common.seed)
        .evaluate(Every::Steps(steps as u64), |look| measure(look, validation, batch_size, device))
        .resume(checkpoints)
        .progress("training")
        .fit(train.random(batch_size, options.common.seed), |step, (ids, next)| {
            let part = step.part(batch_size)?;
            let own = device.tensor_from_vec(part.take(&ids).to_vec(), (part.rows(), CONTEXT));
            step.learn(own, CrossEntropy(part.take(&next)))
        })
}

/// Measures the loss over all windows.
fn measure<D: Device<f32>>(
    look: &mut Look<'_, Gpt<f32, D>, f32, D>,
    windows: Windows<'_>,
    batch_size: usize,
    device: &D,
) -> Result<(), Fault> {
    let windows: Vec<_> = windows.in_order().collect();
    for batch in windows.chunks(batch_size) {
        let ids = batch.iter().flat_map(|(ids, _)| *ids).copied().collect();
        let next: Vec<usize> = batch.iter().flat_map(|(_, next)| *next).copied().collect();
        look.classify(device.tensor_from_vec(ids, (batch.len(), CONTEXT)), &next)?;
    }
    Ok(())
}

/// A text that begins with the prompt, one character after the other. Keys and values of the earlier ones are kept; when
/// the context is full, the network goes on from its second half.
fn write<D: Device<f32>>(
    net: &Gpt<f32, D>,
    characters: &Characters,
    mut sampler: Sampler,
    options: &Options,
    device: &D,
) -> Result<String, Box<dyn Error>> {
    let mut written = characters.encode(&options.prompt)?;
    let mut cache = KvCache::new(CONTEXT);
    let mut new = written.clone();
    new.drain(..new.len().saturating_sub(CONTEXT / 2));
    for _ in 0..options.length {
        let positions = new.len();
        let logits = cache.step(net, device.tensor_from_vec(new, (positions,)))?.as_vec();
        let next = sampler.sample(&logits[(positions - 1) * CHARACTERS..])?;
        written.push(next);
        new = vec![next];
        if cache.len() == cache.capacity() {
            cache.clear();
            new = written[written.len() - CONTEXT / 2..].to_vec();
        }
    }
    Ok(characters.decode(&written))
}
