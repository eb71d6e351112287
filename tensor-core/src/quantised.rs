//! Networks whose matrices are of eight bits, for use alone.

use std::marker::PhantomData;
use std::sync::Arc;

use dfdx::prelude::*;
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::Error;
use crate::decode::{KvCache, OnHost};
use crate::exec::Inputs;
use crate::exec::fused::{Packed, PackedTask, matrices};
use crate::io::{Checkpoint, LoadError, Stored};
use crate::kernels::eight::EightBit;
use crate::layer::{Layer, enter_plan, nothing, tensor_of};
use crate::param::Weights;
use crate::plan::Axes;

/// A declared network whose matrices are kept in eight bits: for use, not for training.
///
/// Matrices that numbers are multiplied with and tables of rows are blocks of 32 numbers of eight bits with a scale, ggml's
/// Q8_0, where their rows are whole blocks; they take 27 % of the memory, and as much less time where reading it is what takes
/// it, as step by step. What is multiplied with them is rounded to blocks of eight bits as well. Norms, biases, positions and
/// filters of convolutions, and all that is computed between, stay `f32`.
///
/// ```
/// use tensor_core::quantised::Quantised;
/// use tensor_core::prelude::*;
///
/// layer! { pub struct Net: [64] -> [3] { hidden: linear(64 -> 96), relu, output: linear(96 -> 3) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let net = Net::new(&device);
/// let x: Tensor<Rank2<5, 64>, f32, _> = device.sample_normal();
/// let exact = net.forward(x.clone()).array();
///
/// let eight = Quantised::of(&net);
/// assert!(eight.bytes() < 4 * Net::PARAMS as usize / 3);
/// let near: Tensor<Rank2<5, 3>, f32, _> = eight.try_forward(x)?;
/// let off = |(a, b): (&f32, &f32)| (a - b).abs();
/// assert!(near.array().as_flattened().iter().zip(exact.as_flattened()).all(|pair| off(pair) < 0.02));
/// # Ok::<(), Error>(())
/// ```
///
/// # Source
/// "LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale", arXiv:2208.07339, for why eight bits do; the blocks are
/// ggml's.
#[derive(Clone, Debug)]
pub struct Quantised<N> {
    weights: Vec<Packed>,
    net: PhantomData<fn() -> N>,
}

impl<N: Layer<f32, Cpu>> Quantised<N> {
    /// The network with its matrices rounded to eight bits.
    pub fn of(net: &N) -> Self {
        let mut weights = Weights::on_host();
        net.weights(&mut weights);
        if !weights.are_on_host() {
            weights = Weights::default();
            net.weights(&mut weights);
            weights = weights.copied_to_host();
        }
        let (sizes, matrices): (Vec<_>, _) = (weights.sizes().collect(), matrices(N::PLAN));
        assert_eq!(sizes.len(), matrices.len(), "the plan knows each weight");
        let numbers = weights.hosts().zip(&sizes).zip(matrices);
        let packed = numbers.map(|((numbers, sizes), is_matrix)| match width(sizes, is_matrix) {
            Some(inputs) => Packed::Eight(Arc::new(EightBit::of_numbers(&numbers, inputs))),
            None => Packed::Numbers(numbers),
        });
        Quantised { weights: packed.collect(), net: PhantomData }
    }

    /// The network with a checkpoint's weights, without a network of `f32` in between. What the file has as Q8_0 stays as it
    /// is, bit by bit; other matrices are rounded to eight bits.
    ///
    /// # Errors
    /// As [`Checkpoint::load_into`].
    pub fn load(checkpoint: &Checkpoint) -> Result<Self, LoadError> {
        let (stored, matrices) = (checkpoint.weights_of(N::PLAN)?, matrices(N::PLAN));
        assert_eq!(stored.len(), matrices.len(), "the plan knows each weight");
        let pack = |(stored, is_matrix): (&Stored<'_>, bool)| match width(&stored.shape, is_matrix) {
            Some(inputs) => Packed::Eight(Arc::new(stored.eight_bits(inputs))),
            None => Packed::Numbers(stored.numbers().unwrap_or_default().into()),
        };
        let packed = stored.par_iter().zip(matrices).map(pack);
        Ok(Quantised { weights: packed.collect(), net: PhantomData })
    }

    /// Bytes that its weights take.
    pub fn bytes(&self) -> usize {
        let bytes = |weight: &Packed| match weight {
            Packed::Numbers(numbers) => size_of_val(&**numbers),
            Packed::Eight(eight) => eight.bytes(),
        };
        self.weights.iter().map(bytes).sum()
    }

    /// As the network's `try_forward`.
    ///
    /// # Errors
    /// Those of the network's.
    pub fn try_forward<X, O: Shape>(&self, inputs: X) -> Result<Tensor<O, f32, Cpu>, Error>
    where
        X: Inputs<f32, Cpu>,
        N: Module<X, Output = Tensor<O, f32, Cpu>, Error = Error>,
        Cpu: Storage<X::Number>,
    {
        self.tensor(inputs, None)
    }

    /// As [`KvCache::step`]. A cache that began with the network of `f32` can go on with this one, and the other way round.
    ///
    /// ```
    /// use tensor_core::decode::KvCache;
    /// use tensor_core::prelude::*;
    /// use tensor_core::quantised::Quantised;
    ///
    /// layer! {
    ///     pub struct Net: ids[n] -> [n, 11] {
    ///         tokens: embedding(11 -> 32),
    ///         residual { norm: layer_norm, attend: attention(heads: 2, mask: causal) },
    ///         unembed(11, tie: tokens),
    ///     }
    /// }
    /// let device = Cpu::default();
    /// let net = Quantised::of(&Net::new(&device));
    /// let mut cache = KvCache::new(16);
    /// let all = net.step(&mut cache, device.tensor_from_vec(vec![3, 1, 4], (3,)))?.as_vec();
    ///
    /// cache.clear();
    /// let last = net.last(&mut cache, device.tensor_from_vec(vec![3, 1, 4], (3,)))?;
    /// assert_eq!(last, all[2 * 11..]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`KvCache::step`].
    pub fn step<X, O: Shape>(
        &self,
        cache: &mut KvCache<f32, Cpu>,
        inputs: X,
    ) -> Result<Tensor<O, f32, Cpu>, Error>
    where
        X: Inputs<f32, Cpu>,
        N: Module<X, Output = Tensor<O, f32, Cpu>, Error = Error>,
        Cpu: Storage<X::Number>,
    {
        let sizes = inputs.sizes();
        cache.stepping(N::PLAN, &sizes, |cache| self.tensor(inputs, Some(cache.on_host())))
    }

    /// As [`step`](Self::step), the numbers of each sequence's last position alone: what sampling the next token needs. The items
    /// after the last one that mixes positions, such as the multiplication with a large vocabulary, run on that one alone.
    ///
    /// # Errors
    /// As [`KvCache::step`]; [`Error::Empty`] without any position.
    pub fn last<X>(&self, cache: &mut KvCache<f32, Cpu>, inputs: X) -> Result<Vec<f32>, Error>
    where
        X: Inputs<f32, Cpu>,
        Cpu: Storage<X::Number>,
    {
        let sizes = inputs.sizes();
        if sizes.contains(&0) {
            let given = Axes::of_sizes(&sizes).with_ids(N::PLAN.input.are_ids()).to_string();
            return Err(Error::Empty { network: N::PLAN.name, given });
        }
        cache.stepping(N::PLAN, &sizes, |cache| {
            self.run(inputs, Some(cache.on_host()), true, |y, _| Ok(y.to_vec()))
        })
    }

    fn tensor<X, O: Shape>(&self, inputs: X, cache: Option<&mut OnHost>) -> Result<Tensor<O, f32, Cpu>, Error>
    where
        X: Inputs<f32, Cpu>,
        Cpu: Storage<X::Number>,
    {
        if inputs.sizes().contains(&0) {
            let (x, _) = inputs.split(N::PLAN)?;
            return nothing(N::PLAN, x);
        }
        let device = Cpu::default();
        self.run(inputs, cache, false, |y, axes| tensor_of(N::PLAN, &device, y, axes))
    }

    fn run<X, R>(
        &self,
        inputs: X,
        cache: Option<&mut OnHost>,
        last: bool,
        take: impl FnOnce(&[f32], &Axes) -> Result<R, Error>,
    ) -> Result<R, Error>
    where
        X: Inputs<f32, Cpu>,
        Cpu: Storage<X::Number>,
    {
        let (x, sides) = inputs.split(N::PLAN)?;
        let (x, axes) = enter_plan(N::PLAN, x)?;
        PackedTask { plan: N::PLAN, weights: &self.weights, last }.run(&x, &sides, &axes, cache, take)
    }
}

/// The numbers of a row, of a matrix whose rows are whole blocks.
fn width(sizes: &[usize], is_matrix: bool) -> Option<usize> {
    match *sizes {
        [_, inputs] if is_matrix && EightBit::fits(inputs) => Some(inputs),
        _ => None,
    }
}
