//! Rows of numbers in a file that need not fit into memory.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::io::{open, replace};

/// A file of rows of `width` numbers, `f32` in the order little-endian, which is read row by row: NumPy's
/// `array.astype("<f4").tofile(path)` writes it.
///
/// With a [`Loader`](super::Loader) the file may be larger than memory.
///
/// ```
/// use tensor_core::data::{Batches, Loader, Records};
///
/// let folder = std::env::temp_dir().join(format!("records-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let path = folder.join("rows.f32");
/// Records::write(&path, 2, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])?;
///
/// let records = Records::open(&path, 2)?;
/// assert_eq!(records.read(&[2, 0])?, [5.0, 6.0, 1.0, 2.0]);
/// let batches = Batches::new(records.len(), 2, 0)?;
/// let mut loader = Loader::new(batches, move |rows| records.read(rows), 2);
/// assert_eq!(loader.next().unwrap()?.len(), 4);
/// # drop(loader);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Records {
    path: PathBuf,
    file: Mutex<File>,
    width: usize,
    rows: usize,
}

/// What can be wrong with a file of rows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordsError {
    /// It can't be read.
    #[error("can't read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its length is not that of whole rows, or a row has no numbers.
    #[error("`{}` has {bytes} bytes, which are no rows of {width} numbers of four bytes", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// Numbers of a row.
        width: usize,
    },
    /// A row to write has another width.
    #[error("row {row} has {found} numbers, not {width}")]
    Width {
        /// The row.
        row: usize,
        /// Its numbers.
        found: usize,
        /// Those of a row.
        width: usize,
    },
    /// There is no such row.
    #[error("`{}` has {rows} rows, but row {row} was asked for", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The row.
        row: usize,
        /// Rows that there are.
        rows: usize,
    },
}

impl Records {
    /// A file of rows of so many numbers.
    ///
    /// # Errors
    /// [`RecordsError::Read`], or [`RecordsError::Length`] if it is not of whole rows.
    pub fn open(path: impl AsRef<Path>, width: usize) -> Result<Self, RecordsError> {
        let path = path.as_ref().to_owned();
        let opened = open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (bytes, file) = opened.map_err(|source| RecordsError::Read { path: path.clone(), source })?;
        let row = 4 * width as u64;
        if row == 0 || bytes % row != 0 {
            return Err(RecordsError::Length { path, bytes, width });
        }
        Ok(Records { path, file: Mutex::new(file), width, rows: (bytes / row) as usize })
    }

    /// Writes rows of `width` numbers to a file, which is there only when all of them are written.
    ///
    /// # Errors
    /// [`RecordsError::Write`], or [`RecordsError::Width`] if a row has another width.
    pub fn write<R: AsRef<[f32]>>(
        path: impl AsRef<Path>,
        width: usize,
        rows: impl IntoIterator<Item = R>,
    ) -> Result<(), RecordsError> {
        let path = path.as_ref();
        // A row's width is no matter of the disk, but has to end the writing all the same.
        let failed = |error: io::Error| {
            error.downcast().unwrap_or_else(|source| RecordsError::Write { path: path.into(), source })
        };
        replace(path, |file| write_rows(file, width, rows)).map_err(failed)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Numbers of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The rows of these numbers, one after another in this order.
    ///
    /// # Errors
    /// [`RecordsError::Row`] if there is no such row, [`RecordsError::Read`].
    pub fn read(&self, rows: &[usize]) -> Result<Vec<f32>, RecordsError> {
        if let Some(&row) = rows.iter().find(|&&row| row >= self.rows) {
            return Err(RecordsError::Row { path: self.path.clone(), row, rows: self.rows });
        }
        let failed = |source| RecordsError::Read { path: self.path.clone(), source };
        // A thread that panicked between a seek and a read left nothing behind that matters.
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut bytes = vec![0; 4 * self.width];
        let mut numbers = Vec::with_capacity(rows.len() * self.width);
        for &row in rows {
            file.seek(SeekFrom::Start(4 * row as u64 * self.width as u64)).map_err(failed)?;
            file.read_exact(&mut bytes).map_err(failed)?;
            numbers.extend(bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)));
        }
        Ok(numbers)
    }
}

/// The error of a row of another width is a [`RecordsError`].
fn write_rows<R: AsRef<[f32]>>(
    file: &mut File,
    width: usize,
    rows: impl IntoIterator<Item = R>,
) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    for (row, numbers) in rows.into_iter().enumerate() {
        let numbers = numbers.as_ref();
        if numbers.len() != width {
            return Err(io::Error::other(RecordsError::Width { row, found: numbers.len(), width }));
        }
        numbers.iter().try_for_each(|number| file.write_all(&number.to_le_bytes()))?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_files_and_rows_are_refused() {
        let folder = std::env::temp_dir().join(format!("tensor-core-records-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("rows");
        assert!(Records::open(&path, 2).unwrap_err().to_string().starts_with("can't read `"));
        let error = Records::write(&path, 2, [vec![1.0, 2.0], vec![3.0]]).unwrap_err();
        assert_eq!(error.to_string(), "row 1 has 1 numbers, not 2");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        Records::write(&path, 3, (0..4).map(|row| [row as f32; 3])).unwrap();
        let told = Records::open(&path, 5).unwrap_err().to_string();
        assert!(told.ends_with("has 48 bytes, which are no rows of 5 numbers of four bytes"), "{told}");
        assert!(matches!(Records::open(&path, 0), Err(RecordsError::Length { .. })));
        let records = Records::open(&path, 3).unwrap();
        assert_eq!((records.len(), records.width(), records.is_empty()), (4, 3, false));
        assert_eq!(records.read(&[3, 3, 0]).unwrap(), [3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 0.0, 0.0, 0.0]);
        let told = records.read(&[0, 4]).unwrap_err().to_string();
        assert!(told.ends_with("has 4 rows, but row 4 was asked for"), "{told}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// The inner one ends before the outer one, as two threads might.
    #[test]
    fn two_writers_of_a_file_both_write_all_of_it() {
        let folder = std::env::temp_dir().join(format!("tensor-core-writers-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("rows");
        let rows = |value: f32| (0..4).map(move |_| [value; 3]);
        let meanwhile = rows(1.0).inspect(|_| Records::write(&path, 3, rows(2.0)).unwrap());
        Records::write(&path, 3, meanwhile).unwrap();
        assert_eq!(Records::open(&path, 3).unwrap().read(&[0, 1, 2, 3]).unwrap(), [1.0; 12]);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
