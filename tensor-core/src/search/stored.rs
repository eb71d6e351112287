//! Rows with their notes, in memory or in a file that is mapped into it.

use std::ops::Range;

use memmap2::Mmap;

/// Rows of `D` numbers, one after another, and their notes.
#[derive(Clone, Debug, Default)]
pub(super) struct Owned {
    pub(super) rows: Vec<f32>,
    pub(super) notes: String,
    /// Where each note ends in `notes`.
    pub(super) ends: Vec<u64>,
}

/// The same in a mapped file: where its parts lie. They were checked: `rows` lies as `f32`s do and has whole numbers, the ends
/// are whole, ascend, end with the notes, and lie between characters.
#[derive(Debug)]
pub(super) struct Mapped {
    pub(super) map: Mmap,
    pub(super) rows: Range<usize>,
    pub(super) notes: Range<usize>,
    pub(super) ends: Range<usize>,
}

impl Owned {
    pub(super) fn note(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)? as usize;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        Some(&self.notes[start..end])
    }
}

impl Mapped {
    pub(super) fn rows(&self) -> &[f32] {
        let bytes = &self.map[self.rows.clone()];
        // SAFETY: any bits are a number. `file::map` saw that the bytes lie as numbers do, so nothing is before or after.
        unsafe { bytes.align_to::<f32>().1 }
    }

    pub(super) fn notes(&self) -> &str {
        let bytes = &self.map[self.notes.clone()];
        // SAFETY: `file::map` saw that they are text, and its caller promised that the file doesn't change.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    }

    pub(super) fn ends(&self) -> impl ExactSizeIterator<Item = u64> {
        let (ends, _) = self.map[self.ends.clone()].as_chunks::<8>();
        ends.iter().map(|&end| u64::from_le_bytes(end))
    }

    pub(super) fn note(&self, row: usize) -> Option<&str> {
        let (ends, _) = self.map[self.ends.clone()].as_chunks::<8>();
        let end = u64::from_le_bytes(*ends.get(row)?);
        let start = row.checked_sub(1).map_or(0, |before| u64::from_le_bytes(ends[before]));
        Some(&self.notes()[start as usize..end as usize])
    }
}
