//! What tells the languages apart without listening: if a shortcut were there, a linear classifier would take it.

use std::error::Error;

use tensor_core::{
    data::Standardiser,
    loss::CrossEntropy,
    optim::{Adam, Optimizer},
    prelude::*,
    train::accuracy,
};

use super::{prompts::Prompt, support};

layer! { struct Linear<const F: usize>: [F] -> [2] { scores: linear(F -> 2) } }

/// What a linear classifier hears, its name, and its test accuracy.
type Heard = (&'static str, &'static str, f64);

/// A description, a name and the test accuracy of a linear classifier on each of: the mean spectrum as it was recorded,
/// that of what the network hears, the spectrum of changes, and the length.
pub fn accuracies<D: Device<f32>>(
    train: &[Prompt],
    test: &[Prompt],
    device: &D,
) -> Result<Vec<Heard>, Box<dyn Error>> {
    let parts = (train, test);
    Ok(vec![
        (
            "the mean of each band in dB, as recorded: voice, microphone, line and level",
            "baseline_mean_spectrum",
            of(parts, |prompt| prompt.decibels.mean(), device)?,
        ),
        (
            "the mean of each band of what the network hears: normalising has taken it out",
            "baseline_mean_normalised",
            of(parts, |prompt| prompt.normal.mean(), device)?,
        ),
        (
            "the deviation of each band in dB, which normalising takes out too",
            "baseline_deviation",
            of(parts, |prompt| prompt.decibels.deviation(), device)?,
        ),
        ("the length alone", "baseline_length", of(parts, |prompt| [prompt.seconds.ln() as f32], device)?),
    ])
}

/// The accuracy on the test part of a linear classifier of some features.
fn of<const F: usize, D: Device<f32>>(
    (train, test): (&[Prompt], &[Prompt]),
    features: impl Fn(&Prompt) -> [f32; F],
    device: &D,
) -> Result<f64, Box<dyn Error>> {
    let rows = |prompts: &[Prompt]| -> Vec<[f32; F]> { prompts.iter().map(&features).collect() };
    let languages = |prompts: &[Prompt]| -> Vec<usize> { prompts.iter().map(|p| p.language).collect() };
    let (mut train_rows, mut test_rows) = (rows(train), rows(test));
    // What rounding leaves of a mean that is 0 is no feature.
    for row in train_rows.iter_mut().chain(&mut test_rows) {
        row.iter_mut().for_each(|number| *number = (*number * 1e4).round() / 1e4);
    }
    let standardiser = Standardiser::fit(&train_rows)?;
    standardiser.apply(&mut train_rows);
    standardiser.apply(&mut test_rows);
    let tensor = |rows: &[[f32; F]]| -> Tensor<(usize, Const<F>), f32, D> {
        device.tensor_from_vec(rows.as_flattened().to_vec(), (rows.len(), Const))
    };

    let mut net = Linear::<F, f32, D>::new(device);
    let mut optimizer = Optimizer::new(Adam { learning_rate: 0.05, ..Adam::default() });
    let (x, labels) = (tensor(&train_rows), languages(train));
    for _ in 0..300 {
        optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels))?;
    }
    let predicted = support::classes(&net.try_forward(tensor(&test_rows))?.as_vec(), 2)?;
    Ok(accuracy(&predicted, &languages(test)))
}
