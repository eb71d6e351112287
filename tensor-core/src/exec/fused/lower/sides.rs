//! Side inputs: each network sees its own by name.

use super::super::steps::{CheckMask, IdsAt, Repeat};
use super::super::value::Value;
use super::{Flow, Lowering};
use crate::Error;
use crate::exec::side::SideAt;
use crate::ops::mask::MASK;
use crate::plan::{Axes, Plan, name_here};

/// A side input that is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Given {
    pub(crate) at: SideAt,
    /// Whether a tape came with it, so that its gradient is asked for whether or not the main input's is.
    pub(crate) traced: bool,
}

/// A side input as the current network sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) at: SideAt,
    pub(super) flow: Flow,
}

impl Lowering {
    /// Lets the outermost network see these.
    pub(super) fn enter_sides(&mut self, given: &[Given], plan: &Plan, axes: &Axes) -> Result<(), Error> {
        for &Given { at, traced } in given {
            let wanted = self.purpose.goes_back && (self.purpose.of_input || traced);
            let flow = self.input(&at.axes, wanted);
            let side = self.fit(Side { at, flow }, plan, axes)?;
            self.sides.push(side);
        }
        Ok(())
    }

    /// The side inputs of a nested network, some of which have the second of these names here.
    pub(super) fn sides_of(
        &mut self,
        plan: &Plan,
        names: &[(&'static str, &'static str)],
        axes: &Axes,
    ) -> Result<Vec<Side>, Error> {
        let each = plan.sides.iter().map(|declared| {
            let mut side = self.side(name_here(declared.name, names))?;
            side.at.name = declared.name;
            self.fit(side, plan, axes)
        });
        each.collect()
    }

    /// As `plan` declares it: one without leading axes is repeated.
    fn fit(&mut self, side: Side, plan: &Plan, axes: &Axes) -> Result<Side, Error> {
        let at = side.at.fit(plan, axes)?;
        let flow = match side.flow {
            flow if at.times == 1 => flow,
            Flow::Ids(ids) => Flow::Ids(IdsAt { times: ids.times * at.times, ..ids }),
            Flow::Numbers(x) => {
                let y = self.value(self.len(x) * at.times, self.wants(x));
                self.push(Repeat { x, y });
                Flow::Numbers(y)
            }
        };
        Ok(Side { at: SideAt { times: 1, ..at }, flow })
    }

    pub(super) fn side(&self, name: &'static str) -> Result<Side, Error> {
        let found = self.sides.iter().find(|side| side.at.name == name).copied();
        found.ok_or(Error::SideMissing { item: self.item, side: name })
    }

    /// The mask of these positions, which is checked before it is first used.
    pub(super) fn mask(&mut self, positions: Axes) -> Result<Value, Error> {
        let side = self.side(MASK)?;
        side.at.check(&positions, self.item)?;
        let mask = side.flow.numbers();
        if !self.checked.contains(&mask) {
            self.checked.push(mask);
            self.push(CheckMask { mask, positions, item: self.item });
        }
        Ok(mask)
    }
}
