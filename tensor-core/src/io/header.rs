//! The tensors of a safetensors file by name, with their bytes.

use std::ops::Range;

use tensor_header::{Header, HeaderError, Tensor};

use super::encoding::Encoding;
use super::stored::Stored;
use crate::by_name::ByName;

/// Where a tensor lies in a file, and how.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) dtype: Encoding,
    pub(super) shape: Vec<usize>,
    /// Bytes of the file.
    pub(super) bytes: Range<usize>,
}

/// All tensors of the file by name, or what is wrong with it.
pub(crate) fn parse(file: &[u8]) -> Result<ByName<Stored<'_>>, HeaderError> {
    let stored = |place: Place| Stored::new(place.dtype, place.shape, &file[place.bytes]);
    Ok(places(file)?.into_entries().map(|(name, place)| (name, stored(place))).collect())
}

/// As [`parse`], without their bytes.
pub(super) fn places(file: &[u8]) -> Result<ByName<Place>, HeaderError> {
    let (header, data) = Header::of(file)?;
    let before = file.len() - data.len();
    let place = |tensor: Tensor| {
        let Range { start, end } = tensor.bytes();
        // The tensors lie within the data, whose length is a `usize`.
        let bytes = before + start as usize..before + end as usize;
        let place = Place { dtype: Encoding::Plain(tensor.dtype()), shape: tensor.shape().to_vec(), bytes };
        (tensor.name().to_owned(), place)
    };
    Ok(header.into_tensors().into_iter().map(place).collect())
}

/// The text of this key among a file's metadata, if there is some.
pub(super) fn text(file: &[u8], key: &str) -> Result<Option<String>, HeaderError> {
    Ok(Header::of(file)?.0.text(key).map(str::to_owned))
}
