//! IDX files: MNIST's format (features `data` and `vision`).

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// An array of bytes from an IDX file, such as MNIST's pictures and labels.
///
/// ```
/// use tensor_core::data::Idx;
///
/// // Two bytes 0, the type (8: bytes), the number of axes, each size as a big-endian u32, then the bytes.
/// let file = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40];
/// let idx = Idx::parse(&file, "two.idx")?;
/// assert_eq!(idx.sizes(), [2, 1, 2]);
/// assert_eq!(idx.pictures::<1, 2>()?, [[[10, 20]], [[30, 40]]]);
/// assert!(idx.pictures::<2, 2>().is_err());
/// # Ok::<(), tensor_core::data::IdxError>(())
/// ```
///
/// # Source
/// "The MNIST database of handwritten digits", Y. LeCun, C. Cortes, C. Burges, section "File formats".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    path: PathBuf,
    sizes: Vec<usize>,
    bytes: Vec<u8>,
}

/// An IDX file that can't be read, or holds something else than what is wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdxError {
    /// The file is absent or can't be read.
    #[error("can't read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why the operating system refused.
        source: io::Error,
    },
    /// The file is named `.gz`, but is not gzip, or a damaged one.
    #[error("`{}` can't be unpacked: {source}", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What the decoder says.
        source: io::Error,
    },
    /// The file doesn't begin as an IDX file does.
    #[error("`{}` is no IDX file: it has to begin with two bytes 0, a type and a number of axes", path.display())]
    Header {
        /// The file.
        path: PathBuf,
    },
    /// The numbers are no bytes.
    #[error("`{}` holds numbers of type 0x{code:02x}, but bytes (0x08) are wanted", path.display())]
    Type {
        /// The file.
        path: PathBuf,
        /// The type in the header.
        code: u8,
    },
    /// The header promises other bytes than there are.
    #[error("`{}` promises {sizes:?} bytes, but {} follow", path.display(), counted(*found, *more))]
    Length {
        /// The file.
        path: PathBuf,
        /// The sizes in the header.
        sizes: Vec<usize>,
        /// Bytes that follow.
        found: usize,
        /// Whether there are more than these, which nobody counted.
        more: bool,
    },
    /// The sizes are not those of pictures or labels as wanted.
    #[error("`{}` holds {found:?} bytes, but {expected} are wanted", path.display())]
    Sizes {
        /// The file.
        path: PathBuf,
        /// The sizes in the header.
        found: Vec<usize>,
        /// What is wanted, such as "pictures of 28 × 28".
        expected: String,
    },
    /// A label is none of the classes.
    #[error("`{}`: label {row} is {label}, but there are {classes} classes, from 0 on", path.display())]
    Label {
        /// The file.
        path: PathBuf,
        /// The label's place, counted from 0.
        row: usize,
        /// What it is.
        label: u8,
        /// How many classes there are.
        classes: usize,
    },
}

fn counted(found: usize, more: bool) -> String {
    if more { "more".into() } else { found.to_string() }
}

impl Idx {
    /// Reads an IDX file of bytes, packed by gzip if its name ends in `.gz`. No more is unpacked than its header promises.
    ///
    /// # Errors
    /// [`IdxError::Unreadable`], [`IdxError::Gzip`], [`IdxError::Header`], [`IdxError::Type`], [`IdxError::Length`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, IdxError> {
        let path = path.as_ref();
        let bytes =
            crate::io::read(path).map_err(|source| IdxError::Unreadable { path: path.into(), source })?;
        if path.extension().is_some_and(|extension| extension == "gz") {
            Self::from_reader(GzDecoder::new(&bytes[..]), path)
        } else {
            Self::from_reader(&bytes[..], path)
        }
    }

    /// Reads the bytes of an IDX file that is not packed; `path` is what errors call it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(bytes: &[u8], path: impl AsRef<Path>) -> Result<Self, IdxError> {
        Self::from_reader(bytes, path.as_ref())
    }

    fn from_reader(mut reader: impl Read, path: &Path) -> Result<Self, IdxError> {
        // Nothing but unpacking can fail: the file itself is in memory.
        let mut take = |count: u64| {
            let mut bytes = Vec::new();
            let taken = (&mut reader).take(count).read_to_end(&mut bytes);
            taken.map(|_| bytes).map_err(|source| IdxError::Gzip { path: path.into(), source })
        };
        let header = || IdxError::Header { path: path.into() };
        let &[0, 0, code, axes] = &take(4)?[..] else { return Err(header()) };
        if axes == 0 {
            return Err(header());
        }
        if code != 8 {
            return Err(IdxError::Type { path: path.into(), code });
        }
        let words = take(4 * u64::from(axes))?;
        if words.len() != 4 * usize::from(axes) {
            return Err(header());
        }
        let sizes: Vec<usize> =
            words.as_chunks().0.iter().map(|&word| u32::from_be_bytes(word) as usize).collect();
        let expected = sizes.iter().try_fold(1u64, |count, &size| count.checked_mul(size as u64));
        let bytes = take(expected.map_or(u64::MAX, |count| count.saturating_add(1)))?;
        let found = bytes.len();
        if expected != Some(found as u64) {
            let more = expected.is_some_and(|expected| found as u64 > expected);
            return Err(IdxError::Length { path: path.into(), sizes, found, more });
        }
        Ok(Idx { path: path.into(), sizes, bytes })
    }

    /// The sizes of its axes, outermost first.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Its bytes in the order of the axes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its pictures of `H` rows and `W` columns, from 0 (black, as a rule) to 255.
    ///
    /// # Errors
    /// [`IdxError::Sizes`] unless its sizes are `[n, H, W]`.
    pub fn pictures<const H: usize, const W: usize>(&self) -> Result<&[[[u8; W]; H]], IdxError> {
        const { assert!(H >= 1 && W >= 1, "a picture has at least one pixel") }
        if self.sizes.len() != 3 || self.sizes[1..] != [H, W] {
            return Err(self.other(format!("pictures of {H} × {W}")));
        }
        Ok(self.bytes.as_chunks().0.as_chunks().0)
    }

    /// Its labels, each below `classes`.
    ///
    /// # Errors
    /// [`IdxError::Sizes`] unless it has one axis, [`IdxError::Label`].
    pub fn labels(&self, classes: usize) -> Result<Vec<usize>, IdxError> {
        if self.sizes.len() != 1 {
            return Err(self.other("labels in one row".into()));
        }
        if let Some(row) = self.bytes.iter().position(|&label| usize::from(label) >= classes) {
            return Err(IdxError::Label { path: self.path.clone(), row, label: self.bytes[row], classes });
        }
        Ok(self.bytes.iter().map(|&label| label.into()).collect())
    }

    fn other(&self, expected: String) -> IdxError {
        IdxError::Sizes { path: self.path.clone(), found: self.sizes.clone(), expected }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
        let mut file = vec![0, 0, 8, sizes.len() as u8];
        sizes.iter().for_each(|size| file.extend(size.to_be_bytes()));
        file.extend(bytes);
        file
    }

    fn said(bytes: &[u8]) -> String {
        Idx::parse(bytes, "a.idx").unwrap_err().to_string()
    }

    #[test]
    fn pictures_and_labels() {
        let pictures =
            Idx::parse(&idx(&[2, 2, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), "a.idx").unwrap();
        assert_eq!(pictures.pictures::<2, 3>().unwrap()[1], [[7, 8, 9], [10, 11, 12]]);
        let error = pictures.pictures::<3, 2>().unwrap_err().to_string();
        assert_eq!(error, "`a.idx` holds [2, 2, 3] bytes, but pictures of 3 × 2 are wanted");
        let error = pictures.labels(10).unwrap_err().to_string();
        assert_eq!(error, "`a.idx` holds [2, 2, 3] bytes, but labels in one row are wanted");
        let labels = Idx::parse(&idx(&[3], &[0, 9, 3]), "a.idx").unwrap();
        assert_eq!(labels.labels(10).unwrap(), [0, 9, 3]);
        let error = labels.labels(9).unwrap_err().to_string();
        assert_eq!(error, "`a.idx`: label 1 is 9, but there are 9 classes, from 0 on");
        let none = Idx::parse(&idx(&[0, 28, 28], &[]), "a.idx").unwrap();
        assert!(none.pictures::<28, 28>().unwrap().is_empty());
    }

    #[test]
    fn lying_sizes_are_refused() {
        assert_eq!(said(&idx(&[2, 2], &[1, 2, 3])), "`a.idx` promises [2, 2] bytes, but 3 follow");
        assert_eq!(said(&idx(&[2], &[1, 2, 3])), "`a.idx` promises [2] bytes, but more follow");
        let huge = said(&idx(&[u32::MAX; 3], &[1]));
        assert_eq!(huge, "`a.idx` promises [4294967295, 4294967295, 4294967295] bytes, but 1 follow");
    }

    #[test]
    fn other_files_are_refused() {
        let header = "`a.idx` is no IDX file: it has to begin with two bytes 0, a type and a number of axes";
        for bytes in [&b""[..], b"text", &[0, 0, 8], &[0, 0, 8, 0], &[0, 0, 8, 1, 0, 0, 0]] {
            assert_eq!(said(bytes), header, "{bytes:?}");
        }
        let floats = said(&[0, 0, 0x0d, 1, 0, 0, 0, 0]);
        assert_eq!(floats, "`a.idx` holds numbers of type 0x0d, but bytes (0x08) are wanted");
        assert!(matches!(Idx::read("no/such.idx"), Err(IdxError::Unreadable { .. })));
    }

    #[test]
    fn packed_files() {
        let folder = std::env::temp_dir().join(format!("tensor-core-idx-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (path, file) = (folder.join("a.idx.gz"), idx(&[3], &[1, 2, 3]));
        let pack = |bytes: &[u8]| {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(bytes).unwrap();
            packer.finish().unwrap()
        };
        let packed = pack(&file);
        std::fs::write(&path, &packed).unwrap();
        assert_eq!(Idx::read(&path).unwrap().labels(4).unwrap(), [1, 2, 3]);
        std::fs::write(&path, &packed[..packed.len() / 2]).unwrap();
        assert!(matches!(Idx::read(&path), Err(IdxError::Gzip { .. })));
        std::fs::write(&path, &file).unwrap();
        assert!(matches!(Idx::read(&path), Err(IdxError::Gzip { .. })), "not packed");
        // A megabyte of zeros behind a header that promises three bytes isn't unpacked.
        std::fs::write(&path, pack(&idx(&[3], &vec![0; 1 << 20]))).unwrap();
        assert!(matches!(Idx::read(&path), Err(IdxError::Length { found: 4, more: true, .. })));
        std::fs::remove_dir_all(folder).unwrap();
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(0u8..12, 0..40)) {
            if let Ok(idx) = Idx::parse(&bytes, "a.idx") {
                prop_assert_eq!(idx.sizes().iter().product::<usize>(), idx.bytes().len());
            }
        }
    }
}
