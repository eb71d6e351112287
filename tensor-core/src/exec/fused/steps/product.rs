//! Products with weights, what is done to their rows at once, and their gradients.

use super::super::packed::PassWeights;
use super::super::program::Pass;
use super::super::value::{Target, Uses, Value, Values};
use super::super::way_back::WayBack;
use super::{ActivationBack, Norm};
use crate::Error;
use crate::kernels::elementwise::{activate_rows, activation_back_rows, add_to_rows, sum_rows};
use crate::kernels::matmul::{
    Into, Matrix, PanelView, Rows, does_without_panels, multiply, multiply_rows, multiply_rows_packed,
};
use crate::kernels::norm::norm_rows;
use crate::kernels::{Activation, Threads, eight};

/// A weight `[outputs, inputs]` and its bias.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec::fused) struct Projection {
    pub(in crate::exec::fused) weight: usize,
    pub(in crate::exec::fused) bias: Option<usize>,
    pub(in crate::exec::fused) outputs: usize,
    /// Whether training changes it.
    pub(in crate::exec::fused) trains: bool,
}

/// y = f(scale · x·Wᵀ + bias + skip), and perhaps a norm of it.
#[derive(Debug)]
pub(in crate::exec::fused) struct Product {
    pub(in crate::exec::fused) x: Value,
    pub(in crate::exec::fused) y: Value,
    pub(in crate::exec::fused) projection: Projection,
    pub(in crate::exec::fused) inputs: usize,
    pub(in crate::exec::fused) scale: f32,
    /// Added to each number.
    pub(in crate::exec::fused) skip: Option<Value>,
    /// One whose way back needs nothing but y.
    pub(in crate::exec::fused) activation: Option<Activation>,
    /// What normalises each row of y.
    pub(in crate::exec::fused) norm: Option<Norm>,
}

impl Product {
    pub(super) fn uses(&self) -> Uses {
        let uses = Uses::reads([self.x]).and(self.skip).writing(self.y);
        match self.norm {
            Some(Norm { y, moments, .. }) => uses.writing(y).writing(moments),
            None => uses,
        }
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        self.on(pass);
        Ok(())
    }

    pub(super) fn on<V: Values>(&self, values: &mut V) {
        values.write(self.y, |values, y| match &self.norm {
            Some(norm) => norm.write(values, |values, normed, moments| {
                let beside = [(normed, norm.scale.width), (moments, 2)];
                self.multiply(values, Rows { product: y, beside });
            }),
            None => self.multiply(values, Rows::of(y)),
        });
    }

    fn multiply<V: Values>(&self, values: &V, y: Rows<'_>) {
        let Product { x, projection, inputs, scale, skip, activation, norm, .. } = *self;
        let (x, skip) = (values.get(x), skip.map(|skip| values.get(skip)));
        let (weights, outputs) = (values.weights(), projection.outputs);
        let bias = projection.bias.map_or(&[][..], |bias| weights.numbers(bias));
        let norm = norm.as_ref().map(|norm| (norm.weights(weights), norm.eps));
        let finish = |first: usize, Rows { product: rows, beside }: Rows<'_>| {
            add_to_rows(rows, bias);
            if let Some(skip) = skip {
                let skip = &skip[first * outputs..][..rows.len()];
                rows.iter_mut().zip(skip).for_each(|(y, x)| *y += x);
            }
            if let Some(activation) = activation {
                activate_rows(rows, outputs, activation);
            }
            if let Some(((weight, bias), eps)) = norm {
                let [(normed, _), (moments, _)] = beside;
                norm_rows(normed, moments, rows, weight, bias, eps);
            }
        };
        if let Some(weight) = weights.eight(projection.weight) {
            return eight::multiply_rows(y, scale, x, weight, &finish);
        }
        let left = Matrix::new(x, x.len() / inputs, inputs);
        if !does_without_panels(x.len() / inputs, inputs)
            && let Some(panels) = self.panels(weights)
        {
            return multiply_rows_packed(y, scale, left, panels, V::THREADS, &finish);
        }
        let right = Matrix::new(weights.numbers(projection.weight), outputs, inputs).transposed();
        multiply_rows(y, scale, left, right, V::THREADS, &finish);
    }

    /// The weight as products take it, where that is kept.
    pub(super) fn panels<'p>(&self, weights: PassWeights<'p>) -> Option<PanelView<'p>> {
        weights.panels(self.projection.weight, self.projection.outputs, self.inputs)
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Product { x, y, projection, inputs, scale, skip, activation, norm } = *self;
        if let Some(norm) = norm {
            norm.back(back);
        }
        let Some(mut g) = back.of(y) else { return };
        if let Some(activation) = activation {
            g = ActivationBack::of(back, activation, y, g, projection.outputs);
        }
        if let Some(skip) = skip {
            back.give(skip, g);
        }
        if projection.trains {
            back.push(WeightGradient { x, g, projection, inputs, scale });
        }
        if let Some(to) = back.target(x) {
            back.push(InputGradient { g, to, projection, inputs, scale, activation: None });
        }
    }
}

/// The gradients gᵀ·x of a weight and Σ g of its bias.
#[derive(Debug)]
pub(in crate::exec::fused) struct WeightGradient {
    pub(in crate::exec::fused) x: Value,
    pub(in crate::exec::fused) g: Value,
    pub(in crate::exec::fused) projection: Projection,
    pub(in crate::exec::fused) inputs: usize,
    pub(in crate::exec::fused) scale: f32,
}

impl WeightGradient {
    /// The weights whose gradients it adds to.
    #[cfg(feature = "mpi")]
    pub(super) fn weights(&self) -> [Option<usize>; 2] {
        [Some(self.projection.weight), self.projection.bias]
    }

    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.x, self.g])
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let WeightGradient { x, g, projection, inputs, scale } = *self;
        let outputs = projection.outputs;
        pass.gradient_or_part(projection.weight, |pass, gradient, how| {
            let (x, g) = (pass.get(x), pass.get(g));
            let rows = x.len() / inputs;
            let (left, right) = (Matrix::new(g, rows, outputs).transposed(), Matrix::new(x, rows, inputs));
            multiply(gradient, inputs, how, scale, left, right, Threads::All);
        })?;
        if let Some(bias) = projection.bias {
            pass.gradient(bias, |pass, gradient| sum_rows(gradient, pass.get(g)))?;
        }
        Ok(())
    }
}

/// The gradient g·W of what a product takes; times f'(its value), where that came out of an activation.
#[derive(Debug)]
pub(in crate::exec::fused) struct InputGradient {
    pub(in crate::exec::fused) g: Value,
    pub(in crate::exec::fused) to: Target,
    pub(in crate::exec::fused) projection: Projection,
    pub(in crate::exec::fused) inputs: usize,
    pub(in crate::exec::fused) scale: f32,
    /// The activation that gave the product's input, and that input.
    pub(in crate::exec::fused) activation: Option<(Activation, Value)>,
}

impl InputGradient {
    /// Lets it go back through the activation that gave `y`, in rows of `width` numbers, at once; not where it adds to what was
    /// there, nor where a row of the product is not one of the activation's.
    pub(super) fn go_through(&mut self, activation: Activation, y: Value, width: usize) -> bool {
        let same_rows = activation.is_by_number() || width == self.inputs;
        let fits = self.to.before.is_none() && self.activation.is_none() && same_rows;
        if fits {
            self.activation = Some((activation, y));
        }
        fits
    }

    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.g]).and(self.activation.map(|(_, y)| y)).into(self.to)
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let InputGradient { g, to, projection, inputs, scale, activation } = *self;
        let product = |pass: &mut Pass<'_>, of_x: &mut [f32]| {
            let (g, outputs) = (pass.get(g), projection.outputs);
            let left = Matrix::new(g, g.len() / outputs, outputs);
            let right = Matrix::new(pass.weight(projection.weight), outputs, inputs);
            if to.before.is_some() {
                return multiply(of_x, inputs, Into::Add, scale, left, right, Threads::All);
            }
            let y = activation.map(|(activation, y)| (activation, pass.get(y)));
            let finish = |first: usize, Rows { product: rows, .. }: Rows<'_>| {
                if let Some((activation, y)) = y {
                    let y = &y[first * inputs..][..rows.len()];
                    activation_back_rows(rows, y, inputs, activation);
                }
            };
            multiply_rows(Rows::of(of_x), scale, left, right, Threads::All, &finish);
        };
        match to.before {
            Some(before) => pass.change(before, to.value, product),
            None => pass.write(to.value, product),
        }
        Ok(())
    }
}
