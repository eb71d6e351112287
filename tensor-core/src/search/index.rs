//! The index.

use std::path::Path;

use super::find::{self, Part};
use super::measure::to_unit_length;
use super::stored::{Mapped, Owned};
use super::{SearchError, Vector, Vectors, file};

/// How alike two vectors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The cosine of their angle: a·b / (‖a‖·‖b‖), 0 with a vector of zeros.
    Cosine,
    /// Their dot product: a·b.
    Dot,
}

/// What a search finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit<'i> {
    /// The number of the row, in the order in which they were added.
    pub row: usize,
    /// Its cosine or dot product with the query, summed in `f32`.
    pub score: f32,
    /// What was noted with it.
    pub note: &'i str,
}

/// Rows of `D` numbers with a note each, and the exact search for those most like a query.
///
/// A search computes all scores, in blocks on all threads, and keeps the best: for many queries at the pace of matrix products,
/// for one at that of the memory. A note is any text: a word, a title, a line of JSON.
///
/// An index of [`Metric::Cosine`] keeps its rows at length 1; [`row`](Index::row) gives them so.
///
/// # Order
/// Hits are sorted by score, those of equal score by row. Rows with the same numbers have the same score. Rows and queries are
/// finite, but sums of huge numbers may not be: a score of NaN comes after all others.
///
/// # Files
/// [`save`](Index::save) writes a safetensors file, which NumPy reads as well: `rows` (`F32 [rows, D]`), `notes` (`U8`, UTF-8,
/// one after another), `note_ends` (`U64 [rows]`) and `metric` (`U8`: `cosine` or `dot`). [`load`](Index::load) reads it into
/// memory; [`map`](Index::map) leaves the rows in the file, for those that are larger than memory. Rows can be added to either.
///
/// ```
/// use tensor_core::search::{Index, Metric};
///
/// let mut index = Index::<2>::new(Metric::Dot);
/// index.extend(&[[1.0, 2.0], [3.0, 4.0]], ["a", "b"])?;
/// let path = std::env::temp_dir().join(format!("index-{}.safetensors", std::process::id()));
/// index.save(&path)?;
///
/// let mut again = Index::<2>::load(&path)?;
/// again.push(&[5.0, 6.0], "c")?;
/// let best: Vec<&str> = again.search(&[1.0, 1.0], 2)?.iter().map(|hit| hit.note).collect();
/// assert_eq!(best, ["c", "b"]);
///
/// let wider = Index::<3>::load(&path).unwrap_err().to_string();
/// assert!(wider.ends_with("holds vectors of 2 numbers, where 3 are wanted"));
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), tensor_core::search::SearchError>(())
/// ```
#[derive(Debug)]
pub struct Index<const D: usize> {
    metric: Metric,
    /// The first rows, if they stayed in a file.
    base: Option<Mapped>,
    /// The rows after them.
    tail: Owned,
}

impl<const D: usize> Index<D> {
    /// An index without rows.
    pub fn new(metric: Metric) -> Self {
        Self::of(metric, None, Owned::default())
    }

    pub(super) fn of(metric: Metric, base: Option<Mapped>, tail: Owned) -> Self {
        const { assert!(D > 0, "an index holds vectors of at least one number") };
        Index { metric, base, tail }
    }

    /// How rows and queries are compared.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.in_file() + self.tail.ends.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers of a row, for [`Metric::Cosine`] brought to length 1. None if there is no such row.
    pub fn row(&self, row: usize) -> Option<&[f32; D]> {
        let (rows, row) = match row.checked_sub(self.in_file()) {
            Some(row) => (&self.tail.rows[..], row),
            None => (self.base.as_ref()?.rows(), row),
        };
        rows.as_chunks::<D>().0.get(row)
    }

    /// The note of a row. None if there is no such row.
    pub fn note(&self, row: usize) -> Option<&str> {
        match row.checked_sub(self.in_file()) {
            Some(row) => self.tail.note(row),
            None => self.base.as_ref()?.note(row),
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`SearchError::NotFinite`]; the index is unchanged.
    pub fn push(&mut self, row: impl Vector<D>, note: impl AsRef<str>) -> Result<(), SearchError> {
        self.add(&row.numbers(), &[note])
    }

    /// Adds rows: `[n, D]` numbers and `n` notes.
    ///
    /// # Errors
    /// [`SearchError::NotFinite`] with the row's number among these, [`SearchError::Notes`]; the index is unchanged.
    pub fn extend<N: AsRef<str>>(
        &mut self,
        rows: impl Vectors<D>,
        notes: impl IntoIterator<Item = N>,
    ) -> Result<(), SearchError> {
        let notes: Vec<N> = notes.into_iter().collect();
        self.add(&rows.numbers(), &notes)
    }

    fn add(&mut self, rows: &[f32], notes: &[impl AsRef<str>]) -> Result<(), SearchError> {
        let given = rows.len() / D;
        if given != notes.len() {
            return Err(SearchError::Notes { rows: given, notes: notes.len() });
        }
        check_finite::<D>("row", rows)?;
        let before = self.tail.rows.len();
        self.tail.rows.extend_from_slice(rows);
        if self.metric == Metric::Cosine {
            self.tail.rows[before..].chunks_exact_mut(D).for_each(to_unit_length);
        }
        for note in notes {
            self.tail.notes.push_str(note.as_ref());
            self.tail.ends.push(self.tail.notes.len() as u64);
        }
        Ok(())
    }

    /// The `k` rows most like the query, the best first; all of them if there are fewer.
    ///
    /// # Errors
    /// [`SearchError::NotFinite`].
    pub fn search(&self, query: impl Vector<D>, k: usize) -> Result<Vec<Hit<'_>>, SearchError> {
        Ok(self.find(&query.numbers(), k)?.pop().unwrap_or_default())
    }

    /// For each query the `k` rows most like it. Many at once take less time each than one.
    ///
    /// # Errors
    /// [`SearchError::NotFinite`] with the query's number.
    pub fn search_batch(&self, queries: impl Vectors<D>, k: usize) -> Result<Vec<Vec<Hit<'_>>>, SearchError> {
        self.find(&queries.numbers(), k)
    }

    fn find(&self, queries: &[f32], k: usize) -> Result<Vec<Vec<Hit<'_>>>, SearchError> {
        check_finite::<D>("query", queries)?;
        let parts = [
            Part { first: 0, rows: self.base.as_ref().map_or(&[][..], Mapped::rows) },
            Part { first: self.in_file(), rows: &self.tail.rows },
        ];
        let k = k.min(self.len());
        let found = if self.metric == Metric::Cosine {
            let mut queries = queries.to_vec();
            queries.chunks_exact_mut(D).for_each(to_unit_length);
            find::best(parts, &queries, D, k)
        } else {
            find::best(parts, queries, D, k)
        };
        let hit = |found: &super::best::Scored| {
            let note = self.note(found.row).unwrap_or_default();
            Hit { row: found.row, score: found.score, note }
        };
        Ok(found.iter().map(|found| found.iter().map(hit).collect()).collect())
    }

    /// Writes the index into a file, under a temporary name first, which then replaces what is there.
    ///
    /// # Errors
    /// [`SearchError::Io`]; the file at `path` is then what it was.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SearchError> {
        file::save::<D>(path.as_ref(), self.metric, self.base.as_ref(), &self.tail)
    }

    /// Reads what [`save`](Index::save) wrote into memory.
    ///
    /// # Errors
    /// [`SearchError::Io`]; [`SearchError::Format`] if the file is cut short, damaged or of another kind;
    /// [`SearchError::Width`]; [`SearchError::NotFinite`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, SearchError> {
        file::load(path.as_ref())
    }

    /// As [`load`](Index::load), but the rows stay in the file: the system brings them into memory as searches need them. What
    /// is added later is kept in memory.
    ///
    /// The sizes and notes are checked; the rows are not read, so that numbers which `load` would refuse give scores of NaN
    /// here.
    ///
    /// # Safety
    /// Nobody may change or shorten the file as long as the index lives. [`save`](Index::save) doesn't, even to the same path: it
    /// writes a new file beside it and renames that.
    ///
    /// # Errors
    /// As [`load`](Index::load).
    ///
    /// ```
    /// use tensor_core::search::{Index, Metric};
    ///
    /// let path = std::env::temp_dir().join(format!("mapped-{}.safetensors", std::process::id()));
    /// let mut index = Index::<2>::new(Metric::Cosine);
    /// index.push(&[1.0, 2.0], "in the file")?;
    /// index.save(&path)?;
    ///
    /// // SAFETY: only this program knows the file.
    /// let mut mapped = unsafe { Index::<2>::map(&path)? };
    /// mapped.push(&[2.0, 1.0], "in memory")?;
    /// mapped.save(&path)?;
    /// assert_eq!(mapped.search(&[1.0, 2.0], 1)?[0].note, "in the file");
    /// assert_eq!(Index::<2>::load(&path)?.len(), 2);
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), tensor_core::search::SearchError>(())
    /// ```
    pub unsafe fn map(path: impl AsRef<Path>) -> Result<Self, SearchError> {
        // SAFETY: as the caller promises.
        unsafe { file::map(path.as_ref()) }
    }

    fn in_file(&self) -> usize {
        self.base.as_ref().map_or(0, |base| base.ends().len())
    }
}

/// Refuses the first number that is NaN or infinite.
pub(super) fn check_finite<const D: usize>(what: &'static str, numbers: &[f32]) -> Result<(), SearchError> {
    match numbers.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(at) => Err(SearchError::NotFinite { what, number: at / D, place: at % D, value: numbers[at] }),
    }
}
