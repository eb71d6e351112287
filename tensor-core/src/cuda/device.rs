//! A GPU, or one sentence why there is none.

use cudarc::driver::{result, sys};
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

/// The GPU of this number, from 0; everything drawn on it comes from the seed. Memory that is given back to it stays with the
/// process, to be had again at once.
///
/// # Errors
/// [`NoGpu`] where there is no driver, no such GPU, or no library of CUDA that it needs.
pub fn device(ordinal: usize, seed: u64) -> Result<Cuda, NoGpu> {
    let found = look_for(ordinal).and_then(|()| Cuda::try_build(ordinal, seed).map_err(|error| why(&error)));
    let device = found.map_err(|why| NoGpu { ordinal, why })?;
    keep_memory(ordinal);
    Ok(device)
}

/// Whether there is such a GPU; cudarc would panic where there is none.
fn look_for(ordinal: usize) -> Result<(), String> {
    let nothing =
        |error: result::DriverError| format!("there is no NVIDIA driver, or no GPU ({:?})", error.0);
    result::init().map_err(nothing)?;
    match result::device::get_count().map_err(nothing)? {
        count if usize::try_from(count).is_ok_and(|count| ordinal < count) => Ok(()),
        0 => Err("there is none".into()),
        count => Err(format!("there are {count}, from 0 to {}", count - 1)),
    }
}

fn why(error: &CudaError) -> String {
    // Only the code: cudarc asks the driver for its text, and panics where there is none.
    match error {
        CudaError::Driver(error) => format!("the driver refuses it ({:?})", error.0),
        CudaError::Blas(error) => {
            format!("cuBLAS (libcublas.so.13 or .12) can't be loaded or started ({:?})", error.0)
        }
        CudaError::Cpu(error) => format!("the host is short of memory ({error})"),
    }
}

/// Lets the driver keep freed memory for the process, which it would else give back whenever somebody waits for the GPU. What
/// can't be set stays as it was: it is a matter of speed alone.
fn keep_memory(ordinal: usize) {
    let Ok(device) = result::device::get(ordinal as i32) else { return };
    let mut pool: sys::CUmemoryPool = std::ptr::null_mut();
    let mut threshold = u64::MAX;
    // SAFETY: both are out-parameters of the driver's API, with the types that its documentation names.
    unsafe {
        if sys::cuDeviceGetDefaultMemPool(&mut pool, device).result().is_ok() {
            let attribute = sys::CUmemPool_attribute_enum::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
            _ = sys::cuMemPoolSetAttribute(pool, attribute, (&raw mut threshold).cast()).result();
        }
    }
}
