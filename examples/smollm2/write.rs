//! What the model writes, shown token by token.

use std::{
    error::Error,
    io::{Write, stdout},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use tensor_core::decode::Sampler;

use super::{
    model::Model,
    tokenizer::{Characters, Tokenizer},
};

/// Ctrl-C: ends what is being written; where nothing is, the program.
#[derive(Clone, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    writing: Arc<AtomicBool>,
}

impl Interrupt {
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let this = Interrupt::default();
        let Interrupt { asked, writing } = this.clone();
        ctrlc::set_handler(move || {
            let is_second = asked.swap(true, Ordering::Relaxed);
            if is_second || !writing.load(Ordering::Relaxed) {
                println!();
                std::process::exit(130); // as a program that the signal ended
            }
        })?;
        Ok(this)
    }

    fn begin(&self) {
        self.asked.store(false, Ordering::Relaxed);
        self.writing.store(true, Ordering::Relaxed);
    }

    fn end(&self) {
        self.writing.store(false, Ordering::Relaxed);
    }

    fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

/// How many tokens were read and written, and how long it took.
#[derive(Default)]
pub struct Spent {
    pub read: usize,
    pub reading: f64,
    pub written: usize,
    pub writing: f64,
}

/// Lets the model read a prompt and go on from it, up to so many tokens. Says whether it came to an end itself.
pub fn write(
    model: &mut Model,
    tokenizer: &Tokenizer,
    sampler: &mut Sampler,
    (prompt, most): (&[usize], usize),
    interrupt: &Interrupt,
    spent: &mut Spent,
) -> Result<bool, Box<dyn Error>> {
    if prompt.len() >= model.room() {
        let (given, room) = (prompt.len(), model.room());
        return Err(
            format!("the prompt has {given} tokens, but there is room for {room}: see --context").into()
        );
    }
    interrupt.begin();
    let result = go_on(model, tokenizer, sampler, (prompt, most), interrupt, spent);
    interrupt.end();
    println!();
    result
}

fn go_on(
    model: &mut Model,
    tokenizer: &Tokenizer,
    sampler: &mut Sampler,
    (prompt, most): (&[usize], usize),
    interrupt: &Interrupt,
    spent: &mut Spent,
) -> Result<bool, Box<dyn Error>> {
    let mut started = Instant::now();
    let mut logits = model.read(prompt)?;
    spent.read += prompt.len();
    spent.reading += started.elapsed().as_secs_f64();
    started = Instant::now();
    let (mut characters, mut ended) = (Characters::default(), false);
    for _ in 0..most.min(model.room()) {
        if interrupt.is_asked() {
            break;
        }
        let next = sampler.sample(&logits)?;
        ended = tokenizer.stops(next);
        if ended {
            break;
        }
        show(&characters.push(tokenizer.bytes(next)))?;
        logits = model.read(&[next])?;
        spent.written += 1;
    }
    show(&characters.finish())?;
    spent.writing += started.elapsed().as_secs_f64();
    Ok(ended)
}

/// Shows it now, and not when the line ends.
fn show(text: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
