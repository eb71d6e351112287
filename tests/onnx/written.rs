//! Where files are written, and what is in them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype as Kind, tensor::TensorView};
use tensor_core::io::{StateDict, StateDtype};
use tensor_core::onnx::{Export, ExportOnnx};
use tensor_core::plan::{Axes, Axis};
use tensor_core::prelude::*;

/// Names of leading axes, the last ones of which a network gets.
const LEADING: [&str; 4] = ["deepest", "deeper", "deep", "batch"];

/// A tensor as a file holds it.
#[derive(Clone)]
pub struct Stored {
    kind: Kind,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// Number types of inputs and outputs.
pub trait Number: Unit {
    const KIND: Kind;
    fn bytes(self) -> Vec<u8>;
}

macro_rules! numbers_are_stored {
    ($($number:ty as $stored:ty = $kind:ident),+) => {$(
        impl Number for $number {
            const KIND: Kind = Kind::$kind;
            fn bytes(self) -> Vec<u8> {
                (self as $stored).to_le_bytes().into()
            }
        }
    )+};
}
numbers_are_stored! { f32 as f32 = F32, f64 as f64 = F64, usize as i64 = I64 }

pub fn stored<S: Shape, E: Number>(tensor: &Tensor<S, E, Cpu>) -> Stored
where
    Cpu: Storage<E>,
{
    let bytes = tensor.as_vec().into_iter().flat_map(Number::bytes).collect();
    Stored { kind: E::KIND, shape: tensor.shape().concrete().as_ref().to_vec(), bytes }
}

/// Numbers of the normal distribution.
pub fn numbers<S: Shape, E: Element>(shape: S) -> Tensor<S, E, Cpu>
where
    Cpu: Device<E>,
{
    let values = crate::support::net::normal(&Cpu::seed_from_u64(2), shape.num_elements());
    crate::support::net::tensor(&Cpu::default(), shape, &values)
}

/// Ids below `most`.
pub fn ids<S: Shape>(most: usize, shape: S) -> Tensor<S, usize, Cpu> {
    let values = (0..shape.num_elements()).map(|at| (at * at + 3 * at + 1) % most).collect();
    Cpu::default().tensor_from_vec(values, shape)
}

/// 0 and 1, and at least one 1 along the last axis; the first and the last position are 0 in some sequences.
pub fn mask<S: Shape, E: Element>(shape: S) -> Tensor<S, E, Cpu>
where
    Cpu: Device<E>,
{
    let length = shape.concrete()[S::NUM_DIMS - 1];
    let counts = |at: usize| {
        let (row, place) = (at / length, at % length);
        length == 1 || place == (row + 1) % length || (place + row) % 3 == 1
    };
    let values: Vec<f64> = (0..shape.num_elements()).map(|at| f64::from(u8::from(counts(at)))).collect();
    crate::support::net::tensor(&Cpu::default(), shape, &values)
}

/// A network's file, and passes of it.
pub struct Case {
    folder: PathBuf,
    runs: Vec<Vec<(String, Stored)>>,
}

impl Case {
    /// A case of this name, which may be a path of modules.
    pub fn new(name: &str) -> Self {
        let name = name.split("::").skip_while(|part| *part == "onnx").collect::<Vec<_>>().join("_");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/onnx").join(name);
        Case { folder, runs: Vec::new() }
    }

    /// Adds a pass.
    pub fn run(&mut self, inputs: Vec<(&str, Stored)>, output: Stored) {
        let inputs = inputs.into_iter().map(|(name, value)| (name.to_owned(), value));
        self.runs.push(inputs.chain([("output".to_owned(), output)]).collect());
    }

    /// Writes the network with names for its axes, so with its weights in another file, and with the sizes of the first
    /// pass; then its weights, and the passes.
    pub fn write<E: Element + StateDtype, N: ExportOnnx<E, Cpu>>(&self, net: &N)
    where
        Cpu: Device<E>,
    {
        std::fs::create_dir_all(&self.folder).expect("target can be written");
        let leading = self.runs[0][0].1.shape.len() - N::PLAN.input.len();
        let named = Export::default().leading(LEADING[LEADING.len() - leading..].iter().copied());
        let fixed = self.sizes::<E, N>(leading).into_iter();
        let fixed = fixed.fold(named.clone(), |export, (axis, size)| export.fix(axis, size));
        net.export_onnx(self.folder.join("named.onnx"), &named).expect("every op is exported");
        net.export_onnx(self.folder.join("fixed.onnx"), &fixed).expect("the sizes are some that it takes");
        net.export_onnx_and_weights(self.folder.join("apart.onnx"), &named).expect("target can be written");
        net.save(self.folder.join("weights.safetensors")).expect("target can be written");
        let values = self.runs.iter().enumerate().flat_map(|(run, values)| {
            values.iter().map(move |(name, value)| (format!("{run}.{name}"), value))
        });
        let views = values.map(|(name, Stored { kind, shape, bytes })| {
            (name, TensorView::new(*kind, shape.clone(), bytes).expect("as many bytes as the shape says"))
        });
        let bytes =
            safetensors::serialize(views, None::<HashMap<String, String>>).expect("safetensors holds arrays");
        std::fs::write(self.folder.join("values.safetensors"), bytes).expect("target can be written");
    }

    /// The sizes in the first pass of the axes that have names.
    fn sizes<E: Element + StateDtype, N: ExportOnnx<E, Cpu>>(
        &self,
        leading: usize,
    ) -> HashMap<&'static str, usize>
    where
        Cpu: Device<E>,
    {
        let declared: Vec<&Axes> =
            std::iter::once(&N::PLAN.input).chain(N::PLAN.sides.iter().map(|side| &side.axes)).collect();
        let mut sizes: HashMap<_, _> = LEADING[LEADING.len() - leading..]
            .iter()
            .copied()
            .zip(self.runs[0][0].1.shape.iter().copied())
            .collect();
        for (axes, (_, value)) in declared.into_iter().zip(&self.runs[0]) {
            for place in 0..axes.len() {
                if let Axis::Runtime { name, plus } = axes.get(place) {
                    sizes.insert(
                        name,
                        value.shape[leading + place].checked_add_signed(-plus).expect("sizes fit"),
                    );
                }
            }
        }
        sizes
    }
}
