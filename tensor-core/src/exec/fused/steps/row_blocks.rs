//! Steps that treat each row by itself, on one block of rows after the other: what a step gives is still near when the next one
//! takes it, and threads meet once for all of them.

use super::super::packed::PassWeights;
use super::super::program::{Pass, Program};
use super::super::value::{Uses, Value, Values, place};
use super::Forward;
use crate::Error;
use crate::kernels::Threads;
use crate::kernels::matmul::{block_sizes, is_worth_a_thread};
use crate::kernels::parts::{Part, in_blocks, split_parts};
use crate::kernels::scratch::with_scratch;

/// The most values that later steps take, and the most buffers of those between.
const LEAVING: usize = 6;
const BETWEEN: usize = 6;

/// Several steps on the same rows.
#[derive(Debug)]
pub(in crate::exec::fused) struct RowBlocks {
    pub(in crate::exec::fused) steps: Vec<Forward>,
    pub(in crate::exec::fused) rows: usize,
    pub(in crate::exec::fused) values: BlockValues,
}

impl RowBlocks {
    pub(super) fn uses(&self) -> Uses {
        Uses { reads: self.values.entering.clone(), changes: None, writes: self.values.leaving.clone() }
    }

    pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        let program = pass.program;
        let buffer = |place: usize| self.values.leaving.get(place).map(|&value| program.buffer(value));
        let mut taken: [Vec<f32>; LEAVING] = std::array::from_fn(|place| {
            buffer(place).map_or_else(Vec::new, |buffer| std::mem::take(&mut pass.buffers[buffer]))
        });
        let mut leaving = self.values.leaving.iter();
        let parts: [Part<'_>; LEAVING] = taken.each_mut().map(|numbers| {
            let len = leaving.next().map_or(0, |&value| program.len(value));
            (&mut numbers[..len], len / self.rows)
        });
        let (buffers, weights) = (&*pass.buffers, pass.weights);
        self.steps.iter().for_each(|step| step.prepare(weights)); // once, and not by the threads
        let block = |first: usize, rows: usize, leaving: [Part<'_>; LEAVING]| {
            with_scratch(self.values.between.iter().sum::<usize>() * rows, |between| {
                let slots = self.values.slots(rows, leaving, between);
                let mut block = Block { values: &self.values, program, buffers, weights, first, rows, slots };
                self.steps.iter().for_each(|step| step.on(&mut block));
            });
        };
        if is_worth_a_thread(self.steps.iter().map(|step| step.work(self.rows)).sum()) {
            in_blocks(block_sizes(self.rows), (0, self.rows), parts, &split_parts, &block);
        } else {
            block(0, self.rows, parts);
        }
        for (place, numbers) in taken.into_iter().enumerate() {
            if let Some(buffer) = buffer(place) {
                pass.buffers[buffer] = numbers;
            }
        }
        Ok(())
    }
}

impl Forward {
    /// How many rows it treats, each by itself, if it does and they can be told; `len` tells how many numbers a value has.
    pub(in crate::exec::fused) fn rows(&self, len: impl Fn(Value) -> usize) -> Option<usize> {
        match self {
            Forward::Product(step) => Some(len(step.x) / step.inputs),
            Forward::Norm(step) => Some(len(step.x) / step.scale.width),
            _ => None,
        }
    }

    /// Whether it treats so many rows, each by itself.
    pub(in crate::exec::fused) fn treats(&self, rows: usize, len: impl Fn(Value) -> usize) -> bool {
        let (x, width) = match self {
            Forward::Product(step) => return len(step.x) == rows * step.inputs,
            Forward::Norm(step) => (step.x, step.scale.width),
            Forward::Activate(step) => (step.x, step.width),
            Forward::Add(step) => (step.from, 1),
            Forward::Multiply(step) => (step.left, 1),
            _ => return false,
        };
        len(x).is_multiple_of(rows * width)
    }

    fn on(&self, block: &mut Block<'_>) {
        match self {
            Forward::Product(step) => step.on(block),
            Forward::Norm(step) => step.on(block),
            Forward::Activate(step) => step.on(block),
            Forward::Add(step) => step.on(block),
            Forward::Multiply(step) => step.on(block),
            _ => unreachable!("blocks are made of steps that treat each row by itself"),
        }
    }

    /// Packs the weight that it multiplies with.
    fn prepare(&self, weights: PassWeights<'_>) {
        if let Forward::Product(step) = self {
            step.panels(weights);
        }
    }

    /// Multiplications with a weight.
    fn work(&self, rows: usize) -> usize {
        match self {
            Forward::Product(step) => rows * step.inputs * step.projection.outputs,
            _ => 0,
        }
    }
}

/// Where values lie while a block of rows goes through some steps.
#[derive(Debug)]
pub(in crate::exec::fused) struct BlockValues {
    places: Vec<(Value, Place)>,
    /// Those that were there before.
    entering: Vec<Value>,
    /// Those that later steps take: the first slots.
    leaving: Vec<Value>,
    /// Numbers of a row in each of the other slots.
    between: Vec<usize>,
}

/// Where a block's rows of a value lie: in a slot, or where they entered. A row has `width` numbers.
#[derive(Clone, Copy, Debug)]
struct Place {
    slot: Option<usize>,
    width: usize,
}

impl BlockValues {
    /// Of steps with these uses, on so many rows; none if there are too many. `leaves` tells whether later steps take a value.
    pub(in crate::exec::fused) fn of(
        uses: &[Uses],
        rows: usize,
        lengths: &[usize],
        leaves: impl Fn(Value) -> bool,
    ) -> Option<Self> {
        let made = |uses: &Uses| [&uses.writes[..], uses.changes.map(|(_, to)| to).as_slice()].concat();
        let made: Vec<Value> = uses.iter().flat_map(made).collect();
        let taken = |uses: &Uses| [&uses.reads[..], uses.changes.map(|(from, _)| from).as_slice()].concat();
        let mut entering: Vec<Value> =
            uses.iter().flat_map(taken).filter(|value| !made.contains(value)).collect();
        entering.sort_unstable_by_key(|value| value.index());
        entering.dedup();
        let leaving: Vec<Value> = made.iter().copied().filter(|&value| leaves(value)).collect();
        if leaving.len() > LEAVING {
            return None;
        }
        let width = |value: Value| lengths[value.index()] / rows;
        let placed = {
            let steps = uses.iter().map(|uses| within(uses, &made, &leaving));
            let steps: Vec<Uses> = steps.chain([Uses::reads(leaving.iter().copied())]).collect();
            let widths: Vec<usize> = lengths.iter().map(|length| length / rows).collect();
            place(&widths, &steps, &[], &leaving)
        };
        let mut between = Vec::new();
        let mut places: Vec<(Value, Place)> =
            entering.iter().map(|&value| (value, Place { slot: None, width: width(value) })).collect();
        let mut slots: Vec<Option<usize>> = vec![None; placed.sizes.len()];
        leaving.iter().enumerate().for_each(|(slot, value)| slots[placed.buffer[value.index()]] = Some(slot));
        for &value in &made {
            let buffer = placed.buffer[value.index()];
            let slot = *slots[buffer].get_or_insert_with(|| {
                between.push(placed.sizes[buffer]);
                LEAVING + between.len() - 1
            });
            places.push((value, Place { slot: Some(slot), width: width(value) }));
        }
        (between.len() <= BETWEEN).then_some(BlockValues { places, entering, leaving, between })
    }

    fn place(&self, value: Value) -> Place {
        let found = self.places.iter().find(|(other, _)| *other == value);
        found.map_or_else(|| unreachable!("each value of the steps has a place"), |(_, place)| *place)
    }

    /// The slots of a block of so many rows.
    fn slots<'b>(
        &self,
        rows: usize,
        leaving: [Part<'b>; LEAVING],
        mut room: &'b mut [f32],
    ) -> [&'b mut [f32]; LEAVING + BETWEEN] {
        let mut leaving = leaving.into_iter();
        let mut between = self.between.iter();
        std::array::from_fn(|_| {
            if let Some((numbers, _)) = leaving.next() {
                return numbers;
            }
            let length = between.next().map_or(0, |width| width * rows);
            let (slot, rest) = std::mem::take(&mut room).split_at_mut(length);
            room = rest;
            slot
        })
    }
}

/// What a step does to values that the steps make. Those that leave stay where they are written.
fn within(uses: &Uses, made: &[Value], leaving: &[Value]) -> Uses {
    let mut reads: Vec<Value> = uses.reads.iter().copied().filter(|value| made.contains(value)).collect();
    let mut writes = uses.writes.clone();
    let mut changes = None;
    match uses.changes {
        Some((from, to)) if made.contains(&from) && !leaving.contains(&to) => changes = Some((from, to)),
        Some((from, to)) => {
            reads.extend(made.contains(&from).then_some(from));
            writes.push(to);
        }
        None => {}
    }
    Uses { reads, changes, writes }
}

/// Values of some rows.
struct Block<'b> {
    values: &'b BlockValues,
    program: &'b Program,
    /// Those of the pass, where values enter.
    buffers: &'b [Vec<f32>],
    weights: PassWeights<'b>,
    first: usize,
    rows: usize,
    slots: [&'b mut [f32]; LEAVING + BETWEEN],
}

impl Values for Block<'_> {
    const THREADS: Threads = Threads::One;

    fn get(&self, value: Value) -> &[f32] {
        let Place { slot, width } = self.values.place(value);
        match slot {
            Some(slot) => &self.slots[slot][..self.rows * width],
            None => {
                let numbers = &self.buffers[self.program.buffer(value)];
                &numbers[self.first * width..][..self.rows * width]
            }
        }
    }

    fn weights(&self) -> PassWeights<'_> {
        self.weights
    }

    fn write<R>(&mut self, value: Value, work: impl FnOnce(&mut Self, &mut [f32]) -> R) -> R {
        let Place { slot: Some(slot), width } = self.values.place(value) else {
            unreachable!("no step writes what was there before");
        };
        let numbers = std::mem::take(&mut self.slots[slot]);
        let result = work(self, &mut numbers[..self.rows * width]);
        self.slots[slot] = numbers;
        result
    }

    fn are_one(&self, a: Value, b: Value) -> bool {
        let slots = [a, b].map(|value| self.values.place(value).slot);
        slots[0].is_some() && slots[0] == slots[1]
    }
}
