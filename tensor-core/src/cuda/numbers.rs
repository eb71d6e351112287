//! Numbers on a GPU, and the way between them and dfdx's tensors: by their address, where it can be known, else through
//! gradients, which dfdx shows.

use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use cudarc::driver::{CudaDevice, CudaSlice, DevicePtr, DeviceSlice};
use dfdx::prelude::*;

use super::place::{self, Flat};
use crate::Error;

/// Numbers on a GPU.
#[derive(Debug)]
pub(crate) struct Numbers(pub(crate) CudaSlice<f32>);

/// What dfdx keeps numbers in.
pub(crate) type Stored = <Cuda as Storage<f32>>::Vec;

impl Numbers {
    pub(crate) fn zeros(device: &Arc<CudaDevice>, length: usize) -> Result<Self, Error> {
        device.alloc_zeros(length).map(Numbers).map_err(Error::device)
    }

    pub(crate) fn address(&self) -> u64 {
        *self.0.device_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn device(&self) -> Arc<CudaDevice> {
        self.0.device()
    }

    /// Copies of the same numbers, once those are there.
    pub(crate) fn download(&self) -> Result<Vec<f32>, Error> {
        self.device().dtoh_sync_copy(&self.0).map_err(Error::device)
    }

    /// The numbers to be changed: a copy where somebody else looks at them.
    pub(crate) fn change(shared: &mut Arc<Numbers>) -> Result<u64, Error> {
        if Arc::get_mut(shared).is_none() {
            *shared = Arc::new(Numbers(shared.0.try_clone().map_err(Error::device)?));
        }
        Ok(shared.address())
    }
}

/// Whether numbers of type `E` on a device `D` are `f32` on a GPU.
pub(crate) fn is_gpu_f32<E: 'static, D: 'static>() -> bool {
    use std::any::TypeId;
    TypeId::of::<E>() == TypeId::of::<f32>() && TypeId::of::<D>() == TypeId::of::<Cuda>()
}

/// The GPU of a device, of which dfdx tells through its numbers alone.
pub(crate) fn device_of(device: &Cuda) -> Result<Arc<CudaDevice>, Error> {
    let stored = Storage::<f32>::try_alloc_len(device, 1).map_err(Error::device)?;
    Ok(stored.device())
}

/// Where dfdx's numbers lie.
pub(crate) fn address_of(stored: &Stored) -> u64 {
    *DevicePtr::device_ptr(&**stored)
}

/// A tensor's numbers in logical order, where they lie. `fill` writes so many halves to an address.
pub(crate) fn numbers_of<S: Shape>(
    tensor: &Tensor<S, f32, Cuda>,
    fill: impl FnOnce(u64, usize) -> Result<(), Error> + 'static,
) -> Result<Reading, Error> {
    let flat = flat(tensor)?;
    match place::address(&flat) {
        Some(address) => Ok(Reading { _kept: Kept::Tensor(flat), address }),
        None => through_gradient(flat, fill),
    }
}

/// The same numbers one after another: a copy only if they lie otherwise.
fn flat<S: Shape>(tensor: &Tensor<S, f32, Cuda>) -> Result<Flat, Error> {
    let count = tensor.shape().num_elements();
    tensor.clone().try_reshape_like(&(count,)).map_err(Error::device)
}

/// The gradient of x² for the gradient ½ of what comes out, which stays on the GPU. It is exact below 1.7e38, where 2x would
/// overflow.
fn through_gradient(
    flat: Flat,
    fill: impl FnOnce(u64, usize) -> Result<(), Error> + 'static,
) -> Result<Reading, Error> {
    let count = flat.shape().num_elements();
    let failed = Rc::new(Cell::new(None));
    let told = failed.clone();
    let found = || -> Result<Reading, CudaError> {
        let (squares, mut tape) = flat.leaky_trace().try_square()?.split_tape();
        tape.add_backward_op(move |gradients| {
            let halves = address_of(gradients.get_or_alloc_mut(&squares)?);
            told.set(fill(halves, count).err());
            Ok(())
        });
        let end = flat.device().try_zeros::<Rank0>()?.put_tape(tape);
        let mut gradients = dfdx::tensor_ops::Backward::try_backward(end)?;
        let address = address_of(gradients.get_or_alloc_mut(&flat)?);
        Ok(Reading { _kept: Kept::Gradients(gradients), address })
    };
    let found = found().map_err(Error::device)?;
    failed.take().map_or(Ok(found), Err)
}

/// Numbers of dfdx's, as long as they are looked at.
pub(crate) struct Reading {
    _kept: Kept,
    pub(crate) address: u64,
}

/// Whose they are.
#[expect(dead_code, reason = "they are kept to be dropped later")]
enum Kept {
    Tensor(Flat),
    Gradients(Gradients<f32, Cuda>),
}

/// A tensor to write to, which nobody else has, and where its numbers lie, if that can be known.
type Blank<S> = (Tensor<S, f32, Cuda>, Option<u64>);

/// A tensor of this shape to write to.
pub(crate) fn blank<S: Shape>(device: &Cuda, shape: S) -> Result<Blank<S>, Error> {
    let tensor = device.try_zeros_like(&shape).map_err(Error::device)?;
    let address = place::address(&flat(&tensor)?);
    Ok((tensor, address))
}

/// A tensor of this shape, whose numbers `fill` writes to an address.
pub(crate) fn tensor_of<S: Shape>(
    device: &Cuda,
    shape: S,
    fill: impl FnOnce(u64) -> Result<(), Error>,
) -> Result<Tensor<S, f32, Cuda>, Error> {
    let (tensor, address) = blank(device, shape)?;
    if let Some(address) = address {
        fill(address)?;
        return Ok(tensor);
    }
    let mut gradients = Gradients::leaky();
    fill(address_of(gradients.get_or_alloc_mut(&tensor).map_err(Error::device)?))?;
    Ok(gradients.get(&tensor))
}

/// The same tensor, by its identity, with other numbers.
pub(crate) fn with_numbers<S: Shape>(
    tensor: &Tensor<S, f32, Cuda>,
    fill: impl FnOnce(u64) -> Result<(), Error>,
) -> Result<Tensor<S, f32, Cuda>, Error> {
    let other = tensor_of(tensor.device(), *tensor.shape(), fill)?;
    let mut tensor = tensor.clone();
    tensor.try_fill_with_zeros().map_err(Error::device)?;
    tensor.try_axpy(1.0, &other, 1.0).map_err(Error::device)?;
    Ok(tensor)
}

/// The tensor as one of `f32` on a GPU, if it is.
pub(crate) fn on_gpu<S: Shape, E: Dtype, D: Device<E>>(
    tensor: &Tensor<S, E, D>,
) -> Option<&Tensor<S, f32, Cuda>> {
    (tensor as &dyn Any).downcast_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu() -> Option<Cuda> {
        let found = crate::cuda::device(0, 0);
        if let Err(error) = &found {
            println!("SKIPPED: {error}");
        }
        found.ok()
    }

    fn fill(gpu: &Arc<CudaDevice>) -> impl FnOnce(u64, usize) -> Result<(), Error> + use<> {
        let halves = gpu.clone();
        move |to, n| {
            let numbers = halves.htod_sync_copy(&vec![0.5f32; n]).map_err(Error::device)?;
            // SAFETY: both have room for `n` numbers.
            unsafe { cudarc::driver::result::memcpy_dtod_sync(to, *numbers.device_ptr(), 4 * n) }
                .map_err(Error::device)
        }
    }

    fn at(address: u64, n: usize) -> Vec<f32> {
        let mut numbers = vec![0.0f32; n];
        // SAFETY: `n` numbers lie there, and there is room for them.
        unsafe { cudarc::driver::result::memcpy_dtoh_sync(&mut numbers, address) }.unwrap();
        numbers
    }

    /// By their address, and through the gradient, of tensors whose numbers lie one after another and of others.
    #[test]
    fn both_ways_give_the_same_numbers() {
        let Some(device) = gpu() else { return };
        let dev = device_of(&device).unwrap();
        let x: Tensor<Rank2<5, 7>, f32, _> = device.sample_normal();
        let turned = x.clone().permute::<Rank2<7, 5>, _>();
        let row: Tensor<Rank1<7>, f32, _> = device.sample_normal();
        let repeated = row.broadcast::<Rank2<5, 7>, _>();
        assert!(place::address(&flat(&x).unwrap()).is_some(), "dfdx's text tells where numbers lie");
        let expected = [x.as_vec(), turned.as_vec(), repeated.as_vec()];
        let flats = [flat(&x).unwrap(), flat(&turned).unwrap(), flat(&repeated).unwrap()];
        let read = [
            numbers_of(&x, fill(&dev)).unwrap(),
            numbers_of(&turned, fill(&dev)).unwrap(),
            numbers_of(&repeated, fill(&dev)).unwrap(),
        ];
        dev.synchronize().unwrap();
        for ((reading, flat), expected) in read.iter().zip(flats).zip(&expected) {
            assert_eq!(&at(reading.address, 35), expected);
            let through = through_gradient(flat, fill(&dev)).unwrap();
            dev.synchronize().unwrap();
            assert_eq!(&at(through.address, 35), expected);
        }
    }
}
