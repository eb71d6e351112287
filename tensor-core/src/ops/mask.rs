//! The side input `mask`: 1 where a position counts, 0 elsewhere.

use dfdx::prelude::Device;

use super::{Refusal, says};
use crate::Error;
use crate::exec::{Run, place_of};
use crate::param::Element;
use crate::plan::{Axes, Side, Text, find_side, here_are};

/// Its name.
pub(crate) const MASK: &str = "mask";

/// Checks at compile time that there is a mask for these positions.
#[inline]
pub(super) const fn check_mask(positions: Axes, sides: &[Side]) -> Result<(), Refusal> {
    let text = Text::new().str("needs the side input ").quoted(MASK).str(" ").axes(&positions);
    let help = Text::new().str("add it to the signature, as in `(x: …, mask: ").axes(&positions).str(")`");
    match find_side(sides, MASK) {
        None => says(here_are(text.str(", but "), sides), help),
        Some(side) if side.axes.equals(&positions) => Ok(()),
        Some(side) => says(text.str(", but it has ").axes(&side.axes), Text::new()),
    }
}

/// Which positions count; each sequence, the last of the axes, has one that does.
pub(super) fn read_mask<E: Element, D: Device<E>>(
    run: &Run<'_, E, D>,
    positions: &Axes,
) -> Result<Vec<bool>, Error> {
    let values = run.side_like(MASK, positions)?.rows::<dfdx::tensor::NoneTape>()?.as_vec();
    check_values(&values, positions, run.item())?;
    Ok(values.iter().map(|&value| value == E::one()).collect())
}

/// Checks that a mask of these positions holds 0 and 1 alone, and a 1 for each sequence, the last of the axes.
pub(crate) fn check_values<E: Element>(
    values: &[E],
    positions: &Axes,
    item: &'static str,
) -> Result<(), Error> {
    if let Some(at) = values.iter().position(|&value| value != E::zero() && value != E::one()) {
        let (value, place) = (values[at].to_string(), place_of(at, positions));
        return Err(Error::Mask { item, mask: MASK, value, place });
    }
    let length = positions.from_end(1).size().unwrap_or(1).max(1);
    match values.chunks(length).position(|sequence| !sequence.contains(&E::one())) {
        Some(sequence) => Err(Error::AllMasked { item, mask: MASK, sequence }),
        None => Ok(()),
    }
}
