//! The header of a safetensors file: 8 bytes with its length, then JSON. Nothing else of the file is read.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// A tensor as a header tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dtype: String,
    pub(crate) shape: Vec<usize>,
    /// Which bytes of the data are its own.
    bytes: (u64, u64),
}

/// The bytes that hold the header's length.
const LENGTH: u64 = 8;

/// What the format allows.
const MAX_HEADER: u64 = 100_000_000;

/// The key beside the tensors' names that holds free text.
const METADATA: &str = "__metadata__";

/// The tensors of a file, or what is wrong with it.
pub(super) fn read(path: &Path) -> Result<Vec<Tensor>, String> {
    let unread = |error: io::Error| format!("it can't be read: {error}");
    let mut file = File::open(path).map_err(unread)?;
    let about = file.metadata().map_err(unread)?;
    if !about.is_file() {
        return Err("it is not a file".into());
    }
    if about.len() < LENGTH {
        return Err(format!(
            "it has {} bytes, and the length of its header alone takes {LENGTH}",
            about.len()
        ));
    }
    let mut length = [0; LENGTH as usize];
    file.read_exact(&mut length).map_err(unread)?;
    let length = u64::from_le_bytes(length);
    let rest = about.len() - LENGTH;
    if length > MAX_HEADER {
        return Err(format!(
            "its first {LENGTH} bytes give its header {length} bytes, where the format allows {MAX_HEADER}"
        ));
    }
    if length > rest {
        return Err(format!(
            "its header should have {length} bytes, but it ends {rest} bytes after the header's start"
        ));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(unread)?;
    let tensors = parse(&header)?;
    check_cover(&tensors, rest - length)?;
    Ok(tensors)
}

/// What a header says, by itself.
pub(super) fn parse(header: &[u8]) -> Result<Vec<Tensor>, String> {
    let mut json = serde_json::Deserializer::from_slice(header);
    let entries = json.deserialize_map(Entries).and_then(|entries| json.end().map(|()| entries));
    let entries = entries.map_err(|error| format!("its header is not a JSON object: {error}"))?;
    let tensors = entries.into_iter().filter(|(name, _)| name != METADATA);
    let mut tensors = tensors.map(|(name, entry)| tensor(name, &entry)).collect::<Result<Vec<_>, _>>()?;
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    match tensors.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(format!("its header has `{}` twice", pair[0].name)),
        None => Ok(tensors),
    }
}

/// What serde says of JSON that is none.
pub(super) fn no_json(error: &serde_json::Error) -> String {
    format!("it is not JSON: {error}")
}

/// All entries of an object, also those of the same name.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the tensors by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

fn tensor(name: String, entry: &Value) -> Result<Tensor, String> {
    let dtype = entry.get("dtype").and_then(Value::as_str);
    let shape = entry.get("shape").and_then(Value::as_array);
    let shape = shape.and_then(|shape| shape.iter().map(size).collect::<Option<Vec<_>>>());
    let offsets = entry.get("data_offsets").and_then(Value::as_array).map(Vec::as_slice);
    let offsets = match offsets {
        Some([start, end]) => start.as_u64().zip(end.as_u64()),
        _ => None,
    };
    let (Some(dtype), Some(shape), Some(bytes)) = (dtype, shape, offsets) else {
        return Err(format!("its header tells no `dtype`, `shape` and `data_offsets` of `{name}`"));
    };
    let tensor = Tensor { name, dtype: dtype.to_owned(), shape, bytes };
    check_size(&tensor)?;
    Ok(tensor)
}

fn size(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

/// A tensor's stretch of bytes is as long as its shape and number type need, where that is known.
fn check_size(tensor: &Tensor) -> Result<(), String> {
    let Tensor { name, dtype, shape, bytes: (start, end) } = tensor;
    let Some(bits) = bits(dtype) else { return Ok(()) };
    let numbers = if shape.contains(&0) {
        Some(0)
    } else {
        shape.iter().try_fold(1_u64, |numbers, &size| numbers.checked_mul(size as u64))
    };
    let Some(all) = numbers.and_then(|numbers| numbers.checked_mul(bits)) else {
        return Err(format!("`{name}` has the shape {shape:?}, which is more than any file can hold"));
    };
    if all.is_multiple_of(8) && end.checked_sub(*start) == Some(all / 8) {
        return Ok(());
    }
    Err(format!("`{name}`, {dtype} {shape:?}, does not take the bytes {start}..{end}"))
}

/// Bits of a number; of types to come they are not known.
fn bits(dtype: &str) -> Option<u64> {
    match dtype {
        "F4" => Some(4),
        "F6_E2M3" | "F6_E3M2" => Some(6),
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" => Some(8),
        "I16" | "U16" | "F16" | "BF16" => Some(16),
        "I32" | "U32" | "F32" => Some(32),
        "I64" | "U64" | "F64" | "C64" => Some(64),
        _ => None,
    }
}

/// The tensors fill the data: what was cut short on its way does not.
fn check_cover(tensors: &[Tensor], available: u64) -> Result<(), String> {
    let mut order: Vec<&Tensor> = tensors.iter().collect();
    order.sort_by_key(|tensor| tensor.bytes);
    let mut covered = 0;
    for Tensor { name, bytes: (start, end), .. } in order {
        if *end > available {
            return Err(format!(
                "`{name}` ends at byte {end} of the data, but the file has only {available}"
            ));
        }
        if *start != covered {
            return Err(format!(
                "`{name}` begins at byte {start} of the data, but what is before it ends at {covered}"
            ));
        }
        covered = *end;
    }
    if covered < available {
        return Err(format!("the last {} bytes belong to no tensor", available - covered));
    }
    Ok(())
}
