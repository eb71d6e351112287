//! NVIDIA GPUs (feature `cuda`): dfdx's [`Cuda`](dfdx::prelude::Cuda) device.
//!
//! Networks of `f32` run by kernels of this crate (`exec/fused/gpu`), which NVRTC compiles when they are first used, and by
//! cuBLAS; what those don't do runs by dfdx's ops.

mod device;
mod numbers;
mod place;
mod precision;

pub use device::{NoGpu, device};
pub(crate) use numbers::{
    Numbers, Reading, Stored, address_of, blank, device_of, is_gpu_f32, numbers_of, on_gpu, tensor_of,
    with_numbers,
};
pub use precision::{allow_tf32, tf32_is_allowed};
