//! Activations and dropout.

use super::super::program::Pass;
use super::super::value::{Uses, Value, Values};
use super::super::way_back::WayBack;
use super::Backward;
use crate::Error;
use crate::kernels::Activation;
use crate::kernels::dropout::drop_some;
use crate::kernels::elementwise::{activate, activation_back};

/// y = f(x)
#[derive(Debug)]
pub(in crate::exec::fused) struct Activate {
    pub(in crate::exec::fused) x: Value,
    pub(in crate::exec::fused) y: Value,
    pub(in crate::exec::fused) width: usize,
    pub(in crate::exec::fused) activation: Activation,
}

impl Activate {
    pub(super) fn uses(&self) -> Uses {
        Uses::default().changing(self.x, self.y)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        self.on(pass);
        Ok(())
    }

    pub(super) fn on<V: Values>(&self, values: &mut V) {
        values.change(self.x, self.y, |_, y| activate(V::THREADS, y, self.width, self.activation));
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        if !back.wants(self.x) {
            return;
        }
        let kept = if self.activation.goes_back_by_output() { self.y } else { self.x };
        let g = ActivationBack::of(back, self.activation, kept, g, self.width);
        back.give(self.x, g);
    }
}

/// g · f'(x); `kept` is what went in, or what came out where that is enough.
#[derive(Debug)]
pub(in crate::exec::fused) struct ActivationBack {
    pub(in crate::exec::fused) activation: Activation,
    pub(in crate::exec::fused) kept: Value,
    pub(in crate::exec::fused) from: Value,
    pub(in crate::exec::fused) to: Value,
    pub(in crate::exec::fused) width: usize,
}

impl ActivationBack {
    /// The gradient before the activation: by the step that made `g`, where it can.
    pub(super) fn of(
        back: &mut WayBack,
        activation: Activation,
        kept: Value,
        g: Value,
        width: usize,
    ) -> Value {
        if let Some(Backward::InputGradient(product)) = back.last_giving(g)
            && product.go_through(activation, kept, width)
        {
            return g;
        }
        let to = back.value(back.len(g));
        back.push(ActivationBack { activation, kept, from: g, to, width });
        to
    }

    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.kept]).changing(self.from, self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.change(self.from, self.to, |pass, g| {
            activation_back(g, pass.get(self.kept), self.width, self.activation);
        });
        Ok(())
    }
}

/// Sets numbers to 0 with a probability, and scales the others up; the way back does the same to their gradients.
#[derive(Debug)]
pub(in crate::exec::fused) struct Dropout {
    pub(in crate::exec::fused) from: Value,
    pub(in crate::exec::fused) to: Value,
    pub(in crate::exec::fused) probability: f64,
    /// Which of the network's dropouts it is.
    pub(in crate::exec::fused) which: u64,
}

impl Dropout {
    pub(super) fn uses(&self) -> Uses {
        Uses::default().changing(self.from, self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        pass.change(self.from, self.to, |pass, x| {
            let seed = pass.seed_of(self.which, x.len());
            drop_some(x, self.probability, seed);
        });
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.to) else { return };
        let Dropout { probability, which, .. } = *self;
        back.give_changed(self.from, g, |from, to| Dropout { from, to, probability, which });
    }
}
