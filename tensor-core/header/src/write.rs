//! From tensors to a file.

use std::collections::HashSet;

use crate::header::{LENGTH, MAX_HEADER, METADATA, bytes_of};
use crate::{Dtype, HeaderError, Json};

/// A tensor that goes into a file.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'e> {
    /// What it is called.
    pub name: &'e str,
    /// The type of its numbers.
    pub dtype: Dtype,
    /// The sizes of its axes, outermost first.
    pub shape: &'e [usize],
    /// Its numbers.
    pub bytes: &'e [u8],
}

/// A whole file of these tensors and these free texts by name: byte for byte what the crate `safetensors` writes, which puts
/// wide numbers first so that all of them are aligned, and tensors of one type in the order of their names.
///
/// # Errors
/// A tensor whose bytes are not as many as it needs, and all that [`head`] refuses.
pub fn serialize(entries: &[Entry<'_>], texts: &[(&str, &str)]) -> Result<Vec<u8>, HeaderError> {
    let mut entries = entries.to_vec();
    entries.sort_by(|a, b| b.dtype.cmp(&a.dtype).then(a.name.cmp(b.name)));
    for Entry { name, dtype, shape, bytes } in &entries {
        let needed = bytes_of(name, *dtype, shape)?;
        if bytes.len() as u64 != needed {
            let given = bytes.len();
            return Err(HeaderError::new(format!(
                "`{name}`, {dtype} {shape:?}, takes {needed} bytes, not {given}"
            )));
        }
    }
    let mut file = head(entries.iter().map(|entry| (entry.name, entry.dtype, entry.shape)), texts)?;
    file.reserve_exact(entries.iter().map(|entry| entry.bytes.len()).sum());
    entries.iter().for_each(|entry| file.extend_from_slice(entry.bytes));
    Ok(file)
}

/// All of a file that is before its data: the length of the header and the header, filled up so that the data is aligned.
/// The tensors lie in the order in which they come.
///
/// # Errors
/// A name that is there twice or that the format keeps for itself; a tensor that is more than any file can hold, or does not
/// fill whole bytes; a header that is longer than the format allows.
pub fn head<'e>(
    tensors: impl IntoIterator<Item = (&'e str, Dtype, &'e [usize])>,
    texts: &[(&str, &str)],
) -> Result<Vec<u8>, HeaderError> {
    let mut entries = Vec::new();
    if !texts.is_empty() {
        entries.push((METADATA, Json::object(texts.iter().map(|&(name, text)| (name, text.into())))));
    }
    let (mut names, mut end) = (HashSet::new(), 0_u64);
    for (name, dtype, shape) in tensors {
        if name == METADATA {
            return Err(HeaderError::new(format!("it keeps the name `{METADATA}` for itself")));
        }
        if !names.insert(name) {
            return Err(HeaderError::new(format!("it can't have two tensors `{name}`")));
        }
        let start = end;
        end = bytes_of(name, dtype, shape)?
            .checked_add(start)
            .ok_or_else(|| HeaderError::new("it can't have tensors of more bytes than can be counted"))?;
        let entry = Json::object([
            ("dtype", dtype.name().into()),
            ("shape", shape.iter().copied().collect()),
            ("data_offsets", [start, end].into_iter().collect()),
        ]);
        entries.push((name, entry));
    }
    let mut header = Json::object(entries).to_string();
    while !header.len().is_multiple_of(LENGTH) {
        header.push(' ');
    }
    let length = header.len() as u64;
    if length > MAX_HEADER {
        return Err(HeaderError::new(format!(
            "its header would have {length} bytes, where the format allows {MAX_HEADER}"
        )));
    }
    Ok([&length.to_le_bytes()[..], header.as_bytes()].concat())
}
