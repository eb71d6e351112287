//! The files of a checkpoint: one, or an index and several.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use tensor_header::Json;

use super::super::whole::Whole;
use super::super::{LoadError, header};
use super::CheckpointTensor;
use crate::by_name::ByName;

/// How a file is read.
pub(super) type Read<'r> = dyn FnMut(&Path) -> Result<Whole, LoadError> + 'r;

type Tensors = ByName<CheckpointTensor>;

/// The tensors of a file, or those of the files that it lists.
pub(super) fn gather(path: &Path, read: &mut Read<'_>) -> Result<Tensors, LoadError> {
    if path.extension().is_none_or(|extension| extension != "json") {
        return one(read(path)?).map_err(|error| error.at(path));
    }
    let wrong = |reason| LoadError::Index { path: path.into(), reason };
    let index = weight_map(read(path)?.bytes()).map_err(wrong)?;
    let mut all = Tensors::default();
    let mut files: Vec<&str> = index.iter().map(|(_, file)| file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    for file in files {
        let place = beside(path, file).map_err(wrong)?;
        let tensors = one(read(&place)?).map_err(|error| error.at(&place))?;
        for (name, tensor) in tensors.into_entries() {
            match index.get(&name) {
                Some(listed) if listed == file => all.insert(name, tensor),
                Some(listed) => {
                    return Err(wrong(format!("`{name}` should be in `{listed}`, and is in `{file}` too")));
                }
                None => return Err(wrong(format!("it does not list `{name}`, which is in `{file}`"))),
            }
        }
    }
    match index.iter().find(|(name, _)| all.get(name).is_none()) {
        Some((name, file)) => Err(wrong(format!("`{name}` should be in `{file}`, and is not"))),
        None => Ok(all),
    }
}

/// The tensors of the bytes of a file.
pub(super) fn one(file: Whole) -> Result<Tensors, LoadError> {
    if file.bytes().starts_with(b"GGUF") {
        return gguf(file);
    }
    let places = header::places(file.bytes()).map_err(LoadError::format)?;
    Ok(at(Arc::new(file), places.into_entries()))
}

#[cfg(feature = "gguf")]
fn gguf(file: Whole) -> Result<Tensors, LoadError> {
    Ok(of_gguf(&crate::io::gguf::Gguf::of(file).map_err(crate::io::gguf::GgufError::from)?))
}

#[cfg(not(feature = "gguf"))]
fn gguf(_: Whole) -> Result<Tensors, LoadError> {
    let reason = "it is a GGUF file, which tensor-core reads with the feature `gguf`".into();
    Err(LoadError::Format { path: None, reason })
}

/// The tensors of an open file.
#[cfg(feature = "gguf")]
pub(super) fn of_gguf(file: &crate::io::gguf::Gguf) -> Tensors {
    at(file.file().clone(), file.places())
}

fn at(file: Arc<Whole>, places: impl IntoIterator<Item = (String, header::Place)>) -> Tensors {
    let tensor = |(name, place): (String, _)| {
        let tensor = CheckpointTensor::new(file.clone(), &name, place);
        (name, tensor)
    };
    places.into_iter().map(tensor).collect()
}

/// Which file each tensor is in, by an index.
fn weight_map(index: &[u8]) -> Result<ByName<String>, String> {
    let index = Json::parse(index).map_err(|error| format!("it is not JSON: {error}"))?;
    let map = index.get("weight_map").and_then(Json::as_object).ok_or("it has no object `weight_map`")?;
    let mut files = ByName::default();
    for (name, file) in map {
        let Some(file) = file.as_str() else {
            return Err(format!("the file of `{name}` is {file}, which is no text"));
        };
        files.insert(name.to_string(), file.to_owned());
    }
    Ok(files)
}

/// A file in the folder of the index; an index has no business elsewhere.
fn beside(index: &Path, file: &str) -> Result<PathBuf, String> {
    match Path::new(file).components().collect::<Vec<_>>()[..] {
        [Component::Normal(_)] => Ok(index.with_file_name(file)),
        _ => Err(format!("`{file}` is not the name of a file beside it")),
    }
}
