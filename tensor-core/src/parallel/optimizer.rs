//! Steps of an optimizer whose state the ranks divide among them.

use dfdx::prelude::*;

use mpi::point_to_point::{Destination, Source};
use mpi::topology::Communicator;

use super::net::{each_weight, numbers_of};
use super::{MOST, ParallelError, World};
use crate::layer::Layer;
use crate::optim::{Optimizer, Rule};

impl World {
    /// Lets each rank remember its share of what the optimizer remembers, and step its share of the weights; afterwards
    /// [`step`](Self::step) hands the weights round. The numbers are the same, bit for bit.
    ///
    /// # Units
    /// Of `n` numbers that train, AdamW remembers 2n on each rank; divided among r ranks, 2n/r. The gradients and the weights
    /// stay whole. The weights travel once more in each step: half as much again as the gradients alone, which travel twice.
    ///
    /// # Source
    /// "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models", arXiv:1910.02054, section 5.1
    pub fn divide<R: Rule>(&self, optimizer: &mut Optimizer<R>) {
        optimizer.divide(self.rank(), self.size());
    }

    /// As [`Optimizer::step`], by gradients that [`backward`](Self::backward) or [`average`](Self::average) gave. Where
    /// [`divide`](Self::divide) was called, each rank steps its share, and all get all weights.
    ///
    /// # Errors
    /// Those of [`Optimizer::step`].
    pub fn step<N: Layer<f32, D>, R: Rule, D: Device<f32>>(
        &self,
        optimizer: &mut Optimizer<R>,
        net: &mut N,
        gradients: &mut Gradients<f32, D>,
    ) -> Result<(), ParallelError> {
        optimizer.step(net, gradients)?;
        self.hand_round(optimizer, net)
    }

    /// Each rank gives the others the weights that it stepped; nothing where the optimizer is not divided.
    ///
    /// # Errors
    /// [`ParallelError::Network`] if a device can't give its weights.
    pub fn hand_round<N: Layer<f32, D>, R: Rule, D: Device<f32>>(
        &self,
        optimizer: &Optimizer<R>,
        net: &mut N,
    ) -> Result<(), ParallelError> {
        if !optimizer.is_divided() {
            return Ok(());
        }
        let owners = optimizer.owners();
        let mut place = 0;
        each_weight(net, |_, weight| {
            for (rank, own) in owners.iter().enumerate().map(|(rank, owned)| (rank, owned[place].clone())) {
                if !own.is_empty() {
                    self.hand_out(rank, &mut numbers_of(weight)?[own]);
                }
            }
            place += 1;
            Ok(())
        })?;
        Ok(())
    }

    /// The optimizer's whole state as [`Optimizer::save_bytes`] writes it, for rank 0, divided or not; nothing for the others.
    /// All ranks call it. [`Optimizer::load_bytes`] reads it on any number of ranks, divided or not.
    ///
    /// # Errors
    /// [`ParallelError::State`] if safetensors refuses.
    pub fn state<R: Rule>(&self, optimizer: &Optimizer<R>) -> Result<Option<Vec<u8>>, ParallelError> {
        let is_first = self.is_first();
        if !optimizer.is_divided() {
            return Ok(is_first.then(|| optimizer.save_bytes()).transpose()?);
        }
        let owners = optimizer.owners();
        let mut lists = Vec::new();
        for (place, own) in optimizer.own_state() {
            if !is_first {
                own.chunks(MOST).for_each(|part| self.ranks.process_at_rank(0).send(part));
                continue;
            }
            let mut whole = vec![0.0f32; optimizer.numbers_of(place)];
            for (rank, owned) in owners.iter().enumerate() {
                let part = &mut whole[owned[place].clone()];
                match rank {
                    0 => part.copy_from_slice(own),
                    _ => part.chunks_mut(MOST).for_each(|part| {
                        self.ranks.process_at_rank(rank as i32).receive_into(part);
                    }),
                }
            }
            lists.push(whole);
        }
        Ok(is_first.then(|| optimizer.whole_bytes(lists)).transpose()?)
    }
}
