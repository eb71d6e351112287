//! The way between dfdx's tensors and numbers that kernels can work on.

use std::rc::Rc;

use cudarc::driver::DevicePtr;
use dfdx::prelude::*;

use super::context::Gpu;
use crate::Error;
use crate::cuda::{Numbers, Reading, numbers_of, on_gpu};

/// A tensor's numbers in logical order.
pub(super) fn read<S: Shape>(gpu: &Rc<Gpu>, tensor: &Tensor<S, f32, Cuda>) -> Result<Reading, Error> {
    let gpu = gpu.clone();
    numbers_of(tensor, move |to, n| gpu.fill(to, n, 0.5))
}

/// The numbers of a tensor of `f32` on a GPU; nothing for another.
pub(crate) fn reading<S: Shape, E: Dtype, D: Device<E>>(
    tensor: &Tensor<S, E, D>,
) -> Result<Option<Reading>, Error> {
    let Some(tensor) = on_gpu(tensor) else { return Ok(None) };
    let gpu = Gpu::of(&crate::cuda::device_of(tensor.device())?)?;
    read(&gpu, tensor).map(Some)
}

/// A copy of a tensor's numbers.
pub(crate) fn numbers<S: Shape, E: Dtype, D: Device<E>>(
    tensor: &Tensor<S, E, D>,
) -> Result<Option<Numbers>, Error> {
    let Some(tensor) = on_gpu(tensor) else { return Ok(None) };
    let gpu = Gpu::of(&crate::cuda::device_of(tensor.device())?)?;
    let (found, n) = (read(&gpu, tensor)?, tensor.shape().num_elements());
    let numbers = gpu.alloc(n)?;
    gpu.copy(*numbers.device_ptr(), found.address, n)?;
    Ok(Some(Numbers(numbers)))
}

/// The same tensor, by its identity, with these numbers.
pub(crate) fn with_numbers<S: Shape, E: Dtype, D: Device<E>>(
    tensor: &Tensor<S, E, D>,
    numbers: &Numbers,
) -> Result<Option<Tensor<S, E, D>>, Error> {
    let Some(found) = on_gpu(tensor) else { return Ok(None) };
    let gpu = Gpu::of(&numbers.device())?;
    let changed = crate::cuda::with_numbers(found, |to| gpu.copy(to, numbers.address(), numbers.len()))?;
    Ok(Some(super::same(changed)))
}
