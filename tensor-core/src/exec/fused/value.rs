//! Values between steps, and the buffers that they lie in.

use super::inputs::copy_slice;
use super::packed::PassWeights;
use crate::kernels::Threads;

/// Numbers that one step writes and others read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value(u32);

impl Value {
    pub(super) fn new(index: usize) -> Self {
        Value(index as u32)
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where steps find values: all rows of them, or some.
pub(super) trait Values: Sized {
    /// Whether a step may use several threads.
    const THREADS: Threads;

    fn get(&self, value: Value) -> &[f32];

    fn weights(&self) -> PassWeights<'_>;

    /// Lets `work` write a value, or change what is in its buffer.
    fn write<R>(&mut self, value: Value, work: impl FnOnce(&mut Self, &mut [f32]) -> R) -> R;

    /// Whether these values lie in one buffer.
    fn are_one(&self, a: Value, b: Value) -> bool;

    /// Lets `work` make `to` of the numbers of `from`.
    fn change<R>(&mut self, from: Value, to: Value, work: impl FnOnce(&mut Self, &mut [f32]) -> R) -> R {
        self.bring(from, to);
        self.write(to, work)
    }

    /// Puts the numbers of `from` where those of `to` lie.
    fn bring(&mut self, from: Value, to: Value) {
        if !self.are_one(from, to) {
            self.write(to, |values, numbers| copy_slice(values.get(from), numbers));
        }
    }
}

/// What a step does to values.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    pub(super) reads: Vec<Value>,
    /// The first becomes the second: in place, if nobody needs the first any more.
    pub(super) changes: Option<(Value, Value)>,
    pub(super) writes: Vec<Value>,
}

impl Uses {
    pub(super) fn reads(reads: impl IntoIterator<Item = Value>) -> Self {
        Uses { reads: reads.into_iter().collect(), ..Uses::default() }
    }

    pub(super) fn and(mut self, read: Option<Value>) -> Self {
        self.reads.extend(read);
        self
    }

    pub(super) fn writing(mut self, write: Value) -> Self {
        self.writes.push(write);
        self
    }

    pub(super) fn changing(mut self, from: Value, to: Value) -> Self {
        self.changes = Some((from, to));
        self
    }

    /// Writes, or changes what was there before.
    pub(super) fn into(self, target: Target) -> Self {
        match target.before {
            Some(before) => self.changing(before, target.value),
            None => self.writing(target.value),
        }
    }
}

/// Where a gradient goes: into a new value, or added to what was found before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) before: Option<Value>,
    pub(super) value: Value,
}

/// Which buffer each value lies in, and how large the buffers are.
#[derive(Clone, Debug, Default)]
pub(super) struct Placement {
    pub(super) buffer: Vec<usize>,
    pub(super) sizes: Vec<usize>,
}

/// Gives each value a buffer. Those whose values are not needed any more are used again. `entering` values are there before
/// the first step; `alone` ones share their buffer with none but what they change into.
pub(super) fn place(lengths: &[usize], steps: &[Uses], entering: &[Value], alone: &[Value]) -> Placement {
    let last = last_uses(lengths.len(), steps);
    let mut shared = vec![true; lengths.len()];
    alone.iter().for_each(|value| shared[value.index()] = false);
    let mut placing = Placing {
        placed: Placement { buffer: vec![usize::MAX; lengths.len()], sizes: Vec::new() },
        free: Vec::new(),
    };
    entering.iter().for_each(|&value| placing.allocate(value, lengths[value.index()], shared[value.index()]));
    for (now, step) in steps.iter().enumerate() {
        if let Some((from, to)) = step.changes {
            let dies = last[from.index()] == now && !step.reads.contains(&from);
            if dies && lengths[from.index()] == lengths[to.index()] {
                let buffer = placing.buffer(from, lengths, &shared);
                placing.placed.buffer[to.index()] = buffer;
                shared[to.index()] &= shared[from.index()];
                shared[from.index()] = false;
            } else {
                placing.buffer(from, lengths, &shared);
                placing.buffer(to, lengths, &shared);
            }
        }
        for &value in step.reads.iter().chain(&step.writes) {
            placing.buffer(value, lengths, &shared);
        }
        let touched = step.reads.iter().chain(&step.writes).copied();
        let touched = touched.chain(step.changes.iter().flat_map(|&(from, to)| [from, to]));
        for value in touched {
            if last[value.index()] == now && std::mem::replace(&mut shared[value.index()], false) {
                placing.free.push(placing.placed.buffer[value.index()]);
            }
        }
    }
    // Those that no step touches, as in a network that gives what it takes.
    alone.iter().for_each(|&value| _ = placing.buffer(value, lengths, &shared));
    placing.placed
}

/// The last step that touches each value.
pub(super) fn last_uses(count: usize, steps: &[Uses]) -> Vec<usize> {
    let mut last = vec![usize::MAX; count];
    for (now, step) in steps.iter().enumerate() {
        let changed = step.changes.iter().flat_map(|&(from, to)| [from, to]);
        for value in step.reads.iter().chain(&step.writes).copied().chain(changed) {
            last[value.index()] = now;
        }
    }
    last
}

struct Placing {
    placed: Placement,
    free: Vec<usize>,
}

impl Placing {
    /// The value's buffer, which it gets where it is first seen.
    fn buffer(&mut self, value: Value, lengths: &[usize], shared: &[bool]) -> usize {
        if self.placed.buffer[value.index()] == usize::MAX {
            self.allocate(value, lengths[value.index()], shared[value.index()]);
        }
        self.placed.buffer[value.index()]
    }

    /// The smallest free buffer that is large enough, else the largest, which grows, else a new one.
    fn allocate(&mut self, value: Value, length: usize, shared: bool) {
        let sizes = &mut self.placed.sizes;
        let better = |&a: &usize, &b: &usize| {
            let rank = |buffer: usize| (sizes[buffer] < length, sizes[buffer].abs_diff(length));
            rank(a).cmp(&rank(b))
        };
        let found = if shared { self.free.iter().copied().min_by(better) } else { None };
        let buffer = match found {
            Some(buffer) => {
                self.free.retain(|&free| free != buffer);
                sizes[buffer] = sizes[buffer].max(length);
                buffer
            }
            None => {
                sizes.push(length);
                sizes.len() - 1
            }
        };
        self.placed.buffer[value.index()] = buffer;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<const N: usize>() -> [Value; N] {
        std::array::from_fn(Value::new)
    }

    #[test]
    fn a_chain_needs_two_buffers() {
        let [a, b, c, d] = values();
        let steps = [Uses::reads([a]).writing(b), Uses::reads([b]).writing(c), Uses::reads([c]).writing(d)];
        let placed = place(&[4, 8, 6, 2], &steps, &[a], &[]);
        assert_eq!((placed.buffer, placed.sizes), (vec![0, 1, 0, 1], vec![6, 8]));
    }

    #[test]
    fn a_change_is_in_place_only_where_nobody_reads_the_old_value_later() {
        let [a, b, c, d] = values();
        let change = Uses::default().changing(a, b);
        let placed = place(&[4; 4], &[change.clone(), Uses::reads([b]).writing(c)], &[a], &[]);
        assert_eq!(placed.buffer[..3], [0, 0, 1]);
        let placed =
            place(&[4; 4], &[change, Uses::reads([a, b]).writing(c), Uses::reads([c]).writing(d)], &[a], &[]);
        assert_eq!(placed.buffer[..3], [0, 1, 2]);
    }

    #[test]
    fn what_is_alone_keeps_its_buffer() {
        let [a, b, c] = values();
        let steps = [Uses::reads([a]).writing(b), Uses::reads([b]).writing(c)];
        assert_eq!(place(&[4; 3], &steps, &[a], &[a, c]).buffer, [0, 1, 2]);
    }
}
