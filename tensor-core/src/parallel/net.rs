//! What processes do with a network's weights and gradients.

use std::any::TypeId;

use dfdx::prelude::*;

use super::exchange::Entry;
use super::{ParallelError, World};
use crate::Error;
use crate::layer::Layer;
use crate::optim::on_cpu;
use crate::param::{AnyParam, Element, Role, WeightVisitor};

/// Shows each weight with its role to a closure.
struct Show<F>(F);

impl<E: Element, D: Device<E>, F: FnMut(Role, &mut dyn AnyParam<E, D>) -> Result<(), Error>>
    WeightVisitor<E, D> for Show<(F, Result<(), Error>)>
{
    fn weight(&mut self, _: &str, role: Role, weight: &mut dyn AnyParam<E, D>) {
        let (work, result) = &mut self.0;
        if result.is_ok() {
            *result = work(role, weight);
        }
    }
}

/// Shows the weights of a network one by one, up to the first error.
pub(super) fn each_weight<N: Layer<E, D>, E: Element, D: Device<E>>(
    net: &mut N,
    work: impl FnMut(Role, &mut dyn AnyParam<E, D>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut show = Show((work, Ok(())));
    net.visit_weights(&mut show);
    show.0.1
}

/// The numbers of a weight, to be changed; those of one that lies in another order are put in order first.
pub(super) fn numbers_of<E: Element, D: Device<E>>(
    weight: &mut dyn AnyParam<E, D>,
) -> Result<&mut [E], Error> {
    if weight.numbers_mut().is_none() {
        weight.put_in_order()?;
    }
    weight.numbers_mut().ok_or_else(|| Error::Device("a weight can't be read".to_owned()))
}

/// Where the numbers of the weights lie, and how long their gradients are.
pub(super) fn entries<N: Layer<f32, D>, D: Device<f32>>(net: &mut N) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    each_weight(net, |role, weight| {
        let length = if role == Role::Frozen { 0 } else { weight.sizes().iter().product() };
        let numbers = if is_on_cpu::<D>() { weight.numbers() } else { None };
        let numbers = numbers.map_or(std::ptr::null(), |numbers| numbers.as_ptr());
        entries.push(Entry { numbers, length });
        Ok(())
    })?;
    Ok(entries)
}

pub(super) fn is_on_cpu<D: 'static>() -> bool {
    TypeId::of::<D>() == TypeId::of::<Cpu>()
}

impl World {
    /// Gives all ranks the weights of rank 0. Do it before the first step, and after rank 0 alone has loaded some.
    ///
    /// # Errors
    /// [`ParallelError::OtherNetwork`] if a rank's weights have other sizes.
    pub fn broadcast<N: Layer<f32, D>, D: Device<f32>>(&self, net: &mut N) -> Result<(), ParallelError> {
        self.check_same(net)?;
        each_weight(net, |_, weight| {
            self.hand_out(0, numbers_of(weight)?);
            Ok(())
        })?;
        Ok(())
    }

    /// Whether all ranks have the same weights, bit for bit.
    ///
    /// # Errors
    /// [`ParallelError::Network`] if a device can't give its weights.
    pub fn agrees<N: Layer<f32, D>, D: Device<f32>>(&self, net: &mut N) -> Result<bool, ParallelError> {
        let mut hash = Hash::default();
        each_weight(net, |_, weight| {
            numbers_of(weight)?.iter().for_each(|number| hash.add(u64::from(number.to_bits())));
            Ok(())
        })?;
        Ok(self.of_each(hash.0).iter().all(|other| *other == hash.0))
    }

    fn check_same<N: Layer<f32, D>, D: Device<f32>>(&self, net: &mut N) -> Result<(), ParallelError> {
        let mut hash = Hash::default();
        each_weight(net, |_, weight| {
            let sizes = weight.sizes();
            hash.add(sizes.len() as u64);
            sizes.iter().for_each(|size| hash.add(*size as u64));
            Ok(())
        })?;
        let all = self.of_each(hash.0);
        match all.iter().position(|other| *other != all[0]) {
            Some(rank) => Err(ParallelError::OtherNetwork { rank }),
            None => Ok(()),
        }
    }

    /// Gradients that are means over the ranks' parts become those of the whole batch; this rank's counts by `weight`, the
    /// [`Part::weight`](super::Part::weight) of its part. It does after the way back what [`backward`](Self::backward) does
    /// meanwhile.
    ///
    /// # Errors
    /// [`ParallelError::Weights`] if the ranks' weights don't add up to 1.
    pub fn average<N: Layer<f32, D>, D: Device<f32>>(
        &mut self,
        net: &mut N,
        gradients: &mut Gradients<f32, D>,
        weight: f64,
    ) -> Result<(), ParallelError> {
        if self.is_alone(weight)? {
            return Ok(());
        }
        self.exchange.borrow_mut().begin(&entries(net)?, weight);
        self.mean_of(net, gradients, [weight, 0.0]).map(|_| ())
    }

    /// The way back of a loss, with gradients that are averaged over all ranks, and the mean of the loss. `loss` is the mean
    /// over this rank's part of the batch, and counts by `weight`, the [`Part::weight`](super::Part::weight) of the part.
    ///
    /// Gradients are exchanged in buckets, each as soon as it is complete, while the way back goes on; where a network runs
    /// by dfdx's ops (on another device than the CPU, or with weights out of order), after it.
    ///
    /// # Errors
    /// [`ParallelError::Weights`] if the ranks' weights don't add up to 1; [`ParallelError::Network`] if the device runs out
    /// of memory.
    pub fn backward<N: Layer<f32, D>, D: Device<f32>>(
        &mut self,
        net: &mut N,
        loss: Tensor<Rank0, f32, D, OwnedTape<f32, D>>,
        weight: f64,
    ) -> Result<(f32, Gradients<f32, D>), ParallelError> {
        let value = loss.as_vec()[0];
        let back = || dfdx::tensor_ops::Backward::try_backward(loss);
        if self.is_alone(weight)? {
            return Ok((value, back().map_err(Error::device)?));
        }
        self.exchange.borrow_mut().begin(&entries(net)?, weight);
        let mut gradients = crate::exec::fused::watched(self.watcher(), back).map_err(Error::device)?;
        let mean = self.mean_of(net, &mut gradients, [weight, f64::from(value) * weight])?;
        Ok((mean as f32, gradients))
    }

    /// Whether there is one process, so that nothing is to be exchanged.
    fn is_alone(&self, weight: f64) -> Result<bool, ParallelError> {
        match self.size() {
            1 if (weight - 1.0).abs() > 1e-4 => Err(ParallelError::Weights { sum: weight }),
            size => Ok(size == 1),
        }
    }

    /// Gradients become means, and so does a number that comes with its weight.
    fn mean_of<N: Layer<f32, D>, D: Device<f32>>(
        &mut self,
        net: &mut N,
        gradients: &mut Gradients<f32, D>,
        number: [f64; 2],
    ) -> Result<f64, ParallelError> {
        let [weights, mean] = self.finish(net, gradients, number)?;
        if (weights - 1.0).abs() > 1e-4 {
            return Err(ParallelError::Weights { sum: weights });
        }
        Ok(mean)
    }

    pub(super) fn finish<N: Layer<f32, D>, D: Device<f32>>(
        &mut self,
        net: &mut N,
        gradients: &mut Gradients<f32, D>,
        numbers: [f64; 2],
    ) -> Result<[f64; 2], ParallelError> {
        if !is_on_cpu::<D>() {
            return self.finish_elsewhere(net, gradients, numbers);
        }
        self.exchange.borrow_mut().finish(numbers, &mut |show| {
            let mut place = 0;
            each_weight(net, |role, weight| {
                if role != Role::Frozen
                    && let Some(gradient) = on_cpu::<f32, D>(weight.gradient_mut(gradients)?)
                {
                    show(place, gradient);
                }
                place += 1;
                Ok(())
            })
            .map_err(Into::into)
        })
    }

    /// On another device, where gradients are copied to the host and back.
    fn finish_elsewhere<N: Layer<f32, D>, D: Device<f32>>(
        &mut self,
        net: &mut N,
        gradients: &mut Gradients<f32, D>,
        numbers: [f64; 2],
    ) -> Result<[f64; 2], ParallelError> {
        let mut lists = Vec::new();
        each_weight(net, |role, weight| {
            let changes = role != Role::Frozen;
            if changes {
                weight.gradient_mut(gradients)?;
            }
            lists.push(if changes { weight.gradient(gradients) } else { Vec::new() });
            Ok(())
        })?;
        let sums = self.exchange.borrow_mut().finish(numbers, &mut |show| {
            lists.iter_mut().enumerate().for_each(|(place, gradient)| show(place, gradient));
            Ok(())
        })?;
        let mut place = 0;
        each_weight(net, |role, weight| {
            if role != Role::Frozen {
                weight.set_gradient(gradients, std::mem::take(&mut lists[place]))?;
            }
            place += 1;
            Ok(())
        })?;
        Ok(sums)
    }
}

/// FNV-1a.
struct Hash(u64);

impl Default for Hash {
    fn default() -> Self {
        Hash(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    fn add(&mut self, number: u64) {
        for byte in number.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
