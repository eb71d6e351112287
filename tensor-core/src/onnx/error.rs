//! Why a network was not exported.

use std::io;
use std::path::PathBuf;

use crate::io::SaveError;

/// Why a network was not exported.
///
/// ```
/// use tensor_core::onnx::{Export, ExportOnnx, OnnxError};
/// use tensor_core::prelude::*;
///
/// layer! { pub struct Scores: [n, 4] -> [n, 3] { output: linear(4 -> 3) } }
///
/// let net = Scores::new(&Cpu::default());
/// let error = net.onnx_bytes(&Export::default().fix("seq", 128)).unwrap_err();
/// assert_eq!(error.to_string(), "`Scores` has no axis `seq` to fix; it has `batch`, `n`");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The operating system refused to create, write or rename the file.
    #[error("cannot write `{}`: {source}", path.display())]
    Io {
        /// Where the network was to be written.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The weights can't be listed by name.
    #[error(transparent)]
    Weights(#[from] SaveError),
    /// Two inputs, outputs or axes have the same name.
    #[error("`{network}` needs a name of its own for each {what}, but `{name}` is taken")]
    NameTaken {
        /// The network.
        network: &'static str,
        /// What the name is for: `input and output`, or `axis`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// An input, the output or an axis has no name.
    #[error("`{network}` needs a name for each {what}, but one is empty")]
    NameEmpty {
        /// The network.
        network: &'static str,
        /// What the name is for: `input and output`, or `axis`.
        what: &'static str,
    },
    /// There is no axis of this name to give a size.
    #[error("`{network}` has no axis `{axis}` to fix; it has {axes}")]
    NoAxis {
        /// The network.
        network: &'static str,
        /// The name.
        axis: String,
        /// The names that there are.
        axes: String,
    },
    /// An axis would have no size.
    #[error("`{network}` has the axis `{axis}`, which has no size where `{fixed}` is {size}")]
    NoSize {
        /// The network.
        network: &'static str,
        /// The axis: `n - 2`.
        axis: String,
        /// The name that was fixed.
        fixed: String,
        /// Its size.
        size: usize,
    },
    /// The network's values would have more axes than a tensor can have.
    #[error(
        "`{network}` makes values with {axes} axes of its own; with {leading} before them, that is more than {most}"
    )]
    Rank {
        /// The network.
        network: &'static str,
        /// The most axes that a value has without leading ones.
        axes: usize,
        /// How many leading axes there should be.
        leading: usize,
        /// The most axes that a tensor can have.
        most: usize,
    },
    /// An item can't work on the sizes that were fixed.
    #[error("`{item}`, `{op}`, can't be exported: {reason}")]
    Item {
        /// The item: `blocks.0.attend`.
        item: String,
        /// Its op as one writes it.
        op: String,
        /// What is in the way.
        reason: String,
    },
    /// The file would be larger than the format allows.
    #[error(
        "`{network}` makes a file of {bytes} bytes, and an ONNX file holds at most {most}; `export_onnx_and_weights` makes two"
    )]
    TooLarge {
        /// The network.
        network: &'static str,
        /// The bytes that it takes.
        bytes: usize,
        /// The most that a file can have.
        most: usize,
    },
}
