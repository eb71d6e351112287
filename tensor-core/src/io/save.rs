//! From the network to a file: gather, serialize, write beside, rename.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use dfdx::{
    nn::tensor_collection::{
        RecursiveWalker, ScalarOptions, TensorCollection, TensorOptions, TensorVisitor, ViewTensorName,
        ViewTensorRef,
    },
    shapes::{HasShape, Shape},
    tensor::Tensor,
    tensor_ops::Device,
};
use num_traits::NumCast;
use tensor_header::{Dtype, METADATA};

use super::{
    SaveError, StateDtype,
    slots::{duplicate, slots},
};

/// See [`StateDict::save`](super::StateDict::save).
pub(super) fn save<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(
    network: &M,
    path: &Path,
) -> Result<(), SaveError> {
    put(path, &save_bytes(network)?)
}

/// See [`StateDict::save_bytes`](super::StateDict::save_bytes).
pub(super) fn save_bytes<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(
    network: &M,
) -> Result<Vec<u8>, SaveError> {
    // PyTorch's tools look for this key.
    serialize(&entries(network)?, ("format", "pt"))
}

/// All tensors and scalars of the network, copied.
pub(crate) fn entries<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(
    network: &M,
) -> Result<Vec<Entry>, SaveError> {
    let slots = slots(network); // before any value is copied
    if let Some(name) = duplicate(slots.iter().map(|slot| slot.info.name.as_str())) {
        return Err(SaveError::Duplicate { name });
    }
    let mut gather = Gather(Vec::with_capacity(slots.len()));
    M::iter_tensors(&mut RecursiveWalker { m: (network, String::new()), f: &mut gather })?;
    Ok(gather.0)
}

/// A safetensors file with these entries, and a text among its metadata.
pub(crate) fn serialize(entries: &[Entry], text: (&str, &str)) -> Result<Vec<u8>, SaveError> {
    let entries: Vec<_> = entries
        .iter()
        .map(|Entry { name, dtype, shape, bytes }| tensor_header::Entry { name, dtype: *dtype, shape, bytes })
        .collect();
    tensor_header::serialize(&entries, &[text]).map_err(format)
}

/// Puts these bytes at `path`, whole or not at all.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<(), SaveError> {
    replace(path, |file| file.write_all(bytes)).map_err(|source| SaveError::Io { path: path.into(), source })
}

fn format(reason: impl ToString) -> SaveError {
    SaveError::Format { reason: reason.to_string() }
}

/// A tensor or a scalar by name, as a file holds it.
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

struct Gather(Vec<Entry>);

impl Gather {
    fn push(&mut self, entry: Entry) -> Result<(), SaveError> {
        if entry.name == METADATA {
            return Err(format(format_args!("it keeps the name `{METADATA}` for itself")));
        }
        self.0.push(entry);
        Ok(())
    }
}

impl<E: StateDtype, D: Device<E>> TensorVisitor<E, D> for Gather {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = SaveError;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, E, D>,
        (tensor, name): (&Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, SaveError> {
        let shape = tensor.shape().concrete().into();
        // dfdx panics if asked for the elements of a tensor that has none
        let values = if tensor.shape().num_elements() == 0 { Vec::new() } else { tensor.as_vec() };
        self.push(Entry { name, dtype: E::DTYPE, shape, bytes: E::to_bytes(&values) })?;
        Ok(None)
    }

    fn visit_scalar<N: NumCast>(
        &mut self,
        _: ScalarOptions<N>,
        (value, name): (&N, String),
    ) -> Result<Option<N>, SaveError> {
        let value = value.to_f64().ok_or_else(|| format(format_args!("`{name}` is not a number")))?;
        self.push(Entry { name, dtype: Dtype::F64, shape: Vec::new(), bytes: value.to_le_bytes().into() })?;
        Ok(None)
    }
}

/// Puts what `write` writes at `path`, whole or not at all.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let (temporary, mut file) = Temporary::beside(path)?;
    write(&mut file)?;
    file.sync_all()?;
    drop(file); // Windows renames no open file
    temporary.persist(path)
}

/// A file that goes away unless it is persisted.
struct Temporary(Option<PathBuf>);

impl Temporary {
    fn beside(path: &Path) -> io::Result<(Temporary, File)> {
        // two threads may save to the same path, and a dead process of this id may have left its file
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let stem = path
            .file_name()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it names no file"))?;
        loop {
            let mut name = stem.to_owned();
            name.push(format!(".{}.{}.tmp", process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
            let temporary = path.with_file_name(name);
            match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Ok(file) => return Ok((Temporary(Some(temporary)), file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn persist(mut self, path: &Path) -> io::Result<()> {
        if let Some(temporary) = &self.0 {
            fs::rename(temporary, path)?;
        }
        self.0 = None;
        // Makes the rename itself survive a power cut, where the system can. The file is in place by now, so that a
        // refusal is no failure of the save.
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path); // the error that brought us here is the one to report
        }
    }
}
