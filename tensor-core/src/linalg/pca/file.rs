//! Components in a safetensors file.

use std::io::Write;
use std::path::Path;

use tensor_header::{Dtype, Entry, serialize};

use super::{Pca, fit};
use crate::io::{parse, read, replace};
use crate::linalg::{ANY, LinalgError, Matrix};

/// The entry of the file's metadata that says what it is.
const KIND: (&str, &str) = ("kind", "principal components");

impl<const D: usize, const K: usize> Pca<D, K> {
    /// Writes a safetensors file with `mean [D]`, `components [K, D]`, `variance [K]`, `total_variance [1]` and
    /// `rows [1]`, all `F64` except the last: under a temporary name, then renamed.
    ///
    /// ```
    /// use tensor_core::linalg::{Pca, Rows};
    ///
    /// let rows: Rows<2> = Rows::from_rows(&[[1.0, 2.0], [2.0, 4.1], [3.0, 5.9]])?;
    /// let pca = Pca::<2, 1>::fit(&rows)?;
    /// let path = std::env::temp_dir().join(format!("pca_{}.safetensors", std::process::id()));
    /// pca.save(&path)?;
    /// assert_eq!(Pca::<2, 1>::load(&path)?, pca);
    /// assert!(Pca::<3, 1>::load(&path).is_err());
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LinalgError::File`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), LinalgError> {
        let path = path.as_ref();
        let bytes =
            |numbers: &[f64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let number = self.variance.len();
        let floats = [
            ("mean", vec![D], bytes(&self.mean)),
            ("components", vec![number, D], bytes(self.components.numbers())),
            ("variance", vec![number], bytes(&self.variance)),
            ("total_variance", vec![1], bytes(&[self.total_variance])),
        ];
        let wholes = [
            ("rows", vec![1], (self.rows as u64).to_le_bytes().to_vec()),
            ("unbiased", vec![1], u64::from(self.is_unbiased).to_le_bytes().to_vec()),
        ];
        let floats = floats.iter().map(|entry| (Dtype::F64, entry));
        let entries = floats.chain(wholes.iter().map(|entry| (Dtype::U64, entry)));
        let entries: Vec<_> =
            entries.map(|(dtype, (name, shape, bytes))| Entry { name, dtype, shape, bytes }).collect();
        let bytes = serialize(&entries, &[KIND]).map_err(|error| refused("write", path, error))?;
        replace(path, |file| file.write_all(&bytes)).map_err(|error| refused("write", path, error))
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`LinalgError::File`] if the file is absent, is something else, has other sizes, or holds numbers that no
    /// components have.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LinalgError> {
        const { fit::check::<D, K>() };
        let path = path.as_ref();
        let bytes = read(path).map_err(|error| refused("read", path, error))?;
        Self::parse(&bytes).map_err(|reason| refused("read", path, reason))
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let tensors = parse(bytes).map_err(|error| error.to_string())?;
        let entry = |name: &str, dtype: Dtype, expected: &[usize]| -> Result<Vec<[u8; 8]>, String> {
            let stored = tensors.get(name).ok_or_else(|| format!("it has no `{name}`"))?;
            let (found, shape) = (stored.dtype, &stored.shape);
            let fits = shape.len() == expected.len()
                && shape.iter().zip(expected).all(|(found, &size)| size == ANY || *found == size);
            if found != dtype || !fits {
                let expected: Vec<_> = expected.iter().map(|&size| shown(size)).collect();
                let expected = expected.join(", ");
                return Err(format!("`{name}` is {found:?} {shape:?}, but {dtype:?} [{expected}] is wanted"));
            }
            Ok(stored.bytes.as_chunks().0.to_vec())
        };
        let floats = |name: &str, expected: &[usize]| -> Result<Vec<f64>, String> {
            let words = entry(name, Dtype::F64, expected)?;
            let numbers: Vec<f64> = words.into_iter().map(f64::from_le_bytes).collect();
            let odd = numbers.iter().find(|number| !number.is_finite());
            odd.map_or(Ok(()), |odd| Err(format!("`{name}` holds {odd}")))?;
            Ok(numbers)
        };
        let whole = |name| Ok::<_, String>(u64::from_le_bytes(entry(name, Dtype::U64, &[1])?[0]));
        let variance = floats("variance", &[K])?;
        let (number, rows) = (variance.len(), whole("rows")?);
        let mean = floats("mean", &[D])?;
        let components = Matrix::from_vec(number, D, floats("components", &[number, D])?);
        let components = components.map_err(|error| error.to_string())?;
        let total_variance = floats("total_variance", &[1])?[0];
        if rows < 2 || total_variance <= 0.0 || variance.iter().any(|&variance| variance < 0.0) {
            return Err(format!("it has {rows} rows of variance {total_variance}"));
        }
        let is_unbiased = whole("unbiased")? != 0;
        Ok(Pca { rows: rows as usize, mean, components, variance, total_variance, is_unbiased })
    }
}

fn shown(size: usize) -> String {
    if size == ANY { "any".to_owned() } else { size.to_string() }
}

fn refused(what: &'static str, path: &Path, reason: impl ToString) -> LinalgError {
    LinalgError::File { what, path: path.into(), reason: reason.to_string() }
}
