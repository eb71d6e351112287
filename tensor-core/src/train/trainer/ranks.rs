//! A training on several processes: what they do together.

use dfdx::prelude::{Device, Gradients};

use super::{How, TrainError, Trainer};
use crate::io::StateDtype;
use crate::layer::Layer;
use crate::optim::{Optimizer, Rule};
use crate::param::Element;
use crate::train::checkpoint::CheckpointError;
use crate::train::{Fault, Part};

/// The other processes, seen by a trainer.
pub(crate) trait Ranks<N, R, E: Element, D: Device<E>> {
    /// Which of the processes this is, and how many there are.
    fn place(&self) -> (usize, usize);

    /// This process's part of a batch of so many rows.
    fn part(&self, rows: usize) -> Result<Part, Fault>;

    /// Each number becomes the sum of all processes'.
    fn sum(&self, numbers: &mut [f64]);

    /// Gives all the bytes of the first.
    fn share_bytes(&self, bytes: &mut Vec<u8>);

    /// Gives all the weights of the first.
    fn broadcast(&self, net: &mut N) -> Result<(), Fault>;

    /// Runs a way back whose gradients travel as soon as they are complete; `lengths` are those of the gradients of the weights
    /// that change.
    fn during(&mut self, net: &mut N, lengths: &[usize], work: &mut dyn FnMut(&mut N)) -> Result<(), Fault>;

    /// The gradients that lie in lists become sums over all processes.
    fn sum_lists(&mut self, lists: &mut [Vec<E>]) -> Result<(), Fault>;

    /// The gradients of a tape become sums over all processes.
    fn sum_tape(&mut self, net: &mut N, gradients: &mut Gradients<E, D>) -> Result<(), Fault>;

    /// Gives all the weights that each changed, where the optimizer is divided.
    fn hand_round(&self, optimizer: &Optimizer<R, E>, net: &mut N) -> Result<(), Fault>;

    /// The optimizer's whole state, for the first.
    fn state(&self, optimizer: &Optimizer<R, E>) -> Result<Option<Vec<u8>>, Fault>;
}

impl<N: Layer<E, D>, R: Rule, E: Element + StateDtype, D: Device<E>> Trainer<'_, N, R, E, D> {
    fn fault(&self, fault: Fault) -> TrainError {
        TrainError::of(fault, self.course.step + 1)
    }

    /// Whether this process writes and shows: the only one, or the first.
    pub(super) fn writes(&self) -> bool {
        self.ranks.as_ref().is_none_or(|ranks| ranks.place().0 == 0)
    }

    /// This process's part of a batch.
    pub(super) fn part(&mut self, rows: usize) -> Result<Part, Fault> {
        let Some(ranks) = &self.ranks else { return Ok(Part::of_rank(0, 1, rows)?) };
        let part = ranks.part(rows)?;
        self.weight = Some(part.weight());
        Ok(part)
    }

    /// What this process's gradients and loss count.
    pub(super) fn weight(&self) -> f64 {
        let equal = || self.ranks.as_ref().map_or(1.0, |ranks| 1.0 / ranks.place().1 as f64);
        self.weight.unwrap_or_else(equal)
    }

    /// The mean loss and the rows of all processes.
    pub(super) fn of_all(&mut self, loss: f64, rows: u64) -> (f64, u64) {
        let weight = self.weight();
        let Some(ranks) = &self.ranks else { return (loss, rows) };
        let mut sums = [loss * weight, rows as f64];
        ranks.sum(&mut sums);
        (sums[0], sums[1] as u64)
    }

    /// Runs the way back of a batch, the last before a change of the weights while its gradients travel.
    pub(super) fn during<T>(
        &mut self,
        work: impl FnOnce(&mut N, &mut Optimizer<R, E>) -> T,
    ) -> Result<T, TrainError> {
        let last = self.group.count + 1 == self.settings.accumulate;
        let (mut work, mut done) = (Some(work), None);
        let (net, optimizer) = (&mut *self.net, &mut self.optimizer);
        let lengths = optimizer.changing();
        let mut work = |net: &mut N| done = work.take().map(|work| work(net, &mut *optimizer));
        let told = match &mut self.ranks {
            Some(ranks) if last => {
                self.group.travels = true;
                ranks.during(net, &lengths, &mut work)
            }
            _ => {
                work(net);
                Ok(())
            }
        };
        match (told, done) {
            (Ok(()), Some(done)) => Ok(done),
            (Err(fault), _) => Err(self.fault(fault)),
            (Ok(()), None) => unreachable!("the work was done"),
        }
    }

    /// The gradients that were gathered become those of all processes' batches.
    pub(super) fn bring_together(&mut self) -> Result<(), TrainError> {
        if self.group.together {
            return Ok(());
        }
        self.group.together = true;
        let lengths = self.optimizer.changing();
        let Some(ranks) = &mut self.ranks else { return Ok(()) };
        let begun = if self.group.travels { Ok(()) } else { ranks.during(self.net, &lengths, &mut |_| ()) };
        let on_tape = self.group.gradients.as_mut().filter(|_| self.group.how == Some(How::Tape));
        let brought = begun.and_then(|()| match on_tape {
            Some(gradients) => ranks.sum_tape(self.net, gradients),
            None => ranks.sum_lists(self.optimizer.gathered()),
        });
        brought.map_err(|fault| self.fault(fault))
    }

    /// Gives all processes the weights that each changed.
    pub(super) fn hand_round(&mut self) -> Result<(), TrainError> {
        let Some(ranks) = &self.ranks else { return Ok(()) };
        let handed = ranks.hand_round(&self.optimizer, self.net);
        handed.map_err(|fault| self.fault(fault))
    }

    /// All begin with the weights of the first, which alone writes and shows.
    pub(super) fn begin_together(&mut self) -> Result<(), TrainError> {
        let Some(ranks) = &self.ranks else { return Ok(()) };
        let given = ranks.broadcast(self.net);
        given.map_err(|fault| self.fault(fault))?;
        if !self.writes() {
            self.settings.sinks.clear();
            #[cfg(feature = "progress")]
            {
                self.settings.progress = None;
            }
        }
        Ok(())
    }

    /// The optimizer's whole state; of processes that divide it, for the first alone.
    pub(super) fn whole_state(&self) -> Result<Option<Vec<u8>>, TrainError> {
        match &self.ranks {
            Some(ranks) => ranks.state(&self.optimizer).map_err(|fault| self.fault(fault)),
            None => {
                let state = self.optimizer.save_bytes().map_err(CheckpointError::SaveOptimizer)?;
                Ok(Some(state))
            }
        }
    }

    /// Gives all processes the bytes that the first finds.
    pub(super) fn found_by_first(
        &mut self,
        find: impl FnOnce(&mut Self) -> Result<Vec<u8>, TrainError>,
    ) -> Result<Vec<u8>, TrainError> {
        let mut bytes = if self.writes() { find(self)? } else { Vec::new() };
        if let Some(ranks) = &self.ranks {
            ranks.share_bytes(&mut bytes);
        }
        Ok(bytes)
    }
}
