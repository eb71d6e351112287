//! Training, for whichever network reads the pictures.

use std::error::Error;

use tensor_core::{
    data::Batches,
    loss::CrossEntropy,
    optim::{AdamW, Optimizer},
    prelude::*,
    train::{Progress, WarmupCosine},
};

use super::{
    CLASSES, Clothes, Digits,
    labelled::{Labelled, Pictures},
    support,
};

/// A network from pictures of `S` × `S` to scores of the classes.
pub trait Reader<const S: usize, D: Device<f32>>:
    Layer<f32, D>
    + Module<Pictures<S, D>, Output = Tensor<(usize, Const<CLASSES>), f32, D>, Error = tensor_core::Error>
    + StateDict<f32, D>
{
    /// The table of its items.
    fn table(&self) -> String;
    /// What it multiplies patches by, one row for each number of a vector, and the width of a patch.
    fn embedding(&self) -> (Vec<f32>, usize);
    /// What it adds to each place, row by row, and how many there are.
    fn places(&self) -> (Vec<f32>, usize);
}

macro_rules! reader {
    ($Net:ident, $side:literal, $patch:literal) => {
        impl<D: Device<f32>> Reader<$side, D> for $Net<f32, D> {
            fn table(&self) -> String {
                self.summary().to_string()
            }

            fn embedding(&self) -> (Vec<f32>, usize) {
                (self.embed.weight.tensor().as_vec(), $patch)
            }

            fn places(&self) -> (Vec<f32>, usize) {
                (self.places.weight.tensor().as_vec(), ($side / $patch) * ($side / $patch))
            }
        }
    };
}
reader!(Clothes, 28, 4);
reader!(Digits, 8, 2);

/// How to train.
pub struct Course {
    pub epochs: u32,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub seed: u64,
}

/// Trains with AdamW; the mean loss of each epoch, in nats.
pub fn fit<const S: usize, N: Reader<S, D>, D: Device<f32>>(
    net: &mut N,
    train: &Labelled<S>,
    course: &Course,
    device: &D,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut batches = Batches::new(train.len(), course.batch_size, course.seed)?;
    let steps = batches.per_epoch() * course.epochs as usize;
    let peak = course.learning_rate;
    let schedule = WarmupCosine { peak, floor: peak / 100.0, warmup: steps / 10, steps };
    let mut optimizer = Optimizer::new(AdamW { weight_decay: 0.05, ..AdamW::default() }).clip_norm(1.0);
    let mut progress = Progress::new("training", steps as u64);
    let (mut step, mut losses) = (0, Vec::new());
    for epoch in 1..=course.epochs {
        let mut loss_sum = 0.0;
        for rows in batches.epoch() {
            let labels: Vec<usize> = rows.iter().map(|&row| train.labels[row]).collect();
            optimizer.set_learning_rate(schedule.rate(step));
            let loss = optimizer.train_step(net, train.tensor(rows, device), CrossEntropy(&labels))?;
            loss_sum += f64::from(loss) * rows.len() as f64;
            step += 1;
            progress.step(format_args!("epoch {epoch}, loss {loss:.4}"));
        }
        losses.push(support::finite(loss_sum / train.len() as f64, format_args!("epoch {epoch}"))?);
    }
    progress.finish();
    Ok(losses)
}

/// The class with the largest score of each picture.
pub fn classes<const S: usize, N: Reader<S, D>, D: Device<f32>>(
    net: &N,
    pictures: &Labelled<S>,
    device: &D,
) -> Result<Vec<usize>, Box<dyn Error>> {
    let rows: Vec<usize> = (0..pictures.len()).collect();
    let mut scores = Vec::with_capacity(rows.len() * CLASSES);
    for rows in rows.chunks(500) {
        scores.extend(net.try_forward(pictures.tensor(rows, device))?.as_vec());
    }
    Ok(support::classes(&scores, CLASSES)?)
}
