//! Keys and values on the host, as the fused executor adds to them and reads them.

use crate::Error;
use crate::kernels::attention::Kept;
use crate::kernels::rotary::Turns;

/// Positions that there is room for at first.
const FIRST_ROOM: usize = 64;

/// What a cache keeps of the steps of a network that the fused executor runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct OnHost {
    capacity: usize,
    /// Positions of the steps before the one that runs.
    start: usize,
    /// Sequences and positions of the step that runs.
    step: (usize, usize),
    /// Keys and values of each attention.
    attentions: Vec<[KeptRows; 2]>,
    /// Rotary positions of the step that runs.
    turns: Vec<KnownTurns>,
}

/// Rows of each sequence, with room for more: `[sequences, room, width]`. What stands after those of finished steps does not
/// count, so that a step that fails leaves nothing behind.
#[derive(Clone, Debug)]
struct KeptRows {
    numbers: Vec<f32>,
    room: usize,
    width: usize,
}

/// The turns of positions, and what they depend on.
#[derive(Clone, Debug)]
struct KnownTurns {
    base: f64,
    positions: usize,
    head_dim: usize,
    turns: Turns,
}

impl OnHost {
    /// Begins a step after `start` positions.
    pub(super) fn begin(&mut self, capacity: usize, start: usize, step: (usize, usize)) {
        if start == 0 {
            self.attentions.clear(); // of a step that failed, which may have been one of another network
        }
        self.turns.clear();
        (self.capacity, self.start, self.step) = (capacity, start, step);
    }

    pub(crate) fn start(&self) -> usize {
        self.start
    }

    pub(crate) fn step(&self) -> (usize, usize) {
        self.step
    }

    /// Adds the keys and values of the step that runs to those of the attention `which`.
    pub(crate) fn add(&mut self, which: usize, new: [&[f32]; 2]) -> Result<(), Error> {
        let (sequences, positions) = self.step;
        let width = |numbers: &[f32]| numbers.len() / (sequences * positions);
        if which == self.attentions.len() && self.start == 0 {
            self.attentions.push(new.map(|new| KeptRows { numbers: Vec::new(), room: 0, width: width(new) }));
        }
        let given = new.map(width);
        let began = self.attentions.get(which).map(|kept| kept.each_ref().map(|kept| kept.width));
        if began != Some(given) {
            return Err(changed(which, began, given));
        }
        let (start, capacity) = (self.start, self.capacity);
        for (kept, new) in self.attentions[which].iter_mut().zip(new) {
            kept.make_room(sequences, start, start + positions, capacity);
            let (room, width) = (kept.room * kept.width, kept.width);
            for (kept, new) in kept.numbers.chunks_exact_mut(room).zip(new.chunks_exact(positions * width)) {
                kept[start * width..][..new.len()].copy_from_slice(new);
            }
        }
        Ok(())
    }

    /// All keys and values of the attention `which`.
    pub(crate) fn kept(&self, which: usize) -> Kept<'_> {
        let [keys, values] = &self.attentions[which];
        Kept { keys: &keys.numbers, values: &values.numbers, room: keys.room }
    }

    /// The turns of so many positions from the first of the step that runs.
    pub(crate) fn turns(&mut self, base: f64, positions: usize, head_dim: usize) -> &Turns {
        let fits = |known: &KnownTurns| {
            known.base == base && known.positions == positions && known.head_dim == head_dim
        };
        let place = self.turns.iter().position(fits).unwrap_or_else(|| {
            let turns = Turns::new(base, self.start, positions, head_dim);
            self.turns.push(KnownTurns { base, positions, head_dim, turns });
            self.turns.len() - 1
        });
        &self.turns[place].turns
    }
}

impl KeptRows {
    /// Makes room for so many positions. It doubles, so that on average a step copies no more rows than it adds; the whole
    /// capacity at once could be more than the memory, though never needed.
    fn make_room(&mut self, sequences: usize, before: usize, positions: usize, capacity: usize) {
        if positions <= self.room {
            return;
        }
        let room = positions.max(2 * self.room).max(FIRST_ROOM).min(capacity.max(positions));
        let mut numbers = vec![0.0; sequences * room * self.width];
        if before > 0 {
            let old = self.numbers.chunks_exact(self.room * self.width);
            for (new, old) in numbers.chunks_exact_mut(room * self.width).zip(old) {
                new[..before * self.width].copy_from_slice(&old[..before * self.width]);
            }
        }
        (self.numbers, self.room) = (numbers, room);
    }
}

/// Another network that has the same name: with other sizes.
fn changed(which: usize, began: Option<[usize; 2]>, given: [usize; 2]) -> Error {
    let text = |[keys, values]: [usize; 2]| {
        format!("{keys} features of keys and {values} of values in attention {}", which + 1)
    };
    let began = began.map_or_else(|| format!("{which} attentions"), text);
    Error::CacheChanged { began, given: text(given) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stay_where_room_grows_and_failed_steps_leave_none() -> Result<(), Error> {
        let mut kept = OnHost::default();
        let rows = |start: usize| [start as f32, start as f32 + 0.5];
        for start in 0..200 {
            kept.begin(1000, start, (2, 1));
            kept.add(0, [&[-1.0, -1.0], &[-1.0; 4]])?;
            kept.begin(1000, start, (2, 1));
            let [first, second] = rows(start);
            kept.add(0, [&[first, second], &[first, first, second, second]])?;
        }
        let Kept { keys, values, room } = kept.kept(0);
        assert_eq!((room, keys.len(), values.len()), (256, 512, 1024));
        for start in 0..200 {
            let [first, second] = rows(start);
            assert_eq!((keys[start], keys[room + start]), (first, second));
            assert_eq!(values[2 * (room + start)..][..2], [second; 2]);
        }
        Ok(())
    }

    #[test]
    fn there_is_room_for_the_capacity_and_not_for_more() -> Result<(), Error> {
        let mut kept = OnHost::default();
        kept.begin(3, 0, (1, 2));
        kept.add(0, [&[0.0; 2], &[0.0; 2]])?;
        assert_eq!(kept.kept(0).room, 3);
        Ok(())
    }

    #[test]
    fn other_widths_are_another_network() -> Result<(), Error> {
        let mut kept = OnHost::default();
        kept.begin(9, 0, (1, 1));
        kept.add(0, [&[0.0; 2], &[0.0; 2]])?;
        kept.begin(9, 1, (1, 1));
        let wider = kept.add(0, [&[0.0; 2], &[0.0; 4]]);
        assert!(matches!(wider, Err(Error::CacheChanged { .. })));
        let more = kept.add(1, [&[0.0; 2], &[0.0; 2]]);
        assert!(matches!(more, Err(Error::CacheChanged { began, .. }) if began == "1 attentions"));
        Ok(())
    }
}
