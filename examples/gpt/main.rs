//! A small GPT learns to write like Hamlet, character by character.
//!
//! `cargo run --release --example gpt -- --help` lists the options. `reference.py` beside this file trains the same
//! network in PyTorch.

use std::{error::Error, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use tensor_core::{
    data::{Characters, Windows},
    decode::{KvCache, Sampler},
    prelude::*,
    train::{Progress, WarmupCosine},
};

#[path = "../support/mod.rs"]
mod support;
use support::Common;

/// Characters in the vocabulary.
const CHARACTERS: usize = 65;
/// Positions that the network sees at once.
const CONTEXT: usize = 128;
const WIDTH: usize = 128;

layer! {
    /// A block of a transformer: attention, then a feed-forward net, each added to what flows in.
    pub struct Block<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D]
    where F == 4 * D, D % H == 0
    {
        residual { norm_1: layer_norm, attend: attention(heads: H, mask: causal), dropout(0.1) },
        residual { norm_2: layer_norm, up: linear(F), gelu, down: linear(D), dropout(0.1) },
    }
}

layer! {
    /// Characters → the logits of the character after each.
    #[budget(params <= 820_000)]
    pub struct Gpt: ids[n] -> [n, CHARACTERS] {
        tokens: embedding(CHARACTERS -> WIDTH),
        places: positional(CONTEXT),
        dropout(0.1),
        blocks: [Block<WIDTH, 512, 4>; 4],
        norm: layer_norm,
        unembed(CHARACTERS, tie: tokens),
    }
}

/// Ids of a batch of windows.
type Ids<D> = Tensor<(usize, usize), usize, D>;

/// Trains a character model on Hamlet, measures it on the play's last tenth, and lets it write.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
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
    support::end(support::on_device!(&Options::parse(), learn))
}

fn learn<D: Device<f32>>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(&options.data)
        .map_err(|error| format!("can't read `{}`: {error}", options.data.display()))?;
    let characters = Characters::of(&text);
    if characters.len() > CHARACTERS {
        let (file, found) = (options.data.display(), characters.len());
        return Err(format!(
            "`{file}` has {found} different characters, but the network is for {CHARACTERS}"
        )
        .into());
    }
    // A wrong option is told before the training, not after it.
    if characters.encode(&options.prompt).map_err(|error| format!("the prompt: {error}"))?.is_empty() {
        return Err("the prompt needs at least one character to go on from".into());
    }
    let sampler = Sampler::new(options.common.seed).temperature(options.temperature)?.top_p(0.95)?;

    let ids = characters.encode(&text)?;
    let (train, validation) = ids.split_at(ids.len() * 9 / 10);
    let (train, validation) = (Windows::new(train, CONTEXT)?, Windows::new(validation, CONTEXT)?);
    let mut net = Gpt::new(device);
    println!("{}\n", net.summary().at([options.batch_size as usize, CONTEXT]));

    let started = Instant::now();
    let losses = fit(&mut net, train, options, device)?;
    let seconds = started.elapsed().as_secs_f64();
    let validation_loss = mean_loss(&net, validation, options, device)?;

    println!("{}\n", write(&net, &characters, sampler, options, device)?);
    support::save(&net, ("A small GPT on Hamlet", "step", &losses), &options.output, "gpt")?;
    let tokens = options.steps() * options.batch_size as usize * CONTEXT;
    println!("result training_loss={:.4}", losses[losses.len() - 1]);
    println!("result validation_loss={validation_loss:.4}");
    println!("result tokens_per_second={:.0}", tokens as f64 / seconds);
    println!("result seconds={seconds:.1}");
    Ok(())
}

/// Trains with AdamW; the loss of each step, in nats.
fn fit<D: Device<f32>>(
    net: &mut Gpt<f32, D>,
    train: Windows<'_>,
    options: &Options,
    device: &D,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let (steps, batch_size) = (options.steps(), options.batch_size as usize);
    let peak = options.learning_rate;
    let warmup = (options.warmup as usize).min(steps / 5); // of a quick run there is more to see
    let schedule = WarmupCosine { peak, floor: peak / 10.0, warmup, steps };
    let config = AdamConfig {
        betas: [0.9, 0.95],
        weight_decay: Some(WeightDecay::Decoupled(0.1)),
        ..AdamConfig::default()
    };
    let mut optimizer = Adam::new(net, config);
    let mut gradients = net.alloc_grads();
    let mut progress = Progress::new("training", steps as u64);
    let (started, mut losses) = (Instant::now(), Vec::new());
    for (step, (ids, next)) in train.random(batch_size, options.common.seed).take(steps).enumerate() {
        let ids = device.tensor_from_vec(ids, (batch_size, CONTEXT));
        let logits = net.try_forward_train(ids, gradients)?;
        let loss = try_cross_entropy(logits, &next)?;
        let value = support::finite(f64::from(loss.as_vec()[0]), format_args!("step {step}"))?;
        losses.push(value);
        gradients = loss.backward();
        optimizer.cfg.lr = schedule.rate(step);
        optimizer.update(net, &gradients)?;
        net.zero_grads(&mut gradients);
        let pace = ((step + 1) * batch_size * CONTEXT) as f64 / started.elapsed().as_secs_f64();
        progress.step(format_args!("loss {value:.4}  {pace:.0} tokens/s"));
    }
    progress.finish();
    Ok(losses)
}

/// The mean loss over all windows, in nats.
fn mean_loss<D: Device<f32>>(
    net: &Gpt<f32, D>,
    windows: Windows<'_>,
    options: &Options,
    device: &D,
) -> Result<f64, Box<dyn Error>> {
    let windows: Vec<_> = windows.in_order().collect();
    let batches = windows.chunks(options.batch_size as usize);
    let mut progress = Progress::new("validation", batches.len() as u64);
    let mut sum = 0.0;
    for batch in batches {
        let ids = batch.iter().flat_map(|(ids, _)| *ids).copied().collect();
        let next: Vec<usize> = batch.iter().flat_map(|(_, next)| *next).copied().collect();
        let ids: Ids<D> = device.tensor_from_vec(ids, (batch.len(), CONTEXT));
        let loss = try_cross_entropy(net.try_forward(ids)?, &next)?;
        sum += f64::from(loss.as_vec()[0]) * batch.len() as f64;
        progress.step("");
    }
    progress.finish();
    Ok(sum / windows.len() as f64)
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
