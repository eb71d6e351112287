//! Fills networks, and reads their weights and gradients by key.

use std::collections::HashMap;
use std::convert::Infallible;
#[cfg(feature = "cuda")]
use std::io::Write;

use dfdx::nn::tensor_collection::{
    RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut, ViewTensorName,
    ViewTensorRef,
};
use safetensors::{Dtype as Stored, tensor::TensorView};
use tensor_core::prelude::*;

use super::fixture::Array;

/// What `forward` gives on a traced input.
pub type Traced<S, E, D = Cpu> = Tensor<S, E, D, OwnedTape<E, D>>;

/// Where the networks under test run: on the GPU, where the tests are built for it.
#[cfg(not(feature = "cuda"))]
pub type Place = Cpu;
#[cfg(feature = "cuda")]
pub type Place = Cuda;

/// The processor.
#[cfg(not(feature = "cuda"))]
pub fn place() -> Place {
    Cpu::default()
}

/// The GPU. Where there is none, the tests end here, and say so.
#[cfg(feature = "cuda")]
pub fn place() -> Place {
    thread_local! {
        static GPU: Cuda = tensor_core::cuda::device(0, 0).unwrap_or_else(|error| skip(&error));
    }
    GPU.with(Clone::clone)
}

/// Past the test harness, which would keep it.
#[cfg(feature = "cuda")]
fn skip(error: &tensor_core::cuda::NoGpu) -> ! {
    let _ = writeln!(std::io::stderr(), "\nSKIPPED, all of these tests: {error}\n");
    std::process::exit(0)
}

/// A tensor with these numbers, rounded to its number type.
pub fn tensor<S: Shape, E: Element, D: Device<E>>(device: &D, shape: S, values: &[f64]) -> Tensor<S, E, D> {
    device.tensor_from_vec(values.iter().copied().map(E::of).collect(), shape)
}

/// The numbers of a tensor in logical order.
pub fn array<S: Shape, E: Element, D: Device<E>, T>(tensor: &Tensor<S, E, D, T>) -> Array<f64> {
    let values = tensor.as_vec().into_iter().map(wide).collect();
    Array::new(tensor.shape().concrete().as_ref(), values)
}

fn wide<E: Element>(value: E) -> f64 {
    value.to_f64().expect("f32 and f64 are numbers")
}

/// A safetensors file with these tensors in `f64`.
pub fn file<'a>(tensors: impl IntoIterator<Item = (&'a str, &'a Array<f64>)>) -> Vec<u8> {
    let stored: Vec<_> = tensors
        .into_iter()
        .map(|(key, array)| {
            let bytes: Vec<u8> = array.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            (key, array.shape.clone(), bytes)
        })
        .collect();
    let views = stored.iter().map(|(key, shape, bytes)| {
        (*key, TensorView::new(Stored::F64, shape.clone(), bytes).expect("as many bytes as the shape says"))
    });
    safetensors::serialize(views, None::<HashMap<String, String>>).expect("safetensors holds any arrays")
}

/// The weights by key, in the network's order.
pub fn weights<E: Element, D: Device<E>, N: TensorCollection<E, D>>(net: &N) -> Vec<(String, Array<f64>)> {
    read(net, None)
}

/// The gradients of all weights that training changes, by key, in the network's order.
pub fn gradients<E: Element, D: Device<E>, N: TensorCollection<E, D>>(
    net: &N,
    gradients: &Gradients<E, D>,
) -> Vec<(String, Array<f64>)> {
    read(net, Some(gradients))
}

fn read<E: Element, D: Device<E>, N: TensorCollection<E, D>>(
    net: &N,
    gradients: Option<&Gradients<E, D>>,
) -> Vec<(String, Array<f64>)> {
    let mut read = Read { gradients, found: Vec::new() };
    let Ok(_) = N::iter_tensors(&mut RecursiveWalker { m: (net, String::new()), f: &mut read });
    read.found
}

struct Read<'a, E: Element, D: Device<E>> {
    /// Read instead of the weights.
    gradients: Option<&'a Gradients<E, D>>,
    found: Vec<(String, Array<f64>)>,
}

impl<E: Element, D: Device<E>> TensorVisitor<E, D> for Read<'_, E, D> {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = Infallible;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (tensor, name): (&Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, Infallible> {
        match self.gradients {
            None => self.found.push((name, array(tensor))),
            Some(gradients) if options.do_gradient_update => {
                self.found.push((name, array(&gradients.get(tensor))));
            }
            Some(_) => {}
        }
        Ok(None)
    }
}

/// Gives every weight, frozen ones too, numbers of the normal distribution from this seed; those of a matrix and of filters
/// are divided by the root of what goes into each number that they give.
pub fn randomise<E: Element, N: TensorCollection<E, Cpu>>(net: &mut N, seed: u64)
where
    Cpu: Device<E>,
{
    let mut fill = Randomise(Cpu::seed_from_u64(seed));
    let Ok(_) = N::iter_tensors(&mut RecursiveWalker { m: net, f: &mut fill });
}

struct Randomise(Cpu);

impl<E: Element> TensorVisitor<E, Cpu> for Randomise
where
    Cpu: Device<E>,
{
    type Viewer = ViewTensorMut;
    type Err = Infallible;
    type E2 = E;
    type D2 = Cpu;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, E, Cpu>,
        tensor: &mut Tensor<S, E, Cpu>,
    ) -> Result<Option<Tensor<S, E, Cpu>>, Infallible> {
        let sizes = tensor.shape().concrete();
        let scale = match sizes.as_ref() {
            [_, inputs @ ..] => 1.0 / (inputs.iter().product::<usize>() as f64).sqrt(),
            [] => 1.0,
        };
        let numbers = normal(&self.0, tensor.shape().num_elements());
        tensor.copy_from(&numbers.into_iter().map(|number| E::of(scale * number)).collect::<Vec<_>>());
        Ok(None)
    }
}

/// Numbers of the normal distribution.
pub fn normal(device: &Cpu, count: usize) -> Vec<f64> {
    let numbers: Tensor<(usize,), f64, _> = device.sample_normal_like(&(count,));
    numbers.as_vec()
}
