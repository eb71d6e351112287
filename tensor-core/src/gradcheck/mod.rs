//! Gradients checked against finite differences, in `f64`.
//!
//! [`gradcheck`] compares the gradients that come from the tape with numeric ones, for the input and for
//! every parameter of a network, and tells which element of which tensor is furthest off. It takes any
//! `TensorCollection` and a closure for the forward pass, so a whole network, one layer or one op can be
//! checked.
//!
//! # Method
//! The scalar that is differentiated is `sum(y · c)`, with fixed pseudo-random weights `c` of either sign and
//! 0.5 ≤ |c| < 1.5. Plain `sum(y)` would hide errors: the gradient of a softmax or a norm cancels to zero in
//! it.
//!
//! Each checked element is moved by ±h and ±2h, h = 2⁻¹² · max(1, |v|), and Richardson's extrapolation joins
//! the two central differences. A plain central difference has to take h ≈ ∛ε, where truncation (h²) and
//! rounding (ε/h) are both some 4e-11 of the output, which is too much where a gradient is small beside the
//! output or the function bends strongly. Extrapolated, truncation falls to h⁴, so a step 40 times as wide
//! brings rounding down by as much. Where the two differences disagree, the step shrinks.
//!
//! # Relative error
//! Of an element: `|a − n| / max(|a|, |n|, floor)` for the analytic `a` and the numeric `n`; of a tensor: its
//! largest. `floor` is 1e-3 of the largest gradient in the tensor, and at least 1e-4 of the output's scale
//! `sum |y · c|`: what is below lies in the rounding of the differences, as when a gradient is zero by
//! symmetry.
//!
//! # Kinks
//! Where the function has a kink, as `relu` at 0, a difference across it is no gradient. A kink *near* the
//! element shows in the two differences and the step shrinks until it lies outside (down to some 1e-7). A
//! kink exactly *at* it can't be told from a wrong gradient (the tape says 0 or 1, the difference 1/2):
//! choose inputs that don't lie there.
//!
//! # Inputs without a gradient
//! For ids and the like, let the closure hold them and take only the tape from a dummy input; the dummy's
//! gradient is then checked to be zero.

mod difference;
mod leaf;
mod report;
#[cfg(test)]
mod tests;

use dfdx::nn::TensorCollection;
use dfdx::prelude::{
    Backward, Device, Gradients, HasShape, OwnedTape, PutTape, Shape, SplitTape, SumTo, Tensor, Trace, TryMul,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

use leaf::{Leaf, Leaves};
pub use report::{GradcheckError, Place, Report, TensorReport, Worst};

/// Checks the gradients of `sum(forward(net, x) · c)` for the input and every parameter: [`Gradcheck::run`]
/// with the default settings.
///
/// ```
/// use dfdx::{nn::modules::Linear, prelude::*};
/// use tensor_core::gradcheck::gradcheck;
///
/// let device = Cpu::default();
/// let mut net = device.build_module::<dfdx::nn::builders::Linear<5, 3>, f64>();
/// let x: Tensor<Rank2<4, 5>, f64, _> = device.sample_normal();
///
/// let report = gradcheck(&mut net, &x, |net: &Linear<5, 3, f64, _>, x| net.forward(x).tanh())?;
/// println!("{report}");
/// report.assert_below(1e-8);
/// assert_eq!(report.tensors[1].name, "weight");
/// # Ok::<(), tensor_core::gradcheck::GradcheckError>(())
/// ```
///
/// # Errors
/// As [`Gradcheck::run`].
pub fn gradcheck<M, S, Y, D>(
    net: &mut M,
    x: &Tensor<S, f64, D>,
    forward: impl Fn(&M, Tensor<S, f64, D, OwnedTape<f64, D>>) -> Tensor<Y, f64, D, OwnedTape<f64, D>>,
) -> Result<Report, GradcheckError>
where
    M: TensorCollection<f64, D>,
    S: Shape,
    Y: Shape,
    D: Device<f64>,
{
    Gradcheck::new().run(net, x, forward)
}

/// A gradient check with its settings.
///
/// ```
/// use dfdx::prelude::*;
/// use tensor_core::gradcheck::Gradcheck;
///
/// let device = Cpu::default();
/// let mut net = device.build_module::<Linear<50, 40>, f64>();
/// let x: Tensor<Rank1<50>, f64, _> = device.sample_normal();
///
/// let report = Gradcheck::new().max_elements(30).seed(7).run(&mut net, &x, |net, x| net.forward(x))?;
/// assert_eq!((report.tensors[1].elements, report.tensors[1].checked), (2000, 30));
/// # Ok::<(), tensor_core::gradcheck::GradcheckError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Gradcheck {
    max_elements: usize,
    seed: u64,
}

impl Default for Gradcheck {
    fn default() -> Self {
        Self { max_elements: 200, seed: 0 }
    }
}

impl Gradcheck {
    /// At most 200 elements of a tensor, seed 0.
    ///
    /// ```
    /// let _check = tensor_core::gradcheck::Gradcheck::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Of a tensor with more elements than this, a random sample of this many is checked (at least one).
    ///
    /// ```
    /// let _all = tensor_core::gradcheck::Gradcheck::new().max_elements(usize::MAX);
    /// ```
    #[must_use]
    pub fn max_elements(mut self, max_elements: usize) -> Self {
        self.max_elements = max_elements.max(1);
        self
    }

    /// Seeds the weights `c` and the samples. The same seed gives the same report.
    ///
    /// ```
    /// let _other = tensor_core::gradcheck::Gradcheck::new().seed(1);
    /// ```
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the input (reported first, as `input`) and every parameter in the order in which the network
    /// lists them.
    ///
    /// A parameter that the network doesn't train (`do_gradient_update: false`) is only listed in
    /// [`Report::frozen`]; a tensor without elements is left out. The forward pass runs four times for each
    /// checked element, and more often where the step has to shrink. Every parameter is afterwards as it was,
    /// after an error too (unless the device itself fails).
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use tensor_core::gradcheck::Gradcheck;
    ///
    /// let device = Cpu::default();
    /// let mut net = device.build_module::<LayerNorm1D<6>, f64>();
    /// let x: Tensor<Rank2<3, 6>, f64, _> = device.sample_normal();
    /// Gradcheck::new().run(&mut net, &x, |net, x| net.forward(x))?.assert_below(1e-8);
    /// # Ok::<(), tensor_core::gradcheck::GradcheckError>(())
    /// ```
    ///
    /// # Errors
    /// - [`GradcheckError::NonFinite`] with the first value, gradient or difference that is infinite or not a
    ///   number.
    /// - [`GradcheckError::NotDeterministic`] if the same input gives two outputs, as with dropout in
    ///   training.
    /// - [`GradcheckError::Device`] with what the device says.
    pub fn run<M, S, Y, D>(
        &self,
        net: &mut M,
        x: &Tensor<S, f64, D>,
        forward: impl Fn(&M, Tensor<S, f64, D, OwnedTape<f64, D>>) -> Tensor<Y, f64, D, OwnedTape<f64, D>>,
    ) -> Result<Report, GradcheckError>
    where
        M: TensorCollection<f64, D>,
        S: Shape,
        Y: Shape,
        D: Device<f64>,
    {
        let outputs = |net: &M, x: &Tensor<S, f64, D>| forward(net, x.leaky_trace()).as_vec();

        let y = forward(net, x.leaky_trace());
        let (first, shape) = (y.as_vec(), leaf::sizes(&y));
        let weights = self.weights(first.len());
        let mut gradients = backward(y, &weights).map_err(device_error)?;
        let Leaves { leaves, frozen } = leaf::collect(net, x, &mut gradients).map_err(device_error)?;
        leaves.iter().try_for_each(Leaf::check_values)?;
        report::check_finite("output", &shape, &first, Place::Value)?;
        leaves.iter().try_for_each(Leaf::check_gradients)?;

        let scale = first.iter().zip(&weights).map(|(y, c)| (y * c).abs()).sum();
        let second = outputs(net, x);
        if let Some(at) = (0..first.len()).find(|&i| (first[i] - second[i]).abs() > 1e-9 * scale) {
            let index = report::unravel(&shape, at);
            return Err(GradcheckError::NotDeterministic { index, first: first[at], second: second[at] });
        }

        let mut x = x.clone();
        let mut tensors = Vec::new();
        for (number, leaf) in leaves.into_iter().enumerate() {
            let mut values = leaf.values.clone();
            let mut checked = Vec::new();
            for element in self.choose(&leaf, number as u64) {
                let position = leaf.positions[element];
                let value = values[position];
                let mut moved = |value: f64| {
                    values[position] = value;
                    leaf.write(net, &mut x, &values).map_err(device_error)?;
                    Ok(outputs(net, &x))
                };
                let numeric = difference::derivative(value, &weights, scale, &mut moved);
                moved(value)?; // put the element back, whatever came of it
                let numeric = numeric?;
                report::check_element(&leaf.name, &leaf.shape, element, numeric, Place::Difference)?;
                checked.push((element, leaf.gradient[position], numeric));
            }
            tensors.extend(TensorReport::new(leaf.name, &leaf.shape, &checked, 1e-4 * scale));
        }
        Ok(Report { tensors, frozen })
    }

    /// The fixed `c`.
    fn weights(&self, len: usize) -> Vec<f64> {
        let mut rng = StdRng::seed_from_u64(self.seed);
        (0..len).map(|_| rng.gen_range(0.5..1.5) * if rng.r#gen() { 1.0 } else { -1.0 }).collect()
    }

    /// The elements of a tensor that are checked, in rising order. Of elements that share their storage, as
    /// in a broadcast tensor, only the first counts.
    fn choose(&self, leaf: &Leaf, number: u64) -> Vec<usize> {
        let mut seen = vec![false; leaf.values.len()];
        let mut distinct: Vec<usize> = (0..leaf.positions.len())
            .filter(|&element| !std::mem::replace(&mut seen[leaf.positions[element]], true))
            .collect();
        if distinct.len() <= self.max_elements {
            return distinct;
        }
        let mut rng = StdRng::seed_from_u64(self.seed.wrapping_add(1 + number));
        let mut chosen = distinct.partial_shuffle(&mut rng, self.max_elements).0.to_vec();
        chosen.sort_unstable();
        chosen
    }
}

/// The gradients of `sum(y · weights)`.
fn backward<Y: Shape, D: Device<f64>>(
    y: Tensor<Y, f64, D, OwnedTape<f64, D>>,
    weights: &[f64],
) -> Result<Gradients<f64, D>, D::Err> {
    let (y, tape) = y.split_tape();
    let weights = y.device().try_tensor_from_vec(weights.to_vec(), *y.shape())?;
    y.put_tape(tape).try_mul(weights)?.try_sum()?.try_backward()
}

fn device_error(error: impl std::fmt::Display) -> GradcheckError {
    GradcheckError::Device { message: error.to_string() }
}
