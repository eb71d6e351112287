//! What expanded declarations name. Not for people: it changes without notice.

pub use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
pub use dfdx::nn::{BuildOnDevice, Module, ModuleMut};
pub use dfdx::shapes::Const;
pub use dfdx::tensor::{Cpu, Gradients, NoneTape, OwnedTape, Tape, Tensor, Trace};
pub use dfdx::tensor_ops::Device;

pub use crate::Error;
pub use crate::exec::Mode;
pub use crate::layer::{Network, build, forward};
pub use crate::ops::*;
pub use crate::param::{Element, Weighted, Weights};
pub use crate::plan::{
    Axes, Axis, Branch, Comparison, Cost, Item, Join, Node, Plan, Relation, Summary, check_item,
    check_output, check_relation, check_size, checked_minus, checked_over, checked_plus, checked_times,
    elements, features, minus, over, plus, rest, same_features, times, verify,
};
pub use crate::shape::{AnySize, EndsIn, Out};
pub use crate::stack::Stack;
pub use dfdx::dtypes::Dtype;

/// The impls of a declaration that are the same for all: dfdx's `Module`, `ModuleMut`, `BuildOnDevice`.
#[macro_export]
#[doc(hidden)]
macro_rules! __glue {
    (
        impl[$($generics:tt)*] $Net:ident[$($args:tt)*] as [$E:ident, $D:ident] with [$S:ident, $T:ident]
        : $In:ty => $Out:ty
    ) => {
        impl<$($generics)* $S, $E, $D, $T> $crate::__private::Module<$crate::__private::Tensor<$S, $E, $D, $T>>
            for $Net<$($args)* $E, $D>
        where
            $E: $crate::__private::Element,
            $D: $crate::__private::Device<$E>,
            $S: $crate::__private::EndsIn<$In>,
            $T: $crate::__private::Tape<$E, $D>,
        {
            type Output = $crate::__private::Tensor<$crate::__private::Out<$S, $In, $Out>, $E, $D, $T>;
            type Error = $crate::__private::Error;

            fn try_forward(
                &self,
                x: $crate::__private::Tensor<$S, $E, $D, $T>,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                $crate::__private::forward(self, x, $crate::__private::Mode::Inference)
            }
        }

        impl<$($generics)* $S, $E, $D, $T> $crate::__private::ModuleMut<$crate::__private::Tensor<$S, $E, $D, $T>>
            for $Net<$($args)* $E, $D>
        where
            $E: $crate::__private::Element,
            $D: $crate::__private::Device<$E>,
            $S: $crate::__private::EndsIn<$In>,
            $T: $crate::__private::Tape<$E, $D>,
        {
            type Output = $crate::__private::Tensor<$crate::__private::Out<$S, $In, $Out>, $E, $D, $T>;
            type Error = $crate::__private::Error;

            fn try_forward_mut(
                &mut self,
                x: $crate::__private::Tensor<$S, $E, $D, $T>,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                let mode = if $T::OWNS_TAPE {
                    $crate::__private::Mode::Training
                } else {
                    $crate::__private::Mode::Inference
                };
                $crate::__private::forward(self, x, mode)
            }
        }

        impl<$($generics)* $E, $D, __E2, __D2> $crate::__private::BuildOnDevice<__D2, __E2>
            for $Net<$($args)* $E, $D>
        where
            $E: $crate::__private::Dtype,
            $D: $crate::__private::Device<$E>,
            __E2: $crate::__private::Element,
            __D2: $crate::__private::Device<__E2>,
        {
            type Built = $Net<$($args)* __E2, __D2>;
        }
    };
}
