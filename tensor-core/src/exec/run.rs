//! What the ops of a running network share: weights, mode, side inputs, the cache.

use dfdx::prelude::*;

use super::constant::Constant;
use super::{Mode, SideInput, Watch};
use crate::Error;
use crate::decode::KvCache;
use crate::param::{Element, Weights};
use crate::plan::Axes;

/// A table or a constant that items share.
type Matrix<E, D> = Tensor<(usize, usize), E, D>;

/// The state of one pass.
#[derive(Debug)]
pub(crate) struct Run<'c, E: Element, D: Device<E>> {
    pub(crate) weights: Weights<E, D>,
    pub(crate) mode: Mode,
    /// Where keys and values are kept from step to step, if the network decodes.
    pub(crate) cache: Option<&'c mut KvCache<E, D>>,
    /// Who looks at what each item gives.
    pub(crate) watch: Option<&'c mut dyn Watch<E, D>>,
    pub(super) scope: Scope<E, D>,
    pub(super) item: &'static str,
    constants: Vec<(Constant, Matrix<E, D>)>,
}

/// What the items of one network see by name.
#[derive(Debug)]
pub(super) struct Scope<E: Element, D: Device<E>> {
    pub(super) sides: Vec<SideInput<E, D>>,
    tables: Vec<(&'static str, Matrix<E, D>)>,
}

impl<E: Element, D: Device<E>> Scope<E, D> {
    pub(super) fn new(sides: Vec<SideInput<E, D>>) -> Self {
        Scope { sides, tables: Vec::new() }
    }

    /// The next network in a row has tables of its own.
    pub(super) fn forget_tables(&mut self) {
        self.tables.clear();
    }
}

impl<'c, E: Element, D: Device<E>> Run<'c, E, D> {
    pub(crate) fn new(
        weights: Weights<E, D>,
        mode: Mode,
        sides: Vec<SideInput<E, D>>,
        cache: Option<&'c mut KvCache<E, D>>,
    ) -> Self {
        let scope = Scope::new(sides);
        Run { weights, mode, cache, watch: None, scope, item: "", constants: Vec::new() }
    }

    /// The name of the item that runs, for errors.
    pub(crate) fn item(&self) -> &'static str {
        self.item
    }

    /// The side input of this name in the current network.
    pub(crate) fn side(&self, name: &'static str) -> Result<&SideInput<E, D>, Error> {
        let found = self.scope.sides.iter().find(|side| side.at.name == name);
        found.ok_or(Error::SideMissing { item: self.item, side: name })
    }

    /// The side input of this name, which must have these axes.
    pub(crate) fn side_like(&self, name: &'static str, axes: &Axes) -> Result<&SideInput<E, D>, Error> {
        let side = self.side(name)?;
        side.at.check(axes, self.item)?;
        Ok(side)
    }

    /// A constant tensor, made when first asked for.
    pub(crate) fn constant(&mut self, constant: Constant, device: &D) -> Result<Matrix<E, D>, Error> {
        if let Some((_, tensor)) = self.constants.iter().find(|(made, _)| *made == constant) {
            return Ok(tensor.clone());
        }
        let tensor =
            device.try_tensor_from_vec(constant.values(), constant.shape()).map_err(Error::device)?;
        self.constants.push((constant, tensor.clone()));
        Ok(tensor)
    }

    /// Lets later items use an embedding's table under the current item's name.
    pub(crate) fn share_table(&mut self, table: Matrix<E, D>) {
        self.scope.tables.push((self.item, table));
    }

    /// The table that the embedding `name` of the current network shared.
    pub(crate) fn table(&self, name: &str) -> Matrix<E, D> {
        match self.scope.tables.iter().find(|(item, _)| *item == name) {
            Some((_, table)) => table.clone(),
            None => unreachable!("no embedding `{name}` ran before `{}`, which the macro refuses", self.item),
        }
    }

    /// How many positions came in steps before this one.
    pub(crate) fn positions_before(&self) -> usize {
        self.cache.as_ref().map_or(0, |cache| cache.len())
    }
}
