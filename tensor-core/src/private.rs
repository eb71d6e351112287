//! What expanded declarations name. Not for people: it changes without notice.

pub use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
pub use dfdx::nn::{BuildOnDevice, Module, ModuleMut};
pub use dfdx::shapes::Const;
pub use dfdx::tensor::{
    Cpu, Gradients, Merge, NoneTape, OwnedTape, PutTape, SplitTape, Storage, Tape, Tensor, Trace,
};
pub use dfdx::tensor_ops::Device;

pub use crate::Error;
pub use crate::exec::{Enters, Mode, SideInput};
pub use crate::layer::{Network, build, forward, take_side};
pub use crate::ops::*;
pub use crate::param::{Element, Weighted, Weights};
pub use crate::plan::{
    Axes, Axis, Branch, Budget, Comparison, Cost, Counted, Item, Join, Node, Plan, Relation, Side, Summary,
    check_budget, check_item, check_output, check_relation, check_size, checked_minus, checked_over,
    checked_plus, checked_times, elements, features, minus, over, plus, rest, same_features, times, verify,
};
pub use crate::shape::{AnySize, EndsIn, Out};
pub use crate::stack::Stack;
pub use dfdx::dtypes::Dtype;

/// The impls of a declaration without side inputs that are the same for all: dfdx's `Module`, `ModuleMut`,
/// `BuildOnDevice`. `$U` is the number type of what it takes: its own, or `usize` for ids.
#[macro_export]
#[doc(hidden)]
macro_rules! __glue {
    (
        impl[$($generics:tt)*] $Net:ident[$($args:tt)*] as [$E:ident, $D:ident] with [$S:ident, $T:ident]
        : $U:ident $In:ty => $Out:ty
    ) => {
        impl<$($generics)* $S, $E, $D, $T> $crate::__private::Module<$crate::__private::Tensor<$S, $U, $D, $T>>
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
                x: $crate::__private::Tensor<$S, $U, $D, $T>,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                $crate::__private::forward(self, x, ::std::vec::Vec::new(), $crate::__private::Mode::Inference)
            }
        }

        impl<$($generics)* $S, $E, $D, $T> $crate::__private::ModuleMut<$crate::__private::Tensor<$S, $U, $D, $T>>
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
                x: $crate::__private::Tensor<$S, $U, $D, $T>,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                let mode = $crate::__private::Mode::of::<$T, $E, $D>();
                $crate::__private::forward(self, x, ::std::vec::Vec::new(), mode)
            }
        }

        $crate::__glue_build! { impl[$($generics)*] $Net[$($args)*] as [$E, $D] }
    };
}

/// [`__glue!`] of a declaration with side inputs: its input is a tuple, the main tensor first. Each side input is
/// `[its name, its shape, its tape, its number type, what it takes]`.
#[macro_export]
#[doc(hidden)]
macro_rules! __glue_sides {
    (
        impl[$($generics:tt)*] $Net:ident[$($args:tt)*] as [$E:ident, $D:ident] with [$S:ident, $T:ident]
        : $U:ident $In:ty => $Out:ty;
        $([$side:ident, $S1:ident, $T1:ident, $U1:ident, $In1:ty])+
    ) => {
        impl<$($generics)* $S, $E, $D, $T, $($S1, $T1),+> $crate::__private::Module<(
            $crate::__private::Tensor<$S, $U, $D, $T>,
            $($crate::__private::Tensor<$S1, $U1, $D, $T1>,)+
        )> for $Net<$($args)* $E, $D>
        where
            $E: $crate::__private::Element,
            $D: $crate::__private::Device<$E>,
            $S: $crate::__private::EndsIn<$In>,
            $T: $crate::__private::Tape<$E, $D> $(+ $crate::__private::Merge<$T1>)+,
            $($S1: $crate::__private::EndsIn<$In1>, $T1: $crate::__private::Tape<$E, $D>,)+
        {
            type Output = $crate::__private::Tensor<$crate::__private::Out<$S, $In, $Out>, $E, $D, $T>;
            type Error = $crate::__private::Error;

            fn try_forward(
                &self,
                (x, $($side,)+): (
                    $crate::__private::Tensor<$S, $U, $D, $T>,
                    $($crate::__private::Tensor<$S1, $U1, $D, $T1>,)+
                ),
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                let mut sides = ::std::vec::Vec::new();
                $(let x = $crate::__private::take_side(x, &mut sides, ::core::stringify!($side), $side)?;)+
                $crate::__private::forward(self, x, sides, $crate::__private::Mode::Inference)
            }
        }

        impl<$($generics)* $S, $E, $D, $T, $($S1, $T1),+> $crate::__private::ModuleMut<(
            $crate::__private::Tensor<$S, $U, $D, $T>,
            $($crate::__private::Tensor<$S1, $U1, $D, $T1>,)+
        )> for $Net<$($args)* $E, $D>
        where
            $E: $crate::__private::Element,
            $D: $crate::__private::Device<$E>,
            $S: $crate::__private::EndsIn<$In>,
            $T: $crate::__private::Tape<$E, $D> $(+ $crate::__private::Merge<$T1>)+,
            $($S1: $crate::__private::EndsIn<$In1>, $T1: $crate::__private::Tape<$E, $D>,)+
        {
            type Output = $crate::__private::Tensor<$crate::__private::Out<$S, $In, $Out>, $E, $D, $T>;
            type Error = $crate::__private::Error;

            fn try_forward_mut(
                &mut self,
                (x, $($side,)+): (
                    $crate::__private::Tensor<$S, $U, $D, $T>,
                    $($crate::__private::Tensor<$S1, $U1, $D, $T1>,)+
                ),
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                let mut sides = ::std::vec::Vec::new();
                $(let x = $crate::__private::take_side(x, &mut sides, ::core::stringify!($side), $side)?;)+
                let mode = $crate::__private::Mode::of::<$T, $E, $D>();
                $crate::__private::forward(self, x, sides, mode)
            }
        }

        $crate::__glue_build! { impl[$($generics)*] $Net[$($args)*] as [$E, $D] }
    };
}

/// What both have.
#[macro_export]
#[doc(hidden)]
macro_rules! __glue_build {
    (impl[$($generics:tt)*] $Net:ident[$($args:tt)*] as [$E:ident, $D:ident]) => {
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
