//! Weights: typed tensors behind accessors, and what the executors see of them.

use std::sync::{Arc, OnceLock};

use dfdx::prelude::*;
use num_traits::Float;
use rand_distr::uniform::SampleUniform;

use crate::exec::{Composes, Enters};

#[cfg(feature = "cuda")]
mod gpu;
pub(crate) mod init;
mod list;
mod visit;

pub use list::{Weight, WeightShape, Weights};
pub use visit::{AnyParam, Role, WeightVisitor, Weighted, visit_field};

/// The number types that weights can have: `f32` and `f64`.
pub trait Element: Dtype + Float + SampleUniform + std::fmt::Display + Enters<Self> + Composes {
    /// The nearest number of this type.
    fn of(value: f64) -> Self {
        Self::from_f64(value).unwrap_or_else(Self::nan)
    }
}

impl<E: Dtype + Float + SampleUniform + std::fmt::Display + Enters<Self> + Composes> Element for E {}

/// One weight of a network: a tensor that is read by dereferencing and changed through [`Param::tensor_mut`].
///
/// Kernels work on slices, which dfdx does not give away. So the first pass on the CPU copies the numbers, and keeps the copy
/// until the next change. An optimizer of this crate changes that copy; the tensor follows when somebody looks at it.
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
    /// Its numbers in logical order, as long as nobody could have changed the tensor since they were read; none of a tensor
    /// whose numbers lie in another order.
    host: OnceLock<Option<Arc<[E]>>>,
    /// As `host`, on a GPU.
    #[cfg(feature = "cuda")]
    gpu: OnceLock<Arc<crate::cuda::Numbers>>,
    /// Where the host's numbers were changed: `tensor` with them, made when somebody looks at it.
    followed: Option<OnceLock<Tensor<S, E, D>>>,
}

impl<S: Shape, E: Dtype, D: Device<E>> Param<S, E, D> {
    /// The tensor.
    pub fn tensor(&self) -> &Tensor<S, E, D> {
        match &self.followed {
            None => &self.tensor,
            Some(followed) => followed.get_or_init(|| self.follow()),
        }
    }

    /// The tensor, to change it. Every change of a weight goes through here, or through an optimizer of this crate.
    pub fn tensor_mut(&mut self) -> &mut Tensor<S, E, D> {
        if let Some(followed) = self.followed.take() {
            self.tensor = followed.into_inner().unwrap_or_else(|| self.follow());
        }
        self.host.take();
        self.forget_gpu();
        &mut self.tensor
    }

    /// The tensor with the numbers of the host. It keeps its identity, by which gradients find it.
    fn follow(&self) -> Tensor<S, E, D> {
        #[cfg(feature = "cuda")]
        if let (None, Some(numbers)) = (self.host.get(), self.gpu.get()) {
            return gpu::follow(&self.tensor, numbers);
        }
        let mut tensor = self.tensor.clone();
        if let Some(Some(host)) = self.host.get() {
            tensor.copy_from(host);
        }
        tensor
    }

    fn forget_gpu(&mut self) {
        #[cfg(feature = "cuda")]
        self.gpu.take();
    }

    /// Its numbers on the host; none of a tensor whose numbers lie in another order than that of its axes.
    fn host(&self) -> Option<&Arc<[E]>> {
        let read = || lies_in_order(self.tensor()).then(|| numbers(self.tensor()).into());
        self.host.get_or_init(read).as_ref()
    }

    /// Its numbers on the host, to change them.
    fn host_mut(&mut self) -> Option<&mut [E]> {
        self.host()?;
        if let Some(followed) = self.followed.take().and_then(OnceLock::into_inner) {
            self.tensor = followed;
        }
        self.followed = Some(OnceLock::new());
        self.forget_gpu();
        self.host.get_mut().and_then(Option::as_mut).map(Arc::make_mut)
    }
}

impl<S: Shape, E: Dtype, D: Device<E>> From<Tensor<S, E, D>> for Param<S, E, D> {
    fn from(tensor: Tensor<S, E, D>) -> Self {
        Param {
            tensor,
            host: OnceLock::new(),
            #[cfg(feature = "cuda")]
            gpu: OnceLock::new(),
            followed: None,
        }
    }
}

impl<S: Shape, E: Dtype, D: Device<E>> std::ops::Deref for Param<S, E, D> {
    type Target = Tensor<S, E, D>;

    fn deref(&self) -> &Self::Target {
        self.tensor()
    }
}

/// Whether a tensor's numbers lie in the order of its axes, as far as one can see: dfdx does not tell strides of tensors,
/// but on the CPU it tells where their numbers are.
fn lies_in_order<S: Shape, E: Dtype, D: Device<E>>(tensor: &Tensor<S, E, D>) -> bool {
    let Some(tensor) = (tensor as &dyn std::any::Any).downcast_ref::<Tensor<S, E, Cpu>>() else {
        return true;
    };
    let sizes = tensor.shape().concrete();
    if tensor.shape().num_elements() == 0 {
        return true;
    }
    let address = |at: S::Concrete| std::ptr::from_ref(&tensor[at]).addr();
    let first = address(S::Concrete::default());
    let mut stride = size_of::<E>();
    (0..S::NUM_DIMS).rev().all(|axis| {
        let mut second = S::Concrete::default();
        second[axis] = 1;
        let in_order = sizes[axis] == 1 || address(second).wrapping_sub(first) == stride;
        stride *= sizes[axis];
        in_order
    })
}

/// A tensor's numbers in logical order; one copy where they lie so already.
pub(crate) fn numbers<S: Shape, E: Dtype, D: Device<E>>(tensor: &Tensor<S, E, D>) -> Vec<E> {
    let Ok(tensor) = tensor.clone().try_contiguous() else { return tensor.as_vec() };
    let mut numbers = vec![E::default(); tensor.shape().num_elements()];
    tensor.copy_into(&mut numbers);
    numbers
}

/// Declares an op's weights: the struct, its visit by dfdx, its list for the executors.
macro_rules! weights {
    (
        $(#[$meta:meta])*
        pub struct $Name:ident<$($size:ident),+> {
            $($(#[$field_meta:meta])* $field:ident: $shape:ty $(as $role:ident)? = $init:expr,)+
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

            fn visit_weights(&mut self, visitor: &mut dyn $crate::param::WeightVisitor<E, D>) {
                $({
                    let role = [$($crate::param::Role::$role)?].first().copied();
                    let role = role.unwrap_or($crate::param::Role::of(stringify!($field)));
                    visitor.weight(stringify!($field), role, &mut self.$field);
                })+
            }
        }
    };
}
pub(crate) use weights;
