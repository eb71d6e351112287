//! Training on crops of prompts, and listening to whole ones.

use std::error::Error;

use tensor_core::{
    audio::Spectrogram,
    data::Batches,
    loss::CrossEntropy,
    optim::{AdamW, Optimizer},
    prelude::*,
    train::{Progress, WarmupCosine},
};

use super::{BANDS, Listener, MOST, TOGETHER, prompts::Prompt, support};

/// How to train.
pub struct Course {
    pub epochs: u32,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub seed: u64,
}

/// Parts of spectrograms as the network takes them: padded to the longest, and a mask of what is no padding.
type Batch<D> = (Tensor<(usize, usize, Const<{ TOGETHER * BANDS }>), f32, D>, Tensor<(usize, usize), f32, D>);

/// Some frames of a spectrogram.
#[derive(Clone, Copy)]
struct Crop<'p> {
    spectrogram: &'p Spectrogram<BANDS>,
    start: usize,
}

impl Crop<'_> {
    fn rows(&self) -> &[[f32; BANDS]] {
        let rows = &self.spectrogram.rows()[self.start..];
        &rows[..rows.len().min(MOST * TOGETHER)]
    }
}

/// Puts crops together; what is missing of the last four frames is 0, as the mean is.
fn batch<D: Device<f32>>(crops: &[Crop<'_>], device: &D) -> Batch<D> {
    let vectors = |crop: &Crop<'_>| crop.rows().len().div_ceil(TOGETHER);
    let longest = crops.iter().map(vectors).max().unwrap_or(0);
    let mut numbers = vec![0.0; crops.len() * longest * TOGETHER * BANDS];
    let mut counts = vec![0.0; crops.len() * longest];
    for (at, crop) in crops.iter().enumerate() {
        let flat = crop.rows().as_flattened();
        numbers[at * longest * TOGETHER * BANDS..][..flat.len()].copy_from_slice(flat);
        counts[at * longest..][..vectors(crop)].fill(1.0);
    }
    let x = device.tensor_from_vec(numbers, (crops.len(), longest, Const));
    (x, device.tensor_from_vec(counts, (crops.len(), longest)))
}

/// Trains with AdamW on a random crop of each prompt in each epoch; the mean loss of each epoch, in nats.
pub fn fit<D: Device<f32>>(
    net: &mut Listener<f32, D>,
    train: &[Prompt],
    course: &Course,
    device: &D,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut batches = Batches::new(train.len(), course.batch_size, course.seed)?;
    let steps = batches.per_epoch() * course.epochs as usize;
    let peak = course.learning_rate;
    let schedule = WarmupCosine { peak, floor: peak / 100.0, warmup: steps / 10, steps };
    let mut optimizer = Optimizer::new(AdamW { weight_decay: 0.05, ..AdamW::default() }).clip_norm(1.0);
    let mut progress = Progress::new("training", course.epochs.into());
    let (mut step, mut losses) = (0, Vec::new());
    for epoch in 1..=course.epochs {
        // Where crops begin is spread over the longer prompts by the epoch, so that over the epochs all of each is heard.
        let way = f64::from(epoch) * 0.618_033_988_749_895;
        let mut loss_sum = 0.0;
        for rows in batches.epoch() {
            let crops: Vec<Crop<'_>> = rows
                .iter()
                .map(|&row| {
                    let spectrogram = &train[row].normal;
                    let free = spectrogram.frames().saturating_sub(MOST * TOGETHER);
                    let place = (way + row as f64 * 0.754_877_666_246_693).fract();
                    Crop { spectrogram, start: (place * (free + 1) as f64) as usize }
                })
                .collect();
            let labels: Vec<usize> = rows.iter().map(|&row| train[row].language).collect();
            optimizer.set_learning_rate(schedule.rate(step));
            let loss = optimizer.train_step(net, batch(&crops, device), CrossEntropy(&labels))?;
            loss_sum += f64::from(loss) * rows.len() as f64;
            step += 1;
        }
        let loss = support::finite(loss_sum / train.len() as f64, format_args!("epoch {epoch}"))?;
        progress.step(format_args!("loss {loss:.4}"));
        losses.push(loss);
    }
    progress.finish();
    Ok(losses)
}

/// The language of each prompt: the mean of the log-probabilities of crops that cover it, each half over the one before.
pub fn languages<D: Device<f32>>(
    net: &Listener<f32, D>,
    prompts: &[Prompt],
    device: &D,
) -> Result<Vec<usize>, Box<dyn Error>> {
    let mut languages = Vec::with_capacity(prompts.len());
    for prompt in prompts {
        let spectrogram = &prompt.normal;
        let free = spectrogram.frames().saturating_sub(MOST * TOGETHER);
        let count = free.div_ceil(MOST * TOGETHER / 2) + 1;
        let start = |at: usize| (free * at).checked_div(count - 1).unwrap_or(0);
        let crops: Vec<Crop<'_>> = (0..count).map(|at| Crop { spectrogram, start: start(at) }).collect();
        let (x, mask) = batch(&crops, device);
        let logs = net.try_forward(x, mask)?.log_softmax::<Axis<1>>();
        languages.extend(support::classes(&logs.mean::<Rank1<2>, _>().as_vec(), 2)?);
    }
    Ok(languages)
}
