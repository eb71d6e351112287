//! A graph and its weights in two files.

use std::io::{BufWriter, Error, ErrorKind, Write};
use std::path::Path;

use super::proto::{EXTERNAL, Model, Text};
use super::{OnnxError, bytes, put};
use crate::io::replace;

/// Where weights begin: at whole pages, so that a runtime can map them.
const PAGE: u64 = 4096;

/// Writes the weights of `model` beside `path`, and the rest into it.
pub(super) fn write(path: &Path, mut model: Model, network: &'static str) -> Result<(), OnnxError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| OnnxError::Io { path, source }
    };
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name
        .ok_or_else(|| Error::new(ErrorKind::InvalidInput, "its name is no text"))
        .map_err(failed(path))?;
    let name = format!("{name}.weights");
    let beside = path.with_file_name(&name);

    let weights = model.graph.iter_mut().flat_map(|graph| &mut graph.initializer);
    let mut all = Vec::new();
    let mut end = 0u64;
    for weight in weights {
        let numbers = weight.raw_data.take().unwrap_or_default();
        let (offset, length) = (end.next_multiple_of(PAGE), numbers.len() as u64);
        let text = |key: &str, value: String| Text { key: Some(key.to_owned()), value: Some(value) };
        weight.data_location = Some(EXTERNAL);
        weight.external_data = vec![
            text("location", name.clone()),
            text("offset", offset.to_string()),
            text("length", length.to_string()),
        ];
        all.push((offset - end, numbers));
        end = offset + length;
    }
    // Before anything is written: the graph itself can be too large.
    let graph = bytes(&model, network)?;
    replace(&beside, |file| {
        let mut file = BufWriter::new(file);
        for (gap, numbers) in &all {
            file.write_all(&vec![0; *gap as usize])?;
            file.write_all(numbers)?;
        }
        file.flush()
    })
    .map_err(failed(&beside))?;
    put(path, &graph)
}
