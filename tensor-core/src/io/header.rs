//! The head of a safetensors file: 8 bytes with its length, then JSON that says where each tensor lies.
//!
//! The check of `safetensors` itself overflows for offsets near 2⁶⁴ and does not say which tensor is wrong; so here is one
//! that does neither. Nothing is allocated on the word of the file: memory stays within a small multiple of the header.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use safetensors::tensor::TensorInfo;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::encoding::Encoding;
use super::stored::Stored;

/// The key beside the tensors' names that holds free text; no tensor can be called so.
pub(super) const METADATA: &str = "__metadata__";

/// The bytes that hold the header's length.
const LENGTH: usize = size_of::<u64>();

/// A longer header is against the format, which sets this limit so that readers need not parse gigabytes of JSON.
const MAX_HEADER: u64 = 100_000_000;

/// Where a tensor lies in a file, and how.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) dtype: Encoding,
    pub(super) shape: Vec<usize>,
    /// Bytes of the file.
    pub(super) bytes: Range<usize>,
}

/// All tensors of the file by name, or what is wrong with it.
pub(crate) fn parse(file: &[u8]) -> Result<BTreeMap<String, Stored<'_>>, String> {
    let stored = |place: Place| Stored::new(place.dtype, place.shape, &file[place.bytes]);
    Ok(places(file)?.into_iter().map(|(name, place)| (name, stored(place))).collect())
}

/// As [`parse`], without their bytes.
pub(super) fn places(file: &[u8]) -> Result<BTreeMap<String, Place>, String> {
    let (header, data) = split(file)?;
    let mut infos = Vec::new();
    for (name, value) in entries(header)? {
        let info: TensorInfo = serde_json::from_value(value).map_err(|error| format!("`{name}`: {error}"))?;
        check_size(&name, &info)?;
        infos.push((name, info));
    }
    infos.sort_by_key(|(_, info)| info.data_offsets);
    check_cover(&infos, data.len())?;
    let before = file.len() - data.len();
    let place = |info: TensorInfo| Place {
        dtype: Encoding::Plain(info.dtype),
        shape: info.shape,
        bytes: before + info.data_offsets.0..before + info.data_offsets.1,
    };
    Ok(infos.into_iter().map(|(name, info)| (name, place(info))).collect())
}

/// The text of this key among a file's metadata, if there is some.
pub(super) fn text(file: &[u8], key: &str) -> Result<Option<String>, String> {
    let header = json(split(file)?.0)?;
    let text = header.get(METADATA).and_then(|metadata| metadata.get(key)?.as_str());
    Ok(text.map(str::to_owned))
}

/// The JSON and the data after it.
fn split(file: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let Some((length, rest)) = file.split_first_chunk::<LENGTH>() else {
        return Err(format!(
            "it has {} bytes, and the length of its header alone takes {LENGTH}",
            file.len()
        ));
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER {
        return Err(format!(
            "its first {LENGTH} bytes give its header {length} bytes, where the format allows {MAX_HEADER}"
        ));
    }
    usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length)).ok_or_else(|| {
        format!(
            "its header should have {length} bytes, but it ends {} bytes after the header's start",
            rest.len()
        )
    })
}

/// What the JSON says about each tensor, unread.
fn entries(header: &[u8]) -> Result<BTreeMap<String, Value>, String> {
    let mut entries = json(header)?;
    entries.remove(METADATA);
    Ok(entries)
}

fn json(header: &[u8]) -> Result<BTreeMap<String, Value>, String> {
    let text = std::str::from_utf8(header)
        .map_err(|error| format!("its header is not text from byte {} on", LENGTH + error.valid_up_to()))?;
    let Entries(entries) =
        serde_json::from_str(text).map_err(|error| format!("its header is not a JSON object: {error}"))?;
    Ok(entries)
}

/// The entries of an object whose names differ.
struct Entries(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Distinct).map(Entries)
    }
}

struct Distinct;

impl<'de> Visitor<'de> for Distinct {
    type Value = BTreeMap<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value()?;
            if entries.contains_key(&name) {
                return Err(A::Error::custom(format_args!("`{name}` is there twice")));
            }
            entries.insert(name, value);
        }
        Ok(entries)
    }
}

/// A tensor's stretch of bytes is as long as its shape and number type need.
fn check_size(name: &str, info: &TensorInfo) -> Result<(), String> {
    let TensorInfo { dtype, shape, data_offsets: (start, end) } = info;
    let elements =
        if shape.contains(&0) { Some(0) } else { shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)) };
    let bits = elements.and_then(|n| n.checked_mul(dtype.bitsize()));
    let Some(bits) = bits else {
        return Err(format!("`{name}` has the shape {shape:?}, which is more than any file can hold"));
    };
    if !bits.is_multiple_of(8) {
        return Err(format!("`{name}`, {dtype:?} {shape:?}, does not fill whole bytes"));
    }
    if end.checked_sub(*start) == Some(bits / 8) {
        return Ok(());
    }
    Err(format!(
        "`{name}`, {dtype:?} {shape:?}, takes {} bytes, but is said to lie at {start}..{end}",
        bits / 8
    ))
}

/// The tensors, sorted by offset, lie one behind the other and fill the data.
fn check_cover(infos: &[(String, TensorInfo)], available: usize) -> Result<(), String> {
    let mut covered = 0;
    let mut before = None;
    for (name, info) in infos {
        let (start, end) = info.data_offsets;
        if end > available {
            return Err(format!(
                "`{name}` ends at byte {end} of the data, but the file has only {available}"
            ));
        }
        match before {
            Some(before) if start < covered => return Err(format!("`{before}` and `{name}` overlap")),
            _ if start > covered => {
                return Err(format!("bytes {covered}..{start} of the data belong to no tensor"));
            }
            _ => {}
        }
        covered = end;
        before = Some(name);
    }
    if covered < available {
        return Err(format!("the last {} bytes belong to no tensor", available - covered));
    }
    Ok(())
}
