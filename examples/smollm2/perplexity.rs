//! How well the model foretells a text.

use std::error::Error;

use tensor_core::train::Progress;

use super::{model::Model, network::VOCABULARY};

/// Tokens that it sees at once; each window begins anew.
pub const WINDOW: usize = 1024;
/// Tokens whose logits are held at once.
const PART: usize = 128;

/// exp of the mean cost of each token but a window's first, in nats; and how many were foretold.
pub fn perplexity(
    model: &mut Model,
    tokens: &[usize],
    windows: usize,
) -> Result<(f64, usize), Box<dyn Error>> {
    let windows: Vec<&[usize]> =
        tokens.chunks(WINDOW).filter(|window| window.len() > 1).take(windows).collect();
    if windows.is_empty() {
        return Err("the text has less than two tokens, so that there is nothing to foretell".into());
    }
    let parts: usize = windows.iter().map(|window| (window.len() - 1).div_ceil(PART)).sum();
    let mut progress = Progress::new("reading", parts as u64);
    let (mut cost, mut foretold) = (0.0, 0u32);
    for window in windows {
        model.forget();
        let (given, wanted) = (&window[..window.len() - 1], &window[1..]);
        for (given, wanted) in given.chunks(PART).zip(wanted.chunks(PART)) {
            let logits = model.read_each(given)?;
            cost +=
                logits.chunks(VOCABULARY).zip(wanted).map(|(row, &token)| cost_of(row, token)).sum::<f64>();
            foretold += wanted.len() as u32;
            progress.step(format_args!("perplexity {:.3}", (cost / f64::from(foretold)).exp()));
        }
    }
    model.forget();
    Ok(((cost / f64::from(foretold)).exp(), foretold as usize))
}

/// −log of the share of a token, by the logits.
fn cost_of(logits: &[f32], token: usize) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|x| f64::from(x - largest).exp()).sum();
    sum.ln() - f64::from(logits[token] - largest)
}
