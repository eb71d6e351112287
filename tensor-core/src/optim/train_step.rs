//! A whole step of training at once.

use std::sync::Arc;

use dfdx::prelude::{Device, Module, NoneTape, Storage, Tensor, Trace, ZeroGrads};

use super::kept::{Kept, check_count, check_seen};
use super::optimizer::Optimizer;
use super::rule::Rule;
use crate::Error;
use crate::exec::random::pass_seed;
use crate::exec::{Inputs, SideInput, fused};
use crate::layer::{Layer, enter_plan, train_rows};
use crate::loss::Loss;
use crate::param::{AnyParam, Element, Role, WeightVisitor};

/// What is kept from step to step, so that none allocates.
#[derive(Debug)]
pub(super) struct Room<E> {
    hosts: Vec<Arc<[E]>>,
    gradients: Vec<Vec<E>>,
    begun: Vec<bool>,
    /// The gradients on a GPU; none of weights that stay.
    #[cfg(feature = "cuda")]
    pub(super) on_gpu: Vec<Option<crate::cuda::Numbers>>,
    #[cfg(feature = "cuda")]
    pub(super) table: fused::gpu::Table,
}

impl<E> Default for Room<E> {
    fn default() -> Self {
        Room {
            hosts: Vec::new(),
            gradients: Vec::new(),
            begun: Vec::new(),
            #[cfg(feature = "cuda")]
            on_gpu: Vec::new(),
            #[cfg(feature = "cuda")]
            table: fused::gpu::Table::default(),
        }
    }
}

impl<R: Rule, E: Element> Optimizer<R, E> {
    /// A whole step of training: the pass, the loss, its gradients, and the change of the weights. It gives the loss before
    /// the change.
    ///
    /// For `f32` on the CPU it does all of this without dfdx's tape and without allocating, which is faster than the same
    /// by hand; and on GPUs, for the rules of this crate, without the weights leaving it. Elsewhere it is the same by hand.
    ///
    /// # Errors
    /// Those of a pass and of the loss, where nothing changes, [`Error::Empty`] if the batch has no rows, and those of
    /// [`step`](Self::step).
    ///
    /// ```
    /// use tensor_core::loss::{CrossEntropy, MeanSquares};
    /// use tensor_core::optim::{Adam, Optimizer};
    /// use tensor_core::prelude::*;
    ///
    /// layer! { pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }
    ///
    /// let device = Cpu::seed_from_u64(0);
    /// let mut net = TwoLayer::new(&device);
    /// let mut optimizer = Optimizer::new(Adam { learning_rate: 0.02, ..Adam::default() });
    /// let (x, labels): (Tensor<Rank2<6, 4>, f32, _>, _) = (device.sample_normal(), [0, 1, 2, 0, 1, 2]);
    /// let mut loss = f32::NAN;
    /// for _ in 0..200 {
    ///     loss = optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels))?;
    /// }
    /// assert!(loss < 0.1, "{loss}");
    ///
    /// let target: Tensor<Rank2<6, 3>, f32, _> = device.zeros();
    /// let square = optimizer.train_step(&mut net, x.clone(), MeanSquares(&target))?;
    /// assert!(square > 0.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn train_step<N, X, L, D>(&mut self, net: &mut N, x: X, loss: L) -> Result<E, Error>
    where
        N: Layer<E, D> + Module<X>,
        X: Inputs<E, D>,
        L: Loss<E, D>,
        D: Device<E> + Storage<X::Number>,
    {
        let (x, sides) = x.split(N::PLAN)?;
        if fused::is_cpu_f32::<E, D>()
            && let Some(loss) = self.fused_step(net, &x, &sides, &loss)?
        {
            return Ok(loss);
        }
        #[cfg(feature = "cuda")]
        if let Some(loss) = self.step_on_gpu(net, &x, &sides, &loss)? {
            return Ok(loss);
        }
        let gradients = net.try_alloc_grads().map_err(Error::device)?;
        let loss = loss.of(train_rows(net, x.traced(gradients), sides)?)?;
        let value = loss.as_vec()[0];
        let mut gradients = dfdx::tensor_ops::Backward::try_backward(loss).map_err(Error::device)?;
        self.step(net, &mut gradients)?;
        Ok(value)
    }

    /// For `f32` on the CPU; nothing if a weight's numbers lie in another order than that of its axes.
    fn fused_step<N, S, U, L, D>(
        &mut self,
        net: &mut N,
        x: &Tensor<S, U, D, NoneTape>,
        sides: &[SideInput<E, D>],
        loss: &L,
    ) -> Result<Option<E>, Error>
    where
        N: Layer<E, D>,
        S: dfdx::shapes::Shape,
        U: crate::exec::Enters<E>,
        L: Loss<E, D>,
        D: Device<E> + Storage<U>,
    {
        let found = self.gather(net, x, sides, loss, Gather { share: 1.0, adds: false })?;
        if found.is_some() {
            self.apply(net, None)?;
        }
        Ok(found)
    }

    /// The loss, and its gradients in the room that is kept for them; nothing if a weight's numbers lie in another order
    /// than that of its axes. For `f32` on the CPU.
    pub(crate) fn gather<N, S, U, L, D>(
        &mut self,
        net: &mut N,
        x: &Tensor<S, U, D, NoneTape>,
        sides: &[SideInput<E, D>],
        loss: &L,
        Gather { share, adds }: Gather,
    ) -> Result<Option<E>, Error>
    where
        N: Layer<E, D>,
        S: dfdx::shapes::Shape,
        U: crate::exec::Enters<E>,
        L: Loss<E, D>,
        D: Device<E> + Storage<U>,
    {
        if self.kept.is_empty() {
            self.watch(net);
        }
        let (value, axes) = enter_plan(N::PLAN, x.clone())?;
        let mut room = std::mem::take(&mut self.room);
        let (kept, hosts, gradients) = (&self.kept, &mut room.hosts, &mut room.gradients);
        let mut read = Read { kept, hosts, gradients, complete: true, failed: None };
        net.visit_weights(&mut read);
        let (complete, failed) = (read.complete, read.failed);
        let checked = match failed {
            Some(error) => Err(error),
            None if complete => check_count(kept, room.hosts.len()),
            None => Ok(()),
        };
        let found = checked.and_then(|()| {
            if !complete || axes.elements() == 0 {
                return Ok(None);
            }
            let seed = || pass_seed(x.device());
            let of_rows = |y: &[f32], width: usize, gradient: &mut [f32]| {
                let found = loss.of_rows(y, width, gradient)?;
                if share != 1.0 {
                    gradient.iter_mut().for_each(|g| *g *= share);
                }
                Ok(found)
            };
            let weights: &mut Vec<Arc<[f32]>> = fused::as_it_is(&mut room.hosts);
            let gradients: &mut Vec<Vec<f32>> = fused::as_it_is(&mut room.gradients);
            let step = fused::Step {
                plan: N::PLAN,
                weights,
                gradients,
                adds,
                begun: &mut room.begun,
                seed: &seed,
                loss: &of_rows,
            };
            step.run(&value, sides, &axes).map(Some)
        });
        room.hosts.clear(); // so that the weights can be changed where they are
        self.room = room;
        Ok(found?.map(|loss| E::of(f64::from(loss))))
    }

    /// Changes the weights by the gradients that were gathered, whose norm may be known.
    pub(crate) fn apply<N: Layer<E, D>, D: Device<E>>(
        &mut self,
        net: &mut N,
        norm: Option<f64>,
    ) -> Result<(), Error> {
        let mut room = std::mem::take(&mut self.room);
        let result = self.change_by(net, &mut room.gradients, norm);
        self.room = room;
        result
    }

    /// The gradients that were gathered.
    #[cfg(feature = "trainer")]
    pub(crate) fn gathered(&mut self) -> &mut [Vec<E>] {
        &mut self.room.gradients
    }

    /// How long the gradient of each weight is: 0 of one that stays as it is.
    #[cfg(feature = "trainer")]
    pub(crate) fn changing(&self) -> Vec<usize> {
        self.kept.iter().map(|kept| if kept.stays() { 0 } else { kept.numbers() }).collect()
    }

    /// The norm of the gradients that were gathered.
    #[cfg(feature = "trainer")]
    pub(crate) fn gathered_norm(&self) -> f64 {
        // Those of weights that stay are empty.
        self.room.gradients.iter().map(|gradient| super::parts::sum_of_squares(gradient)).sum::<f64>().sqrt()
    }
}

/// How gradients are gathered.
#[derive(Clone, Copy)]
pub(crate) struct Gather {
    /// What they are multiplied with.
    pub(crate) share: f32,
    /// Whether they are added to those that were gathered before.
    pub(crate) adds: bool,
}

/// Reads the weights' numbers, and makes room for the gradients of those that change.
struct Read<'r, E> {
    kept: &'r [Kept<E>],
    hosts: &'r mut Vec<Arc<[E]>>,
    gradients: &'r mut Vec<Vec<E>>,
    complete: bool,
    failed: Option<Error>,
}

impl<E: Element, D: Device<E>> WeightVisitor<E, D> for Read<'_, E> {
    fn weight(&mut self, name: &str, _: Role, weight: &mut dyn AnyParam<E, D>) {
        let place = self.hosts.len();
        let numbers = if self.complete { weight.numbers() } else { None };
        let Some(numbers) = numbers else { return self.complete = false };
        if self.failed.is_none() {
            self.failed = check_seen(self.kept.get(place), name, weight).err();
        }
        let length = if self.kept.get(place).is_some_and(Kept::stays) { 0 } else { numbers.len() };
        match self.gradients.get_mut(place) {
            Some(gradient) if gradient.len() == length => {}
            Some(gradient) => *gradient = vec![E::of(0.0); length],
            None => self.gradients.push(vec![E::of(0.0); length]),
        }
        self.hosts.push(numbers);
    }
}
