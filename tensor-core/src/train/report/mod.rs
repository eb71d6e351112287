//! A training as one page of HTML.

mod chart;
mod confusion;
mod environment;
mod html;
mod network;
mod overview;
mod page;
mod sample;
mod ticks;

use std::{
    fmt::Display,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{ConfusionMatrix, Outcome, Records, log};
use crate::layer::Network;
use crate::plan::Summary;
use environment::Environment;
use sample::Sample;

/// What came out of a training, as one HTML file that needs nothing beside it: no network, no fonts, no other files.
///
/// A summary, the curves, the confusion matrix, samples, the network as a diagram with the size of all that flows through it,
/// and the machine. What is not given is left out. The page follows the reader's choice of light or dark and fits
/// telephones; a little script in it shows values under the pointer, without which it is complete as well.
///
/// ```
/// use tensor_core::prelude::*;
/// use tensor_core::train::{ConfusionMatrix, Records, Record, Report, Sink};
///
/// layer! {
///     pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) }
/// }
/// let net = TwoLayer::new(&Cpu::default());
/// let mut records = Records::new();
/// for step in 1..=20 {
///     let loss = 1.0 / step as f64;
///     records.record(&Record { step, epoch: step as f64 / 8.0, seconds: 0.1, values: &[("train/loss", loss)] })?;
/// }
///
/// # let folder = std::env::temp_dir().join(format!("tensor-core-report-{}", std::process::id()));
/// Report::new("Irises")
///     .result("test accuracy", 0.967)
///     .records(&records)
///     .confusion(&ConfusionMatrix::new(["setosa", "virginica"], &[0, 1, 1], &[0, 1, 0]))
///     .network(&net)
///     .seed(0)
///     .environment()
///     .save(folder.join("report.html"))?;
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    title: String,
    results: Vec<(String, String)>,
    curves: Vec<Curve>,
    steps: Option<u64>,
    epochs: Option<f64>,
    seconds: Option<f64>,
    summary: Option<Summary>,
    confusion: Option<ConfusionMatrix>,
    samples: Vec<Sample>,
    command: Option<String>,
    seed: Option<u64>,
    environment: Option<Environment>,
    error: Option<(String, &'static str)>,
}

/// What was measured under one name.
#[derive(Clone, Debug)]
struct Curve {
    /// With its group: `train/loss`.
    name: String,
    /// Steps and values, in the order of the steps.
    points: Vec<(f64, f64)>,
}

/// A report that can't be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A sample picture is of a kind that browsers don't show.
    #[error("the picture `{caption}` is {found}; PNG, JPEG, GIF, WebP and SVG can be shown")]
    Picture {
        /// Its caption.
        caption: String,
        /// What it seems to be.
        found: &'static str,
    },
    /// A folder or the file can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// Why the operating system refused.
        source: io::Error,
    },
}

impl Report {
    /// A report of nothing but a title.
    pub fn new(title: impl Into<String>) -> Self {
        Report {
            title: title.into(),
            results: Vec::new(),
            curves: Vec::new(),
            steps: None,
            epochs: None,
            seconds: None,
            summary: None,
            confusion: None,
            samples: Vec::new(),
            command: None,
            seed: None,
            environment: None,
            error: None,
        }
    }

    /// Adds a result, which stands at the top: `.result("test accuracy", 0.967)`.
    pub fn result(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.results.push((name.into(), value.to_string()));
        self
    }

    /// Adds all curves of a log, and how many steps, epochs and seconds the training took.
    pub fn records(mut self, records: &Records) -> Self {
        for name in records.names() {
            self = self.curve(name, records.curve(name).map(|point| (point.step as f64, point.value)));
        }
        self.epochs = Some(records.epochs());
        self.steps(records.steps())
            .duration(Duration::try_from_secs_f64(records.seconds()).unwrap_or_default())
    }

    /// Adds what a trainer's run measured, and how many steps, epochs and seconds it took.
    pub fn outcome(mut self, run: &Outcome) -> Self {
        for name in run.history.names() {
            self = self.curve(name, run.history.curve(name).iter().copied());
        }
        self.epochs = Some(run.epochs as f64).filter(|epochs| *epochs > 0.0);
        self.steps(run.steps).duration(Duration::try_from_secs_f64(run.seconds).unwrap_or_default())
    }

    /// Adds one curve: steps and what was measured then. The part of its name before `/` is its group; curves whose names are
    /// the same but for the group stand in one chart. What is called `memory` is taken for bytes, and shown in MB.
    pub fn curve(mut self, name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let (mut name, mut points) = (name.into(), points.into_iter().collect::<Vec<_>>());
        if log::parts(&name).1 == "memory" {
            name += "_in_MB";
            points.iter_mut().for_each(|point| point.1 /= 1e6);
        }
        self.curves.push(Curve { name, points });
        self
    }

    /// Says how many optimizer steps were done.
    pub fn steps(mut self, steps: u64) -> Self {
        self.steps = Some(steps);
        self
    }

    /// Says how long the training took.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.seconds = Some(duration.as_secs_f64());
        self
    }

    /// Draws the network, with the axes that it declares.
    pub fn network<N: Network>(self, _: &N) -> Self {
        self.summary(Summary::of(N::PLAN))
    }

    /// Draws the network of this summary, with the axes that it is counted at: `net.summary().at([32, 4])`.
    pub fn summary(mut self, summary: Summary) -> Self {
        self.summary = Some(summary);
        self
    }

    /// Adds a confusion matrix.
    pub fn confusion(mut self, matrix: &ConfusionMatrix) -> Self {
        self.confusion = Some(matrix.clone());
        self
    }

    /// Adds a picture, such as of what the network makes: the bytes of a PNG, JPEG, GIF, WebP or SVG file.
    pub fn picture(mut self, caption: impl Into<String>, file: &[u8]) -> Self {
        let caption = caption.into();
        match Sample::picture(caption.clone(), file) {
            Ok(sample) => self.samples.push(sample),
            // Told when the report is saved, so that one `?` is enough.
            Err(found) => self.error = self.error.or(Some((caption, found))),
        }
        self
    }

    /// Adds a text, such as one that the network wrote.
    pub fn text(mut self, caption: impl Into<String>, text: impl Into<String>) -> Self {
        self.samples.push(Sample::text(caption.into(), text.into()));
        self
    }

    /// Names the command that trains the same again, in place of that of this process.
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// Names the seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Adds what the training ran on, and with which command: operating system, processor, threads, versions, the time. The
    /// user's home folder is shortened to `~`; no name of a user or machine and no environment variable is noted.
    pub fn environment(mut self) -> Self {
        self.environment = Some(Environment::here());
        self
    }

    /// The page.
    ///
    /// # Errors
    /// [`ReportError::Picture`].
    pub fn to_html(&self) -> Result<String, ReportError> {
        match &self.error {
            Some((caption, found)) => Err(ReportError::Picture { caption: caption.clone(), found }),
            None => Ok(page::write(self)),
        }
    }

    /// Writes the page to `path`, by way of a file of another name, so that there is never half a page; makes the folder if need
    /// be.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ReportError> {
        let path = path.as_ref();
        let page = self.to_html()?;
        let failed = |source| ReportError::Write { path: path.to_owned(), source };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        crate::io::replace(path, |file| file.write_all(page.as_bytes())).map_err(failed)
    }
}

#[cfg(test)]
mod tests;
