//! The loop.

use std::ops::ControlFlow;

use dfdx::prelude::Device;

use super::look::Look;
use super::means::Means;
use super::{
    Best, Clock, Fault, Group, Moment, Outcome, Source, Step, Stopped, TrainError, Trainer, lists, memory,
};
use crate::exec::random::{seeded, step_seed};
use crate::io::StateDtype;
use crate::layer::Layer;
use crate::optim::Rule;
use crate::param::Element;
use crate::train::Record;

#[cfg(feature = "progress")]
type Shown = Option<crate::train::Progress>;
#[cfg(not(feature = "progress"))]
type Shown = Option<std::convert::Infallible>;

impl<'t, N: Layer<E, D>, R: Rule, E: Element + StateDtype, D: Device<E>> Trainer<'t, N, R, E, D> {
    /// Trains: `learn` is called with each batch of `source`, until the steps or epochs are done, the source has no more, nothing
    /// becomes better, or a callback breaks.
    ///
    /// A source is given from its beginning, also where the training goes on from a checkpoint, or after an error.
    ///
    /// # Errors
    /// [`TrainError`]. Weights, optimizer and counts are then those after the last whole step (on a GPU, after a loss that is not
    /// finite, those that it left; see [`Step::learn`]).
    pub fn fit<S: Source, T>(
        &mut self,
        mut source: S,
        mut learn: impl FnMut(&mut Step<'_, 't, N, R, E, D>, S::Batch) -> Result<T, Fault>,
    ) -> Result<Outcome, TrainError> {
        let per_epoch = source.per_epoch();
        self.check(per_epoch)?;
        self.begin(per_epoch)?;
        self.clock = Clock::new();
        let result = self.go_through(&mut source, &mut learn, per_epoch);
        let result = match result {
            Ok(()) => self.end(per_epoch),
            Err(error) => Err(error),
        };
        self.course.seconds = self.seconds();
        self.clock = Clock::new();
        result?;
        Ok(Outcome {
            stopped: self.course.stopped.unwrap_or(Stopped::Done),
            steps: self.course.step,
            epochs: self.course.epoch,
            skipped: self.course.skipped,
            seconds: self.course.seconds,
            best: self.course.best,
            resumed: self.resumed,
            history: self.course.history.clone(),
        })
    }

    fn begin(&mut self, per_epoch: Option<u64>) -> Result<(), TrainError> {
        if self.begun {
            // After a training that was done, its last weights again.
            return if self.given_out { self.exchange() } else { Ok(()) };
        }
        let device = |source| TrainError::Pass { step: 1, source };
        if !self.optimizer.has_seen() {
            self.optimizer.watch(self.net);
        }
        self.begin_together()?;
        if self.settings.average.is_some() {
            self.averages = Some(lists::copy(self.net).map_err(device)?);
        }
        self.take_up(per_epoch)?;
        if let Some(step) = self.resumed
            && self.writes()
        {
            self.settings.sinks.iter_mut().try_for_each(|sink| sink.resume(step))?;
        }
        self.begun = true;
        Ok(())
    }

    /// Whether there is nothing left to do.
    fn is_over(&self) -> bool {
        self.course.stopped.is_some()
            || self.settings.epochs.is_some_and(|epochs| self.course.epoch >= epochs)
            || self.settings.steps.is_some_and(|steps| self.course.step >= steps)
    }

    fn go_through<S: Source, T>(
        &mut self,
        source: &mut S,
        learn: &mut impl FnMut(&mut Step<'_, 't, N, R, E, D>, S::Batch) -> Result<T, Fault>,
        per_epoch: Option<u64>,
    ) -> Result<(), TrainError> {
        if self.is_over() {
            return Ok(());
        }
        let mut shown = self.shown();
        source.skip_epochs(self.course.epoch);
        while !self.is_over() {
            let mut batches = source.epoch();
            if let Some(last) = self.course.batch.checked_sub(1) {
                batches.nth(last as usize);
            }
            while !self.is_over() {
                let Some(batch) = batches.next() else { break };
                let before = self.counts();
                self.deal(batch, learn)?;
                self.after(before, per_epoch, &mut shown)?;
            }
            drop(batches);
            if self.course.batch == 0 {
                break; // the source has no other pass
            }
            if self.is_over() && per_epoch != Some(self.course.batch) {
                break; // within an epoch
            }
            let before = self.counts();
            if self.group.count > 0 {
                self.change()?;
            }
            (self.course.epoch, self.course.batch) = (self.course.epoch + 1, 0);
            self.after(before, per_epoch, &mut shown)?;
        }
        Ok(())
    }

    fn counts(&self) -> (u64, u64) {
        (self.course.step, self.course.epoch)
    }

    /// One batch.
    fn deal<B, T>(
        &mut self,
        batch: B,
        learn: &mut impl FnMut(&mut Step<'_, 't, N, R, E, D>, B) -> Result<T, Fault>,
    ) -> Result<(), TrainError> {
        let gathered = self.group.batches;
        self.group.done = false;
        let (seed, number) = (self.settings.seed, self.course.step + 1);
        self.weight = None;
        let own = step_seed(seed.unwrap_or(0), self.course.batches);
        let mut step = Step::new(self, own);
        let result = match seed {
            Some(_) => seeded(own, || learn(&mut step, batch)),
            None => learn(&mut step, batch),
        };
        if let Err(fault) = result {
            if !self.group.done {
                // What was gathered before is gathered again where the training goes on.
                self.course.batch -= gathered;
                self.course.batches -= gathered;
                self.leave_out();
            }
            return Err(TrainError::of(fault, number));
        }
        self.group.batches = if self.group.done { 0 } else { gathered + 1 };
        self.course.batch += 1;
        self.course.batches += 1;
        Ok(())
    }

    /// What happens after a batch or an epoch.
    fn after(
        &mut self,
        before: (u64, u64),
        per_epoch: Option<u64>,
        shown: &mut Shown,
    ) -> Result<(), TrainError> {
        let now = self.counts();
        if before == now {
            return Ok(());
        }
        if before.0 / self.settings.log_every != now.0 / self.settings.log_every {
            self.record_steps(per_epoch)?;
        }
        if before.1 != now.1 {
            let mut values = self.course.of_epoch.take();
            values.extend(memory::resident().map(|bytes| ("epoch/memory".to_owned(), bytes)));
            self.record(&values, per_epoch)?;
        }
        let measured = self.evaluate_if(|every| every.is_due(before, now), per_epoch)?;
        let all = self.evaluations.iter().all(|(every, _)| every.is_due(before, now));
        self.tell_schedule(&measured, all)?;
        self.call_back(before, now);
        self.show(before, shown);
        let checkpoints = self.settings.checkpoints.as_ref();
        if checkpoints.is_some_and(|checkpoints| checkpoints.every.is_due(before, now)) {
            self.keep(per_epoch)?;
        }
        Ok(())
    }

    fn record_steps(&mut self, per_epoch: Option<u64>) -> Result<(), TrainError> {
        let mut values = self.course.recent.take();
        values.push(("train/learning_rate".to_owned(), self.optimizer.learning_rate()));
        let seconds = self.clock.recorded.elapsed().as_secs_f64();
        values.push(("train/rows_per_second".to_owned(), self.clock.rows as f64 / seconds.max(1e-9)));
        (self.clock.recorded, self.clock.rows) = (std::time::Instant::now(), 0);
        self.record(&values, per_epoch)
    }

    /// Puts measures into the history and sends them to the sinks.
    fn record(&mut self, values: &[(String, f64)], per_epoch: Option<u64>) -> Result<(), TrainError> {
        let step = self.course.step;
        values.iter().for_each(|(name, value)| self.course.history.add(name, step, *value));
        let part = per_epoch.map_or(0.0, |count| self.course.batch as f64 / count.max(1) as f64);
        let values: Vec<(&str, f64)> = values.iter().map(|(name, value)| (&**name, *value)).collect();
        let (epoch, seconds) = (self.course.epoch as f64 + part, self.seconds());
        let record = Record { step, epoch, seconds, values: &values };
        for sink in &mut self.settings.sinks {
            sink.record(&record)?;
        }
        Ok(())
    }

    /// Seconds since the training began.
    pub(super) fn seconds(&self) -> f64 {
        self.course.seconds + self.clock.began.elapsed().as_secs_f64()
    }

    /// Evaluates by those closures whose time it is, and gives what they measured.
    fn evaluate_if(
        &mut self,
        is_due: impl Fn(super::Every) -> bool,
        per_epoch: Option<u64>,
    ) -> Result<Vec<(String, f64)>, TrainError> {
        if !self.evaluations.iter().any(|(every, _)| is_due(*every)) {
            return Ok(Vec::new());
        }
        let number = self.course.step;
        let pass = |source| TrainError::Pass { step: number, source };
        if let Some(averages) = &mut self.averages {
            lists::swap(self.net, averages).map_err(pass)?;
        }
        let found = self.look(&is_due);
        if let Some(averages) = &mut self.averages {
            lists::swap(self.net, averages).map_err(pass)?;
        }
        let values = found?;
        self.course.evaluated = Some(number);
        self.record(&values, per_epoch)?;
        Ok(values)
    }

    /// Lets the schedule have what it watches, where that was measured now. Where all evaluations were made and it was not,
    /// nothing measures it.
    fn tell_schedule(&mut self, measured: &[(String, f64)], all: bool) -> Result<(), TrainError> {
        let Some(schedule) = self.settings.schedule.as_mut().filter(|_| !measured.is_empty()) else {
            return Ok(());
        };
        let Some(name) = schedule.watches() else { return Ok(()) };
        match measured.iter().find(|(other, _)| other == name) {
            Some(&(_, value)) => schedule.measured(value),
            None if all => return Err(no_measure(name, measured)),
            None => {}
        }
        Ok(())
    }

    /// Measures, and keeps the weights if they are the best. The network has the averaged weights now, where there are some.
    fn look(&mut self, is_due: &impl Fn(super::Every) -> bool) -> Result<Vec<(String, f64)>, TrainError> {
        let number = self.course.step;
        let mut means = Means::default();
        for (every, evaluation) in &mut self.evaluations {
            if is_due(*every) {
                let mut look = Look::new(&*self.net, number, &mut means);
                evaluation(&mut look).map_err(|fault| TrainError::of(fault, number))?;
            }
        }
        let values = means.take();
        let Some(goal) = &self.settings.goal else { return Ok(values) };
        let measured = values.iter().find(|(name, _)| *name == goal.name).map(|found| found.1);
        let Some(value) = measured.or_else(|| self.course.history.last(&goal.name)) else {
            return Err(no_measure(&goal.name, &values));
        };
        if self.course.best.is_none_or(|best| goal.is_better(value, best.value)) {
            let weights =
                lists::copy(self.net).map_err(|source| TrainError::Pass { step: number, source })?;
            self.best = Some(weights);
            (self.course.best, self.course.waited) = (Some(Best { step: number, value }), 0);
        } else {
            self.course.waited += 1;
            if self.settings.patience.is_some_and(|patience| self.course.waited >= patience) {
                self.course.stopped = Some(Stopped::NoImprovement);
            }
        }
        Ok(values)
    }

    fn call_back(&mut self, before: (u64, u64), now: (u64, u64)) {
        let moment = Moment { step: now.0, epoch: now.1, net: &*self.net, history: &self.course.history };
        for (every, callback) in &mut self.callbacks {
            if every.is_due(before, now) && callback(&moment) == ControlFlow::Break(()) {
                self.course.stopped = Some(Stopped::Asked);
            }
        }
    }

    /// All is done, or nothing becomes better.
    fn end(&mut self, per_epoch: Option<u64>) -> Result<(), TrainError> {
        if self.course.evaluated != Some(self.course.step) && self.course.step > 0 {
            self.evaluate_if(|_| true, per_epoch)?;
        }
        if !self.course.recent.sums.is_empty() {
            self.record_steps(per_epoch)?;
        }
        self.group = Group::new();
        self.keep(per_epoch)?;
        for sink in &mut self.settings.sinks {
            sink.flush()?;
        }
        self.exchange()
    }

    #[cfg(feature = "progress")]
    fn shown(&self) -> Shown {
        let label = self.settings.progress.clone()?;
        let (total, done) = match (self.settings.epochs, self.settings.steps) {
            (Some(epochs), _) => (epochs, self.course.epoch),
            (None, Some(steps)) => (steps, self.course.step),
            (None, None) => (0, 0),
        };
        Some(crate::train::Progress::new(label, total).resumed(done))
    }

    #[cfg(not(feature = "progress"))]
    fn shown(&self) -> Shown {
        None
    }

    #[cfg(feature = "progress")]
    fn show(&self, before: (u64, u64), shown: &mut Shown) {
        let Some(progress) = shown else { return };
        let by_epochs = self.settings.epochs.is_some();
        let done = if by_epochs { self.course.epoch != before.1 } else { self.course.step != before.0 };
        if done {
            progress.step(Message {
                history: &self.course.history,
                own: if by_epochs { "epoch" } else { "train" },
            });
        }
    }

    #[cfg(not(feature = "progress"))]
    fn show(&self, _: (u64, u64), _: &mut Shown) {}
}

fn no_measure(name: &str, values: &[(String, f64)]) -> TrainError {
    let names: Vec<String> = values.iter().map(|(name, _)| format!("`{name}`")).collect();
    TrainError::NoMeasure { name: name.to_owned(), had: names.join(", ") }
}

/// What progress says: the loss, what was noted, what was measured last.
#[cfg(feature = "progress")]
struct Message<'m> {
    history: &'m super::History,
    /// `train` or `epoch`.
    own: &'static str,
}

#[cfg(feature = "progress")]
impl std::fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const UNSAID: [&str; 5] =
            ["learning_rate", "rows_per_second", "gradient_norm", "memory", "perplexity"];
        let last = |name: &str| self.history.last(name).unwrap_or(f64::NAN);
        let loss = format!("{}/loss", self.own);
        write!(f, "loss {:.4}", last(&loss))?;
        for name in self.history.names().filter(|name| *name != loss) {
            match name.split_once('/') {
                Some((_, short)) if UNSAID.contains(&short) => {}
                Some((group, short)) if group == self.own => write!(f, "  {short} {:.4}", last(name))?,
                Some(("train" | "epoch", _)) => {}
                Some((group, short)) => write!(f, "  {group} {short} {:.4}", last(name))?,
                None => write!(f, "  {name} {:.4}", last(name))?,
            }
        }
        Ok(())
    }
}
