//! Checkpoints of a training, and going on from them.

use std::path::{Path, PathBuf};

use dfdx::prelude::Device;

use super::{Stopped, TrainError, Trainer, lists};
use crate::io::{StateDict, StateDtype};
use crate::layer::Layer;
use crate::optim::Rule;
use crate::param::Element;
use crate::train::checkpoint::{CheckpointError, Sections, Terms, from_text, sections_of, to_text};

const TRAINING: &str = "training";
const NETWORK: &str = "network";
const OPTIMIZER: &str = "optimizer";
const AVERAGES: &str = "averages";
const BEST: &str = "best";

impl<N: Layer<E, D>, R: Rule, E: Element + StateDtype, D: Device<E>> Trainer<'_, N, R, E, D> {
    /// Writes a checkpoint, if there is a folder for them.
    pub(super) fn keep(&mut self, per_epoch: Option<u64>) -> Result<(), TrainError> {
        let Some(checkpoints) = self.settings.checkpoints.clone() else { return Ok(()) };
        if self.group.count > 0 {
            return Ok(()); // the next change of the weights is as good
        }
        for sink in &mut self.settings.sinks {
            sink.flush()?;
        }
        let Some(optimizer) = self.whole_state()?.filter(|_| self.writes()) else { return Ok(()) };
        let sections = self.sections(per_epoch, optimizer)?;
        Ok(checkpoints.save(self.course.step, &sections)?)
    }

    fn sections(&mut self, per_epoch: Option<u64>, optimizer: Vec<u8>) -> Result<Sections, CheckpointError> {
        let mut course = self.course.clone();
        course.seconds = self.seconds();
        course.schedule = self.schedule_state();
        let mut sections = Sections::default();
        let mut put = |name: &str, content: Vec<u8>| sections.insert(name.to_owned(), content);
        put(TRAINING, to_text(&course, &self.terms(per_epoch)).into_bytes());
        put(NETWORK, self.net.save_bytes()?);
        put(OPTIMIZER, optimizer);
        for (name, weights) in [(AVERAGES, &mut self.averages), (BEST, &mut self.best)] {
            let Some(weights) = weights else { continue };
            lists::swap(self.net, weights)?;
            let saved = self.net.save_bytes();
            lists::swap(self.net, weights)?;
            put(name, saved?);
        }
        Ok(sections)
    }

    /// Goes on from the newest checkpoint, if there is one.
    pub(super) fn take_up(&mut self, per_epoch: Option<u64>) -> Result<(), TrainError> {
        let Some(checkpoints) = self.settings.checkpoints.clone() else { return Ok(()) };
        let mut path = checkpoints.folder().to_path_buf();
        let bytes = self.found_by_first(|trainer| {
            checkpoints.prepare()?;
            let Some(found) = checkpoints.newest(&mut *trainer.settings.warn)? else { return Ok(Vec::new()) };
            path = found.path;
            Ok(found.bytes)
        })?;
        if bytes.is_empty() {
            return Ok(());
        }
        let damaged = |reason| CheckpointError::Damaged { path: path.clone(), reason };
        let sections = sections_of(&bytes).map_err(damaged)?;
        drop(bytes);
        let before = lists::copy(self.net).map_err(CheckpointError::Device)?;
        let optimizer = self.optimizer.save_bytes();
        let result = self.take_sections(&path, &sections, per_epoch);
        if result.is_err() {
            // As it was; both were so a moment ago.
            let mut before = before;
            lists::swap(self.net, &mut before).map_err(CheckpointError::Device)?;
            if let Ok(optimizer) = optimizer {
                // A divided one was not changed: it is the last that is taken up.
                self.optimizer.load_bytes(&optimizer).map_err(CheckpointError::SaveOptimizer)?;
            }
        }
        Ok(result?)
    }

    fn take_sections(
        &mut self,
        path: &Path,
        sections: &Sections,
        per_epoch: Option<u64>,
    ) -> Result<(), CheckpointError> {
        let path = || PathBuf::from(path);
        let damaged = |reason: String| CheckpointError::Damaged { path: path(), reason };
        let section =
            |name: &str| sections.get(name).ok_or_else(|| damaged(format!("it has no section `{name}`")));
        let network = |source| CheckpointError::Network { path: path(), source: Box::new(source) };
        let text = String::from_utf8_lossy(section(TRAINING)?);
        let (mut course, terms) = from_text(&text).map_err(damaged)?;
        // A network that does not fit is told before all else that differs.
        let mut kept = [None, None];
        for (kept, name) in kept.iter_mut().zip([AVERAGES, BEST]) {
            if let Some(bytes) = sections.get(name) {
                self.net.load_bytes(bytes).map_err(network)?;
                *kept = Some(lists::copy(self.net)?);
            }
        }
        self.net.load_bytes(section(NETWORK)?).map_err(network)?;
        self.check_terms(path(), &terms, per_epoch)?;
        let (had, given) = (course.schedule.len(), self.schedule_state().len());
        if had != given {
            let what = "a schedule that remembers so many numbers:";
            let (had, given) = (had.to_string(), given.to_string());
            return Err(CheckpointError::OtherTraining { path: path(), what, had, given });
        }
        let optimizer = self.optimizer.load_bytes(section(OPTIMIZER)?);
        optimizer.map_err(|source| CheckpointError::Optimizer { path: path(), source })?;
        let [averages, best] = kept;
        (self.averages, self.best) = (averages, best);
        // Done so far, and asked to stop: now it is to go on.
        course.stopped = course.stopped.filter(|stopped| *stopped == Stopped::NoImprovement);
        if let Some(schedule) = &mut self.settings.schedule {
            schedule.set_state(&course.schedule);
        }
        self.resumed = Some(course.step);
        self.course = course;
        Ok(())
    }

    fn schedule_state(&self) -> Vec<f64> {
        self.settings.schedule.as_ref().map_or_else(Vec::new, |schedule| schedule.state())
    }

    /// What would make the training go on in another way than it would have.
    fn check_terms(&self, path: PathBuf, had: &Terms, per_epoch: Option<u64>) -> Result<(), CheckpointError> {
        let given = self.terms(per_epoch);
        let told = |value: Option<u64>| value.map_or("none".to_owned(), |value| value.to_string());
        let pairs = [
            ("the seed", told(had.seed), told(given.seed)),
            ("batches in an epoch:", told(had.per_epoch), told(given.per_epoch)),
            ("gathered batches:", had.accumulate.to_string(), given.accumulate.to_string()),
            ("averages of the decay", had.average.clone(), given.average),
            ("an optimizer that remembers", had.remembers.clone(), given.remembers),
            ("the goal", had.goal.clone(), given.goal),
        ];
        match pairs.into_iter().find(|(_, had, given)| had != given) {
            Some((what, had, given)) => Err(CheckpointError::OtherTraining { path, what, had, given }),
            None => Ok(()),
        }
    }

    /// Gives the network the weights that are to be used, the best or the averaged ones, and keeps the others; or the other way
    /// round.
    pub(super) fn exchange(&mut self) -> Result<(), TrainError> {
        self.given_out = !self.given_out;
        let step = self.course.step;
        match self.best.as_mut().or(self.averages.as_mut()) {
            Some(weights) => {
                lists::swap(self.net, weights).map_err(|source| TrainError::Pass { step, source })
            }
            None => Ok(()),
        }
    }
}
