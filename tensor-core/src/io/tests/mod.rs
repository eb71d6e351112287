//! Networks and files that the tests share.

mod checkpoint;
mod damage;
mod mismatch;
mod roundtrip;
mod saving;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use dfdx::{
    nn::{
        modules,
        tensor_collection::{ModuleVisitor, TensorCollection, TensorOptions},
    },
    prelude::*,
};
use safetensors::{Dtype as Stored, tensor::TensorView};

/// Two layers with names, as `layer!` declares them.
pub(super) struct TwoLayer<E: Dtype, D: Device<E>> {
    pub(super) hidden: modules::Linear<4, 8, E, D>,
    pub(super) output: modules::Linear<8, 3, E, D>,
}

impl<E, D: Device<E>> TensorCollection<E, D> for TwoLayer<E, D>
where
    E: Dtype + num_traits::Float + rand_distr::uniform::SampleUniform,
{
    type To<E2: Dtype, D2: Device<E2>> = TwoLayer<E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<TwoLayer<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::module("hidden", |s| &s.hidden, |s| &mut s.hidden),
                Self::module("output", |s| &s.output, |s| &mut s.output),
            ),
            |(hidden, output)| TwoLayer { hidden, output },
        )
    }
}

/// Weights drawn from this seed; `Cpu::default()` always draws the same.
pub(super) fn two_layer(seed: u64) -> TwoLayer<f32, Cpu> {
    let device = Cpu::seed_from_u64(seed);
    let hidden = device.build_module::<Linear<4, 8>, f32>();
    let output = device.build_module::<Linear<8, 3>, f32>();
    TwoLayer { hidden, output }
}

/// All numbers of a network, as bits.
pub(super) fn values(net: &TwoLayer<f32, Cpu>) -> Vec<u32> {
    let (hidden, output) = (&net.hidden, &net.output);
    [hidden.weight.as_vec(), hidden.bias.as_vec(), output.weight.as_vec(), output.bias.as_vec()]
        .into_iter()
        .flatten()
        .map(f32::to_bits)
        .collect()
}

/// Two tensors of any shapes under the names `a` and `b`; under one name if they are twins.
pub(super) struct Pair<A: Shape, B: Shape, E: Dtype, D: Device<E>, const TWINS: bool = false> {
    pub(super) a: Tensor<A, E, D>,
    pub(super) b: Tensor<B, E, D>,
}

impl<A: ConstShape, B: ConstShape, E: Dtype, D: Device<E>, const TWINS: bool> TensorCollection<E, D>
    for Pair<A, B, E, D, TWINS>
{
    type To<E2: Dtype, D2: Device<E2>> = Pair<A, B, E2, D2, TWINS>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::tensor("a", |s| &s.a, |s| &mut s.a, TensorOptions::reset_to_zeros()),
                Self::tensor(
                    if TWINS { "a" } else { "b" },
                    |s| &s.b,
                    |s| &mut s.b,
                    TensorOptions::reset_to_zeros(),
                ),
            ),
            |(a, b)| Pair { a, b },
        )
    }
}

/// A sound file with these tensors.
pub(super) fn file(tensors: &[(&str, Stored, &[usize], &[u8])]) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|&(name, dtype, shape, bytes)| (name, TensorView::new(dtype, shape.to_vec(), bytes).unwrap()));
    safetensors::serialize(views, None::<HashMap<String, String>>).unwrap()
}

/// A file with this text as its header.
pub(super) fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// An empty folder that goes away with the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let name =
            format!("tensor_core_io_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
