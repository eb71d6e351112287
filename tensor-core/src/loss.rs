//! Losses: on class numbers, and as what [`Optimizer::train_step`](crate::optim::Optimizer::train_step) makes small. dfdx's
//! own losses (`mse_loss`, `cross_entropy_with_logits_loss` …) are in the prelude.

use dfdx::prelude::*;

use crate::Error;
use crate::exec::fused::numbers_into;
use crate::kernels::{loss as kernels, scratch::with_scratch};
use crate::param::Element;

/// Mean cross-entropy of `logits` against the number of the right class of each row.
///
/// # Shapes
/// `logits: [rows…, classes]`, `labels: [rows…]` in order → a scalar
///
/// # Units
/// nats
///
/// # Panics
/// On what [`try_cross_entropy`] reports.
///
/// ```
/// use tensor_core::prelude::*;
///
/// let device = Cpu::default();
/// let sure_and_right = device.tensor([[100.0f32, 0.0, 0.0], [0.0, 0.0, 100.0]]);
/// assert_eq!(cross_entropy(sure_and_right, &[0, 2]).array(), 0.0);
/// ```
pub fn cross_entropy<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    labels: &[usize],
) -> Tensor<Rank0, E, D, T> {
    match try_cross_entropy(logits, labels) {
        Ok(loss) => loss,
        Err(error) => panic!("{error}"),
    }
}

/// As [`cross_entropy`].
///
/// # Errors
/// [`Error::LabelCount`] if there is not one label for each row, [`Error::Label`] if a label is no class,
/// [`Error::Device`] if the device runs out of memory.
pub fn try_cross_entropy<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    labels: &[usize],
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    let sizes = logits.shape().concrete();
    let Some((&classes, rows)) = sizes.as_ref().split_last() else {
        return Err(Error::LabelCount { rows: 0, labels: labels.len() });
    };
    let rows = rows.iter().product();
    check_labels(labels, rows, classes)?;
    mean_surprise(logits, labels, (rows, classes)).map_err(Error::device)
}

pub(crate) fn check_labels(labels: &[usize], rows: usize, classes: usize) -> Result<(), Error> {
    if labels.len() != rows {
        return Err(Error::LabelCount { rows, labels: labels.len() });
    }
    match labels.iter().position(|&label| label >= classes) {
        Some(row) => Err(Error::Label { row, label: labels[row], classes }),
        None => Ok(()),
    }
}

/// What a step of training makes small: a number that a network's output, as rows of features, gives.
pub trait Loss<E: Element, D: Device<E>> {
    /// The loss of a network's output, on its tape.
    ///
    /// # Errors
    /// If the output does not fit what it is compared with.
    fn of<T: Tape<E, D>>(&self, y: Tensor<(usize, usize), E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error>;

    /// The loss of rows of `width` numbers; `gradient` gets its gradient.
    ///
    /// # Errors
    /// If the output does not fit what it is compared with.
    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error>;

    /// The class numbers, if it is the mean cross-entropy against some, for which GPUs have a kernel.
    #[doc(hidden)]
    fn labels(&self) -> Option<&[usize]> {
        None
    }
}

/// The mean cross-entropy of logits against the number of the right class of each row, as [`cross_entropy`].
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropy<'l>(pub &'l [usize]);

impl<E: Element, D: Device<E>> Loss<E, D> for CrossEntropy<'_> {
    fn of<T: Tape<E, D>>(&self, y: Tensor<(usize, usize), E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        try_cross_entropy(y, self.0)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        check_labels(self.0, y.len() / width.max(1), width)?;
        Ok(kernels::cross_entropy(y, self.0, gradient))
    }

    fn labels(&self) -> Option<&[usize]> {
        Some(self.0)
    }
}

/// The mean of the squared differences from a target of the output's shape.
#[derive(Clone, Copy, Debug)]
pub struct MeanSquares<'t, S: Shape, E: Element, D: Device<E>>(pub &'t Tensor<S, E, D>);

impl<S: Shape, E: Element, D: Device<E>> MeanSquares<'_, S, E, D> {
    fn check(&self, given: usize) -> Result<(), Error> {
        let (target, sizes) = (self.0.shape().num_elements(), self.0.shape().concrete());
        if target == given {
            return Ok(());
        }
        Err(Error::Target { target: format!("{:?}", sizes.as_ref()), numbers: target, given })
    }
}

impl<S: Shape, E: Element, D: Device<E>> Loss<E, D> for MeanSquares<'_, S, E, D> {
    fn of<T: Tape<E, D>>(&self, y: Tensor<(usize, usize), E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        self.check(y.shape().num_elements())?;
        let target = self.0.clone().try_reshape_like(y.shape()).map_err(Error::device)?;
        let squares =
            y.try_sub(target).and_then(|difference| difference.try_square()).map_err(Error::device)?;
        squares.try_mean().map_err(Error::device)
    }

    fn of_rows(&self, y: &[f32], _: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        self.check(y.len())?;
        with_scratch(y.len(), |target| {
            numbers_into(self.0, target)?;
            Ok(kernels::mean_squares(y, target, gradient))
        })
    }
}

/// The mean of ln Σ eˣ − x[label] over the rows.
fn mean_surprise<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    labels: &[usize],
    (rows, classes): (usize, usize),
) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
    let logits = logits.try_reshape_like(&(rows, classes))?;
    let labels = logits.device().try_tensor_from_vec(labels.to_vec(), (rows,))?;
    let total = logits.retaped::<T>().try_logsumexp::<(usize,), Axis<1>>()?;
    let chosen = logits.try_select::<(usize,), _>(labels)?;
    total.try_sub(chosen)?.try_sum::<Rank0, _>()?.try_mul(E::of(1.0 / rows as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_one_hot_cross_entropy_and_its_gradient() {
        let device = Cpu::seed_from_u64(1);
        let logits: Tensor<Rank2<3, 4>, f64, _> = device.sample_normal();
        let one_hot = device.tensor([[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]);
        let ours = cross_entropy(logits.leaky_trace(), &[1, 3, 0]);
        let theirs = cross_entropy_with_logits_loss(logits.leaky_trace(), one_hot);
        assert!((ours.array() - theirs.array()).abs() < 1e-15);
        let (ours, theirs) = (ours.backward().get(&logits), theirs.backward().get(&logits));
        assert!((ours - theirs).abs().max::<Rank0, _>().array() < 1e-15);
    }

    #[test]
    fn names_the_wrong_label() {
        let logits: Tensor<Rank2<2, 3>, f32, _> = Cpu::default().zeros();
        let wrong = try_cross_entropy(logits.clone(), &[0, 3]).unwrap_err();
        assert_eq!(wrong.to_string(), "the label of row 1 is 3, but there are 3 classes, from 0 to 2");
        let short = try_cross_entropy(logits, &[0]).unwrap_err();
        assert_eq!(short.to_string(), "there are 2 rows, but 1 labels");
    }
}
