//! Weights: typed tensors behind accessors, and what the executors see of them.

use std::sync::{Arc, OnceLock};

use dfdx::nn::tensor_collection::TensorOptions;
use dfdx::prelude::*;
use num_traits::Float;
use rand_distr::{Distribution, StandardNormal, Uniform, uniform::SampleUniform};

use crate::exec::Enters;

/// The number types that weights can have: `f32` and `f64`.
pub trait Element: Dtype + Float + SampleUniform + std::fmt::Display + Enters<Self> {
    /// The nearest number of this type.
    fn of(value: f64) -> Self {
        Self::from_f64(value).unwrap_or_else(Self::nan)
    }
}

impl<E: Dtype + Float + SampleUniform + std::fmt::Display + Enters<Self>> Element for E {}

/// One weight of a network: a tensor that is read by dereferencing and changed through [`Param::tensor_mut`].
///
/// On the CPU the first pass after a change copies the numbers, for kernels that work on slices, and keeps the copy until the
/// next change.
///
/// ```
/// use tensor_core::prelude::*;
///
/// layer! { pub struct Scores: [4] -> [3] { output: linear(4 -> 3) } }
///
/// let mut net = Scores::new(&Cpu::default());
/// net.output.bias.tensor_mut().fill_with_zeros();
/// assert_eq!(net.output.bias.array(), [0.0; 3]);
/// ```
#[derive(Clone, Debug)]
pub struct Param<S: Shape, E: Dtype, D: Device<E>> {
    tensor: Tensor<S, E, D>,
    /// Its numbers in logical order, as long as nobody could have changed the tensor since they were read.
    host: OnceLock<Arc<[E]>>,
}

impl<S: Shape, E: Dtype, D: Device<E>> Param<S, E, D> {
    /// The tensor.
    pub fn tensor(&self) -> &Tensor<S, E, D> {
        &self.tensor
    }

    /// The tensor, to change it. Every change of a weight goes through here.
    pub fn tensor_mut(&mut self) -> &mut Tensor<S, E, D> {
        self.host.take();
        &mut self.tensor
    }

    /// Its numbers on the host.
    fn host(&self) -> Arc<[E]> {
        self.host.get_or_init(|| numbers(&self.tensor).into()).clone()
    }
}

impl<S: Shape, E: Dtype, D: Device<E>> From<Tensor<S, E, D>> for Param<S, E, D> {
    fn from(tensor: Tensor<S, E, D>) -> Self {
        Param { tensor, host: OnceLock::new() }
    }
}

impl<S: Shape, E: Dtype, D: Device<E>> std::ops::Deref for Param<S, E, D> {
    type Target = Tensor<S, E, D>;

    fn deref(&self) -> &Self::Target {
        &self.tensor
    }
}

/// A tensor's numbers in logical order; one copy where they lie so already.
pub(crate) fn numbers<S: Shape, E: Dtype, D: Device<E>>(tensor: &Tensor<S, E, D>) -> Vec<E> {
    let Ok(tensor) = tensor.clone().try_contiguous() else { return tensor.as_vec() };
    let mut numbers = vec![E::default(); tensor.shape().num_elements()];
    tensor.copy_into(&mut numbers);
    numbers
}

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
#[derive(Debug)]
pub struct Weights<E: Dtype, D: Device<E>> {
    queue: std::collections::VecDeque<Weight<E, D>>,
    /// Their numbers on the host, if the executor works there.
    hosts: Option<Vec<Arc<[E]>>>,
}

impl<E: Dtype, D: Device<E>> Default for Weights<E, D> {
    fn default() -> Self {
        Weights { queue: Default::default(), hosts: None }
    }
}

impl<E: Dtype, D: Device<E>> Weights<E, D> {
    /// A list that also gets the weights' numbers on the host.
    pub(crate) fn on_host() -> Self {
        Weights { queue: Default::default(), hosts: Some(Vec::new()) }
    }

    /// The numbers of all weights in order.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = Arc<[E]>> {
        self.hosts.iter().flatten().cloned()
    }

    /// The weight at a place.
    pub(crate) fn get(&self, index: usize) -> &Weight<E, D> {
        &self.queue[index]
    }

    /// Adds a weight at the end.
    pub fn push<S: WeightShape>(&mut self, param: &Param<S, E, D>) {
        self.queue.push_back(S::erase(param.tensor.clone()));
        if let Some(hosts) = &mut self.hosts {
            hosts.push(param.host());
        }
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

/// What has weights: the ops of a network that have some, stacks, and networks themselves.
pub trait Weighted<E: Dtype, D: Device<E>> {
    /// Adds the weights to `list`, in the order in which the plan's ops take them.
    fn weights(&self, list: &mut Weights<E, D>);
}

/// How a weight starts.
pub(crate) mod init {
    use super::*;

    /// Kaiming uniform with a = √5, as PyTorch's `nn.Linear`: uniform in ± 1/√inputs.
    pub(crate) fn kaiming<const INPUTS: usize, S: ConstShape, E: Element, D: Device<E>>()
    -> TensorOptions<S, E, D> {
        TensorOptions::reset_with(fill_kaiming::<INPUTS, S, E, D>)
    }

    /// [`kaiming`], of a weight that training does not change.
    pub(crate) fn frozen_kaiming<const INPUTS: usize, S: ConstShape, E: Element, D: Device<E>>()
    -> TensorOptions<S, E, D> {
        TensorOptions::detached(fill_kaiming::<INPUTS, S, E, D>)
    }

    fn fill_kaiming<const INPUTS: usize, S: ConstShape, E: Element, D: Device<E>>(
        tensor: &mut Tensor<S, E, D>,
    ) -> Result<(), D::Err> {
        fill_uniform(tensor, INPUTS)
    }

    /// [`kaiming`] of a convolution's weight or bias, which has KERNEL · KERNEL inputs a channel, as `nn.Conv2d`.
    pub(crate) fn kaiming_2d<
        const CHANNELS: usize,
        const KERNEL: usize,
        S: ConstShape,
        E: Element,
        D: Device<E>,
    >() -> TensorOptions<S, E, D> {
        TensorOptions::reset_with(|tensor| fill_uniform(tensor, CHANNELS * KERNEL * KERNEL))
    }

    fn fill_uniform<S: ConstShape, E: Element, D: Device<E>>(
        tensor: &mut Tensor<S, E, D>,
        inputs: usize,
    ) -> Result<(), D::Err> {
        let bound = E::ONE / E::from_usize(inputs.max(1)).unwrap_or(E::ONE).sqrt();
        tensor.try_fill_with_distr(Uniform::new_inclusive(-bound, bound))
    }

    /// Normal with the standard deviation 0.02, as GPT-2, BERT and ViT.
    pub(crate) fn normal<S: ConstShape, E: Element, D: Device<E>>() -> TensorOptions<S, E, D> {
        TensorOptions::reset_with(|tensor| tensor.try_fill_with_distr(SmallNormal))
    }

    struct SmallNormal;

    impl<E: Element> Distribution<E> for SmallNormal {
        fn sample<R: rand::Rng + ?Sized>(&self, random: &mut R) -> E {
            let value: f64 = StandardNormal.sample(random);
            E::of(0.02 * value)
        }
    }

    pub(crate) fn zeros<S: ConstShape, E: Element, D: Device<E>>() -> TensorOptions<S, E, D> {
        TensorOptions::reset_to_zeros()
    }

    pub(crate) fn ones<S: ConstShape, E: Element, D: Device<E>>() -> TensorOptions<S, E, D> {
        TensorOptions::reset_to_ones()
    }
}

/// Declares an op's weights: the struct, its visit by dfdx, its list for the executors.
macro_rules! weights {
    (
        $(#[$meta:meta])*
        pub struct $Name:ident<$($size:ident),+> {
            $($(#[$field_meta:meta])* $field:ident: $shape:ty = $init:expr,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $Name<$(const $size: usize,)+ E: ::dfdx::prelude::Dtype, D: ::dfdx::prelude::Device<E>> {
            $($(#[$field_meta])* pub $field: $crate::param::Param<$shape, E, D>,)+
        }

        impl<$(const $size: usize,)+ E: $crate::param::Element, D: ::dfdx::prelude::Device<E>>
            ::dfdx::nn::tensor_collection::TensorCollection<E, D> for $Name<$($size,)+ E, D>
        {
            type To<E2: ::dfdx::prelude::Dtype, D2: ::dfdx::prelude::Device<E2>> = $Name<$($size,)+ E2, D2>;

            fn iter_tensors<V: ::dfdx::nn::tensor_collection::ModuleVisitor<Self, E, D>>(
                visitor: &mut V,
            ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
                visitor.visit_fields(
                    ($(Self::tensor(
                        stringify!($field),
                        |s| s.$field.tensor(),
                        |s| s.$field.tensor_mut(),
                        $init,
                    ),)+),
                    |($($field,)+)| $Name { $($field: $field.into(),)+ },
                )
            }
        }

        impl<$(const $size: usize,)+ E: ::dfdx::prelude::Dtype, D: ::dfdx::prelude::Device<E>>
            $crate::param::Weighted<E, D> for $Name<$($size,)+ E, D>
        {
            fn weights(&self, list: &mut $crate::param::Weights<E, D>) {
                $(list.push(&self.$field);)+
            }
        }
    };
}
pub(crate) use weights;
