//! What is multiplied with a weight of eight bits, rounded to eight bits as well.

use super::BLOCK;
use super::level::Level;

/// Rows of numbers in blocks of eight bits.
pub(super) struct Rounded {
    pub(super) inputs: usize,
    /// `[rows, inputs]`
    pub(super) numbers: Vec<i8>,
    /// `[rows, blocks]`
    pub(super) scales: Vec<f32>,
}

impl Rounded {
    pub(super) fn new(level: Level, x: &[f32], inputs: usize) -> Self {
        let mut numbers = vec![0; x.len()];
        let mut scales = vec![0.0; x.len() / BLOCK];
        level.round(x, &mut numbers, &mut scales);
        Rounded { inputs, numbers, scales }
    }

    pub(super) fn rows(&self) -> usize {
        self.numbers.len() / self.inputs
    }

    /// The numbers of `M` rows from `first` on, and their scales.
    pub(super) fn rows_from<const M: usize>(&self, first: usize) -> [(&[i8], &[f32]); M] {
        let (inputs, blocks) = (self.inputs, self.inputs / BLOCK);
        std::array::from_fn(|i| {
            let row = first + i;
            (&self.numbers[row * inputs..][..inputs], &self.scales[row * blocks..][..blocks])
        })
    }
}

/// Added to a number below 2²², it leaves the nearest whole one in the lowest bits.
const WHOLE: f32 = 12_582_912.0;

/// Rounds blocks, the largest of each to ± 127. Of numbers that aren't finite nothing can be said, so that the whole block
/// becomes NaN.
#[inline(always)]
pub(super) fn round(x: &[f32], numbers: &mut [i8], scales: &mut [f32]) {
    let (x, numbers) = (x.as_chunks::<BLOCK>().0, numbers.as_chunks_mut::<BLOCK>().0);
    for ((x, numbers), scale) in x.iter().zip(numbers).zip(scales) {
        // Bits of positive numbers are in the numbers' order, NaN above all.
        let bits = x.iter().fold(0u32, |most, x| most.max(x.to_bits() & 0x7fff_ffff));
        let largest = f32::from_bits(bits);
        if !largest.is_finite() {
            *scale = f32::NAN;
            numbers.fill(0);
            continue;
        }
        *scale = largest / 127.0;
        let turned = if largest >= f32::MIN_POSITIVE { 127.0 / largest } else { 0.0 };
        for (number, x) in numbers.iter_mut().zip(x) {
            *number = ((x * turned + WHOLE).to_bits() as i32 - WHOLE.to_bits() as i32) as i8;
        }
    }
}
