//! A GPU, or one sentence why there is none.

use dfdx::prelude::{Cuda, CudaError};

/// No GPU can be used.
#[derive(Debug, thiserror::Error)]
#[error("GPU {ordinal} can't be used: {why}")]
pub struct NoGpu {
    /// Which GPU was asked for.
    pub ordinal: usize,
    /// Why, in words.
    pub why: String,
}

/// The GPU of this number, from 0; everything drawn on it comes from the seed.
///
/// # Errors
/// [`NoGpu`] where there is no driver, no such GPU, or no library of CUDA that it needs.
pub fn device(ordinal: usize, seed: u64) -> Result<Cuda, NoGpu> {
    Cuda::try_build(ordinal, seed).map_err(|error| NoGpu { ordinal, why: why(&error) })
}

fn why(error: &CudaError) -> String {
    // Only the code: cudarc asks the driver for its text, and panics where there is none.
    let code = match error {
        CudaError::Driver(error) => format!("{:?}", error.0),
        CudaError::Blas(error) => format!("{:?}", error.0),
        CudaError::Cpu(error) => error.to_string(),
    };
    let words = match error {
        CudaError::Driver(_) if code.contains("NO_DEVICE") => "there is no NVIDIA driver, or no GPU",
        CudaError::Driver(_) if code.contains("INVALID_DEVICE") => "there are fewer GPUs",
        CudaError::Driver(_) => "the driver refuses it",
        CudaError::Blas(_) => "cuBLAS (libcublas.so.13 or .12) can't be loaded or started",
        CudaError::Cpu(_) => "the host is short of memory",
    };
    format!("{words} ({code})")
}
