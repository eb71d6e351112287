//! SmolLM2 by candle: `smollm2-candle FILE TOKENS`, see run.sh.

use std::{error::Error, fs::File, time::Instant};

use candle_core::{Device, Tensor, quantized::gguf_file};
use candle_transformers::models::quantized_llama::ModelWeights;

const PROMPT: usize = 256;
const WINDOW: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let [path, tokens] = [1, 2].map(|at| std::env::args().nth(at).expect("FILE TOKENS"));
    let tokens: Vec<u32> = tokens.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let mut file = File::open(&path)?;
    let content = gguf_file::Content::read(&mut file)?;
    let device = Device::Cpu;
    let mut model = ModelWeights::from_gguf(content, &mut file, &device)?;
    let mut read = |tokens: &[u32], before: usize| -> Result<f64, Box<dyn Error>> {
        let started = Instant::now();
        let tokens = Tensor::new(tokens, &device)?.unsqueeze(0)?;
        model.forward(&tokens, before)?.flatten_all()?.to_vec1::<f32>()?;
        Ok(started.elapsed().as_secs_f64())
    };
    let mut prompt = f64::MAX;
    for _ in 0..4 {
        prompt = prompt.min(read(&tokens[..PROMPT], 0)?);
    }
    let mut step = f64::MAX;
    for _ in 0..4 {
        read(&tokens[..WINDOW], 0)?;
        let times = (WINDOW..5 * WINDOW).map(|at| read(&tokens[at..=at], at)).collect::<Result<Vec<_>, _>>()?;
        step = times.windows(WINDOW).fold(step, |best, part| best.min(part.iter().sum::<f64>() / WINDOW as f64));
    }
    println!("candle prompt={:.1} decode={:.1}", PROMPT as f64 / prompt, 1.0 / step);
    Ok(())
}
