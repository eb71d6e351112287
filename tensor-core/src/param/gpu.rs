//! A weight's numbers on a GPU, where kernels can work on them: dfdx does not show its own.

use std::sync::{Arc, OnceLock};

use dfdx::prelude::*;

use super::Param;
use crate::Error;
use crate::cuda::Numbers;
use crate::exec::fused::gpu;

impl<S: Shape, E: Dtype, D: Device<E>> Param<S, E, D> {
    /// Its numbers on the GPU in the order of its axes; none of numbers that are not `f32` on a GPU.
    pub(super) fn on_gpu(&self) -> Result<Option<&Arc<Numbers>>, Error> {
        if self.gpu.get().is_none() {
            let Some(numbers) = gpu::numbers(self.tensor())? else { return Ok(None) };
            _ = self.gpu.set(Arc::new(numbers)); // somebody else may have been faster
        }
        Ok(self.gpu.get())
    }

    /// Where they lie, to change them; the tensor follows when somebody looks at it.
    pub(super) fn on_gpu_mut(&mut self) -> Result<Option<u64>, Error> {
        if self.on_gpu()?.is_none() {
            return Ok(None);
        }
        if let Some(followed) = self.followed.take().and_then(OnceLock::into_inner) {
            self.tensor = followed;
        }
        self.followed = Some(OnceLock::new());
        self.host.take();
        self.gpu.get_mut().map(Numbers::change).transpose()
    }
}

/// The tensor with the numbers of the GPU.
///
/// # Panics
/// If the GPU fails.
pub(super) fn follow<S: Shape, E: Dtype, D: Device<E>>(
    tensor: &Tensor<S, E, D>,
    numbers: &Numbers,
) -> Tensor<S, E, D> {
    match gpu::with_numbers(tensor, numbers) {
        Ok(Some(tensor)) => tensor,
        Ok(None) => unreachable!("its numbers are on a GPU"),
        Err(error) => panic!("{error}"),
    }
}
