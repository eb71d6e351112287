//! Makes the way back of a program: from each forward step those that give its gradients.

use super::steps::{Add, Backward, Forward};
use super::value::{Target, Value};

/// The way back as far as it is made.
pub(super) struct WayBack {
    lengths: Vec<usize>,
    /// Which values a weight, or an input whose gradient is asked for, has a part in.
    wanted: Vec<bool>,
    gradients: Vec<Option<Value>>,
    steps: Vec<Backward>,
}

impl WayBack {
    /// From the gradient of `y`, which is given: the steps, and the gradients of `inputs`.
    pub(super) fn make(
        forward: &[Forward],
        lengths: &mut Vec<usize>,
        wanted: Vec<bool>,
        y: Value,
        inputs: &[Option<Value>],
    ) -> (Vec<Backward>, Option<Value>, Vec<Option<Value>>) {
        if !wanted[y.index()] {
            return (Vec::new(), None, vec![None; inputs.len()]);
        }
        let gradients = vec![None; lengths.len()];
        let mut back = WayBack { lengths: std::mem::take(lengths), wanted, gradients, steps: Vec::new() };
        let of_y = back.value(back.lengths[y.index()]);
        back.gradients[y.index()] = Some(of_y);
        forward.iter().rev().for_each(|step| step.back(&mut back));
        let of_inputs =
            inputs.iter().map(|input| input.and_then(|input| back.gradients[input.index()])).collect();
        *lengths = back.lengths;
        (back.steps, Some(of_y), of_inputs)
    }

    /// The gradient of what a step gave, which is complete; none if nothing depends on it.
    pub(super) fn of(&mut self, y: Value) -> Option<Value> {
        self.gradients[y.index()].take()
    }

    pub(super) fn wants(&self, x: Value) -> bool {
        self.wanted[x.index()]
    }

    pub(super) fn len(&self, value: Value) -> usize {
        self.lengths[value.index()]
    }

    /// A new value.
    pub(super) fn value(&mut self, length: usize) -> Value {
        self.lengths.push(length);
        Value::new(self.lengths.len() - 1)
    }

    pub(super) fn push(&mut self, step: impl Into<Backward>) {
        self.steps.push(step.into());
    }

    /// The last step, if what it gives is the gradient `g`, which no other value shares.
    pub(super) fn last_giving(&mut self, g: Value) -> Option<&mut Backward> {
        let shared = self.gradients.contains(&Some(g));
        self.steps.last_mut().filter(|step| !shared && step.gives() == Some(g))
    }

    /// Where a step is to put, or to add, the gradient of `x`; nowhere if it is not wanted.
    pub(super) fn target(&mut self, x: Value) -> Option<Target> {
        if !self.wants(x) {
            return None;
        }
        let before = self.gradients[x.index()];
        let value = self.value(self.len(x));
        self.gradients[x.index()] = Some(value);
        Some(Target { before, value })
    }

    /// `g` is a part of the gradient of `x`.
    pub(super) fn give(&mut self, x: Value, g: Value) {
        if !self.wants(x) {
            return;
        }
        self.gradients[x.index()] = Some(match self.gradients[x.index()] {
            None => g,
            Some(before) => {
                let sum = self.value(self.len(x));
                self.push(Add { from: before, other: g, to: sum });
                sum
            }
        });
    }

    /// What `step` makes of `g` is a part of the gradient of `x`.
    pub(super) fn give_changed<S: Into<Backward>>(
        &mut self,
        x: Value,
        g: Value,
        step: impl FnOnce(Value, Value) -> S,
    ) {
        if self.wants(x) {
            let changed = self.value(self.len(g));
            self.push(step(g, changed));
            self.give(x, changed);
        }
    }
}
