//! Cross-entropy on class numbers.

use dfdx::prelude::*;

use super::target::{as_rows, constant, rows_of};
use super::{Loss, LossError, expect_loss};
use crate::Error;
#[cfg(feature = "cuda")]
use crate::exec::fused::gpu::GpuLoss;
use crate::exec::{less_largest, log_softmax};
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
#[track_caller]
pub fn cross_entropy<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    labels: &[usize],
) -> Tensor<Rank0, E, D, T> {
    expect_loss(try_cross_entropy(logits, labels))
}

/// As [`cross_entropy`].
///
/// # Errors
/// [`Error::LabelCount`] if there is not one label for each row, [`Error::Label`] if a label is no class,
/// [`LossError::NoRows`], [`Error::Device`] if the device runs out of memory.
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

/// Checks that there is a class for each row.
fn check_labels(labels: &[usize], rows: usize, classes: usize) -> Result<(), Error> {
    check_counted(labels, rows, classes, None)
}

/// Checks that there is a class for each row, or the label to ignore.
fn check_counted(labels: &[usize], rows: usize, classes: usize, ignore: Option<usize>) -> Result<(), Error> {
    if labels.len() != rows {
        return Err(Error::LabelCount { rows, labels: labels.len() });
    }
    if labels.is_empty() {
        return Err(LossError::NoRows.into());
    }
    match labels.iter().position(|&label| label >= classes && Some(label) != ignore) {
        Some(row) => Err(Error::Label { row, label: labels[row], classes }),
        None => Ok(()),
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

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        check_labels(self.0, rows, width)?;
        Ok(Some(GpuLoss::CrossEntropy(self.0)))
    }
}

/// How classes count in a cross-entropy; by default all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ClassOptions<'w> {
    /// What each class counts; [`class_weights`](crate::data::class_weights) makes rare ones count more. The loss is then
    /// a weighted mean.
    pub weights: Option<&'w [f64]>,
    /// The part of each row's target that is spread over all classes, from 0 to 1.
    pub smoothing: f64,
    /// The label of rows that don't count, whether or not it is a class.
    pub ignore: Option<usize>,
}

/// The mean of the cross-entropies of `logits`, where classes count as the options say.
///
/// # Shapes
/// `logits: [rows…, classes]`, `labels: [rows…]` in order → a scalar
///
/// # Units
/// nats
///
/// # Panics
/// On what [`try_cross_entropy_with`] reports.
///
/// # Source
/// PyTorch's `cross_entropy`; smoothing from "Rethinking the Inception Architecture for Computer Vision", arXiv:1512.00567
#[track_caller]
pub fn cross_entropy_with<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    labels: &[usize],
    options: &ClassOptions<'_>,
) -> Tensor<Rank0, E, D, T> {
    expect_loss(try_cross_entropy_with(logits, labels, options))
}

/// As [`cross_entropy_with`].
///
/// # Errors
/// Those of [`try_cross_entropy`]; [`LossError::WeightCount`], [`LossError::Weight`], [`LossError::Setting`] for the
/// options, [`LossError::AllIgnored`] if no row counts, where PyTorch gives NaN.
pub fn try_cross_entropy_with<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    labels: &[usize],
    options: &ClassOptions<'_>,
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    let (rows, classes) = rows_of(logits.shape());
    let counted = options.count(labels, rows, classes)?;
    let logits = as_rows(logits)?;
    // A row that doesn't count may have any label.
    let labels = labels.iter().map(|&label| if label < classes { label } else { 0 }).collect();
    let labels = logits.device().try_tensor_from_vec(labels, (rows,)).map_err(Error::device)?;
    let shares = constant(&logits, counted.shares.iter().copied(), (rows,))?;
    let logarithms = log_softmax(logits).map_err(Error::device)?;
    let smoothed = match options.smoothing {
        0.0 => None,
        _ => {
            let row = |&counts: &f64| counted.smooth.iter().map(move |s| s * counts);
            let all = constant(&logarithms, counted.counts.iter().flat_map(row), (rows, classes))?;
            let all = logarithms.retaped::<T>().try_mul(all).and_then(|all| all.try_sum::<Rank0, _>());
            Some(all.map_err(Error::device)?)
        }
    };
    let chosen = logarithms.try_select::<(usize,), _>(labels).and_then(|chosen| chosen.try_mul(shares));
    let chosen = chosen.and_then(|chosen| chosen.try_sum::<Rank0, _>());
    let sum = match smoothed {
        None => chosen,
        Some(smoothed) => chosen.and_then(|chosen| chosen.try_add(smoothed)),
    };
    sum.and_then(|sum| sum.try_negate()).map_err(Error::device)
}

/// What the rows of a batch count.
struct Counted {
    /// 1 for each row that counts, 0 for the others.
    counts: Vec<f64>,
    /// What its right class counts in each row.
    shares: Vec<f64>,
    /// What each class counts beside that in each row that counts; nothing without smoothing.
    smooth: Vec<f64>,
}

impl ClassOptions<'_> {
    fn count(&self, labels: &[usize], rows: usize, classes: usize) -> Result<Counted, Error> {
        check_counted(labels, rows, classes, self.ignore)?;
        check_smoothing(self.smoothing)?;
        if let Some(weights) = self.weights {
            LossError::unless_weights("class", weights, classes)?;
        }
        let weight = |label: usize| self.weights.map_or(1.0, |weights| weights[label]);
        let ignored = |label: usize| Some(label) == self.ignore;
        let mut shares: Vec<f64> =
            labels.iter().map(|&label| if ignored(label) { 0.0 } else { weight(label) }).collect();
        let total: f64 = shares.iter().sum();
        if total <= 0.0 {
            return Err(LossError::AllIgnored { rows }.into());
        }
        shares.iter_mut().for_each(|share| *share *= (1.0 - self.smoothing) / total);
        let counts = labels.iter().map(|&label| if ignored(label) { 0.0 } else { 1.0 }).collect();
        let spread = self.smoothing / classes as f64 / total;
        let smooth = match self.smoothing {
            0.0 => Vec::new(),
            _ => (0..classes).map(|class| weight(class) * spread).collect(),
        };
        Ok(Counted { counts, shares, smooth })
    }
}

pub(super) fn check_smoothing(smoothing: f64) -> Result<(), LossError> {
    LossError::unless((0.0..=1.0).contains(&smoothing), "label smoothing", "from 0 to 1", smoothing)
}

/// The cross-entropy of logits against class numbers, as [`cross_entropy_with`].
///
/// ```
/// use tensor_core::loss::{ClassOptions, CrossEntropyWith};
/// use tensor_core::optim::{Adam, Optimizer};
/// use tensor_core::prelude::*;
///
/// layer! { pub struct Scores: [4] -> [3] { output: linear(4 -> 3) } }
///
/// let device = Cpu::seed_from_u64(0);
/// let (mut net, mut optimizer) = (Scores::new(&device), Optimizer::new(Adam::default()));
/// let x: Tensor<Rank2<3, 4>, f32, _> = device.sample_normal();
/// let options = ClassOptions { weights: Some(&[1.0, 1.0, 4.0]), smoothing: 0.1, ..ClassOptions::default() };
/// let loss = optimizer.train_step(&mut net, x, CrossEntropyWith { labels: &[0, 2, 1], options })?;
/// # assert!(loss > 0.0);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropyWith<'l> {
    /// The number of the right class of each row.
    pub labels: &'l [usize],
    /// How classes count.
    pub options: ClassOptions<'l>,
}

impl<E: Element, D: Device<E>> Loss<E, D> for CrossEntropyWith<'_> {
    fn of<T: Tape<E, D>>(&self, y: Tensor<(usize, usize), E, D, T>) -> Result<Tensor<Rank0, E, D, T>, Error> {
        try_cross_entropy_with(y, self.labels, &self.options)
    }

    fn of_rows(&self, y: &[f32], width: usize, gradient: &mut [f32]) -> Result<f32, Error> {
        let counted = self.options.count(self.labels, y.len() / width.max(1), width)?;
        with_scratch(counted.shares.len() + counted.smooth.len(), |room| {
            let all = counted.shares.iter().chain(&counted.smooth);
            room.iter_mut().zip(all).for_each(|(number, &share)| *number = share as f32);
            let (shares, smooth) = room.split_at(counted.shares.len());
            let ignore = self.options.ignore;
            let classes = kernels::Classes { labels: self.labels, shares, smooth, ignore };
            Ok(kernels::weighted_cross_entropy(y, classes, gradient))
        })
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate's losses have kernels")]
    fn on_gpu(&self, rows: usize, width: usize) -> Result<Option<GpuLoss<'_>>, Error> {
        let Counted { shares, smooth, .. } = self.options.count(self.labels, rows, width)?;
        let narrow = |shares: Vec<f64>| shares.into_iter().map(|share| share as f32).collect();
        let (shares, smooth) = (narrow(shares), narrow(smooth));
        Ok(Some(GpuLoss::Classes { labels: self.labels, shares, smooth, ignore: self.options.ignore }))
    }
}

/// The mean of ln Σ eˣ − x[label] over the rows.
fn mean_surprise<S: Shape, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<S, E, D, T>,
    labels: &[usize],
    (rows, classes): (usize, usize),
) -> Result<Tensor<Rank0, E, D, T>, D::Err> {
    let logits = less_largest(logits.try_reshape_like(&(rows, classes))?)?;
    let labels = logits.device().try_tensor_from_vec(labels.to_vec(), (rows,))?;
    let total = logits.retaped::<T>().try_logsumexp::<(usize,), Axis<1>>()?;
    let chosen = logits.try_select::<(usize,), _>(labels)?;
    total.try_sub(chosen)?.try_sum::<Rank0, _>()?.try_mul(E::of(1.0 / rows as f64))
}
