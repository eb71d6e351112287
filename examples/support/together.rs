//! Training on several processes, where the example was built with the feature `mpi`; else there is one.

use std::{error::Error, process::ExitCode};

use tensor_core::{optim::Rule, prelude::*, train::Trainer};

/// The processes that train together.
pub struct Together {
    #[cfg(feature = "mpi")]
    world: tensor_core::parallel::World,
}

impl Together {
    pub fn start() -> Result<Self, Box<dyn Error>> {
        Ok(Together {
            #[cfg(feature = "mpi")]
            world: tensor_core::parallel::World::start()?,
        })
    }

    /// Whether this is the process that shows and writes.
    pub fn is_first(&self) -> bool {
        #[cfg(feature = "mpi")]
        return self.world.is_first();
        #[cfg(not(feature = "mpi"))]
        true
    }

    /// Lets a trainer train with the other processes.
    pub fn join<'t, N: Layer<f32, D>, R: Rule, D: Device<f32>>(
        &'t mut self,
        trainer: Trainer<'t, N, R, f32, D>,
    ) -> Trainer<'t, N, R, f32, D> {
        #[cfg(feature = "mpi")]
        return trainer.parallel(&mut self.world);
        #[cfg(not(feature = "mpi"))]
        trainer
    }

    /// Ends an example: an error is one sentence, and ends all processes.
    pub fn end(self, result: Result<(), Box<dyn Error>>) -> ExitCode {
        #[cfg(feature = "mpi")]
        let result = self.world.end(result);
        super::end(result)
    }
}
