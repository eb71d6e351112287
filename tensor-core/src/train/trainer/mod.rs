//! The loop of a training.
//!
//! - `step`: what a closure of the user's does with a batch. `look`: what one does to evaluate.
//! - `fit`: the loop. `keeping`: checkpoints, and going on from them.
//! - `course`, `history`, `means`: what is counted and measured. `lists`: weights as numbers.

mod course;
mod error;
mod every;
mod fit;
mod history;
mod keeping;
mod lists;
mod look;
mod means;
mod memory;
mod ranks;
mod settings;
mod source;
mod step;

use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::time::Instant;

use dfdx::prelude::{Device, Gradients};

pub(crate) use course::Course;
pub use course::{Best, Stopped};
pub use error::{Fault, TrainError};
pub use every::{Every, Goal};
pub(crate) use history::Curve;
pub use history::History;
pub use look::Look;
pub(crate) use means::Means;
pub(crate) use ranks::Ranks;
pub use source::{ByEpochs, Source};
pub use step::Step;

use super::{Checkpoints, Norms, OnAnomaly, Schedule, Sink};
use crate::layer::Layer;
use crate::optim::Optimizer;
use crate::param::Element;
use lists::Lists;

/// Trains a network: the loop that everybody writes.
///
/// Settings come one after another, then [`fit`](Self::fit) goes through the data. What is done with a batch is a closure, whose
/// lines are those of a loop by hand: [`Step::learn`] stands for [`Optimizer::train_step`], [`Step::learn_by`] for a pass, a
/// loss and a way back of one's own. A loop that is moved into it gives the same bits.
///
/// ```
/// use tensor_core::loss::CrossEntropy;
/// use tensor_core::optim::{AdamW, Optimizer};
/// use tensor_core::prelude::*;
/// use tensor_core::train::{Cosine, Every, Goal, Trainer};
///
/// layer! { pub struct TwoLayer: [2] -> [2] { hidden: linear(2 -> 16), relu, output: linear(16 -> 2) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let points = |seed| Cpu::seed_from_u64(seed).sample_normal::<Rank2<32, 2>>();
/// let right = |x: &Tensor<Rank2<32, 2>, f32, Cpu>| x.array().map(|[a, b]| usize::from(a > b));
/// let test = points(1000);
///
/// let mut net = TwoLayer::new(&device);
/// let run = Trainer::new(&mut net, Optimizer::new(AdamW::default()).clip_norm(1.0))
///     .schedule(Cosine { peak: 0.02, floor: 0.0, steps: 200 })
///     .steps(200)
///     .evaluate(Every::Steps(50), |look| look.classify(test.clone(), &right(&test)))
///     .best(Goal::highest("validation/accuracy"))
///     .fit((0..).map(points), |step, x| step.learn(x.clone(), CrossEntropy(&right(&x))))?;
/// assert!(run.best.is_some_and(|best| best.value > 0.9));
/// assert_eq!(run.history.curve("train/loss").len(), 200);
/// # Ok::<(), tensor_core::train::TrainError>(())
/// ```
///
/// # What is measured
/// | | |
/// |---|---|
/// | `train/loss`, `train/learning_rate`, `train/rows_per_second` | of each step, or the mean of some ([`log_every`](Self::log_every)) |
/// | `train/gradient_norm` | before clipping, if the optimizer clips; [`clip_norm(f64::INFINITY)`](Optimizer::clip_norm) measures alone |
/// | `train/…`, `epoch/…` | what [`Step::note`] says: of steps, and the means of epochs |
/// | `epoch/loss` | the mean over an epoch's rows |
/// | `epoch/memory` | bytes of memory that the process has, where the system tells |
/// | `validation/…` | what [`evaluate`](Self::evaluate)'s closures measure |
///
/// They go to [`sinks`](Self::sink), into [`Outcome::history`], and to [`callbacks`](Self::each).
///
/// # Errors
/// A training stops at the first loss that is not finite, before it changes the weights (on a GPU, where the loss is read later,
/// after it); [`on_anomaly`](Self::on_anomaly)
/// can leave such a step out. The error says in which item the first number arose that is not finite. A norm of the gradients
/// that is far larger than those before, where it is measured, is a [warning](Self::warnings).
pub struct Trainer<'t, N, R, E: Element, D: Device<E>> {
    net: &'t mut N,
    optimizer: Optimizer<R, E>,
    settings: Settings<'t>,
    evaluations: Vec<(Every, Evaluation<'t, N, E, D>)>,
    callbacks: Vec<(Every, Callback<'t, N>)>,
    course: Course,
    /// Of the batches since the last change of the weights.
    group: Group<E, D>,
    averages: Option<Lists<E>>,
    best: Option<Lists<E>>,
    clock: Clock,
    begun: bool,
    /// Whether the network has the best or averaged weights.
    given_out: bool,
    resumed: Option<u64>,
    /// The other processes that train with this one.
    ranks: Option<Box<dyn Ranks<N, R, E, D> + 't>>,
    /// This process's share of the batch, where it was told.
    weight: Option<f64>,
    device: PhantomData<D>,
}

type Evaluation<'t, N, E, D> = Box<dyn FnMut(&mut Look<'_, N, E, D>) -> Result<(), Fault> + 't>;
type Callback<'t, N> = Box<dyn FnMut(&Moment<'_, N>) -> ControlFlow<()> + 't>;

/// What is set before a training begins.
struct Settings<'t> {
    schedule: Option<Box<dyn Schedule + 't>>,
    epochs: Option<u64>,
    steps: Option<u64>,
    seed: Option<u64>,
    accumulate: u64,
    average: Option<f64>,
    goal: Option<Goal>,
    patience: Option<u64>,
    log_every: u64,
    on_anomaly: OnAnomaly,
    /// Looks for gradients that explode.
    norms: Norms,
    checkpoints: Option<Checkpoints>,
    sinks: Vec<Box<dyn Sink + 't>>,
    warn: Box<dyn FnMut(&str) + 't>,
    #[cfg(feature = "progress")]
    progress: Option<String>,
}

/// Batches whose gradients are gathered for one change of the weights.
struct Group<E: Element, D: Device<E>> {
    /// Losses of which gradients were gathered.
    count: u64,
    /// Batches that were dealt since.
    batches: u64,
    loss: f64,
    rows: u64,
    how: Option<How>,
    /// Those of dfdx's tape.
    gradients: Option<Gradients<E, D>>,
    /// Whether the last batch changed weights, or was left out.
    done: bool,
    /// Whether gradients are on their way to other processes.
    travels: bool,
    /// Whether they are those of all processes.
    together: bool,
}

impl<E: Element, D: Device<E>> Group<E, D> {
    fn new() -> Self {
        Group {
            count: 0,
            batches: 0,
            loss: 0.0,
            rows: 0,
            how: None,
            gradients: None,
            done: false,
            travels: false,
            together: false,
        }
    }
}

/// Where gradients are gathered.
#[derive(Clone, Copy, PartialEq)]
enum How {
    /// By the optimizer.
    Lists,
    /// On dfdx's tape.
    Tape,
}

struct Clock {
    began: Instant,
    /// Since the last record.
    recorded: Instant,
    rows: u64,
}

impl Clock {
    fn new() -> Self {
        Clock { began: Instant::now(), recorded: Instant::now(), rows: 0 }
    }
}

/// Where a training is, for a callback.
#[derive(Debug)]
pub struct Moment<'m, N> {
    /// Changes of the weights that were made.
    pub step: u64,
    /// Whole passes over the data.
    pub epoch: u64,
    /// The network.
    pub net: &'m N,
    /// All that was measured.
    pub history: &'m History,
}

/// What came of a training.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why it ended.
    pub stopped: Stopped,
    /// Changes of the weights.
    pub steps: u64,
    /// Whole passes over the data.
    pub epochs: u64,
    /// Groups of batches that were left out, since something was not finite.
    pub skipped: u64,
    /// How long it took, with the time before it was taken up again.
    pub seconds: f64,
    /// The best state, if [`Trainer::best`] asked for it.
    pub best: Option<Best>,
    /// After which step it was taken up again, if it was.
    pub resumed: Option<u64>,
    /// All that was measured.
    pub history: History,
}

impl<'t, N, R, E: Element, D: Device<E>> Trainer<'t, N, R, E, D> {
    /// The network; in a closure that evaluates, [`Look::net`] is meant.
    pub fn net(&self) -> &N {
        self.net
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &Optimizer<R, E> {
        &self.optimizer
    }

    /// All that was measured.
    pub fn history(&self) -> &History {
        &self.course.history
    }
}

impl<N: Layer<E, D>, R, E: Element, D: Device<E>> std::fmt::Debug for Trainer<'_, N, R, E, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trainer")
            .field("network", &N::PLAN.name)
            .field("step", &self.course.step)
            .field("epoch", &self.course.epoch)
            .finish_non_exhaustive()
    }
}
