//! The way back: gradients of the weights straight into dfdx's, and that of the input.

use dfdx::prelude::*;

use super::Slot;
use super::record::{Record, Taken};
use crate::kernels::attention::attend_back;
use crate::kernels::elementwise::{activation_back, add, add_rows};
use crate::kernels::matmul::{Into, Matrix, Threads, multiply};
use crate::kernels::norm::norm_back;
use crate::param::{Element, Weight, Weights};
use crate::plan::Join;

/// Goes back from the output's gradient.
pub(super) fn backward<E: Element, D: Device<E>>(
    records: Vec<Record>,
    gradients: &mut Gradients<E, D>,
    given: Vec<f32>,
    x: Option<&Tensor<(usize, usize), E, D>>,
    weights: &Weights<E, D>,
) -> Result<(), D::Err> {
    let mut back = Back { gradients, weights, wants_input_gradient: x.is_some() };
    let gradient = back.through(records, given, true)?;
    if let Some(x) = x {
        add(numbers_of::<E, D>(back.gradients.get_or_alloc_mut(x)?), &gradient);
    }
    Ok(())
}

/// A gradient of dfdx as the numbers that it is.
pub(super) fn numbers_of<E: Element, D: Device<E>>(gradient: &mut <D as Storage<E>>::Vec) -> &mut [f32] {
    match (gradient as &mut dyn std::any::Any).downcast_mut::<<Cpu as Storage<f32>>::Vec>() {
        Some(gradient) => gradient,
        None => unreachable!("these are `f32` on the CPU, as `is_cpu_f32` says"),
    }
}

struct Back<'g, E: Element, D: Device<E>> {
    gradients: &'g mut Gradients<E, D>,
    weights: &'g Weights<E, D>,
    wants_input_gradient: bool,
}

impl<E: Element, D: Device<E>> Back<'_, E, D> {
    /// The gradient of a weight, to add to.
    fn of(&mut self, slot: &Slot) -> Result<&mut [f32], D::Err> {
        let gradient = match self.weights.get(slot.index) {
            Weight::Vector(tensor) => self.gradients.get_or_alloc_mut(tensor)?,
            Weight::Matrix(tensor) => self.gradients.get_or_alloc_mut(tensor)?,
            Weight::Filters(tensor) => self.gradients.get_or_alloc_mut(tensor)?,
        };
        Ok(numbers_of::<E, D>(gradient))
    }

    /// Goes back through records; `at_start` says whether the first of them takes the network's input.
    fn through(
        &mut self,
        records: Vec<Record>,
        mut gradient: Vec<f32>,
        at_start: bool,
    ) -> Result<Vec<f32>, D::Err> {
        for (place, record) in records.into_iter().enumerate().rev() {
            let wanted = self.wants_input_gradient || place > 0 || !at_start;
            gradient = self.step(record, gradient, wanted)?;
        }
        Ok(gradient)
    }

    /// The gradient of what the record's op took; left out where it is not wanted and costs a product.
    fn step(&mut self, record: Record, mut gradient: Vec<f32>, wanted: bool) -> Result<Vec<f32>, D::Err> {
        match record {
            Record::Linear { x, weight, bias, rows, inputs, outputs } => {
                self.project_back(&x, (&weight, bias.as_ref()), &gradient, [rows, inputs, outputs])?;
                if !wanted {
                    return Ok(Vec::new());
                }
                let mut of_x = vec![0.0; rows * inputs];
                input_back(&mut of_x, &weight, &gradient, [rows, inputs, outputs], Into::Replace);
                return Ok(of_x);
            }
            Record::Activation { activation, x, width } => {
                activation_back(&mut gradient, &x, width, activation)
            }
            Record::Norm { x, moments, weight, bias } => {
                let (of_weight, of_bias) =
                    norm_back(&mut gradient, &x, &moments, &weight.numbers, bias.is_some());
                add(self.of(&weight)?, &of_weight);
                if let Some(bias) = bias {
                    add(self.of(&bias)?, &of_bias);
                }
            }
            Record::Dropout { factors } => {
                gradient.iter_mut().zip(&factors).for_each(|(g, factor)| *g *= factor);
            }
            Record::Residual(records) => {
                let inner = self.through(records, gradient.clone(), !wanted)?;
                if wanted {
                    add(&mut gradient, &inner);
                }
            }
            Record::Fork { join, branches, width } => {
                return self.fork(join, branches, width, gradient, wanted);
            }
            Record::Embedding { ids, table, width } => {
                let of_table = self.of(&table)?;
                for (&id, g) in ids.iter().zip(gradient.chunks_exact(width)) {
                    of_table[id * width..][..width].iter_mut().zip(g).for_each(|(t, g)| *t += g);
                }
                return Ok(Vec::new());
            }
            Record::Positional { weight, positions, width } => {
                add_rows(&mut self.of(&weight)?[..positions * width], &gradient);
            }
            Record::Attention { heads, turns, q, k, v, shares } => {
                let [mut q, mut k, v] = attend_back(&heads, [&q, &k, &v], &shares, &gradient);
                if let Some(turns) = turns {
                    turns.turn_back(&mut q, heads.heads * heads.head_dim);
                    turns.turn_back(&mut k, heads.kv_heads * heads.head_dim);
                }
                // One after the other, for the projections.
                return Ok([q, k, v].concat());
            }
            Record::Projections { x, weights, rows, width } => {
                let mut of_x = if wanted { vec![0.0; rows * width] } else { Vec::new() };
                let mut rest = gradient.as_slice();
                for (place, (weight, bias)) in weights.iter().enumerate() {
                    let outputs = weight.numbers.len() / width;
                    let (part, others) = rest.split_at(rows * outputs);
                    rest = others;
                    self.project_back(&x, (weight, bias.as_ref()), part, [rows, width, outputs])?;
                    if !wanted {
                        continue;
                    }
                    let how = if place == 0 { Into::Replace } else { Into::Add };
                    input_back(&mut of_x, weight, part, [rows, width, outputs], how);
                }
                return Ok(of_x);
            }
        }
        Ok(gradient)
    }

    /// Each branch gets its part of the gradient; what they give back is summed up, where it is wanted.
    fn fork(
        &mut self,
        join: Join,
        branches: Vec<Taken>,
        width: usize,
        gradient: Vec<f32>,
        wanted: bool,
    ) -> Result<Vec<f32>, D::Err> {
        let rows = gradient.len() / width;
        let outputs: Vec<_> = branches.iter().map(|branch| branch.y.clone()).collect();
        let (mut sum, mut start): (Vec<f32>, usize) = (Vec::new(), 0);
        for (place, branch) in branches.into_iter().enumerate() {
            let part = match join {
                Join::Add => gradient.clone(),
                Join::Mul => {
                    let mut part = gradient.clone();
                    for (_, y) in outputs.iter().enumerate().filter(|(other, _)| *other != place) {
                        part.iter_mut().zip(y.iter()).for_each(|(g, y)| *g *= y);
                    }
                    part
                }
                Join::Concat => {
                    let own = branch.y.len() / rows;
                    let part = gradient.chunks_exact(width).flat_map(|row| &row[start..start + own]).copied();
                    let part = part.collect();
                    start += own;
                    part
                }
            };
            let back = self.through(branch.records, part, !wanted)?;
            if sum.is_empty() {
                sum = back;
            } else if wanted {
                add(&mut sum, &back);
            }
        }
        Ok(sum)
    }

    /// The gradients of a projection's weight, gᵀ·x, and bias.
    fn project_back(
        &mut self,
        x: &[f32],
        (weight, bias): (&Slot, Option<&Slot>),
        gradient: &[f32],
        [rows, inputs, outputs]: [usize; 3],
    ) -> Result<(), D::Err> {
        if let Some(bias) = bias {
            add_rows(self.of(bias)?, gradient);
        }
        let turned = Matrix::new(gradient, rows, outputs).transposed();
        let x = Matrix::new(x, rows, inputs);
        multiply(self.of(weight)?, inputs, Into::Add, 1.0, turned, x, Threads::All);
        Ok(())
    }
}

/// The gradient of what a projection takes: g·W.
fn input_back(
    of_x: &mut [f32],
    weight: &Slot,
    gradient: &[f32],
    [rows, inputs, outputs]: [usize; 3],
    how: Into,
) {
    let weight = Matrix::new(&weight.numbers, outputs, inputs);
    multiply(of_x, inputs, how, 1.0, Matrix::new(gradient, rows, outputs), weight, Threads::All);
}
