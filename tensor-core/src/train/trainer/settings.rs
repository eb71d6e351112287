//! What is set before a training begins.

use std::marker::PhantomData;
use std::ops::ControlFlow;

use dfdx::prelude::Device;

use super::{Clock, Course, Every, Fault, Goal, Group, Look, Moment, Settings, TrainError, Trainer};
use crate::layer::Layer;
use crate::ops::Op;
use crate::optim::{Optimizer, Rule};
use crate::param::Element;
use crate::plan::{Item, Node};
use crate::train::checkpoint::Terms;
use crate::train::{Checkpoints, Norms, OnAnomaly, Schedule, Sink};

impl<'t, N: Layer<E, D>, R: Rule, E: Element, D: Device<E>> Trainer<'t, N, R, E, D> {
    /// Trains this network with this optimizer.
    pub fn new(net: &'t mut N, optimizer: Optimizer<R, E>) -> Self {
        let settings = Settings {
            schedule: None,
            epochs: None,
            steps: None,
            seed: None,
            accumulate: 1,
            average: None,
            goal: None,
            patience: None,
            log_every: 1,
            on_anomaly: OnAnomaly::Stop,
            norms: Norms::new(10.0),
            checkpoints: None,
            sinks: Vec::new(),
            warn: Box::new(|warning| eprintln!("warning: {warning}")),
            #[cfg(feature = "progress")]
            progress: None,
        };
        Trainer {
            net,
            optimizer,
            settings,
            evaluations: Vec::new(),
            callbacks: Vec::new(),
            course: Course::default(),
            group: Group::new(),
            averages: None,
            best: None,
            clock: Clock::new(),
            begun: false,
            given_out: false,
            resumed: None,
            ranks: None,
            weight: None,
            device: PhantomData,
        }
    }

    /// Trains with other processes.
    #[cfg(feature = "mpi")]
    pub(crate) fn among(mut self, ranks: Box<dyn super::Ranks<N, R, E, D> + 't>) -> Self {
        self.ranks = Some(ranks);
        self
    }

    /// The learning rate of each step; without it, it stays that of the optimizer. One that watches a measure, such as
    /// [`Plateau`](crate::train::Plateau), is told what [`evaluate`](Self::evaluate) finds.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 't) -> Self {
        self.settings.schedule = Some(Box::new(schedule));
        self
    }

    /// Goes through the data so many times at most.
    #[must_use]
    pub fn epochs(mut self, count: u64) -> Self {
        self.settings.epochs = Some(count);
        self
    }

    /// Changes the weights so many times at most.
    #[must_use]
    pub fn steps(mut self, count: u64) -> Self {
        self.settings.steps = Some(count);
        self
    }

    /// What is drawn with a batch, by dropout and by closures that ask [`Step::random`](super::Step::random), comes from this
    /// seed and the batch's number alone; as [`seeded`](crate::train::seeded) does with
    /// [`step_seed`](crate::train::step_seed).
    ///
    /// Without it dropout draws from the device, as a loop by hand does. Then a training with dropout can't be taken up again.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }

    /// Gathers the gradients of so many batches for each change of the weights: their mean. What is left at the end of an epoch
    /// is a change too, each batch with the same share.
    #[must_use]
    pub fn accumulate(mut self, batches: u64) -> Self {
        self.settings.accumulate = batches;
        self
    }

    /// Keeps exponential moving averages of the weights, `average · decay + weight · (1 − decay)` after each step. They are what
    /// is evaluated, and what the network has in the end.
    ///
    /// # Source
    /// "Acceleration of Stochastic Approximation by Averaging", Polyak and Juditsky, 1992, in the exponential form.
    #[must_use]
    pub fn average(mut self, decay: f64) -> Self {
        self.settings.average = Some(decay);
        self
    }

    /// Measures the network, now and then and at the end.
    #[must_use]
    pub fn evaluate(
        mut self,
        every: Every,
        measure: impl FnMut(&mut Look<'_, N, E, D>) -> Result<(), Fault> + 't,
    ) -> Self {
        self.evaluations.push((every, Box::new(measure)));
        self
    }

    /// Keeps the weights of the evaluation at which this measure was best; the network has them in the end.
    #[must_use]
    pub fn best(mut self, goal: Goal) -> Self {
        self.settings.goal = Some(goal);
        self
    }

    /// Stops after so many evaluations in a row that were not better than the [`best`](Self::best).
    #[must_use]
    pub fn patience(mut self, evaluations: u64) -> Self {
        self.settings.patience = Some(evaluations);
        self
    }

    /// Calls a closure now and then; where it breaks, the training ends as if it were done.
    #[must_use]
    pub fn each(
        mut self,
        every: Every,
        callback: impl FnMut(&Moment<'_, N>) -> ControlFlow<()> + 't,
    ) -> Self {
        self.callbacks.push((every, Box::new(callback)));
        self
    }

    /// Sends what is measured there too.
    #[must_use]
    pub fn sink(mut self, sink: impl Sink + 't) -> Self {
        self.settings.sinks.push(Box::new(sink));
        self
    }

    /// Takes the means of so many steps as one measurement.
    #[must_use]
    pub fn log_every(mut self, steps: u64) -> Self {
        self.settings.log_every = steps;
        self
    }

    /// What is done about a step whose loss, or the norm of whose gradients, is not finite; it stops the training without this.
    #[must_use]
    pub fn on_anomaly(mut self, on_anomaly: OnAnomaly) -> Self {
        self.settings.on_anomaly = on_anomaly;
        self
    }

    /// Keeps the state of the training in a folder, and goes on from the newest there, if there is one: with the same bits as if
    /// it had never stopped.
    ///
    /// For that, all that closures do must depend on the batch alone; what they draw, on [`Step::random`](super::Step::random).
    #[must_use]
    pub fn checkpoints(mut self, checkpoints: impl Into<Checkpoints>) -> Self {
        self.settings.checkpoints = Some(checkpoints.into());
        self
    }

    /// As [`checkpoints`](Self::checkpoints), where there is a folder.
    #[must_use]
    pub fn resume(mut self, checkpoints: Option<impl Into<Checkpoints>>) -> Self {
        self.settings.checkpoints = checkpoints.map(Into::into);
        self
    }

    /// Shows progress under this name, on standard error.
    #[cfg(feature = "progress")]
    #[must_use]
    pub fn progress(mut self, label: impl Into<String>) -> Self {
        self.settings.progress = Some(label.into());
        self
    }

    /// Where warnings go, such as of a checkpoint that is damaged; standard error without it.
    #[must_use]
    pub fn warnings(mut self, warn: impl FnMut(&str) + 't) -> Self {
        self.settings.warn = Box::new(warn);
        self
    }

    /// Refuses settings that make no sense.
    pub(super) fn check(&self, per_epoch: Option<u64>) -> Result<(), TrainError> {
        let Settings { epochs, steps, accumulate, average, goal, patience, log_every, .. } = &self.settings;
        let refuse = |wrong: bool, sentence: &str| match wrong {
            true => Err(TrainError::Setting(sentence.to_owned())),
            false => Ok(()),
        };
        let checkpoints = self.settings.checkpoints.iter().map(|checkpoints| checkpoints.every);
        let mut often = self.evaluations.iter().map(|evaluation| evaluation.0);
        let often = often.any(|every| every.count() == 0)
            || self.callbacks.iter().any(|callback| callback.0.count() == 0)
            || checkpoints.into_iter().any(|every| every.count() == 0);
        let endless = epochs.is_none() && steps.is_none() && per_epoch.is_some();
        refuse(endless, "the training has no end: say how many `epochs` or `steps` it has")?;
        refuse(often, "what happens every 0 steps or epochs never happens")?;
        refuse(*accumulate == 0, "gradients of 0 batches can't be gathered")?;
        refuse(*log_every == 0, "there is no mean of 0 steps")?;
        refuse(
            average.is_some_and(|decay| !(0.0..1.0).contains(&decay)),
            "the decay of averages must be from 0 to below 1",
        )?;
        refuse(
            goal.is_some() && self.evaluations.is_empty(),
            "the best state is chosen by what `evaluate` measures, which is missing",
        )?;
        let watches = self.settings.schedule.as_ref().is_some_and(|schedule| schedule.watches().is_some());
        refuse(
            watches && self.evaluations.is_empty(),
            "the schedule goes by what `evaluate` measures, which is missing",
        )?;
        refuse(
            patience.is_some() && goal.is_none(),
            "`patience` waits for something better, and `best` has to say what that is",
        )?;
        refuse(
            self.settings.checkpoints.is_some() && self.settings.seed.is_none() && draws(N::PLAN.body),
            &format!(
                "`{}` has dropout, which draws from the device, whose state can't be saved: give the training a `seed`",
                N::PLAN.name
            ),
        )
    }

    /// What has to be the same where a training is taken up again.
    pub(super) fn terms(&self, per_epoch: Option<u64>) -> Terms {
        let Settings { seed, accumulate, average, goal, .. } = &self.settings;
        let remembers = self.optimizer.rule.remembers().join(" and ");
        Terms {
            seed: *seed,
            accumulate: *accumulate,
            per_epoch,
            average: average.map_or("none".to_owned(), |decay| decay.to_string()),
            remembers: if remembers.is_empty() { "nothing".to_owned() } else { remembers },
            goal: goal.as_ref().map_or("none".to_owned(), Goal::to_string),
        }
    }
}

/// Whether there is dropout.
fn draws(body: &[Item]) -> bool {
    body.iter().any(|item| match &item.node {
        Node::Op(Op::Dropout(dropout)) => dropout.probability > 0.0,
        Node::Op(Op::Attention(attention)) => attention.dropout > 0.0,
        Node::Op(_) => false,
        Node::Residual { body } => draws(body),
        Node::Fork { branches, .. } => branches.iter().any(|branch| draws(branch.body)),
        Node::Network { plan, .. } => draws(plan.body),
    })
}
