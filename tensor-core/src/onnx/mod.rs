//! Declared networks as ONNX files, for the runtimes that read them.
//!
//! Bring [`ExportOnnx`] into scope and call [`export_onnx`](ExportOnnx::export_onnx). The file holds the network in use, without
//! dropout, in its own number type:
//!
//! | | |
//! |---|---|
//! | inputs | `input`, then the side inputs by name; ids are `int64`, masks numbers of the network's type |
//! | output | `output` |
//! | axes | sizes that the compiler knows, and names for those of run time: `batch`, `n`, `n + 1` |
//! | initialisers | the weights, under the keys and with the shapes of the [state dict](crate::io::StateDict) |
//! | names of nodes | those of the items: `blocks.0.attend/MatMul` |
//! | operators | those of the default domain, version 20; IR version 9 |
//!
//! Every op can be exported; a `lora` item as it is, so `merge` first what should be one matrix. It is networks of `f32` and `f64`
//! that are exported, not [`Quantised`](crate::quantised::Quantised) ones. onnxruntime 1.17 and newer run
//! such files; those of `f64` networks need a newer one, such as 1.32. `tests/onnx/check.py` compares what it computes with what
//! [`forward`](mod@crate::layer) gives.
//!
//! ```
//! use tensor_core::onnx::{Export, ExportOnnx};
//! use tensor_core::prelude::*;
//!
//! layer! {
//!     pub struct Encoder: (x: [n, 8], mask: [n]) -> [3] {
//!         residual { norm: layer_norm, attend: attention(heads: 2, mask: padding) },
//!         pool(mean),
//!         head: linear(8 -> 3),
//!     }
//! }
//!
//! let net = Encoder::new(&Cpu::default());
//! let path = std::env::temp_dir().join(format!("encoder_{}.onnx", std::process::id()));
//! net.export_onnx(&path, &Export::default())?; // input [batch, n, 8], mask [batch, n] → output [batch, 3]
//! # std::fs::remove_file(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What the file can't do is refuse: [`forward`](mod@crate::layer) reports a mask that holds something else than 0 and 1, or
//! leaves nothing of a sequence, while the file takes all but 0 for 1, and gives NaN. Negative ids count from the end of the
//! vocabulary, as ONNX has it.

mod apart;
mod error;
mod export;
mod graph;
mod lower;
mod proto;
mod signature;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::prelude::Device;
use prost::Message;
use tensor_header::Dtype as Stored;

pub use error::OnnxError;
pub use export::Export;

use crate::io::{StateDtype, entries, replace};
use crate::layer::Layer;
use crate::param::Element;
use crate::plan::{Axes, Axis, Plan};
use graph::Value;
use lower::Lowering;
use proto::{
    Dimension, Kind, Model, OperatorSet, ShapeMessage, TensorKind, TensorMessage, ValueInfo, data_type,
};
use signature::Signature;

/// The version of the operators. 20 is the first with `Gelu`; 17 has `LayerNormalization`, 18 the axes of reductions as an input.
const OPERATORS: i64 = 20;

/// The version of the format that came with these operators.
const IR: i64 = 9;

/// What a message of protocol buffers can have.
const MOST_BYTES: usize = i32::MAX as usize;

/// Writes declared networks as ONNX files.
pub trait ExportOnnx<E: Element + StateDtype, D: Device<E>>: Layer<E, D> {
    /// Writes the network into the file `path`, replacing the file that is there: at every moment `path` is the old file or
    /// the new one, whole. The same network gives the same bytes.
    ///
    /// # Errors
    /// [`OnnxError`]; `path` is then what it was before.
    ///
    /// ```
    /// use tensor_core::onnx::{Export, ExportOnnx, OnnxError};
    /// use tensor_core::prelude::*;
    ///
    /// layer! { pub struct Scores: [4] -> [3] { output: linear(4 -> 3) } }
    ///
    /// let net = Scores::new(&Cpu::default());
    /// let error = net.export_onnx("no/such/folder/net.onnx", &Export::default()).unwrap_err();
    /// assert!(matches!(error, OnnxError::Io { .. }));
    /// ```
    fn export_onnx(&self, path: impl AsRef<Path>, export: &Export) -> Result<(), OnnxError> {
        put(path.as_ref(), &self.onnx_bytes(export)?)
    }

    /// As [`export_onnx`](Self::export_onnx), but the weights go into the file `<path>.weights`, to which `path` refers: for
    /// networks of more than two gigabytes, which an ONNX file can't hold. Both files have to stay together.
    ///
    /// # Errors
    /// [`OnnxError`]. Each of the files is then what it was before, or the new one, whole; the weights are written first.
    ///
    /// ```
    /// use tensor_core::onnx::{Export, ExportOnnx};
    /// use tensor_core::prelude::*;
    ///
    /// layer! { pub struct Scores: [4] -> [3] { output: linear(4 -> 3) } }
    ///
    /// let net = Scores::new(&Cpu::default());
    /// let folder = std::env::temp_dir().join(format!("scores_{}", std::process::id()));
    /// std::fs::create_dir_all(&folder)?;
    /// net.export_onnx_and_weights(folder.join("scores.onnx"), &Export::default())?;
    /// assert!(folder.join("scores.onnx.weights").exists());
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn export_onnx_and_weights(&self, path: impl AsRef<Path>, export: &Export) -> Result<(), OnnxError> {
        apart::write(
            path.as_ref(),
            model(Self::PLAN, weights(self)?, float_type(E::DTYPE), export)?,
            Self::PLAN.name,
        )
    }

    /// What [`export_onnx`](Self::export_onnx) writes.
    ///
    /// # Errors
    /// [`OnnxError`], but for [`OnnxError::Io`].
    ///
    /// ```
    /// use tensor_core::onnx::{Export, ExportOnnx};
    /// use tensor_core::prelude::*;
    ///
    /// layer! { pub struct Scores: [4] -> [3] { output: linear(4 -> 3) } }
    ///
    /// let bytes = Scores::new(&Cpu::default()).onnx_bytes(&Export::default().fix("batch", 1))?;
    /// assert!(bytes.len() > 4 * (4 * 3 + 3));
    /// # Ok::<(), tensor_core::onnx::OnnxError>(())
    /// ```
    fn onnx_bytes(&self, export: &Export) -> Result<Vec<u8>, OnnxError> {
        bytes(&model(Self::PLAN, weights(self)?, float_type(E::DTYPE), export)?, Self::PLAN.name)
    }
}

impl<E: Element + StateDtype, D: Device<E>, L: Layer<E, D>> ExportOnnx<E, D> for L {}

/// The weights as initialisers, in the order of the state dict, which is that of the items.
fn weights<E: Element + StateDtype, D: Device<E>, N: TensorCollection<E, D>>(
    net: &N,
) -> Result<Vec<TensorMessage>, OnnxError> {
    let weights = entries(net)?.into_iter().map(|entry| TensorMessage {
        dims: entry.shape.iter().map(|&size| size as i64).collect(),
        data_type: Some(float_type(entry.dtype)),
        name: Some(entry.name),
        raw_data: Some(entry.bytes),
        ..TensorMessage::default()
    });
    Ok(weights.collect())
}

fn float_type(stored: Stored) -> i32 {
    match stored {
        Stored::F64 => data_type::DOUBLE,
        Stored::F32 => data_type::FLOAT,
        other => unreachable!("networks hold f32 or f64, not {other:?}"),
    }
}

/// The file's message.
fn model(
    plan: &'static Plan,
    weights: Vec<TensorMessage>,
    float: i32,
    export: &Export,
) -> Result<Model, OnnxError> {
    let keys: Vec<Value> = weights.iter().filter_map(|weight| Some(weight.name.as_deref()?.into())).collect();
    let signature = Signature::new(plan, &keys, export)?;
    let (mut graph, axes) = Lowering::new(plan, &signature, keys, float).run(&signature.output)?;
    let input = |input: &signature::Input| value_info(&input.name, float, &input.axes);
    graph.name = Some(plan.name.to_owned());
    graph.input = signature.inputs().map(input).collect();
    graph.output = vec![value_info(&signature.output, float, &axes)];
    graph.initializer = weights;
    Ok(Model {
        ir_version: Some(IR),
        producer_name: Some(env!("CARGO_PKG_NAME").to_owned()),
        producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: Some(String::new()), version: Some(OPERATORS) }],
    })
}

fn value_info(name: &str, float: i32, axes: &Axes) -> ValueInfo {
    let dim = axes.as_slice().iter().map(|axis| match axis {
        Axis::Static(size) => Dimension { value: Some(*size as i64), param: None },
        Axis::Runtime { .. } => Dimension { value: None, param: Some(axis.to_string()) },
    });
    let elem_type = Some(if axes.are_ids() { data_type::INT64 } else { float });
    let tensor = TensorKind { elem_type, shape: Some(ShapeMessage { dim: dim.collect() }) };
    ValueInfo { name: Some(name.to_owned()), kind: Some(Kind { tensor: Some(tensor) }) }
}

fn bytes(model: &Model, network: &'static str) -> Result<Vec<u8>, OnnxError> {
    let bytes = model.encoded_len();
    if bytes > MOST_BYTES {
        return Err(OnnxError::TooLarge { network, bytes, most: MOST_BYTES });
    }
    Ok(model.encode_to_vec())
}

/// Puts these bytes at `path`, whole or not at all.
fn put(path: &Path, bytes: &[u8]) -> Result<(), OnnxError> {
    replace(path, |file| file.write_all(bytes)).map_err(|source| OnnxError::Io { path: path.into(), source })
}
