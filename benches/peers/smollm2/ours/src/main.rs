//! SmolLM2 by tensor-core, weights of eight bits: `smollm2-ours FILE TOKENS`, see run.sh.

use std::{error::Error, path::Path, time::Instant};

use tensor_core::{decode::KvCache, prelude::*, quantised::Quantised};

#[path = "../../../../../examples/smollm2/network.rs"]
mod network;

const PROMPT: usize = 256;
const WINDOW: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let [path, tokens] = [1, 2].map(|at| std::env::args().nth(at).expect("FILE TOKENS"));
    let tokens: Vec<usize> = tokens.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let file = network::open(Path::new(&path))?;
    let net = Quantised::<network::SmolLm2>::load(&network::checkpoint(&file)?)?;
    let device = Cpu::default();
    let mut cache = KvCache::new(PROMPT);
    let mut read = |tokens: &[usize], begins: bool| -> Result<f64, tensor_core::Error> {
        if begins {
            cache.clear();
        }
        let started = Instant::now();
        net.last(&mut cache, device.tensor_from_vec(tokens.to_vec(), (tokens.len(),)))?;
        Ok(started.elapsed().as_secs_f64())
    };
    let mut prompt = f64::MAX;
    for _ in 0..8 {
        prompt = prompt.min(read(&tokens[..PROMPT], true)?);
    }
    let mut step = f64::MAX;
    for _ in 0..8 {
        read(&tokens[..WINDOW], true)?;
        let times = (WINDOW..5 * WINDOW).map(|at| read(&tokens[at..=at], false)).collect::<Result<Vec<_>, _>>()?;
        step = times.windows(WINDOW).fold(step, |best, part| best.min(part.iter().sum::<f64>() / WINDOW as f64));
    }
    println!("ours prompt={:.1} decode={:.1}", PROMPT as f64 / prompt, 1.0 / step);
    Ok(())
}

