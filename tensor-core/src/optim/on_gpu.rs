//! A whole step of training on a GPU, where the weights, their gradients, and what is remembered of them stay.

use std::borrow::Cow;

use dfdx::prelude::{Device, Dtype, NoneTape, Shape, Storage, Tensor};

use super::kept::Kept;
use super::optimizer::Optimizer;
use super::rule::Rule;
use super::state::Lists;
use crate::Error;
use crate::cuda::{Numbers, is_gpu_f32};
use crate::exec::fused::gpu;
use crate::exec::random::pass_seed;
use crate::exec::{Enters, SideInput};
use crate::layer::{Layer, enter_plan};
use crate::loss::Loss;
use crate::param::{AnyParam, Element, Role, WeightVisitor};

impl<R: Rule, E: Element> Optimizer<R, E> {
    /// For `f32` on a GPU; nothing where the rule or a step of the network has no kernel.
    pub(crate) fn step_on_gpu<N, S, U, L, D>(
        &mut self,
        net: &mut N,
        x: &Tensor<S, U, D, NoneTape>,
        sides: &[SideInput<E, D>],
        loss: &L,
    ) -> Result<Option<E>, Error>
    where
        N: Layer<E, D>,
        S: Shape,
        U: Enters<E>,
        L: Loss<E, D>,
        D: Device<E> + Storage<U>,
    {
        // A GPU changes whole weights.
        if !is_gpu_f32::<E, D>() || self.division.ranks > 1 || self.rule.on_gpu(1).is_none() {
            return Ok(None);
        }
        if self.kept.is_empty() {
            self.watch(net);
        }
        self.check(net)?;
        let (value, axes) = enter_plan(N::PLAN, x.clone())?;
        let mut read =
            Read { kept: &self.kept, gradients: &mut self.room.on_gpu, weights: Vec::new(), failed: None };
        net.visit_weights(&mut read);
        let (weights, failed) = (read.weights, read.failed);
        failed.map_or(Ok(()), Err)?;
        if weights.is_empty() || axes.elements() == 0 {
            return Ok(None);
        }
        let seed = || pass_seed(x.device());
        let step =
            gpu::GpuStep { plan: N::PLAN, weights: &weights, gradients: &self.room.on_gpu, seed: &seed };
        let found = step.run(&value, sides, &axes, x.device(), loss)?;
        drop(weights); // so that they are changed where they are
        let Some(found) = found else { return Ok(None) };
        let squares = self.change_on_gpu(net)?;
        if let (Some(most), Some(squares)) = (self.most_norm, squares) {
            self.clip(most, f64::from(squares.download()?[0]).sqrt());
        }
        Ok(Some(E::of(f64::from(found.wait()?))))
    }

    fn change_on_gpu<N: Layer<E, D>, D: Device<E>>(&mut self, net: &mut N) -> Result<Option<Numbers>, Error> {
        self.begin()?;
        let mut change = Change { kept: &mut self.kept, place: 0, addresses: Vec::new(), failed: None };
        net.visit_weights(&mut change);
        let (addresses, failed) = (change.addresses, change.failed);
        failed.map_or(Ok(()), Err)?;
        let all = addresses.iter().zip(&self.kept).zip(&self.room.on_gpu);
        let all = all.filter_map(|((&weight, kept), gradient)| {
            let (rate, decay) = (kept.group.rate, kept.group.decay);
            let gradient = gradient.as_ref()?;
            Some(gpu::Remembered { weight, gradient, remembered: &kept.on_gpu, rate, decay })
        });
        let all: Vec<_> = all.collect();
        match self.rule.on_gpu(self.step) {
            Some(rule) => {
                let rates = (self.rule.learning_rate(), self.rule.weight_decay());
                rule.apply(&all, rates, self.most_norm, &mut self.room.table)
            }
            None => unreachable!("the rule had a kernel before"),
        }
    }
}

impl<E: Element> Kept<E> {
    /// What is remembered, wherever it is.
    pub(super) fn numbers_remembered(&self) -> Result<Lists<'_, E>, Error> {
        if self.on_gpu.is_empty() {
            return Ok(self.remembered.iter().map(|numbers| Cow::from(&numbers[..])).collect());
        }
        let of = |numbers: Vec<f32>| {
            numbers.into_iter().map(|number| E::of(f64::from(number))).collect::<Vec<E>>()
        };
        self.on_gpu.iter().map(|numbers| Ok(Cow::from(of(numbers.download()?)))).collect()
    }

    /// Brings what is remembered back to the host, to be changed there.
    pub(super) fn leave_gpu(&mut self) -> Result<(), Error> {
        if !self.on_gpu.is_empty() {
            self.remembered = self.numbers_remembered()?.into_iter().map(Cow::into_owned).collect();
            self.on_gpu.clear();
        }
        Ok(())
    }

    /// Brings what is remembered to the GPU of these numbers.
    fn enter_gpu(&mut self, beside: &Numbers) -> Result<(), Error> {
        if self.on_gpu.len() == self.remembered.len() {
            return Ok(());
        }
        let copy = |numbers: &Vec<E>| {
            let numbers: Vec<f32> =
                numbers.iter().map(|number| number.to_f32().unwrap_or(f32::NAN)).collect();
            beside.device().htod_sync_copy(&numbers).map(Numbers).map_err(Error::device)
        };
        self.on_gpu = self.remembered.iter().map(copy).collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// Finds the weights on the GPU, and makes room for the gradients of those that change.
struct Read<'r, E> {
    kept: &'r [Kept<E>],
    gradients: &'r mut Vec<Option<Numbers>>,
    weights: Vec<std::sync::Arc<Numbers>>,
    failed: Option<Error>,
}

impl<E: Element, D: Device<E>> WeightVisitor<E, D> for Read<'_, E> {
    fn weight(&mut self, _: &str, _: Role, weight: &mut dyn AnyParam<E, D>) {
        if self.failed.is_none() {
            self.failed = self.read(weight).err();
        }
    }
}

impl<E: Dtype> Read<'_, E> {
    fn read<D: Device<E>>(&mut self, weight: &mut dyn AnyParam<E, D>) -> Result<(), Error> {
        let Some(numbers) = weight.on_gpu()? else { return Ok(()) };
        let place = self.weights.len();
        let stays = self.kept.get(place).is_some_and(Kept::stays);
        let length = if stays { None } else { Some(numbers.len()) };
        if self.gradients.len() <= place {
            self.gradients.resize_with(place + 1, || None);
        }
        if self.gradients[place].as_ref().map(Numbers::len) != length {
            let zeros = |length| Numbers::zeros(&numbers.device(), length);
            self.gradients[place] = length.map(zeros).transpose()?;
        }
        self.weights.push(numbers);
        Ok(())
    }
}

/// Finds where the weights lie, to change them.
struct Change<'c, E> {
    kept: &'c mut [Kept<E>],
    place: usize,
    addresses: Vec<u64>,
    failed: Option<Error>,
}

impl<E: Element, D: Device<E>> WeightVisitor<E, D> for Change<'_, E> {
    fn weight(&mut self, _: &str, _: Role, weight: &mut dyn AnyParam<E, D>) {
        let place = self.place;
        self.place += 1;
        if self.failed.is_none() {
            self.failed = self.find(place, weight).err();
        }
    }
}

impl<E: Element> Change<'_, E> {
    fn find<D: Device<E>>(&mut self, place: usize, weight: &mut dyn AnyParam<E, D>) -> Result<(), Error> {
        let kept = &mut self.kept[place];
        let stays = kept.stays();
        if let Some(numbers) = weight.on_gpu()? {
            kept.enter_gpu(&numbers)?;
        }
        let address = if stays { Some(0) } else { weight.on_gpu_mut()? };
        self.addresses.extend(address);
        Ok(())
    }
}
