//! What expanded declarations name. Not for people: it changes without notice.

pub use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
pub use dfdx::nn::{BuildOnDevice, Module, ModuleMut};
pub use dfdx::shapes::Const;
pub use dfdx::tensor::{Cpu, Gradients, Merge, NoneTape, OwnedTape, Tape, Tensor, Trace};
pub use dfdx::tensor_ops::Device;

pub use crate::Error;
pub use crate::exec::Mode;
pub use crate::fit::{
    Blame, Fits, Header, Inside, Place, StoredTensor, Verdict, check_left, check_weights, compare, weights_of,
};
pub use crate::layer::{Network, build, expect_pass, forward, mode_of, take_side, train};
pub use crate::ops::*;
pub use crate::param::{Element, WeightVisitor, Weighted, Weights, visit_field};
pub use crate::plan::{
    Axes, Axis, Branch, Budget, Comparison, Cost, Counted, Item, Join, Key, Node, Plan, Relation, Side,
    Summary, Text, check_budget, check_item, check_output, check_relation, check_size, checked_minus,
    checked_over, checked_plus, checked_times, features, minus, over, plus, rest, same_features,
    size_from_end, slide, times, verify,
};
pub use crate::shape::{AnySize, EndsIn, Out};
pub use crate::stack::Stack;
pub use dfdx::dtypes::Dtype;

/// The impls of a declaration that are the same for all: dfdx's `Module`, `ModuleMut`, `BuildOnDevice`. A network with
/// side inputs is a module on a tuple of its inputs.
#[macro_export]
#[doc(hidden)]
macro_rules! __glue {
    (
        impl[$($generics:tt)*] $Net:ident[$($args:tt)*] as [$E:ident, $D:ident] with [$S:ident, $T:ident]:
        $U:ty, $In:ty => $Out:ty;
    ) => {
        $crate::__glue! {
            @module impl[$($generics)*] $Net[$($args)*] as [$E, $D] with [$S, $T]: $U, $In => $Out;
            ($crate::__private::Tensor<$S, $U, $D, $T>), (x);
        }
    };
    (
        impl[$($generics:tt)*] $Net:ident[$($args:tt)*] as [$E:ident, $D:ident] with [$S:ident, $T:ident]:
        $U:ty, $In:ty => $Out:ty; $([$key:literal, $side:ident, $S1:ident, $T1:ident, $U1:ty, $In1:ty])+
    ) => {
        $crate::__glue! {
            @module impl[$($generics)*] $Net[$($args)*] as [$E, $D] with [$S, $T]: $U, $In => $Out;
            ($crate::__private::Tensor<$S, $U, $D, $T>, $($crate::__private::Tensor<$S1, $U1, $D, $T1>),+),
            (x, $($side),+);
            $([$key, $side, $S1, $T1, $U1, $In1])+
        }
    };
    (
        @module impl[$($generics:tt)*] $Net:ident[$($args:tt)*] as [$E:ident, $D:ident] with [$S:ident, $T:ident]:
        $U:ty, $In:ty => $Out:ty; $Inputs:ty, ($x:ident $(, $name:ident)*);
        $([$key:literal, $side:ident, $S1:ident, $T1:ident, $U1:ty, $In1:ty])*
    ) => {
        impl<$($generics)* $S, $E, $D, $T $(, $S1, $T1)*> $crate::__private::Module<$Inputs> for $Net<$($args)* $E, $D>
        where
            $E: $crate::__private::Element,
            $D: $crate::__private::Device<$E>,
            $S: $crate::__private::EndsIn<$In>,
            $T: $crate::__private::Tape<$E, $D> $(+ $crate::__private::Merge<$T1>)*,
            $($S1: $crate::__private::EndsIn<$In1>, $T1: $crate::__private::Tape<$E, $D>,)*
        {
            type Output = $crate::__private::Tensor<$crate::__private::Out<$S, $In, $Out>, $E, $D, $T>;
            type Error = $crate::__private::Error;

            fn try_forward(
                &self,
                ($x $(, $name)*): $Inputs,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                self.try_forward($x $(, $name)*)
            }
        }

        impl<$($generics)* $S, $E, $D, $T $(, $S1, $T1)*> $crate::__private::ModuleMut<$Inputs>
            for $Net<$($args)* $E, $D>
        where
            $E: $crate::__private::Element,
            $D: $crate::__private::Device<$E>,
            $S: $crate::__private::EndsIn<$In>,
            $T: $crate::__private::Tape<$E, $D> $(+ $crate::__private::Merge<$T1>)*,
            $($S1: $crate::__private::EndsIn<$In1>, $T1: $crate::__private::Tape<$E, $D>,)*
        {
            type Output = $crate::__private::Tensor<$crate::__private::Out<$S, $In, $Out>, $E, $D, $T>;
            type Error = $crate::__private::Error;

            fn try_forward_mut(
                &mut self,
                ($x $(, $name)*): $Inputs,
            ) -> ::core::result::Result<Self::Output, Self::Error> {
                let sides = ::std::vec::Vec::new();
                $(
                    let mut sides = sides;
                    let $x = $crate::__private::take_side($x, $key, $side, &mut sides)?;
                )*
                $crate::__private::forward(self, $x, sides, $crate::__private::mode_of::<$E, $D, $T>())
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
