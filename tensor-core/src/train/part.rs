//! Which rows of a batch a process takes, where several train together.

use std::ops::Range;

/// A process's part of a batch that all share: rows side by side, whose order is the batch's.
///
/// ```
/// use tensor_core::train::Part;
///
/// let batch = ["a", "b", "c", "d", "e"];
/// let parts: Vec<Part> = (0..2).map(|rank| Part::of_rank(rank, 2, batch.len())).collect::<Result<_, _>>()?;
/// assert_eq!(parts[0].take(&batch), ["a", "b"]);
/// assert_eq!(parts[1].take(&batch), ["c", "d", "e"]);
/// assert_eq!(parts[0].weight() + parts[1].weight(), 1.0);
/// # Ok::<(), tensor_core::train::PartError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    first: usize,
    rows: usize,
    of: usize,
}

/// A batch that can't be shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rows} rows can't be shared out among {ranks} ranks: each needs at least one")]
pub struct PartError {
    /// Rows of the batch.
    pub rows: usize,
    /// Processes.
    pub ranks: usize,
}

impl Part {
    /// That of rank `rank` of `ranks` in a batch of so many rows. Parts differ by one row at most.
    ///
    /// # Errors
    /// [`PartError`] if there are fewer rows than ranks.
    pub fn of_rank(rank: usize, ranks: usize, rows: usize) -> Result<Self, PartError> {
        if rows < ranks || rank >= ranks {
            return Err(PartError { rows, ranks });
        }
        let start = |rank: usize| (rows as u128 * rank as u128 / ranks as u128) as usize;
        Ok(Part { first: start(rank), rows: start(rank + 1) - start(rank), of: rows })
    }

    /// Its rows in the batch.
    pub fn range(&self) -> Range<usize> {
        self.first..self.first + self.rows
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Its share of the batch: what a mean over its rows counts in the mean over all.
    pub fn weight(&self) -> f64 {
        self.rows as f64 / self.of as f64
    }

    /// Its part of a list with one thing, or equally many, for each row of the batch.
    ///
    /// # Panics
    /// If the list's length is no multiple of the batch's rows.
    pub fn take<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let each = all.len() / self.of;
        assert_eq!(
            each * self.of,
            all.len(),
            "{} things are not equally many for {} rows",
            all.len(),
            self.of
        );
        &all[self.first * each..][..self.rows * each]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_batch_in_order() {
        for ranks in 1..9 {
            for rows in ranks..40 {
                let parts: Vec<Part> =
                    (0..ranks).map(|rank| Part::of_rank(rank, ranks, rows).unwrap()).collect();
                assert!(parts.iter().flat_map(Part::range).eq(0..rows));
                let counts = || parts.iter().map(Part::rows);
                assert!(counts().max().unwrap() - counts().min().unwrap() <= 1);
                assert!((parts.iter().map(Part::weight).sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_rank_without_rows_is_refused() {
        let sentence = "3 rows can't be shared out among 4 ranks: each needs at least one";
        assert_eq!(Part::of_rank(0, 4, 3).unwrap_err().to_string(), sentence);
    }
}
