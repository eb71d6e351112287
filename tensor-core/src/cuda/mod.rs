//! NVIDIA GPUs (feature `cuda`): dfdx's [`Cuda`](dfdx::prelude::Cuda) device.

mod device;

pub use device::{NoGpu, device};
