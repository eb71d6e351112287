//! The typed boundary: which tensors a network takes, and what it gives for each.
//!
//! A network declares its last axes; a tensor may have any axes before them (batch …). [`EndsIn`] proves the
//! former, [`Out`] joins the latter with the output's axes.

use dfdx::shapes::{Const, Dim, Shape};

/// A runtime axis in a network's declared axes: it takes any size.
#[derive(Clone, Copy, Debug)]
pub struct AnySize;

/// What fits one declared axis: `Const<N>` fits itself, and everything fits [`AnySize`].
pub trait Fits<P>: Dim {}

impl<const N: usize> Fits<Const<N>> for Const<N> {}
impl<N: Dim> Fits<AnySize> for N {}

/// A shape whose last axes are those that a network declares.
///
/// `Declared` is a tuple such as `(Const<4>,)` for a network `[4] -> …` or `(AnySize, Const<8>)` for
/// `[seq, 8] -> …`.
#[diagnostic::on_unimplemented(
    message = "this network takes tensors whose last axes are `{Declared}`, but this one has `{Self}`",
    label = "these axes do not end in `{Declared}`"
)]
pub trait EndsIn<Declared>: Shape {
    /// The axes before the declared ones.
    type Lead: Lead;
    /// The size type of the first declared axis.
    type Axis1: Dim;
    /// The size type of the second declared axis, if there is one.
    type Axis2: Dim;
    /// The size type of the third declared axis, if there is one.
    type Axis3: Dim;
}

/// Axes before the declared ones.
pub trait Lead: Copy + 'static {
    /// These axes with `Last` after them.
    type Then<Last: Tail>: Shape;
}

/// Axes that a network gives.
pub trait Tail: Shape {
    /// With one axis before them.
    type After1<A: Dim>: Shape;
    /// With two axes before them.
    type After2<A: Dim, B: Dim>: Shape;
    /// With three axes before them.
    type After3<A: Dim, B: Dim, C: Dim>: Shape;
}

/// The shape of what a network gives that declares `Declared -> Last` and takes a tensor of shape `S`.
pub type Out<S, Declared, Last> = <<S as EndsIn<Declared>>::Lead as Lead>::Then<Last>;

impl Lead for () {
    type Then<Last: Tail> = Last;
}
impl<A: Dim> Lead for (A,) {
    type Then<Last: Tail> = Last::After1<A>;
}
impl<A: Dim, B: Dim> Lead for (A, B) {
    type Then<Last: Tail> = Last::After2<A, B>;
}
impl<A: Dim, B: Dim, C: Dim> Lead for (A, B, C) {
    type Then<Last: Tail> = Last::After3<A, B, C>;
}

impl<X: Dim> Tail for (X,) {
    type After1<A: Dim> = (A, X);
    type After2<A: Dim, B: Dim> = (A, B, X);
    type After3<A: Dim, B: Dim, C: Dim> = (A, B, C, X);
}
impl<X: Dim, Y: Dim> Tail for (X, Y) {
    type After1<A: Dim> = (A, X, Y);
    type After2<A: Dim, B: Dim> = (A, B, X, Y);
    type After3<A: Dim, B: Dim, C: Dim> = (A, B, C, X, Y);
}
impl<X: Dim, Y: Dim, Z: Dim> Tail for (X, Y, Z) {
    type After1<A: Dim> = (A, X, Y, Z);
    type After2<A: Dim, B: Dim> = (A, B, X, Y, Z);
    type After3<A: Dim, B: Dim, C: Dim> = (A, B, C, X, Y, Z);
}

/// Shapes that end in one, two or three declared axes after up to three leading ones.
macro_rules! ends_in {
    ($([$($lead:ident)*])+) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($lead: Dim,)* X: Fits<P>, P> EndsIn<(P,)> for ($($lead,)* X,) {
            type Lead = ($($lead,)*);
            type Axis1 = X;
            type Axis2 = usize;
            type Axis3 = usize;
        }
        #[diagnostic::do_not_recommend]
        impl<$($lead: Dim,)* X: Fits<P>, Y: Fits<Q>, P, Q> EndsIn<(P, Q)> for ($($lead,)* X, Y) {
            type Lead = ($($lead,)*);
            type Axis1 = X;
            type Axis2 = Y;
            type Axis3 = usize;
        }
        #[diagnostic::do_not_recommend]
        impl<$($lead: Dim,)* X: Fits<P>, Y: Fits<Q>, Z: Fits<R>, P, Q, R> EndsIn<(P, Q, R)>
            for ($($lead,)* X, Y, Z)
        {
            type Lead = ($($lead,)*);
            type Axis1 = X;
            type Axis2 = Y;
            type Axis3 = Z;
        }
    )+};
}
ends_in!([] [A] [A B] [A B C]);
