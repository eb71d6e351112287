//! What a closure does with a batch.

use dfdx::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::lists::follow;
use super::means::in_group;
use super::{Fault, How, TrainError, Trainer};
use crate::Error;
use crate::exec::{Enters, Inputs, SideInput, fused};
use crate::io::StateDtype;
use crate::layer::{Layer, train_rows};
use crate::loss::Loss;
use crate::optim::{Gather, Rule};
use crate::param::Element;
use crate::train::{OnAnomaly, Part, explain_parts};

/// A batch's part in a training.
#[derive(Debug)]
pub struct Step<'s, 't, N: Layer<E, D>, R, E: Element, D: Device<E>> {
    trainer: &'s mut Trainer<'t, N, R, E, D>,
    seed: u64,
}

impl<'s, 't, N: Layer<E, D>, R: Rule, E: Element + StateDtype, D: Device<E>> Step<'s, 't, N, R, E, D> {
    pub(super) fn new(trainer: &'s mut Trainer<'t, N, R, E, D>, seed: u64) -> Self {
        Step { trainer, seed }
    }

    /// The network.
    pub fn net(&self) -> &N {
        self.trainer.net
    }

    /// Changes of the weights that were made, so that the first step has the number 0.
    pub fn number(&self) -> u64 {
        self.trainer.course.step
    }

    /// Whole passes over the data.
    pub fn epoch(&self) -> u64 {
        self.trainer.course.epoch
    }

    /// This process's part of a batch of so many rows, where several train together; all of it where there is one. The part's
    /// gradients and loss count by its rows; without it each process's count as much.
    ///
    /// # Errors
    /// [`PartError`](crate::train::PartError) if there are fewer rows than processes.
    pub fn part(&mut self, rows: usize) -> Result<Part, Fault> {
        self.trainer.part(rows)
    }

    /// What this batch's random numbers come from: the training's [`seed`](Trainer::seed), 0 without one, and the batch's number.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Random numbers of this batch, the same whenever it comes.
    pub fn random(&self) -> StdRng {
        StdRng::seed_from_u64(self.seed)
    }

    /// Notes a measure of this batch, as `train/…`, and its mean over the epoch, as `epoch/…`.
    pub fn note(&mut self, name: &str, value: f64) {
        self.trainer.course.recent.add(&in_group("train", name), value, 1.0);
        self.trainer.course.of_epoch.add(&in_group("epoch", name), value, 1.0);
    }

    /// Learns from a batch: the pass, the loss, its gradients, and, after as many batches as [`Trainer::accumulate`] says, the
    /// change of the weights. As [`Optimizer::train_step`](crate::optim::Optimizer::train_step), with the same bits. It gives the
    /// loss before the change.
    ///
    /// # Errors
    /// [`TrainError::Pass`] if the batch does not fit, [`TrainError::NotFinite`] of a loss that is none, as what closures end
    /// with; nothing changes then. On a GPU the loss is read only after the weights were changed, so that there one that is not
    /// finite ends the training after its step, without what explains it; the last checkpoint is from before.
    pub fn learn<X, L>(&mut self, x: X, loss: L) -> Result<f64, Fault>
    where
        N: Module<X>,
        X: Inputs<E, D>,
        L: Loss<E, D>,
        D: Storage<X::Number>,
    {
        let rows = leading(&x.sizes(), N::PLAN.input.len());
        let trainer = &mut *self.trainer;
        let number = trainer.course.step + 1;
        let pass = |source: Error| TrainError::Pass { step: number, source };
        let (x, sides) = x.split(N::PLAN).map_err(pass)?;
        #[cfg(feature = "cuda")]
        if trainer.settings.accumulate == 1
            && trainer.settings.on_anomaly == OnAnomaly::Stop
            && trainer.ranks.is_none()
        {
            trainer.set_rate();
            if let Some(value) =
                trainer.optimizer.step_on_gpu(trainer.net, &x, &sides, &loss).map_err(pass)?
            {
                return Ok(trainer.changed_on_gpu(value, rows)?);
            }
        }
        if fused::is_cpu_f32::<E, D>() && trainer.group.how != Some(How::Tape) {
            let share = (trainer.weight() / trainer.settings.accumulate as f64) as f32;
            let gather = Gather { share, adds: trainer.group.count > 0 };
            let found = trainer.during(|net, optimizer| optimizer.gather(net, &x, &sides, &loss, gather))?;
            if let Some(value) = found.map_err(pass)? {
                let (value, rows) = trainer.of_all(value.to_f64().unwrap_or(f64::NAN), rows);
                let learned = self.learned(How::Lists, value, rows);
                return Ok(self.explained(learned, x, sides, &loss)?);
            }
        }
        let given = (x.clone(), sides.clone());
        let learned =
            self.by_tape(rows, |net, gradients| loss.of(train_rows(net, x.traced(gradients), sides)?));
        Ok(self.explained(learned, given.0, given.1, &loss)?)
    }

    /// As [`learn`](Self::learn), by a pass and a loss of one's own, on dfdx's tape: `step.learn_by(rows, |net, gradients| …)`
    /// stands for `loss.backward()` and [`Optimizer::step`](crate::optim::Optimizer::step), with the same bits. `rows` counts for
    /// the throughput and the mean of the epoch.
    ///
    /// # Errors
    /// Those of [`learn`](Self::learn).
    ///
    /// ```
    /// use tensor_core::optim::{Optimizer, Sgd};
    /// use tensor_core::prelude::*;
    /// use tensor_core::train::Trainer;
    ///
    /// layer! { pub struct Scale: [1] -> [1] { scale: linear(1 -> 1, bias: false) } }
    ///
    /// let device = Cpu::default();
    /// let mut net = Scale::new(&device);
    /// let x: Tensor<Rank2<4, 1>, f32, _> = device.ones();
    /// Trainer::new(&mut net, Optimizer::new(Sgd { learning_rate: 0.1, ..Sgd::default() }))
    ///     .steps(100)
    ///     .fit(std::iter::repeat(x), |step, x| {
    ///         step.learn_by(4, |net, gradients| {
    ///             let y = net.try_forward_train(x.clone(), gradients)?;
    ///             Ok(mse_loss(y, x * 3.0))
    ///         })
    ///     })?;
    /// assert!((net.scale.weight.array()[0][0] - 3.0).abs() < 1e-3);
    /// # Ok::<(), tensor_core::train::TrainError>(())
    /// ```
    pub fn learn_by(
        &mut self,
        rows: usize,
        loss: impl FnOnce(&N, Gradients<E, D>) -> Result<Tensor<Rank0, E, D, OwnedTape<E, D>>, Error>,
    ) -> Result<f64, Fault> {
        Ok(self.by_tape(rows as u64, loss)?)
    }

    fn by_tape(
        &mut self,
        rows: u64,
        loss: impl FnOnce(&N, Gradients<E, D>) -> Result<Tensor<Rank0, E, D, OwnedTape<E, D>>, Error>,
    ) -> Result<f64, TrainError> {
        let trainer = &mut *self.trainer;
        let number = trainer.course.step + 1;
        let pass = |source: Error| TrainError::Pass { step: number, source };
        if trainer.group.how == Some(How::Lists) {
            let sentence =
                "the batches of one change of the weights go through `learn`, or through `learn_by`";
            return Err(TrainError::Setting(sentence.into()));
        }
        let gradients = match trainer.group.gradients.take() {
            Some(gradients) => gradients,
            None => trainer.net.try_alloc_grads().map_err(Error::device).map_err(pass)?,
        };
        let loss = loss(trainer.net, gradients).map_err(pass)?;
        let (value, rows) = trainer.of_all(loss.as_vec()[0].to_f64().unwrap_or(f64::NAN), rows);
        if value.is_finite() {
            let share = trainer.weight() / trainer.settings.accumulate as f64;
            let loss = if share == 1.0 { Ok(loss) } else { loss.try_mul(E::of(share)) };
            let loss = loss.map_err(Error::device).map_err(pass)?;
            let gradients = trainer.during(|_, _| dfdx::tensor_ops::Backward::try_backward(loss))?;
            trainer.group.gradients = Some(gradients.map_err(Error::device).map_err(pass)?);
        }
        self.learned(How::Tape, value, rows)
    }

    /// Says of what is not finite where it came from.
    fn explained<S: Shape, U: Enters<E>, L: Loss<E, D>>(
        &self,
        learned: Result<f64, TrainError>,
        x: Tensor<S, U, D>,
        sides: Vec<SideInput<E, D>>,
        loss: &L,
    ) -> Result<f64, TrainError>
    where
        D: Storage<U>,
    {
        let error = match learned {
            Err(TrainError::NotFinite { what, value, step, .. }) => {
                // Where the pass can't be repeated, that it went wrong is still worth telling.
                let anomaly = explain_parts(&*self.trainer.net, x, sides, loss, step).ok().map(Box::new);
                TrainError::NotFinite { what, value, step, anomaly }
            }
            other => return other,
        };
        Err(error)
    }

    /// A batch's gradients are gathered.
    fn learned(&mut self, how: How, value: f64, rows: u64) -> Result<f64, TrainError> {
        let trainer = &mut *self.trainer;
        let rows = rows.max(1);
        trainer.group.how = Some(how);
        trainer.group.count += 1;
        trainer.group.loss += value * rows as f64;
        trainer.group.rows += rows;
        if trainer.group.travels {
            trainer.bring_together()?; // also where it is left out: the others wait for it
        }
        if !value.is_finite() {
            trainer.anomaly("loss", value)?;
        } else if trainer.group.count == trainer.settings.accumulate {
            trainer.change()?;
        }
        Ok(value)
    }
}

impl<N: Layer<E, D>, R: Rule, E: Element + StateDtype, D: Device<E>> Trainer<'_, N, R, E, D> {
    /// Something is not finite: an error, or the batches that were gathered are left out.
    ///
    /// What looks into it more closely finds the weights as they were in the pass.
    fn anomaly(&mut self, what: &'static str, value: f64) -> Result<(), TrainError> {
        self.leave_out();
        let step = self.course.step + 1;
        if self.settings.on_anomaly == OnAnomaly::Stop {
            return Err(TrainError::NotFinite { what, value, step, anomaly: None });
        }
        (self.settings.warn)(&format!("the {what} became {value} in step {step}, which is left out"));
        self.group.done = true;
        self.course.skipped += 1;
        Ok(())
    }

    /// Forgets the gradients that were gathered.
    pub(super) fn leave_out(&mut self) {
        self.group = super::Group::new();
    }

    /// Changes the weights by the gradients that were gathered.
    pub(super) fn change(&mut self) -> Result<(), TrainError> {
        let number = self.course.step + 1;
        let pass = |source: Error| TrainError::Pass { step: number, source };
        self.set_rate();
        self.bring_together()?;
        // There may be zeros of a tape before.
        let mut on_tape = self.group.gradients.as_mut().filter(|_| self.group.how == Some(How::Tape));
        let norm = match (&mut on_tape, self.optimizer.clips()) {
            (_, false) => None,
            (Some(gradients), true) => Some(self.optimizer.norm_of(self.net, gradients).map_err(pass)?),
            (None, true) => Some(self.optimizer.gathered_norm()),
        };
        if let Some(norm) = norm.filter(|norm| !norm.is_finite()) {
            return self.anomaly("norm of the gradients", norm);
        }
        match self.group.gradients.as_mut().filter(|_| self.group.how == Some(How::Tape)) {
            Some(gradients) => self.optimizer.step_by_norm(self.net, gradients, norm).map_err(pass)?,
            None => self.optimizer.apply(self.net, norm).map_err(pass)?,
        }
        self.hand_round()?;
        self.changed(norm)
    }

    fn set_rate(&mut self) {
        if let Some(schedule) = &self.settings.schedule {
            self.optimizer.set_learning_rate(schedule.rate(self.course.step as usize));
        }
    }

    /// A step was done on a GPU, where its loss is read only after the weights were changed.
    #[cfg(feature = "cuda")]
    fn changed_on_gpu(&mut self, value: E, rows: u64) -> Result<f64, TrainError> {
        let (value, rows) = (value.to_f64().unwrap_or(f64::NAN), rows.max(1));
        if !value.is_finite() {
            self.anomaly("loss", value)?;
        }
        (self.group.loss, self.group.rows) = (value * rows as f64, rows);
        let norm = self.optimizer.last_norm();
        self.changed(norm)?;
        Ok(value)
    }

    /// The weights were changed, by gradients of this norm.
    fn changed(&mut self, norm: Option<f64>) -> Result<(), TrainError> {
        let number = self.course.step + 1;
        let pass = |source: Error| TrainError::Pass { step: number, source };
        if let (Some(averages), Some(decay)) = (&mut self.averages, self.settings.average) {
            follow(self.net, averages, decay).map_err(pass)?;
        }
        let (loss, rows) = (self.group.loss / self.group.rows as f64, self.group.rows);
        self.course.recent.add("train/loss", loss, 1.0);
        self.course.of_epoch.add("epoch/loss", loss, rows as f64);
        if let Some(norm) = norm {
            self.course.recent.add("train/gradient_norm", norm, 1.0);
            if let Some(explosion) = self.settings.norms.look(number, norm) {
                (self.settings.warn)(&explosion.to_string());
            }
        }
        self.clock.rows += rows;
        self.course.step += 1;
        let gradients = self.group.gradients.take(); // zeros by now
        self.group = super::Group { gradients, done: true, ..super::Group::new() };
        Ok(())
    }
}

/// The rows of an input: the product of the axes before the declared ones.
fn leading(sizes: &[usize], declared: usize) -> u64 {
    let lead = &sizes[..sizes.len().saturating_sub(declared)];
    lead.iter().product::<usize>() as u64
}
