//! `embedding(V -> D)`: a row of the table for each id; `embedding(V -> D, of: items)`: for each id of a side input;
//! `embedding(V -> D, add: segments)`: such rows added to what flows.

use dfdx::prelude::*;

use super::{Refusal, WeightShapes, check_features, says};
use crate::Error;
use crate::exec::{Ids, Rows, Run, place_of};
use crate::param::{Element, init, weights};
use crate::plan::{Axes, Axis, Side, Text, find_side, here_are};

/// The sizes of an `embedding` item.
///
/// # Shapes
/// - neither `of` nor `add`: `ids[…] → […, width]`
/// - `of: Some(name)`: `ids[…] → […, width]`, with the side input `name: ids[…]`
/// - `add: Some(name)`: `[…, width] → […, width]`, with the side input `name: ids[…]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddingOp {
    /// How many ids there are, from 0.
    pub vocabulary: usize,
    /// Features of each.
    pub width: usize,
    /// The side input of ids that it takes in place of those that flow in.
    pub of: Option<&'static str>,
    /// The side input of ids whose rows are added to what flows in; without it ids flow in.
    pub add: Option<&'static str>,
}

impl EmbeddingOp {
    pub(super) const fn keyword(&self) -> &'static str {
        "embedding"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        self.add.is_some()
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, sides: &[Side]) -> Result<(), Refusal> {
        match self.add {
            None if axes.are_ids() => match self.of {
                None => Ok(()),
                Some(name) => check_ids(name, *axes, sides),
            },
            None => says(
                Text::new().str("takes ids, but numbers flow in"),
                Text::new().str("let the network take ids, as in `ids[n] -> …`"),
            ),
            Some(name) => match check_features(self.width, axes) {
                Ok(()) => check_ids(name, axes.without_last(1).with_ids(true), sides),
                refusal => refusal,
            },
        }
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        let width = Axis::Static(self.width);
        if self.add.is_some() || axes.len() == Axes::MAX {
            axes.with_features(width).with_ids(false)
        } else {
            axes.push(width).with_ids(false)
        }
    }

    pub(super) const fn params(&self) -> u64 {
        (self.vocabulary as u64).saturating_mul(self.width as u64)
    }

    pub(super) const fn weights(&self) -> WeightShapes {
        WeightShapes::NONE.with("weight", &[self.vocabulary, self.width])
    }

    pub(super) const fn frozen_params(&self) -> u64 {
        0
    }

    pub(super) const fn macs(&self, _: &Axes, _: &[Side]) -> u64 {
        0
    }

    pub(super) const fn write(&self, text: Text, inputs: Option<usize>) -> Text {
        let text = text.str("embedding(").number(self.vocabulary).str(" -> ");
        let Some(name) = self.add else {
            let text = text.number(self.width);
            return match self.of {
                None => text.str(")"),
                Some(name) => text.str(", of: ").str(name).str(")"),
            };
        };
        let width = if let Some(inputs) = inputs { inputs } else { self.width };
        text.number(width).str(", add: ").str(name).str(")")
    }

    /// The rows of the ids that flow in, or of those that stand in their place.
    pub(crate) fn look_up<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        ids: Ids<D>,
        tape: T,
        axes: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let ids = match self.of {
            None => ids,
            Some(name) => run.side_like(name, axes)?.ids()?,
        };
        self.rows_of(ids, tape, axes, run)
    }

    fn rows_of<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        ids: Ids<D>,
        tape: T,
        axes: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        self.check_range(&ids, axes, run.item())?;
        let table = run.weights.matrix();
        run.share_table(table.clone());
        table.put_tape(tape).try_gather(ids).map_err(Error::device)
    }

    pub(super) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        axes: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let Some(name) = self.add else {
            unreachable!("numbers flow into the embedding `{}`, which the plan's check refuses", run.item())
        };
        let side = run.side_like(name, &axes.without_last(1).with_ids(true))?;
        let (ids, places) = (side.ids()?, side.at.axes);
        x.try_add(self.rows_of(ids, T::default(), &places, run)?).map_err(Error::device)
    }

    fn check_range<D: Storage<usize>>(
        &self,
        ids: &Ids<D>,
        axes: &Axes,
        item: &'static str,
    ) -> Result<(), Error> {
        let ids = ids.as_vec();
        match ids.iter().position(|&id| id >= self.vocabulary) {
            None => Ok(()),
            Some(at) => {
                let place = place_of(at, axes);
                Err(Error::Id { item, id: ids[at], place, vocabulary: self.vocabulary })
            }
        }
    }
}

/// Checks that the side input `name` holds ids with these axes.
#[inline]
const fn check_ids(name: &'static str, axes: Axes, sides: &[Side]) -> Result<(), Refusal> {
    let text = Text::new().str("needs the side input ").quoted(name).str(" ").axes(&axes);
    match find_side(sides, name) {
        None => says(here_are(text.str(", but "), sides), Text::new()),
        Some(side) if side.axes.equals(&axes) => Ok(()),
        Some(side) => says(text.str(", but it has ").axes(&side.axes), Text::new()),
    }
}

weights! {
    /// The weights of an `embedding` item.
    pub struct Embedding<VOCABULARY, WIDTH> {
        /// `[vocabulary, width]`, starting normal with the standard deviation 0.02.
        weight: Rank2<VOCABULARY, WIDTH> as Embedding = init::normal(),
    }
}
