//! What the examples share: common options, paths, and how they end.
#![allow(dead_code)] // each example uses a part of it

pub mod digits;
pub mod together;

use std::{
    error::Error,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use tensor_core::{
    prelude::*,
    train::{Chart, Report, argmax},
};

/// Options that every example takes.
#[derive(Args, Debug)]
pub struct Common {
    /// Seed of everything drawn at random; the same seed gives the same result
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// The same work at a smaller size
    #[arg(long)]
    pub quick: bool,
    /// Where the network runs
    #[arg(long, value_enum, default_value_t = Place::Cpu)]
    pub device: Place,
}

/// The option of examples whose training can be taken up again.
#[derive(Args, Debug)]
pub struct Resume {
    /// Keep the state of the training in this folder, and go on from the newest there
    #[arg(long = "resume", value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl Resume {
    /// The folder of one of an example's trainings.
    pub fn of(&self, training: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(training))
    }
}

/// A kind of device.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The processor
    Cpu,
    /// An NVIDIA GPU
    Cuda,
}

/// The path of something in this repository, wherever the example is started.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Parses a learning rate, which must be positive and finite.
pub fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        Ok(_) => Err("it must be above 0 and finite".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// The mean loss of an epoch or a step, which must be a number to go on with.
pub fn finite(loss: f64, when: std::fmt::Arguments<'_>) -> Result<f64, String> {
    if loss.is_finite() {
        Ok(loss)
    } else {
        Err(format!("the loss became {loss} in {when}: try a smaller learning rate"))
    }
}

/// The class with the largest of each row's scores.
pub fn classes(scores: &[f32], classes: usize) -> Result<Vec<usize>, String> {
    let best = scores.chunks(classes).map(argmax).collect::<Option<_>>();
    best.ok_or_else(|| "the network's output is NaN: try a smaller learning rate".into())
}

/// The largest |a − b| of numbers at the same places.
pub fn largest_difference(a: &[impl Copy + Into<f64>], b: &[impl Copy + Into<f64>]) -> f64 {
    assert_eq!(a.len(), b.len(), "as many numbers on both sides");
    largest(a.iter().zip(b).map(|(&a, &b)| (a.into() - b.into()).abs()))
}

/// The largest of differences or residuals. A NaN, which `f64::max` would pass over, counts as infinite.
pub fn largest(differences: impl IntoIterator<Item = f64>) -> f64 {
    let or_infinite = |apart: f64| if apart.is_nan() { f64::INFINITY } else { apart };
    differences.into_iter().map(or_infinite).fold(0.0, f64::max)
}

/// Runs `$run(options, &device)` on the device that the options name; everything drawn there comes from the seed.
#[allow(unused_macros, reason = "an example that trains nothing has no device to choose")]
macro_rules! on_device {
    ($options:expr, $run:ident) => {{
        let options = $options;
        let seed = options.common.seed;
        match options.common.device {
            $crate::support::Place::Cpu => $run(options, &Cpu::seed_from_u64(seed)),
            #[cfg(feature = "cuda")]
            $crate::support::Place::Cuda => match tensor_core::cuda::device(0, seed) {
                Ok(device) => $run(options, &device),
                Err(error) => Err(error.into()),
            },
            #[cfg(not(feature = "cuda"))]
            $crate::support::Place::Cuda => {
                Err("this example was built without GPU support: build it with `--features cuda`".into())
            }
        }
    }};
}
#[allow(unused_imports, reason = "as above")]
pub(crate) use on_device;

/// Puts a network's weights and the curve of its losses, one for each `unit`, into a folder, and says where they are.
pub fn save<N: StateDict<f32, D>, D: Device<f32>>(
    net: &N,
    (title, unit, losses): (&str, &str, &[f64]),
    folder: &Path,
    name: &str,
) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("can't create `{}`: {error}", folder.display()))?;
    let weights = folder.join(name).with_extension("safetensors");
    net.save(&weights)?;
    let pictures = Chart::new(title)
        .horizontal(unit)
        .vertical("loss in nats")
        .curve("training loss", (1..).map(f64::from).zip(losses.iter().copied()))
        .save(folder.join("loss"))?;
    println!("weights: {}", weights.display());
    println!("curve: {}, {}\n", pictures.svg.display(), pictures.png.display());
    Ok(())
}

/// Puts the report of a training into a folder, with the command and where it ran, and says where it is.
pub fn report(report: Report, options: &Common, folder: &Path) -> Result<(), Box<dyn Error>> {
    let path = folder.join("report.html");
    let command = std::env::args().collect::<Vec<_>>().join(" ");
    report.command(command).seed(options.seed).environment().save(&path)?;
    println!("report: {}\n", path.display());
    Ok(())
}

/// Ends an example: an error is one sentence on standard error and a failing exit code.
pub fn end(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
