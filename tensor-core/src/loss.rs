//! Losses on class numbers. dfdx's own losses (`mse_loss`, `cross_entropy_with_logits_loss` …) are in the prelude.

use dfdx::prelude::*;

use crate::Error;
use crate::param::Element;

/// Mean cross-entropy of `logits` against the number of the right class of each row.
///
/// # Shapes
/// `logits: [rows, classes]`, `labels: [rows]` → a scalar
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
pub fn cross_entropy<B: Dim, const C: usize, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<(B, Const<C>), E, D, T>,
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
pub fn try_cross_entropy<B: Dim, const C: usize, E: Element, D: Device<E>, T: Tape<E, D>>(
    logits: Tensor<(B, Const<C>), E, D, T>,
    labels: &[usize],
) -> Result<Tensor<Rank0, E, D, T>, Error> {
    let shape = *logits.shape();
    let rows = shape.0.size();
    if labels.len() != rows {
        return Err(Error::LabelCount { rows, labels: labels.len() });
    }
    if let Some(row) = labels.iter().position(|&label| label >= C) {
        return Err(Error::Label { row, label: labels[row], classes: C });
    }
    let mut right = vec![E::default(); rows * C];
    for (row, &label) in right.chunks_exact_mut(C).zip(labels) {
        row[label] = E::ONE;
    }
    let right = logits.device().try_tensor_from_vec(right, shape).map_err(Error::device)?;
    let log_probabilities = logits.try_log_softmax::<Axis<1>>().map_err(Error::device)?;
    let chosen = log_probabilities.try_mul(right).and_then(|chosen| chosen.try_sum::<Rank0, _>());
    chosen.and_then(|sum| sum.try_mul(E::of(-1.0 / rows as f64))).map_err(Error::device)
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
        let logits = Cpu::default().zeros::<Rank2<2, 3>>();
        let wrong = try_cross_entropy::<_, 3, f32, _, _>(logits.clone(), &[0, 3]).unwrap_err();
        assert_eq!(wrong.to_string(), "the label of row 1 is 3, but there are 3 classes, from 0 to 2");
        let short = try_cross_entropy::<_, 3, f32, _, _>(logits, &[0]).unwrap_err();
        assert_eq!(short.to_string(), "there are 2 rows, but 1 labels");
    }
}
