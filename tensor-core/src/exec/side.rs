//! Side inputs: what items take by name beside what flows through the chain.

use dfdx::prelude::*;

use super::rows::{Enters, Ids, Rows, Value, enter};
use crate::Error;
use crate::param::Element;
use crate::plan::{Axes, Axis as PlanAxis, Plan};

/// A side input that was given, under the name that the current network has for it.
#[derive(Clone, Debug)]
pub struct SideInput<E: Element, D: Device<E>> {
    pub(super) name: &'static str,
    pub(super) axes: Axes,
    value: Value<E, D, NoneTape>,
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
        let (tensor, tape) = tensor.split_tape();
        let (value, axes) = enter(tensor)?;
        Ok((SideInput { name, axes, value }, tape))
    }

    /// The same input under the name that a nested network has for it.
    pub(super) fn named(&self, name: &'static str) -> Self {
        SideInput { name, ..self.clone() }
    }

    /// Its numbers. The gradient finds its way back to them through the tape that they came with.
    pub(crate) fn rows<T: Tape<E, D>>(&self) -> Rows<E, D, T> {
        self.value.clone().rows().put_tape(T::default())
    }

    /// Its ids.
    pub(crate) fn ids(&self) -> Ids<D> {
        match &self.value {
            Value::Ids(ids, _) => ids.clone(),
            Value::Rows(_) => {
                unreachable!("a side input of numbers was taken for ids, which the plan's check refuses")
            }
        }
    }

    /// Its axes, leading ones included.
    pub(crate) fn axes(&self) -> &Axes {
        &self.axes
    }

    /// Checks it against what `plan` declares of it, and repeats one without leading axes for each of the main input's.
    pub(crate) fn fit(self, plan: &Plan, main: &Axes) -> Result<Self, Error> {
        let Some(side) = plan.side(self.name) else { return Ok(self) };
        let lead = main.without_last(plan.input.len()).with_ids(false);
        let own = self.axes.without_last(side.axes.len()).with_ids(false);
        let bound = bind(&side.axes, main, &plan.input);
        let fits = self.axes.ends_in(&bound) && (own.is_empty() || own.equals(&lead));
        if !fits {
            let mut takes = lead.with_ids(side.axes.are_ids());
            for i in 0..bound.len() {
                takes = takes.push(bound.get(i));
            }
            let (network, given) = (plan.name, self.axes.to_string());
            return Err(Error::Side { network, side: side.name, takes: takes.to_string(), given });
        }
        if self.axes.elements() == 0 {
            return Err(Error::Empty {
                network: plan.name,
                given: format!("`{}`: {}", side.name, self.axes),
            });
        }
        if own.is_empty() && !lead.is_empty() { self.repeat(&lead) } else { Ok(self) }
    }

    fn repeat(self, lead: &Axes) -> Result<Self, Error> {
        let times = lead.elements() as usize;
        let mut axes = lead.with_ids(self.axes.are_ids());
        for i in 0..self.axes.len() {
            axes = axes.push(self.axes.get(i));
        }
        let value = match self.value {
            Value::Rows(rows) => {
                let (count, features) = *rows.shape();
                let all = rows.try_broadcast_like::<_, dfdx::shapes::Axis<0>>(&(times, count, features));
                let all = all.and_then(|all| all.try_reshape_like(&(times * count, features)));
                Value::Rows(all.map_err(Error::device)?)
            }
            Value::Ids(ids, tape) => {
                let all = ids.as_vec().repeat(times);
                let shape = (all.len(),);
                Value::Ids(ids.device().try_tensor_from_vec(all, shape).map_err(Error::device)?, tape)
            }
        };
        Ok(SideInput { name: self.name, axes, value })
    }
}

/// Declared axes with the sizes that the main input gives to their names.
fn bind(axes: &Axes, main: &Axes, input: &Axes) -> Axes {
    let mut bound = Axes::new(&[]).with_ids(axes.are_ids());
    for i in 0..axes.len() {
        bound = bound.push(match (main.bind(axes.get(i), input), axes.get(i)) {
            (PlanAxis::Static(size), _) => PlanAxis::Static(size),
            (_, axis) => axis,
        });
    }
    bound
}
