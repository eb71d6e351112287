//! How a network is exported.

use super::OnnxError;
use crate::plan::Axis;

/// How a network is exported: the names of what it takes and gives, and which sizes are known.
///
/// A network takes any number of axes before those that it declares; an ONNX file says how many. By default there is one,
/// `batch`, of any size.
///
/// ```
/// use tensor_core::onnx::{Export, ExportOnnx};
/// use tensor_core::prelude::*;
///
/// layer! { pub struct Scores: [n, 4] -> [n, 3] { output: linear(4 -> 3) } }
///
/// let net = Scores::new(&Cpu::default());
/// net.onnx_bytes(&Export::default())?;                                            // [batch, n, 4] → [batch, n, 3]
/// net.onnx_bytes(&Export::default().leading([]))?;                                // [n, 4] → [n, 3]
/// net.onnx_bytes(&Export::default().leading(["video", "frame"]).fix("n", 16))?;   // [video, frame, 16, 4] → …
/// # Ok::<(), tensor_core::onnx::OnnxError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    pub(super) leading: Vec<&'static str>,
    pub(super) fixed: Vec<(String, usize)>,
    pub(super) input: String,
    pub(super) output: String,
}

impl Default for Export {
    fn default() -> Self {
        Export {
            leading: vec!["batch"],
            fixed: Vec::new(),
            input: "input".to_owned(),
            output: "output".to_owned(),
        }
    }
}

impl Export {
    /// The names of the axes before the declared ones; none for a single example. Side inputs have them as well.
    #[must_use]
    pub fn leading(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.leading = names.into_iter().collect();
        self
    }

    /// Gives the axis `name` this size, be it a leading or a declared one, for runtimes that want to know. A later size
    /// replaces an earlier one.
    #[must_use]
    pub fn fix(mut self, name: impl Into<String>, size: usize) -> Self {
        let name = name.into();
        self.fixed.retain(|(fixed, _)| *fixed != name);
        self.fixed.push((name, size));
        self
    }

    /// The name of the main input, `input` by default. Side inputs have the names that the network has for them.
    #[must_use]
    pub fn input_name(mut self, name: impl Into<String>) -> Self {
        self.input = name.into();
        self
    }

    /// The name of the output, `output` by default.
    #[must_use]
    pub fn output_name(mut self, name: impl Into<String>) -> Self {
        self.output = name.into();
        self
    }

    /// The axis with its size, if its name is fixed.
    pub(super) fn size_of(&self, network: &'static str, axis: Axis) -> Result<Axis, OnnxError> {
        let Axis::Runtime { name, plus } = axis else { return Ok(axis) };
        let Some((fixed, size)) = self.fixed.iter().find(|(fixed, _)| fixed == name) else { return Ok(axis) };
        match size.checked_add_signed(plus) {
            Some(all) if all > 0 => Ok(Axis::Static(all)),
            _ => {
                let (axis, fixed) = (axis.to_string(), fixed.clone());
                Err(OnnxError::NoSize { network, axis, fixed, size: *size })
            }
        }
    }
}
