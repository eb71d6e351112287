//! Brings steps together that treat each row by itself.

use super::super::steps::{BlockValues, Forward, RowBlocks};
use super::super::value::{Uses, Value, last_uses};
use crate::kernels::matmul::are_blocks;

/// Steps that run on one block of rows after the other: as many as follow one another on the same rows, if there are rows enough.
/// `y` is what comes out.
pub(super) fn in_row_blocks(steps: Vec<Forward>, lengths: &[usize], y: Value) -> Vec<Forward> {
    let uses: Vec<Uses> = steps.iter().map(Forward::uses).collect();
    let mut last = last_uses(lengths.len(), &uses);
    last[y.index()] = usize::MAX;
    let mut found = Vec::new();
    let mut at = 0;
    while at < steps.len() {
        let leaves = |value: Value, count: usize| last[value.index()] >= at + count;
        let together = together(&steps[at..], &uses[at..], lengths, leaves);
        at += together.as_ref().map_or(1, |together| together.count);
        found.push(together);
    }
    let mut steps = steps.into_iter();
    let take = |together: Option<Together>| match together {
        None => steps.next(),
        Some(Together { count, rows, values }) => {
            Some(RowBlocks { steps: steps.by_ref().take(count).collect(), rows, values }.into())
        }
    };
    found.into_iter().filter_map(take).collect()
}

/// So many steps on so many rows.
struct Together {
    count: usize,
    rows: usize,
    values: BlockValues,
}

/// As many of the steps, from the first on, as there is room for the values of. `leaves` tells whether a value is taken after so
/// many steps.
fn together(
    steps: &[Forward],
    uses: &[Uses],
    lengths: &[usize],
    leaves: impl Fn(Value, usize) -> bool,
) -> Option<Together> {
    let len = |value: Value| lengths[value.index()];
    let rows = steps[0].rows(len).filter(|&rows| are_blocks(rows))?;
    let fit = steps.iter().take_while(|step| step.treats(rows, len)).count();
    (2..=fit).rev().find_map(|count| {
        let values = BlockValues::of(&uses[..count], rows, lengths, |value| leaves(value, count))?;
        Some(Together { count, rows, values })
    })
}
