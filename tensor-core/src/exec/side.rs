//! Side inputs: what items take by name beside what flows through the chain.

use dfdx::prelude::*;

use super::rows::{Enters, Ids, Rows, Value, enter};
use crate::Error;
use crate::param::Element;
use crate::plan::{Axes, Plan};

/// A side input that was given.
#[derive(Clone, Debug)]
pub struct SideInput<E: Element, D: Device<E>> {
    pub(crate) at: SideAt,
    pub(crate) value: Value<E, D, NoneTape>,
    /// Whether a tape came with it.
    pub(super) traced: bool,
}

/// What the current network knows of a side input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SideAt {
    pub(super) name: &'static str,
    /// Its axes, leading ones included.
    pub(crate) axes: Axes,
    /// How often its numbers follow one another: one without leading axes is there for each of the main input's.
    pub(super) times: usize,
}

impl<E: Element, D: Device<E>> SideInput<E, D> {
    /// A side input and the tape that came with it.
    ///
    /// # Errors
    /// [`Error::Device`] if the device runs out of memory.
    pub fn new<S: Shape, U: Enters<E>, T: Tape<E, D>>(
        name: &'static str,
        tensor: Tensor<S, U, D, T>,
    ) -> Result<(Self, T), Error>
    where
        D: Storage<U>,
    {
        // With its tape, or the gradient of a tensor in another order would be lost.
        let (value, axes) = enter(tensor)?;
        let (value, tape) = value.split_tape();
        Ok((SideInput { at: SideAt::new(name, axes), value, traced: T::OWNS_TAPE }, tape))
    }

    /// Its name in the current network.
    #[cfg(feature = "trainer")]
    pub(crate) fn name(&self) -> &'static str {
        self.at.name
    }

    /// The same input under the name that a nested network has for it.
    pub(super) fn named(&self, name: &'static str) -> Self {
        SideInput { at: SideAt { name, ..self.at }, ..self.clone() }
    }

    /// Its numbers. The gradient finds its way back to them through the tape that they came with.
    pub(crate) fn rows<T: Tape<E, D>>(&self) -> Result<Rows<E, D, T>, Error> {
        let rows = self.value.clone().rows().put_tape(T::default());
        let times = self.at.times;
        if times == 1 {
            return Ok(rows);
        }
        let (count, features) = *rows.shape();
        let all = rows.try_broadcast_like::<_, dfdx::shapes::Axis<0>>(&(times, count, features));
        all.and_then(|all| all.try_reshape_like(&(times * count, features))).map_err(Error::device)
    }

    /// Its ids.
    pub(crate) fn ids(&self) -> Result<Ids<D>, Error> {
        match &self.value {
            Value::Ids(ids, _) if self.at.times == 1 => Ok(ids.clone()),
            Value::Ids(ids, _) => {
                let all = ids.as_vec().repeat(self.at.times);
                let places = (all.len(),);
                ids.device().try_tensor_from_vec(all, places).map_err(Error::device)
            }
            Value::Rows(_) => {
                unreachable!("a side input of numbers was taken for ids, which the plan's check refuses")
            }
        }
    }

    /// As `plan` declares it, beside a main input with these axes.
    pub(crate) fn fit(self, plan: &Plan, main: &Axes) -> Result<Self, Error> {
        Ok(SideInput { at: self.at.fit(plan, main)?, ..self })
    }
}

impl SideAt {
    pub(crate) fn new(name: &'static str, axes: Axes) -> Self {
        SideAt { name, axes, times: 1 }
    }

    /// Checks it against what `plan` declares of it, and repeats one without leading axes for each of the main input's.
    pub(super) fn fit(self, plan: &Plan, main: &Axes) -> Result<Self, Error> {
        let Some(side) = plan.side(self.name) else { return Ok(self) };
        let lead = main.without_last(plan.input.len()).with_ids(false);
        let own = self.axes.without_last(side.axes.len()).with_ids(false);
        let bound = main.bound(&side.axes, &plan.input);
        let fits = self.axes.ends_in(&bound) && (own.is_empty() || own.equals(&lead));
        if !fits {
            let takes = lead.with_ids(side.axes.are_ids()).followed_by(bound.as_slice());
            let (network, given) = (plan.name, self.axes.to_string());
            return Err(Error::Side { network, side: side.name, takes: takes.to_string(), given });
        }
        if self.axes.elements() == 0 {
            return Err(Error::Empty {
                network: plan.name,
                given: format!("`{}`: {}", side.name, self.axes),
            });
        }
        if !own.is_empty() || lead.is_empty() {
            return Ok(self);
        }
        let axes = lead.with_ids(self.axes.are_ids()).followed_by(self.axes.as_slice());
        Ok(SideAt { axes, times: lead.elements() as usize, ..self })
    }

    /// Checks that it has these axes, which `item` asks for.
    pub(crate) fn check(&self, axes: &Axes, item: &'static str) -> Result<(), Error> {
        if self.axes.equals(axes) { Ok(()) } else { Err(self.refused(axes, item)) }
    }

    /// Checks that it holds a sequence for each of those that the item has, whose leading axes these are.
    pub(crate) fn check_context(&self, lead: &Axes, item: &'static str) -> Result<(), Error> {
        if self.axes.len() >= 2 && self.axes.without_last(2).equals(lead) {
            return Ok(());
        }
        let takes = lead.push(self.axes.from_end(2)).push(self.axes.from_end(1));
        Err(self.refused(&takes, item))
    }

    fn refused(&self, takes: &Axes, item: &'static str) -> Error {
        let (takes, given) = (takes.to_string(), self.axes.to_string());
        Error::Side { network: item, side: self.name, takes, given }
    }
}

/// What a network takes as a module: its main input, or a tuple of that and its side inputs.
pub trait Inputs<E: Element, D: Device<E>> {
    /// The main input's shape.
    type Shape: Shape;
    /// The main input's number type.
    type Number: Enters<E>;

    /// The main input's sizes.
    fn sizes(&self) -> Vec<usize>;

    /// The main input, and the side inputs under the names that `plan` has for them.
    #[doc(hidden)]
    fn split(self, plan: &Plan) -> Result<Parts<Self::Shape, Self::Number, E, D>, Error>
    where
        D: Storage<Self::Number>;
}

/// A main input and side inputs.
type Parts<S, U, E, D> = (Tensor<S, U, D>, Vec<SideInput<E, D>>);

impl<S: Shape, U: Enters<E>, E: Element, D: Device<E> + Storage<U>> Inputs<E, D> for Tensor<S, U, D> {
    type Shape = S;
    type Number = U;

    fn sizes(&self) -> Vec<usize> {
        self.shape().concrete().as_ref().to_vec()
    }

    fn split(self, _: &Plan) -> Result<Parts<S, U, E, D>, Error> {
        Ok((self, Vec::new()))
    }
}

macro_rules! tuple_of_inputs {
    ($([$($side:ident: $S:ident $U:ident $place:literal),+])+) => {$(
        impl<S: Shape, U: Enters<E>, $($S: Shape, $U: Enters<E>,)+ E: Element, D> Inputs<E, D>
            for (Tensor<S, U, D>, $(Tensor<$S, $U, D>,)+)
        where
            D: Device<E> + Storage<U> $(+ Storage<$U>)+,
        {
            type Shape = S;
            type Number = U;

            fn sizes(&self) -> Vec<usize> {
                self.0.shape().concrete().as_ref().to_vec()
            }

            fn split(self, plan: &Plan) -> Result<Parts<S, U, E, D>, Error> {
                let (main, $($side,)+) = self;
                Ok((main, vec![$(SideInput::new(plan.sides[$place].name, $side)?.0,)+]))
            }
        }
    )+};
}
tuple_of_inputs! {
    [a: S1 U1 0]
    [a: S1 U1 0, b: S2 U2 1]
    [a: S1 U1 0, b: S2 U2 1, c: S3 U3 2]
}
