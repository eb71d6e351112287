//! A published encoder learns a new task by 0.8 % of its numbers.
//!
//! all-MiniLM-L6-v2 was trained to tell what sentences are about. Here it learns whether a sentence of a product review is
//! favourable: `lora` pairs of rank 8 stand beside the two matrices of each feed-forward block, and a head of two scores
//! above; everything published stays as it is, to the bit. Beside it a head alone learns from the vectors as they are. The
//! adapter is saved, loaded onto another copy of the published weights, and gives the same numbers.
//!
//! ```sh
//! python3 examples/data/fetch_minilm.py
//! cargo run --release --features search,text --example lora_minilm
//! ```

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    lora::adapters_and,
    loss::CrossEntropy,
    optim::{AdamW, Optimizer},
    plan::grouped,
    prelude::*,
    train::{Progress, WarmupCosine},
};

#[path = "../support/minilm/mod.rs"]
mod minilm;
mod reviews;
#[path = "../support/mod.rs"]
mod support;

use minilm::{Embeddings, Encoder, MiniLm, Sentences, WIDTH};
use reviews::Reviews;

const RANK: usize = 8;
const ALPHA: usize = 16;

layer! {
    /// A block of BERT whose feed-forward matrices are adapted.
    pub struct AdaptedBlock: (x: [n, WIDTH], mask: [n]) -> [n, WIDTH] {
        residual { attention: attention(heads: 12, mask: padding), dropout(0.1) },
        attention_norm: layer_norm(eps: 1e-12, rename: "attention.output.LayerNorm"),
        residual {
            up: lora(WIDTH -> 1536, rank: RANK, alpha: ALPHA, bias: true, rename: "intermediate.dense"),
            gelu,
            down: lora(1536 -> WIDTH, rank: RANK, alpha: ALPHA, bias: true, rename: "output.dense"),
            dropout(0.1),
        },
        norm: layer_norm(eps: 1e-12, rename: "output.LayerNorm"),
    }
}
layer! {
    /// The encoder with adapters, and a score for each kind of sentence.
    pub struct Judge: (ids: ids[n], kinds: ids[n], mask: [n]) -> [2] {
        embeddings: Embeddings,
        blocks: [AdaptedBlock; 6](rename: "encoder.layer"),
        pool(mean),
        head: linear(2),
    }
}
layer! { pub struct Head: [WIDTH] -> [2] { head: linear(WIDTH -> 2) } }

/// Adapts a published sentence encoder to tell favourable sentences from others.
#[derive(Parser, Debug)]
struct Options {
    /// Seed of the split, the order and the adapter's first numbers; the same seed gives the same result
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The same work on fewer sentences
    #[arg(long)]
    quick: bool,
    /// How often training goes through its sentences
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Largest step size
    #[arg(long, default_value_t = 2e-3, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// A CSV file with the columns kind (favourable, unfavourable) and sentence
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/reviews.csv"))]
    data: PathBuf,
    /// The encoder's folder, as examples/data/fetch_minilm.py makes it
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/data/minilm"))]
    model: PathBuf,
    /// Where to put the adapter
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/lora_minilm"))]
    output: PathBuf,
}

fn main() -> ExitCode {
    support::end(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let device = Cpu::seed_from_u64(options.seed);
    let base = minilm::read(&options.model, &device)?;
    let (train, test) = Reviews::read(&options.data)?.split(options.seed, options.quick);
    let sentences = Sentences::read(&options.model)?;
    println!("{} sentences to train on, {} to test\n", train.len(), test.len());

    let alone = head_alone(options, base.clone(), &train, &test)?;
    println!("a head alone reads {alone:.4} of the test sentences right\n");

    let mut net = Judge::new(&device);
    net.adapt(&base, &["head"])?;
    let optimizer = fit(options, &mut net, &sentences, &train)?;
    let scores = scores(&net, &sentences, &test)?;
    let right = share_right(&scores, &test)?;
    let share = optimizer.trained() as f64 / Judge::PARAMS as f64;
    println!(
        "adapters of rank {RANK} and a head: {} of {} numbers trained, {:.2} %; {right:.4} right\n",
        grouped(optimizer.trained() as u64),
        grouped(Judge::PARAMS),
        100.0 * share
    );

    let path = options.output.join("adapter.safetensors");
    fs::create_dir_all(&options.output)
        .map_err(|error| format!("can't create `{}`: {error}", options.output.display()))?;
    net.save_adapter(&path, &["head"])?;
    let mut other = Judge::new(&device);
    other.adapt(&base, &["head"])?;
    other.load_adapter(&path, &["head"])?;
    let again = self::scores(&other, &sentences, &test)?;
    let differ = scores.iter().zip(&again).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    let kept = unchanged(&base, &net);
    let bytes = fs::metadata(&path)?.len();
    println!("adapter: {}, {} kB", path.display(), bytes / 1000);
    println!("loaded onto another copy of the encoder: {differ} of {} scores differ", scores.len());
    println!("published matrices that are as they were, to the bit: {kept} of 12\n");

    println!("result head_accuracy={alone:.4}");
    println!("result lora_accuracy={right:.4}");
    println!("result trained_share={share:.4}");
    println!("result adapter_bytes={bytes}");
    println!("result scores_that_differ={differ}");
    println!("result matrices_kept={kept}");
    Ok(())
}

/// Trains the adapters and the head.
fn fit(
    options: &Options,
    net: &mut Judge,
    sentences: &Sentences,
    train: &Reviews,
) -> Result<Optimizer<AdamW>, Box<dyn Error>> {
    let device = Cpu::default();
    let tokens = sentences.tokens(&train.texts())?;
    let steps = options.epochs as usize * train.batches();
    let schedule = WarmupCosine { peak: options.learning_rate, floor: 0.0, warmup: steps / 10, steps };
    let mut optimizer = Optimizer::new(AdamW::default()).with_groups(adapters_and(&["head"])).clip_norm(1.0);
    let mut progress = Progress::new("adapting", steps as u64);
    let mut step = 0;
    for epoch in 0..options.epochs {
        for rows in train.shuffled(options.seed + u64::from(epoch)) {
            optimizer.set_learning_rate(schedule.rate(step));
            let batch = minilm::Batch::new(&rows, &tokens);
            let labels = train.labels(&rows);
            let loss = optimizer.train_step(net, batch.inputs(&device), CrossEntropy(&labels))?;
            let loss = support::finite(loss.into(), format_args!("epoch {}", epoch + 1))?;
            progress.step(format_args!("epoch {}, loss {loss:.3}", epoch + 1));
            step += 1;
        }
    }
    progress.finish();
    Ok(optimizer)
}

/// Two scores for each sentence, in order.
fn scores(net: &Judge, sentences: &Sentences, of: &Reviews) -> Result<Vec<f32>, Box<dyn Error>> {
    let device = Cpu::default();
    let mut scores = vec![0.0; 2 * of.len()];
    for batch in sentences.batches(&of.texts())? {
        let (ids, kinds, mask) = batch.inputs(&device);
        let found: Tensor<(usize, Const<2>), f32, Cpu> = net.try_forward(ids, kinds, mask)?;
        for (&row, pair) in batch.rows.iter().zip(found.as_vec().as_chunks::<2>().0) {
            scores[2 * row..][..2].copy_from_slice(pair);
        }
    }
    Ok(scores)
}

fn share_right(scores: &[f32], of: &Reviews) -> Result<f64, String> {
    let best = support::classes(scores, 2)?;
    let all: Vec<usize> = (0..of.len()).collect();
    let right = best.iter().zip(of.labels(&all)).filter(|(best, label)| **best == *label).count();
    Ok(right as f64 / of.len() as f64)
}

/// How much a head gets right that learns from the published vectors.
fn head_alone(
    options: &Options,
    base: MiniLm,
    train: &Reviews,
    test: &Reviews,
) -> Result<f64, Box<dyn Error>> {
    let device = Cpu::seed_from_u64(options.seed);
    let encoder = Encoder::new(Sentences::read(&options.model)?, base, device.clone());
    let tensor = |vectors: Vec<[f32; WIDTH]>| -> Tensor<(usize, Const<WIDTH>), f32, Cpu> {
        device.tensor_from_vec(vectors.as_flattened().to_vec(), (vectors.len(), Const))
    };
    let x = tensor(encoder.encode(&train.texts())?);
    let all: Vec<usize> = (0..train.len()).collect();
    let labels = train.labels(&all);
    let mut head = Head::new(&device);
    let mut optimizer = Optimizer::new(AdamW { learning_rate: 0.05, ..AdamW::default() });
    for _ in 0..200 {
        optimizer.train_step(&mut head, x.clone(), CrossEntropy(&labels))?;
    }
    let scores: Tensor<(usize, Const<2>), f32, Cpu> = head.forward(tensor(encoder.encode(&test.texts())?));
    Ok(share_right(&scores.as_vec(), test)?)
}

/// How many of the adapted matrices are still those of the base.
fn unchanged(base: &MiniLm, net: &Judge) -> usize {
    let same = |a: Vec<f32>, b: Vec<f32>| a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits()));
    let blocks = base.blocks.iter().zip(net.blocks.iter());
    blocks
        .map(|(base, net)| {
            let up = same(base.up.weight.as_vec(), net.up.weight.as_vec());
            let down = same(base.down.weight.as_vec(), net.down.weight.as_vec());
            usize::from(up) + usize::from(down)
        })
        .sum()
}
