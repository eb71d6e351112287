//! A weight of eight bits in memory.

use half::f16;

use super::{BLOCK, GROUP};

/// Four inputs of each of eight outputs: what a vector holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(32))]
pub(super) struct Lanes(pub(super) [i8; 4 * GROUP]);

/// A weight `[outputs, inputs]` of eight bits: blocks of 32 inputs, each with a scale.
///
/// Eight outputs lie together: their scales of a block, and four inputs of each beside four of the next, so that a vector of
/// products sums up to the eight outputs without being turned. The last group is filled up with zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EightBit {
    outputs: usize,
    inputs: usize,
    /// `[groups, blocks, 8]`
    pub(super) lanes: Box<[Lanes]>,
    /// `[groups, blocks]`: the bits of `f16`.
    pub(super) scales: Box<[[u16; GROUP]]>,
}

/// The bytes of a block of Q8_0: its scale, its numbers.
const BYTES: usize = 2 + BLOCK;

impl EightBit {
    /// Whether rows of so many inputs are made of whole blocks.
    pub fn fits(inputs: usize) -> bool {
        inputs > 0 && inputs.is_multiple_of(BLOCK)
    }

    /// The nearest of eight bits to numbers `[outputs, inputs]`.
    pub fn of_numbers(numbers: &[f32], inputs: usize) -> Self {
        assert!(EightBit::fits(inputs) && numbers.len().is_multiple_of(inputs), "whole rows of whole blocks");
        EightBit::of(numbers.len() / inputs, inputs, |output, block| {
            let numbers = &numbers[output * inputs + block * BLOCK..];
            rounded(std::array::from_fn(|i| numbers[i]))
        })
    }

    /// The blocks of ggml's Q8_0 as they are; `row` says where the row of an output is among theirs.
    pub fn of_blocks(bytes: &[u8], inputs: usize, outputs: usize, row: impl Fn(usize) -> usize) -> Self {
        assert!(EightBit::fits(inputs), "rows are whole blocks");
        let (blocks, rest) = bytes.as_chunks::<BYTES>();
        assert!(rest.is_empty(), "whole blocks");
        EightBit::of(outputs, inputs, |output, block| {
            let [low, high, numbers @ ..] = blocks[row(output) * (inputs / BLOCK) + block];
            (u16::from_le_bytes([low, high]), numbers.map(|byte| byte as i8))
        })
    }

    fn of(outputs: usize, inputs: usize, find: impl Fn(usize, usize) -> (u16, [i8; BLOCK])) -> Self {
        let (groups, blocks) = (outputs.div_ceil(GROUP), inputs / BLOCK);
        let mut lanes = vec![Lanes([0; 4 * GROUP]); groups * blocks * (BLOCK / 4)].into_boxed_slice();
        let mut scales = vec![[0; GROUP]; groups * blocks].into_boxed_slice();
        for output in 0..outputs {
            let (group, at) = (output / GROUP, output % GROUP);
            for block in 0..blocks {
                let place = group * blocks + block;
                let (scale, numbers) = find(output, block);
                scales[place][at] = scale;
                let lanes = lanes[place * (BLOCK / 4)..].iter_mut();
                for (lanes, four) in lanes.zip(numbers.as_chunks::<4>().0) {
                    lanes.0[4 * at..][..4].copy_from_slice(four);
                }
            }
        }
        EightBit { outputs, inputs, lanes, scales }
    }

    /// Numbers that come out.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Numbers that go in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Blocks of a row.
    pub(super) fn blocks(&self) -> usize {
        self.inputs / BLOCK
    }

    /// Groups of eight outputs.
    pub(super) fn groups(&self) -> usize {
        self.outputs.div_ceil(GROUP)
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.lanes) + size_of_val(&*self.scales)
    }

    /// The numbers of an output's row.
    pub fn row(&self, output: usize, mut write: impl FnMut(usize, f32)) {
        let (group, at) = (output / GROUP, output % GROUP);
        for block in 0..self.blocks() {
            let place = group * self.blocks() + block;
            let scale = f16::from_bits(self.scales[place][at]).to_f32();
            for (four, lanes) in self.lanes[place * (BLOCK / 4)..][..BLOCK / 4].iter().enumerate() {
                for (i, &x) in lanes.0[4 * at..][..4].iter().enumerate() {
                    write(block * BLOCK + 4 * four + i, f32::from(x) * scale);
                }
            }
        }
    }
}

/// A block as ggml rounds it: the largest becomes ± 127. Numbers that no block can hold make the scale infinite or NaN, and with
/// it all that comes of them.
fn rounded(numbers: [f32; BLOCK]) -> (u16, [i8; BLOCK]) {
    if numbers.iter().any(|x| x.is_nan()) {
        return (f16::NAN.to_bits(), [1; BLOCK]);
    }
    let largest = numbers.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
    let scale = f16::from_f32(largest / 127.0);
    if scale.is_infinite() {
        return (scale.to_bits(), numbers.map(|x| if x < 0.0 { -1 } else { 1 }));
    }
    let turned = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    (scale.to_bits(), numbers.map(|x| (x * turned).round() as i8))
}
