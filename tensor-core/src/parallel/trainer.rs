//! A trainer on several processes.

use dfdx::prelude::{Device, Gradients};

use super::World;
use super::net::entries;
use crate::exec::fused::watched;
use crate::layer::Layer;
use crate::optim::{Optimizer, Rule};
use crate::train::{Fault, Part, Ranks, Trainer};

impl<'t, N: Layer<f32, D>, R: Rule, D: Device<f32>> Trainer<'t, N, R, f32, D> {
    /// Trains together with the other processes: all begin with the weights of the first, gradients are averaged while the way
    /// back runs, and the first alone writes checkpoints, logs and progress. It reads the checkpoint where the training goes on,
    /// on however many processes.
    ///
    /// Each closure takes its part of the batch, which [`Step::part`](crate::train::Step::part) tells; evaluations and callbacks
    /// run everywhere, with the same weights. [`World::divide`] divides the optimizer, before it is given to the trainer.
    #[must_use]
    pub fn parallel(self, world: &'t mut World) -> Self {
        self.among(Box::new(world))
    }
}

impl<N: Layer<f32, D>, R: Rule, D: Device<f32>> Ranks<N, R, f32, D> for &mut World {
    fn place(&self) -> (usize, usize) {
        (self.rank(), self.size())
    }

    fn part(&self, rows: usize) -> Result<Part, Fault> {
        Ok(World::part(self, rows)?)
    }

    fn sum(&self, numbers: &mut [f64]) {
        World::sum(self, numbers);
    }

    fn share_bytes(&self, bytes: &mut Vec<u8>) {
        World::share_bytes(self, bytes);
    }

    fn broadcast(&self, net: &mut N) -> Result<(), Fault> {
        Ok(World::broadcast(self, net)?)
    }

    fn during(&mut self, net: &mut N, lengths: &[usize], work: &mut dyn FnMut(&mut N)) -> Result<(), Fault> {
        let mut all = entries(net)?;
        all.iter_mut().zip(lengths).for_each(|(entry, length)| entry.length = *length);
        self.exchange.borrow_mut().begin(&all, 1.0);
        watched(self.watcher(), || work(net));
        Ok(())
    }

    fn sum_lists(&mut self, lists: &mut [Vec<f32>]) -> Result<(), Fault> {
        self.exchange.borrow_mut().finish([0.0; 2], &mut |show| {
            lists.iter_mut().enumerate().for_each(|(place, list)| show(place, list));
            Ok(())
        })?;
        Ok(())
    }

    fn sum_tape(&mut self, net: &mut N, gradients: &mut Gradients<f32, D>) -> Result<(), Fault> {
        self.finish(net, gradients, [0.0; 2])?;
        Ok(())
    }

    fn hand_round(&self, optimizer: &Optimizer<R>, net: &mut N) -> Result<(), Fault> {
        Ok(World::hand_round(self, optimizer, net)?)
    }

    fn state(&self, optimizer: &Optimizer<R>) -> Result<Option<Vec<u8>>, Fault> {
        Ok(World::state(self, optimizer)?)
    }
}
