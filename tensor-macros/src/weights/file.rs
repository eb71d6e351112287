//! Which files are meant, and their headers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use syn::LitStr;
use tensor_header::{Header, HeaderError, Json, Tensor};

use crate::explain;

/// A file that was found, and what its header says.
#[derive(Debug)]
pub(crate) struct Found {
    /// Its full path.
    pub(crate) path: PathBuf,
    /// All files that were read.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) tensors: Vec<Tensor>,
    /// Whether there are weights beside the header.
    pub(crate) has_data: bool,
}

/// The file as it is written: its path starts at the folder of `Cargo.toml`, or where the source file is.
pub(super) fn find(literal: &LitStr) -> Result<Found, String> {
    let written = literal.value();
    let bases = [std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from), source_folder(literal)];
    let places = bases.into_iter().flatten().map(|base| base.join(&written));
    let Some(path) = places.into_iter().find(|place| place.exists()) else {
        return Err(explain::weights_file_missing(&written));
    };
    let path = path.canonicalize().map_err(|error| explain::weights_file_unreadable(&written, &error))?;
    load(&path, &written)
}

/// The folder of the source file. Outside of a compiler there is none.
fn source_folder(literal: &LitStr) -> Option<PathBuf> {
    Some(literal.span().local_file()?.parent()?.to_owned())
}

/// The headers of a file, or of those that an index lists.
pub(super) fn load(path: &Path, written: &str) -> Result<Found, String> {
    let wrong =
        |file: &Path, reason: HeaderError| explain::weights_file_damaged(&last_of(file), &reason.to_string());
    let disagrees = |reason: String| explain::weights_index_wrong(&last_of(path), &reason);
    if path.extension().is_none_or(|extension| extension != "json") {
        let tensors = by_name(Header::read(path).map_err(|reason| wrong(path, reason))?);
        return Ok(Found { path: path.into(), files: vec![path.into()], tensors, has_data: true });
    }
    let text = std::fs::read(path).map_err(|error| explain::weights_file_unreadable(written, &error))?;
    let json = Json::parse(&text).map_err(|error| {
        explain::weights_file_damaged(&last_of(path), &format!("it is not JSON: {error}"))
    })?;
    let Some(index) = json.get("weight_map") else {
        let tensors = by_name(Header::parse(&text).map_err(|reason| wrong(path, reason))?);
        return Ok(Found { path: path.into(), files: vec![path.into()], tensors, has_data: false });
    };
    let index = places(index).map_err(disagrees)?;
    let (mut files, mut tensors) = (vec![path.to_owned()], Vec::new());
    let mut shards: Vec<&String> = index.values().collect();
    shards.sort();
    shards.dedup();
    for shard in shards {
        let place = path.with_file_name(shard);
        for tensor in by_name(Header::read(&place).map_err(|reason| wrong(&place, reason))?) {
            match index.get(tensor.name()) {
                Some(listed) if listed == shard => tensors.push(tensor),
                _ => {
                    return Err(disagrees(format!(
                        "`{}` is in `{shard}`, which it does not say",
                        tensor.name()
                    )));
                }
            }
        }
        files.push(place);
    }
    match index.iter().find(|(name, _)| !tensors.iter().any(|tensor| tensor.name() == *name)) {
        Some((name, shard)) => Err(disagrees(format!("`{name}` should be in `{shard}`, and is not"))),
        None => Ok(Found { path: path.into(), files, tensors, has_data: true }),
    }
}

/// The file of each tensor, beside the index.
fn places(index: &Json<'_>) -> Result<BTreeMap<String, String>, String> {
    let map = index.as_object().ok_or("its `weight_map` is not an object")?;
    let place = |(name, file): &(Cow<'_, str>, Json<'_>)| {
        let file = file.as_str().filter(|file| {
            matches!(Path::new(file).components().collect::<Vec<_>>()[..], [Component::Normal(_)])
        });
        let file = file.ok_or_else(|| format!("`{name}` has no file beside it"))?;
        Ok((name.to_string(), file.to_owned()))
    };
    map.iter().map(place).collect()
}

/// The tensors as messages list them.
fn by_name(header: Header) -> Vec<Tensor> {
    let mut tensors = header.into_tensors();
    tensors.sort_by(|a, b| a.name().cmp(b.name()));
    tensors
}

/// A file's own name.
fn last_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
