//! Which rows of a batch a pass has, where several processes share a batch.

use std::cell::Cell;

/// Rows of a batch, from row `first` on. Without rows it is the whole batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shard {
    pub(crate) first: usize,
    pub(crate) rows: usize,
}

thread_local! {
    static HERE: Cell<Shard> = const { Cell::new(Shard { first: 0, rows: 0 }) };
}

impl Shard {
    /// Of the passes of this thread.
    pub(super) fn here() -> Self {
        HERE.get()
    }

    /// The passes of this thread have these rows.
    #[cfg(feature = "mpi")]
    pub(crate) fn is_here(self) {
        HERE.set(self);
    }

    /// How many places of a value with so many lie in the rows before these; none where its leading axis can't be the rows.
    pub(super) fn places_before(self, places: usize) -> u64 {
        match places.checked_div(self.rows) {
            Some(each) if each * self.rows == places => (each * self.first) as u64,
            _ => 0,
        }
    }
}
