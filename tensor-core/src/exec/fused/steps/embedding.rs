//! Rows of a table for ids.

use super::super::program::Pass;
use super::super::value::{Uses, Value, Values};
use super::super::way_back::WayBack;
use crate::Error;
use crate::exec::place_of;
use crate::plan::Axes;

/// Which ids.
#[derive(Clone, Copy, Debug)]
pub(in crate::exec::fused) struct IdsAt {
    /// Which of the inputs that are ids.
    pub(in crate::exec::fused) input: usize,
    /// How often they follow one another.
    pub(in crate::exec::fused) times: usize,
}

/// The table's rows, or what came before and the table's rows.
#[derive(Debug)]
pub(in crate::exec::fused) struct Embed {
    pub(in crate::exec::fused) ids: IdsAt,
    pub(in crate::exec::fused) table: usize,
    pub(in crate::exec::fused) width: usize,
    pub(in crate::exec::fused) vocabulary: usize,
    pub(in crate::exec::fused) before: Option<Value>,
    pub(in crate::exec::fused) y: Value,
    /// For errors: the item, and the axes of the ids.
    pub(in crate::exec::fused) item: &'static str,
    pub(in crate::exec::fused) axes: Axes,
}

impl Embed {
    pub(super) fn uses(&self) -> Uses {
        match self.before {
            Some(before) => Uses::default().changing(before, self.y),
            None => Uses::default().writing(self.y),
        }
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let Embed { ids, table, width, vocabulary, item, .. } = *self;
        if let Some(at) = pass.ids[ids.input].iter().position(|&id| id >= vocabulary) {
            let (id, place) = (pass.ids[ids.input][at], place_of(at, &self.axes));
            return Err(Error::Id { item, id, place, vocabulary });
        }
        match self.before {
            None => pass.write(self.y, |pass, y| {
                if let Some(table) = pass.eight(table) {
                    for (row, id) in y.chunks_exact_mut(width).zip(pass.ids_at(ids)) {
                        table.row(id, |at, x| row[at] = x);
                    }
                    return;
                }
                let table = pass.weight(table);
                for (row, id) in y.chunks_exact_mut(width).zip(pass.ids_at(ids)) {
                    row.copy_from_slice(&table[id * width..][..width]);
                }
            }),
            Some(before) => pass.change(before, self.y, |pass, y| {
                if let Some(table) = pass.eight(table) {
                    for (row, id) in y.chunks_exact_mut(width).zip(pass.ids_at(ids)) {
                        table.row(id, |at, x| row[at] += x);
                    }
                    return;
                }
                let table = pass.weight(table);
                for (row, id) in y.chunks_exact_mut(width).zip(pass.ids_at(ids)) {
                    row.iter_mut().zip(&table[id * width..][..width]).for_each(|(y, x)| *y += x);
                }
            }),
        }
        Ok(())
    }

    pub(super) fn back(&self, back: &mut WayBack) {
        let Some(g) = back.of(self.y) else { return };
        back.push(EmbedBack { ids: self.ids, table: self.table, width: self.width, g });
        if let Some(before) = self.before {
            back.give(before, g);
        }
    }
}

/// Adds each row's gradient to that of its id.
#[derive(Debug)]
pub(in crate::exec::fused) struct EmbedBack {
    pub(in crate::exec::fused) ids: IdsAt,
    pub(in crate::exec::fused) table: usize,
    pub(in crate::exec::fused) width: usize,
    pub(in crate::exec::fused) g: Value,
}

impl EmbedBack {
    /// The weight whose gradient it adds to.
    #[cfg(feature = "mpi")]
    pub(super) fn table(&self) -> usize {
        self.table
    }

    pub(super) fn uses(&self) -> Uses {
        Uses::reads([self.g])
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let EmbedBack { ids, table, width, g } = *self;
        pass.gradient(table, |pass, gradient| {
            for (id, g) in pass.ids_at(ids).zip(pass.get(g).chunks_exact(width)) {
                gradient[id * width..][..width].iter_mut().zip(g).for_each(|(t, g)| *t += g);
            }
        })
    }
}
