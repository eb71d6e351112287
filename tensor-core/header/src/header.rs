//! From a file to what its header says, or to what is wrong with it.
//!
//! The check of the crate `safetensors` overflows for offsets near 2⁶⁴ and does not say which tensor is wrong; this one does
//! neither. Nothing is allocated on the word of the file: memory stays within a small multiple of the header.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use crate::{Dtype, HeaderError, Json};

/// The name beside those of the tensors under which a header holds free text; no tensor can be called so.
pub const METADATA: &str = "__metadata__";

/// The bytes that hold the header's length.
pub(crate) const LENGTH: usize = size_of::<u64>();

/// A longer header is against the format, which sets this limit so that readers need not parse gigabytes of JSON.
pub(crate) const MAX_HEADER: u64 = 100_000_000;

/// What a header says of all tensors.
#[derive(Clone, Debug)]
pub struct Header {
    tensors: Vec<Tensor>,
    texts: Vec<(String, String)>,
}

/// What a header says of one tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Range<u64>,
}

impl Tensor {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of its numbers.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The sizes of its axes, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Which bytes of the data are its own: as many as its shape and number type need.
    pub fn bytes(&self) -> Range<u64> {
        self.bytes.clone()
    }
}

impl Header {
    /// The header of a file in memory, and the data after it, which its tensors fill.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn of(file: &[u8]) -> Result<(Header, &[u8]), HeaderError> {
        let Some((length, rest)) = file.split_first_chunk::<LENGTH>() else {
            return Err(short(file.len() as u64));
        };
        let length = length_of(*length, rest.len() as u64)?;
        // Both fit: the length is at most that of the rest.
        let (header, data) = rest.split_at(length as usize);
        let header = Header::parse(header)?;
        header.check_cover(data.len() as u64)?;
        Ok((header, data))
    }

    /// The header of the file at `path`, of which nothing else is read.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn read(path: &Path) -> Result<Header, HeaderError> {
        let unread = |error: io::Error| HeaderError::new(format!("it can't be read: {error}"));
        let mut file = File::open(path).map_err(unread)?;
        let about = file.metadata().map_err(unread)?;
        if !about.is_file() {
            return Err(HeaderError::new("it is not a file"));
        }
        let Some(rest) = about.len().checked_sub(LENGTH as u64) else { return Err(short(about.len())) };
        let mut length = [0; LENGTH];
        file.read_exact(&mut length).map_err(unread)?;
        let length = length_of(length, rest)?;
        let mut header = Vec::new();
        file.take(length).read_to_end(&mut header).map_err(unread)?;
        let header = Header::parse(&header)?;
        header.check_cover(rest - length)?;
        Ok(header)
    }

    /// A header by itself: the JSON alone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(json: &[u8]) -> Result<Header, HeaderError> {
        let text = std::str::from_utf8(json).map_err(|error| {
            HeaderError::new(format!("its header is not text from byte {} on", LENGTH + error.valid_up_to()))
        })?;
        let json = Json::parse(text.as_bytes())
            .map_err(|error| HeaderError::new(format!("its header is not a JSON object: {error}")))?;
        let Json::Object(entries) = json else {
            return Err(HeaderError::new(format!("its header is not a JSON object, but {}", json.kind())));
        };
        let mut header = Header { tensors: Vec::new(), texts: Vec::new() };
        for (name, entry) in entries {
            if name == METADATA {
                header.texts = texts(&entry)?;
            } else {
                header.tensors.push(tensor(name.into_owned(), &entry)?);
            }
        }
        header.tensors.sort_by_key(|tensor| (tensor.bytes.start, tensor.bytes.end));
        Ok(header)
    }

    /// The tensors, in the order of their bytes.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// As [`tensors`](Self::tensors), to keep.
    pub fn into_tensors(self) -> Vec<Tensor> {
        self.tensors
    }

    /// The free text under this name.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|text| text.0 == name).map(|text| &*text.1)
    }

    /// The tensors lie one behind the other and fill so many bytes.
    fn check_cover(&self, available: u64) -> Result<(), HeaderError> {
        let (mut covered, mut before) = (0, "");
        for Tensor { name, bytes: Range { start, end }, .. } in &self.tensors {
            if *end > available {
                return Err(HeaderError::new(format!(
                    "`{name}` ends at byte {end} of the data, but the file has only {available}"
                )));
            }
            if *start < covered {
                return Err(HeaderError::new(format!("`{before}` and `{name}` overlap")));
            }
            if *start > covered {
                return Err(HeaderError::new(format!(
                    "bytes {covered}..{start} of the data belong to no tensor"
                )));
            }
            (covered, before) = (*end, name);
        }
        if covered < available {
            let last = available - covered;
            return Err(HeaderError::new(format!("the last {last} bytes belong to no tensor")));
        }
        Ok(())
    }
}

fn short(bytes: u64) -> HeaderError {
    HeaderError::new(format!("it has {bytes} bytes, and the length of its header alone takes {LENGTH}"))
}

/// The header's length, which fits into the rest of the file.
fn length_of(first: [u8; LENGTH], rest: u64) -> Result<u64, HeaderError> {
    let length = u64::from_le_bytes(first);
    if length > MAX_HEADER {
        return Err(HeaderError::new(format!(
            "its first {LENGTH} bytes give its header {length} bytes, where the format allows {MAX_HEADER}"
        )));
    }
    if length > rest {
        return Err(HeaderError::new(format!(
            "its header should have {length} bytes, but it ends {rest} bytes after the header's start"
        )));
    }
    Ok(length)
}

/// Free text by name.
fn texts(entry: &Json<'_>) -> Result<Vec<(String, String)>, HeaderError> {
    let wrong = |what: &str, value: &Json<'_>| {
        HeaderError::new(format!("{what} is {}, which is not what the format has there", shown(value)))
    };
    if *entry == Json::Null {
        return Ok(Vec::new());
    }
    let entries = entry.as_object().ok_or_else(|| wrong(&format!("`{METADATA}`"), entry))?;
    let text = |(name, value): &(Cow<'_, str>, Json<'_>)| match value.as_str() {
        Some(text) => Ok((name.to_string(), text.to_owned())),
        None => Err(wrong(&format!("`{name}` in `{METADATA}`"), value)),
    };
    entries.iter().map(text).collect()
}

fn tensor(name: String, entry: &Json<'_>) -> Result<Tensor, HeaderError> {
    let wrong = |what: String| HeaderError::new(format!("`{name}` {what}"));
    if entry.as_object().is_none() {
        let fields = "an object with `dtype`, `shape` and `data_offsets` is wanted";
        return Err(wrong(format!("is {}, where {fields}", shown(entry))));
    }
    let field = |field: &str| entry.get(field).ok_or_else(|| wrong(format!("has no `{field}`")));
    let odd = |field: &str, value: &Json<'_>, wanted: &str| {
        wrong(format!("has the `{field}` {}, where {wanted}", shown(value)))
    };
    let (dtype, shape, offsets) = (field("dtype")?, field("shape")?, field("data_offsets")?);
    let known = dtype.as_str().and_then(Dtype::named).ok_or_else(|| {
        let all: Vec<_> = Dtype::all().map(Dtype::name).collect();
        odd("dtype", dtype, &format!("the format has {}", all.join(", ")))
    })?;
    let sizes = wholes(shape).and_then(|sizes| sizes.map(|size| usize::try_from(size).ok()).collect());
    let sizes: Vec<usize> = sizes.ok_or_else(|| odd("shape", shape, "whole numbers are wanted"))?;
    let [start, end] = wholes(offsets)
        .and_then(|offsets| <[u64; 2]>::try_from(offsets.collect::<Vec<_>>()).ok())
        .ok_or_else(|| odd("data_offsets", offsets, "two whole numbers are wanted"))?;
    let needed = bytes_of(&name, known, &sizes)?;
    if end.checked_sub(start) != Some(needed) {
        return Err(HeaderError::new(format!(
            "`{name}`, {known} {sizes:?}, takes {needed} bytes, but is said to lie at {start}..{end}"
        )));
    }
    Ok(Tensor { name, dtype: known, shape: sizes, bytes: start..end })
}

/// The bytes that a tensor of this type and shape takes.
pub(crate) fn bytes_of(name: &str, dtype: Dtype, shape: &[usize]) -> Result<u64, HeaderError> {
    // Beside an axis of none, others may be longer than any file.
    let numbers = if shape.contains(&0) {
        Some(0)
    } else {
        shape.iter().try_fold(1_u64, |numbers, &size| numbers.checked_mul(u64::try_from(size).ok()?))
    };
    let Some(bits) = numbers.and_then(|numbers| numbers.checked_mul(dtype.bits())) else {
        return Err(HeaderError::new(format!(
            "`{name}` has the shape {shape:?}, which is more than any file can hold"
        )));
    };
    if !bits.is_multiple_of(8) {
        return Err(HeaderError::new(format!("`{name}`, {dtype} {shape:?}, does not fill whole bytes")));
    }
    Ok(bits / 8)
}

/// The numbers of a list, if it has whole ones alone.
fn wholes<'j>(list: &'j Json<'_>) -> Option<impl Iterator<Item = u64> + 'j> {
    let list = list.as_list().filter(|list| list.iter().all(|value| value.as_u64().is_some()))?;
    Some(list.iter().filter_map(Json::as_u64))
}

/// A value in a message, which a file must not make long.
fn shown(value: &Json<'_>) -> String {
    const MOST: usize = 60;
    match value {
        Json::List(values) if values.len() > 12 => format!("a list of {}", values.len()),
        Json::Object(_) => "an object".to_owned(),
        Json::Text(text) if text.len() > MOST => format!("a text of {} bytes", text.len()),
        value => {
            Some(value.to_string()).filter(|text| text.len() <= MOST).unwrap_or_else(|| value.kind().into())
        }
    }
}
