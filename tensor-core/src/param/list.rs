//! The weights of a network as executors take them.

use std::sync::Arc;

use dfdx::prelude::*;

use super::Param;
use crate::Error;

/// A weight without its static shape, as executors take it. It has the typed tensor's identity, so that
/// gradients find their way back.
#[derive(Clone, Debug)]
pub enum Weight<E: Dtype, D: Device<E>> {
    /// A bias, a scale …
    Vector(Tensor<(usize,), E, D>),
    /// A matrix, `[out, in]`.
    Matrix(Tensor<(usize, usize), E, D>),
    /// The filters of a convolution, `[out, in, height, width]`.
    Filters(Tensor<(usize, usize, usize, usize), E, D>),
}

/// Shapes that a weight can have.
pub trait WeightShape: ConstShape {
    /// The same tensor without its static shape.
    fn erase<E: Dtype, D: Device<E>>(tensor: Tensor<Self, E, D>) -> Weight<E, D>;
}

impl<const N: usize> WeightShape for Rank1<N> {
    fn erase<E: Dtype, D: Device<E>>(tensor: Tensor<Self, E, D>) -> Weight<E, D> {
        Weight::Vector(tensor.realize())
    }
}

impl<const M: usize, const N: usize> WeightShape for Rank2<M, N> {
    fn erase<E: Dtype, D: Device<E>>(tensor: Tensor<Self, E, D>) -> Weight<E, D> {
        Weight::Matrix(tensor.realize())
    }
}

impl<const O: usize, const C: usize, const H: usize, const W: usize> WeightShape for Rank4<O, C, H, W> {
    fn erase<E: Dtype, D: Device<E>>(tensor: Tensor<Self, E, D>) -> Weight<E, D> {
        Weight::Filters(tensor.realize())
    }
}

/// The weights of a network in the order of its items; executors take them one by one.
#[derive(Clone, Debug)]
pub struct Weights<E: Dtype, D: Device<E>> {
    queue: std::collections::VecDeque<Weight<E, D>>,
    /// Their numbers on the host, if the executor works there.
    hosts: Option<Vec<Arc<[E]>>>,
    /// Whether the numbers of all lie in the order of their axes.
    in_order: bool,
    /// Their numbers on a GPU, if the executor works there.
    #[cfg(feature = "cuda")]
    gpu: Option<Vec<Arc<crate::cuda::Numbers>>>,
}

impl<E: Dtype, D: Device<E>> Weight<E, D> {
    /// Its numbers in the order of its axes.
    pub(crate) fn numbers(&self) -> Vec<E> {
        match self {
            Weight::Vector(tensor) => tensor.as_vec(),
            Weight::Matrix(tensor) => tensor.as_vec(),
            Weight::Filters(tensor) => tensor.as_vec(),
        }
    }
}

impl<E: Dtype, D: Device<E>> Default for Weights<E, D> {
    fn default() -> Self {
        Weights {
            queue: Default::default(),
            hosts: None,
            in_order: true,
            #[cfg(feature = "cuda")]
            gpu: None,
        }
    }
}

impl<E: Dtype, D: Device<E>> Weights<E, D> {
    /// A list that also gets the weights' numbers on the host.
    pub(crate) fn on_host() -> Self {
        Weights { hosts: Some(Vec::new()), ..Weights::default() }
    }

    /// A list that also gets the weights' numbers on a GPU.
    #[cfg(feature = "cuda")]
    pub(crate) fn for_gpu() -> Self {
        Weights { gpu: Some(Vec::new()), ..Weights::default() }
    }

    /// The numbers of all weights on a GPU; none if they are elsewhere.
    #[cfg(feature = "cuda")]
    pub(crate) fn on_gpu(&self) -> &[Arc<crate::cuda::Numbers>] {
        self.gpu.as_deref().unwrap_or_default()
    }

    /// Whether the numbers of all weights are on a GPU.
    #[cfg(feature = "cuda")]
    pub(crate) fn are_on_gpu(&self) -> bool {
        self.gpu.as_ref().is_some_and(|gpu| gpu.len() == self.queue.len())
    }

    /// The same list with copies of the weights' numbers, in the order of their axes.
    pub(crate) fn copied_to_host(mut self) -> Self {
        self.hosts = Some(self.queue.iter().map(|weight| weight.numbers().into()).collect());
        self
    }

    /// Copies the weights whose numbers lie in another order than that of their axes. The way back along the tape goes
    /// through the copies.
    pub(crate) fn put_in_order<T: Tape<E, D>>(&mut self, tape: &mut T) -> Result<(), Error> {
        for weight in &mut self.queue {
            match weight {
                Weight::Vector(tensor) => in_order(tensor, tape)?,
                Weight::Matrix(tensor) => in_order(tensor, tape)?,
                Weight::Filters(tensor) => in_order(tensor, tape)?,
            }
        }
        Ok(())
    }

    /// The numbers of all weights in order.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = Arc<[E]>> {
        self.hosts.iter().flatten().cloned()
    }

    /// The sizes of all weights in order.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = Vec<usize>> {
        self.queue.iter().map(|weight| match weight {
            Weight::Vector(tensor) => tensor.shape().concrete().to_vec(),
            Weight::Matrix(tensor) => tensor.shape().concrete().to_vec(),
            Weight::Filters(tensor) => tensor.shape().concrete().to_vec(),
        })
    }

    /// The weight at a place.
    pub(crate) fn get(&self, index: usize) -> &Weight<E, D> {
        &self.queue[index]
    }

    /// The next so many weights.
    pub(crate) fn first(&self, count: usize) -> Vec<Weight<E, D>> {
        self.queue.iter().take(count).cloned().collect()
    }

    /// All weights.
    #[cfg(feature = "trainer")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Weight<E, D>> {
        self.queue.iter()
    }

    /// Adds a weight at the end.
    pub fn push<S: WeightShape>(&mut self, param: &Param<S, E, D>) {
        #[cfg(feature = "cuda")]
        if let Some(gpu) = &mut self.gpu {
            // As below, its identity alone is needed.
            self.queue.push_back(S::erase(param.tensor.clone()));
            return match param.on_gpu() {
                Ok(numbers) => gpu.extend(numbers.cloned()),
                Err(_) => self.gpu = None, // the GPU is short of memory, which the composed executor will tell
            };
        }
        let Some(hosts) = &mut self.hosts else {
            return self.queue.push_back(S::erase(param.tensor().clone()));
        };
        // Its numbers may be old: whoever takes the host's needs its identity alone.
        self.queue.push_back(S::erase(param.tensor.clone()));
        match param.host() {
            Some(host) => hosts.push(host.clone()),
            None => self.in_order = false,
        }
    }

    /// These weights.
    #[cfg(test)]
    pub(crate) fn of(weights: &[Weight<E, D>], on_host: bool) -> Self {
        let hosts = on_host.then(|| weights.iter().map(|weight| weight.numbers().into()).collect());
        Weights { queue: weights.iter().cloned().collect(), hosts, ..Weights::default() }
    }

    /// Whether the numbers of all weights are on the host.
    pub(crate) fn are_on_host(&self) -> bool {
        self.hosts.is_some() && self.in_order
    }

    pub(crate) fn vector(&mut self) -> Tensor<(usize,), E, D> {
        match self.queue.pop_front() {
            Some(Weight::Vector(tensor)) => tensor,
            other => unreachable!("an op takes a vector, the network's weights give {other:?}"),
        }
    }

    pub(crate) fn matrix(&mut self) -> Tensor<(usize, usize), E, D> {
        match self.queue.pop_front() {
            Some(Weight::Matrix(tensor)) => tensor,
            other => unreachable!("an op takes a matrix, the network's weights give {other:?}"),
        }
    }

    pub(crate) fn filters(&mut self) -> Tensor<(usize, usize, usize, usize), E, D> {
        match self.queue.pop_front() {
            Some(Weight::Filters(tensor)) => tensor,
            other => unreachable!("an op takes filters, the network's weights give {other:?}"),
        }
    }
}

fn in_order<S: Shape, E: Dtype, D: Device<E>, T: Tape<E, D>>(
    tensor: &mut Tensor<S, E, D>,
    tape: &mut T,
) -> Result<(), Error> {
    let traced = tensor.clone().put_tape(std::mem::take(tape));
    (*tensor, *tape) = traced.try_contiguous().map_err(Error::device)?.split_tape();
    Ok(())
}
