//! A published language model, SmolLM2-135M, declared in `layer!`: it answers in the terminal.
//!
//! ```text
//! python3 examples/data/fetch_smollm2.py
//! cargo run --release --features full --example smollm2 -- "Why is the sky blue?"
//! ```
//! Without a prompt it asks for one after the other; Ctrl-C ends an answer, Ctrl-D the conversation. `-- --help` lists the
//! options.

use std::{
    error::Error,
    io::{BufRead, IsTerminal, Write, stdin, stdout},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;
use tensor_core::decode::Sampler;

mod model;
mod network;
mod perplexity;
#[path = "../support/mod.rs"]
mod support;
mod tokenizer;
mod write;

use model::{Bits, Model};
use perplexity::perplexity;
use tokenizer::{SYSTEM, Tokenizer};
use write::{Interrupt, Spent, write};

/// Windows that a quick run foretells.
const QUICK_WINDOWS: usize = 1;
/// Tokens that a quick run writes.
const QUICK_TOKENS: usize = 24;

/// Options of writing, which a measurement does not do.
const WRITING: [&str; 8] = ["prompt", "chat", "raw", "system", "temperature", "top_p", "seed", "max_tokens"];

/// Talks with SmolLM2-135M, or lets it go on with a text.
#[derive(Parser, Debug)]
struct Options {
    /// What to ask; without it, questions are read from the terminal line by line
    prompt: Option<String>,
    /// Talk as in a chat; this is what happens without --raw too
    #[arg(long, conflicts_with = "raw")]
    chat: bool,
    /// Let the model go on with the prompt as it is
    #[arg(long)]
    raw: bool,
    /// What the model is told before a chat
    #[arg(long, value_name = "TEXT", default_value = SYSTEM, conflicts_with = "raw")]
    system: String,
    /// How bold the choice of words is; 0 takes the likeliest each time
    #[arg(long, default_value_t = 0.2)]
    temperature: f64,
    /// The likeliest tokens that have this probability together are chosen from
    #[arg(long, default_value_t = 0.9)]
    top_p: f64,
    /// Seed of the choices; the same seed gives the same text
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Tokens to write at most
    #[arg(long, default_value_t = 512)]
    max_tokens: usize,
    /// Tokens of a conversation, prompts and answers together
    #[arg(long, default_value_t = 8192, value_parser = context)]
    context: usize,
    /// How many bits weights have in memory
    #[arg(long, value_enum, default_value_t = Bits::Eight)]
    bits: Bits,
    /// The same work at a smaller size: one window of a text, a few words of an answer
    #[arg(long)]
    quick: bool,
    /// Measure how well the model foretells a text, and write nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = WRITING)]
    perplexity: Option<PathBuf>,
    /// The model, as examples/data/fetch_smollm2.py puts it there
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("target/data/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"))]
    model: PathBuf,
}

/// Positions that the model was trained for.
fn context(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(size @ 2..=8192) => Ok(size),
        Ok(_) => Err("the model knows 2 to 8192 positions".into()),
        Err(error) => Err(format!("{error}")),
    }
}

fn main() -> ExitCode {
    support::end(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let mut sampler = sampler(options)?;
    let file = network::open(&options.model)?;
    let tokenizer = Tokenizer::new(file.metadata())?;
    if tokenizer.vocabulary() != network::VOCABULARY {
        return Err(format!(
            "the file has {} tokens, where {} are declared",
            tokenizer.vocabulary(),
            network::VOCABULARY
        )
        .into());
    }
    let mut model = Model::new(&file, options.bits, options.context.max(perplexity::WINDOW))?;
    if let Some(text) = &options.perplexity {
        return foretell(&mut model, &tokenizer, text, options);
    }
    let most = if options.quick { options.max_tokens.min(QUICK_TOKENS) } else { options.max_tokens };
    let (interrupt, mut spent) = (Interrupt::new()?, Spent::default());
    let mut answer = |model: &mut Model, prompt: &[usize]| {
        write(model, &tokenizer, &mut sampler, (prompt, most), &interrupt, &mut spent)
    };
    match &options.prompt {
        Some(prompt) if options.raw => drop(answer(&mut model, &tokenizer.encode(prompt)?)?),
        Some(prompt) => {
            let mut tokens = tokenizer.turn("system", Some(&options.system))?;
            tokens.extend(question(&tokenizer, prompt)?);
            answer(&mut model, &tokens)?;
        }
        None => converse(options, &tokenizer, |prompt, anew| {
            if anew {
                model.forget();
            }
            answer(&mut model, prompt)
        })?,
    }
    println!();
    println!("result weights_mb={:.0}", model.bytes() as f64 / 1e6);
    println!("result tokens={}", spent.written);
    println!("result prompt_tokens_per_second={:.1}", spent.read as f64 / spent.reading);
    println!("result tokens_per_second={:.1}", spent.written as f64 / spent.writing);
    Ok(())
}

fn sampler(options: &Options) -> Result<Sampler, Box<dyn Error>> {
    if options.temperature == 0.0 {
        return Ok(Sampler::greedy());
    }
    Ok(Sampler::new(options.seed).temperature(options.temperature)?.top_p(options.top_p)?)
}

/// What the user says, and the beginning of the answer.
fn question(tokenizer: &Tokenizer, text: &str) -> Result<Vec<usize>, String> {
    Ok([tokenizer.turn("user", Some(text))?, tokenizer.turn("assistant", None)?].concat())
}

/// Reads prompts line by line, and lets each be answered; in a chat the model sees what was said before.
fn converse(
    options: &Options,
    tokenizer: &Tokenizer,
    mut answer: impl FnMut(&[usize], bool) -> Result<bool, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let (shows, mut before) = (stdin().is_terminal(), None);
    loop {
        if shows {
            print!("> ");
            stdout().flush()?;
        }
        let mut line = String::new();
        if stdin().lock().read_line(&mut line)? == 0 {
            if shows {
                println!();
            }
            return Ok(());
        }
        let line = line.trim_end_matches(['\n', '\r']);
        if line.is_empty() {
            continue;
        }
        let (mut prompt, anew) = match before {
            _ if options.raw => (Vec::new(), true),
            None => (tokenizer.turn("system", Some(&options.system))?, false),
            // An answer that came to its end has not read that end; one that was cut off gets one.
            Some(()) => (tokenizer.turn_end()?, false),
        };
        prompt.extend(if options.raw { tokenizer.encode(line)? } else { question(tokenizer, line)? });
        answer(&prompt, anew)?;
        before = Some(());
    }
}

fn foretell(
    model: &mut Model,
    tokenizer: &Tokenizer,
    path: &PathBuf,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("can't read `{}`: {error}", path.display()))?;
    let windows = if options.quick { QUICK_WINDOWS } else { usize::MAX };
    let (found, foretold) = perplexity(model, &tokenizer.encode(&text)?, windows)?;
    println!("{foretold} tokens of `{}` were foretold", path.display());
    println!("result foretold={foretold}");
    println!("result perplexity={found:.4}");
    Ok(())
}
