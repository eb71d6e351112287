//! `pool(mean)`, `pool(max)`, `pool(first)`, `pool(last)`: one vector of a sequence.

use dfdx::prelude::*;

use super::image::{first_largest, pick};
use super::mask::{check_mask, read_mask};
use super::{Refusal, check_sequence, no_weights, sequences_of};
use crate::Error;
use crate::exec::{Rows, Run};
use crate::param::Element;
use crate::plan::{Axes, Side, Text};

/// What a `pool` item does.
///
/// # Shapes
/// `[n, D] → [D]`, with the side input `mask: [n]` if it is masked
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolOp {
    /// What it makes of the positions.
    pub kind: Pool,
    /// Whether only the positions count where the side input `mask` is 1.
    pub masked: bool,
}

/// What a `pool` item makes of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// The mean of the positions.
    Mean,
    /// The largest value of each feature; the gradient goes to the first of several.
    Max,
    /// The first position.
    First,
    /// The last position.
    Last,
}

no_weights!(PoolOp);

impl PoolOp {
    pub(super) const fn keyword(&self) -> &'static str {
        "pool"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, sides: &[Side]) -> Result<(), Refusal> {
        match check_sequence(axes) {
            Ok(()) if self.masked => check_mask(axes.without_last(1), sides),
            result => result,
        }
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        if axes.len() < 2 { axes } else { axes.without_last(2).push(axes.from_end(1)) }
    }

    pub(super) const fn write(&self, text: Text, _: Option<usize>) -> Text {
        text.str("pool(")
            .str(match self.kind {
                Pool::Mean => "mean",
                Pool::Max => "max",
                Pool::First => "first",
                Pool::Last => "last",
            })
            .str(")")
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        axes: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let (sequences, n) = sequences_of(axes);
        let counts = if self.masked { Some(read_mask(run, &axes.without_last(1))?) } else { None };
        let counts = |row: usize| counts.as_ref().is_none_or(|counts| counts[row]);
        let positions = |sequence: usize| (sequence * n..(sequence + 1) * n).filter(|&row| counts(row));
        match self.kind {
            Pool::Mean => mean(x, sequences, n, &positions),
            Pool::Max => {
                let (width, values) = (x.shape().1, x.as_vec());
                let largest = (0..sequences * width).map(|at| {
                    first_largest(&values, positions(at / width).map(|row| row * width + at % width))
                });
                pick(x, largest.collect(), (sequences, width))
            }
            Pool::First => {
                rows_at(x, (0..sequences).filter_map(|sequence| positions(sequence).next()).collect())
            }
            Pool::Last => {
                rows_at(x, (0..sequences).filter_map(|sequence| positions(sequence).next_back()).collect())
            }
        }
    }
}

/// The sums as a product with a row of 1 and 0 for each sequence, divided by how many positions count.
fn mean<E: Element, D: Device<E>, T: Tape<E, D>, P: Iterator<Item = usize>>(
    x: Rows<E, D, T>,
    sequences: usize,
    n: usize,
    positions: &impl Fn(usize) -> P,
) -> Result<Rows<E, D, T>, Error> {
    let (device, width) = (x.device().clone(), x.shape().1);
    let mut counted = vec![E::zero(); sequences * n];
    (0..sequences).flat_map(positions).for_each(|row| counted[row] = E::one());
    let counted = device.try_tensor_from_vec(counted, (sequences, 1, n)).map_err(Error::device)?;
    let counts = (0..sequences).map(|sequence| E::of(positions(sequence).count() as f64)).collect();
    let counts = device.try_tensor_from_vec::<(usize,)>(counts, (sequences,));
    let counts = counts.and_then(|counts| counts.try_broadcast_like::<_, Axis<1>>(&(sequences, width)));
    let counts = counts.map_err(Error::device)?;
    x.try_reshape_like(&(sequences, n, width))
        .and_then(|x| counted.put_tape(T::default()).try_matmul(x))
        .and_then(|sums| sums.try_reshape_like(&(sequences, width)))
        .and_then(|sums| sums.try_div(counts))
        .map_err(Error::device)
}

fn rows_at<E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Rows<E, D, T>,
    rows: Vec<usize>,
) -> Result<Rows<E, D, T>, Error> {
    let count = rows.len();
    let rows = x.device().try_tensor_from_vec(rows, (count,)).map_err(Error::device)?;
    x.try_gather::<(usize, usize), (usize,)>(rows).map_err(Error::device)
}
