//! Names and shapes of a checkpoint, without its numbers.

use std::{
    error::Error,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use serde_json::Value;

/// A tensor of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    /// Whether its numbers can be weights.
    pub floats: bool,
}

/// The tensors by name.
pub fn read(path: &Path) -> Result<Vec<Tensor>, Box<dyn Error>> {
    let entries: Value = serde_json::from_str(&json(path)?)?;
    let entries = entries.as_object().ok_or("the header is not a JSON object")?;
    let tensor = |(name, entry): (&String, &Value)| {
        let shape = entry["shape"].as_array().map(|shape| shape.iter().map(Value::as_u64));
        let shape: Option<Vec<u64>> = shape.and_then(Iterator::collect);
        let (Some(shape), Some(dtype)) = (shape, entry["dtype"].as_str()) else {
            return Err(format!("the header tells no `shape` and `dtype` of `{name}`"));
        };
        let shape = shape.into_iter().map(|size| size as usize).collect();
        Ok(Tensor { name: name.clone(), shape, floats: ["F64", "F32", "F16", "BF16"].contains(&dtype) })
    };
    Ok(entries.iter().filter(|(name, _)| *name != "__metadata__").map(tensor).collect::<Result<_, _>>()?)
}

/// The header as it stands in the file; of several files those of all.
pub fn json(path: &Path) -> Result<String, Box<dyn Error>> {
    let told = |error: std::io::Error| format!("can't read `{}`: {error}", path.display());
    if path.extension().is_none_or(|extension| extension != "json") {
        return one(path);
    }
    let text = std::fs::read_to_string(path).map_err(told)?;
    let json: Value =
        serde_json::from_str(&text).map_err(|error| format!("`{}` is not JSON: {error}", path.display()))?;
    let Some(index) = json["weight_map"].as_object() else { return Ok(text.trim_end().to_owned()) };
    let mut files: Vec<&str> = index.values().filter_map(Value::as_str).collect();
    files.sort_unstable();
    files.dedup();
    let mut all = serde_json::Map::new();
    for file in files {
        let entries: Value = serde_json::from_str(&one(&path.with_file_name(file))?)?;
        all.extend(entries.as_object().cloned().unwrap_or_default());
    }
    Ok(Value::Object(all).to_string())
}

/// The header of one file, of which nothing else is read.
fn one(path: &Path) -> Result<String, Box<dyn Error>> {
    let told = |error: std::io::Error| format!("can't read `{}`: {error}", path.display());
    let damaged = || format!("`{}` is not a safetensors file", path.display());
    let mut file = File::open(path).map_err(told)?;
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| damaged())?;
    let length = u64::from_le_bytes(length);
    let rest = file.seek(SeekFrom::End(0)).map_err(told)? - 8;
    if length > rest {
        return Err(damaged().into());
    }
    file.seek(SeekFrom::Start(8)).map_err(told)?;
    let mut text = String::new();
    file.take(length).read_to_string(&mut text).map_err(|_| damaged())?;
    Ok(text.trim_end().to_owned())
}
