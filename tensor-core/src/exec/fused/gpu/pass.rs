//! What a pass on a GPU works with.

use cudarc::driver::{CudaSlice, DevicePtr};

use super::super::program::Program;
use super::super::steps::IdsAt;
use super::super::value::{Target, Value};
use super::Entered;
use super::context::{Address, Gpu};
use crate::Error;

/// Where the gradients of weights lie.
pub(super) trait WeightGradients {
    /// A weight's gradient, and whether it holds a part already, to be added to; else it holds any numbers. None of a
    /// weight that stays as it is.
    fn of(&mut self, weight: usize) -> Result<Option<(Address, bool)>, Error>;
}

/// The ids of an input.
pub(super) struct Ids {
    pub(super) host: Vec<usize>,
    pub(super) device: CudaSlice<u64>,
}

/// As [`Pass`](super::super::program::Pass), on a GPU.
pub(super) struct Pass<'p> {
    pub(super) gpu: &'p Gpu,
    pub(super) program: &'p Program,
    pub(super) buffers: &'p [CudaSlice<f32>],
    /// Where they lie, and how many numbers they have.
    pub(super) weights: &'p [(Address, usize)],
    pub(super) entered: &'p Entered,
    /// The output, if it is written where a tensor keeps it and not into a buffer.
    pub(super) leaves: Option<(Value, Address)>,
    pub(super) seed: u64,
    pub(super) gradients: Option<&'p mut dyn WeightGradients>,
}

impl Pass<'_> {
    pub(super) fn get(&self, value: Value) -> Address {
        if let Some((leaves, address)) = self.leaves
            && leaves == value
        {
            return address;
        }
        let entered = self.entered.numbers.iter().find(|(entered, _)| *entered == value);
        entered.map_or_else(
            || *self.buffers[self.program.buffer(value)].device_ptr(),
            |(_, numbers)| numbers.address,
        )
    }

    pub(super) fn maybe(&self, value: Option<Value>) -> Address {
        value.map_or(0, |value| self.get(value))
    }

    pub(super) fn len(&self, value: Value) -> usize {
        self.program.len(value)
    }

    pub(super) fn weight(&self, index: usize) -> Address {
        self.weights[index].0
    }

    pub(super) fn maybe_weight(&self, index: Option<usize>) -> Address {
        index.map_or(0, |index| self.weight(index))
    }

    /// What the dropout of this number draws from.
    pub(super) fn seed_of(&self, dropout: u64) -> u64 {
        self.seed.wrapping_add((dropout + 1).wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    pub(super) fn ids(&self, ids: IdsAt) -> &Ids {
        &self.entered.ids[ids.input]
    }

    /// Where a weight's gradient goes, if anybody wants it.
    pub(super) fn gradient(&mut self, weight: usize) -> Result<Option<(Address, bool)>, Error> {
        match &mut self.gradients {
            Some(gradients) => gradients.of(weight),
            None => unreachable!("the way back comes with gradients"),
        }
    }

    /// The same, where a kernel can only add.
    pub(super) fn gradient_to_add_to(&mut self, weight: usize) -> Result<Option<Address>, Error> {
        let Some((address, adds)) = self.gradient(weight)? else { return Ok(None) };
        if !adds {
            self.zero(address, self.weights[weight].1)?;
        }
        Ok(Some(address))
    }

    pub(super) fn zero(&self, at: Address, length: usize) -> Result<(), Error> {
        self.gpu.fill(at, length, 0.0)
    }

    pub(super) fn copy(&self, to: Address, from: Address, length: usize) -> Result<(), Error> {
        if to == from {
            return Ok(());
        }
        self.gpu.copy(to, from, length)
    }

    /// A gradient's memory with what was found before in it, if there was something.
    pub(super) fn target(&self, target: Target) -> Result<(Address, bool), Error> {
        let to = self.get(target.value);
        if let Some(before) = target.before {
            self.copy(to, self.get(before), self.len(target.value))?;
        }
        Ok((to, target.before.is_some()))
    }

    /// The same, zeros where nothing was found before.
    pub(super) fn target_to_add_to(&self, target: Target) -> Result<Address, Error> {
        let (to, adds) = self.target(target)?;
        if !adds {
            self.zero(to, self.len(target.value))?;
        }
        Ok(to)
    }
}
