//! How numbers are stored: plainly, or in blocks of few bits with scales.

use half::{bf16, f16};

use crate::io::codec::Codec;

/// How a tensor's numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(non_camel_case_types, reason = "ggml's names")]
#[non_exhaustive]
pub enum BlockType {
    /// 32 bits each.
    F32,
    /// 16 bits each, IEEE's.
    F16,
    /// The upper 16 bits of 32.
    BF16,
    /// 64 bits each.
    F64,
    /// 32 numbers of 4 bits and a scale: 4.5 bits each.
    Q4_0,
    /// 32 numbers of 4 bits, a scale and the smallest: 5 bits each.
    Q4_1,
    /// 32 numbers of 5 bits and a scale: 5.5 bits each.
    Q5_0,
    /// 32 numbers of 5 bits, a scale and the smallest: 6 bits each.
    Q5_1,
    /// 32 numbers of 8 bits and a scale: 8.5 bits each.
    Q8_0,
    /// 8 times 32 numbers of 4 bits, scales and smallest of 6 bits: 4.5 bits each.
    Q4_K,
    /// 8 times 32 numbers of 5 bits, scales and smallest of 6 bits: 5.5 bits each.
    Q5_K,
    /// 16 times 16 numbers of 6 bits, scales of 8 bits: 6.5625 bits each.
    Q6_K,
}

use BlockType::*;

/// Names by ggml's numbers, also of types that aren't decoded, for messages.
const NAMES: [&str; 31] = [
    "F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K",
    "Q5_K", "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS",
    "I8", "I16", "I32", "I64", "F64", "IQ1_M", "BF16",
];

impl BlockType {
    /// The type of ggml's number.
    pub(super) fn of(code: u32) -> Option<Self> {
        Some(match code {
            0 => F32,
            1 => F16,
            2 => Q4_0,
            3 => Q4_1,
            6 => Q5_0,
            7 => Q5_1,
            8 => Q8_0,
            12 => Q4_K,
            13 => Q5_K,
            14 => Q6_K,
            28 => F64,
            30 => BF16,
            _ => return None,
        })
    }

    /// The name of ggml's number, for messages.
    pub(super) fn name_of(code: u32) -> String {
        NAMES.get(code as usize).map_or_else(|| code.to_string(), |name| (*name).into())
    }

    /// Its name, as ggml has it.
    pub fn name(self) -> &'static str {
        match self {
            F32 => "F32",
            F16 => "F16",
            BF16 => "BF16",
            F64 => "F64",
            Q4_0 => "Q4_0",
            Q4_1 => "Q4_1",
            Q5_0 => "Q5_0",
            Q5_1 => "Q5_1",
            Q8_0 => "Q8_0",
            Q4_K => "Q4_K",
            Q5_K => "Q5_K",
            Q6_K => "Q6_K",
        }
    }

    /// Numbers of a block.
    pub fn elements(self) -> usize {
        match self {
            F32 | F16 | BF16 | F64 => 1,
            Q4_0 | Q4_1 | Q5_0 | Q5_1 | Q8_0 => 32,
            Q4_K | Q5_K | Q6_K => 256,
        }
    }

    /// Bytes of a block.
    pub fn bytes(self) -> usize {
        match self {
            F32 => 4,
            F16 | BF16 => 2,
            F64 => 8,
            Q4_0 => 18,
            Q4_1 => 20,
            Q5_0 => 22,
            Q5_1 => 24,
            Q8_0 => 34,
            Q4_K => 144,
            Q5_K => 176,
            Q6_K => 210,
        }
    }

    /// The numbers of whole blocks.
    pub(in crate::io) fn decode_all<E: Codec>(self, bytes: &[u8]) -> Vec<E> {
        let mut numbers = Vec::with_capacity(bytes.len() / self.bytes() * self.elements());
        self.decode(bytes, |values| numbers.extend_from_slice(values));
        numbers
    }

    /// Gives the numbers of each block of `bytes` in turn.
    fn decode<E: Codec>(self, bytes: &[u8], mut give: impl FnMut(&[E])) {
        match self {
            F32 => each(bytes, |block| give(&[E::from_f32(f32::from_le_bytes(*block))])),
            F64 => each(bytes, |block| give(&[E::from_f64(f64::from_le_bytes(*block))])),
            F16 => each(bytes, |block| give(&[E::from_f32(half(*block))])),
            BF16 => each(bytes, |block| give(&[E::from_f32(bf16::from_le_bytes(*block).to_f32())])),
            Q4_0 => each(bytes, |block| give(&numbers(q4_0(block)))),
            Q4_1 => each(bytes, |block| give(&numbers(q4_1(block)))),
            Q5_0 => each(bytes, |block| give(&numbers(q5_0(block)))),
            Q5_1 => each(bytes, |block| give(&numbers(q5_1(block)))),
            Q8_0 => each(bytes, |block| give(&numbers(q8_0(block)))),
            Q4_K => each(bytes, |block| give(&numbers(q4_k(block)))),
            Q5_K => each(bytes, |block| give(&numbers(q5_k(block)))),
            Q6_K => each(bytes, |block| give(&numbers(q6_k(block)))),
        }
    }
}

fn each<const N: usize>(bytes: &[u8], give: impl FnMut(&[u8; N])) {
    bytes.as_chunks().0.iter().for_each(give);
}

fn numbers<E: Codec, const N: usize>(values: [f32; N]) -> [E; N] {
    values.map(E::from_f32)
}

fn half(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

/// The scale at a place of a block.
fn scale(block: &[u8], at: usize) -> f32 {
    half([block[at], block[at + 1]])
}

/// The lower four bits of 16 bytes, then their upper ones.
fn nibble(bytes: &[u8], at: usize) -> u8 {
    if at < 16 { bytes[at] & 15 } else { bytes[at - 16] >> 4 }
}

/// The fifth bit of each of 32 numbers, as their 16.
fn fifth(bytes: &[u8], at: usize) -> u8 {
    (bytes[at / 8] >> (at % 8) & 1) << 4
}

fn q4_0(block: &[u8; 18]) -> [f32; 32] {
    let d = scale(block, 0);
    std::array::from_fn(|i| (f32::from(nibble(&block[2..], i)) - 8.0) * d)
}

fn q4_1(block: &[u8; 20]) -> [f32; 32] {
    let (d, least) = (scale(block, 0), scale(block, 2));
    std::array::from_fn(|i| f32::from(nibble(&block[4..], i)) * d + least)
}

fn q5_0(block: &[u8; 22]) -> [f32; 32] {
    let d = scale(block, 0);
    std::array::from_fn(|i| (f32::from(nibble(&block[6..], i) | fifth(&block[2..], i)) - 16.0) * d)
}

fn q5_1(block: &[u8; 24]) -> [f32; 32] {
    let (d, least) = (scale(block, 0), scale(block, 2));
    std::array::from_fn(|i| f32::from(nibble(&block[8..], i) | fifth(&block[4..], i)) * d + least)
}

fn q8_0(block: &[u8; 34]) -> [f32; 32] {
    let d = scale(block, 0);
    std::array::from_fn(|i| f32::from(block[2 + i] as i8) * d)
}

/// The scale and the smallest of the group `at` of eight, six bits each in twelve bytes.
fn scale_and_least(bytes: &[u8], at: usize) -> (f32, f32) {
    let (scale, least) = if at < 4 {
        (bytes[at] & 63, bytes[at + 4] & 63)
    } else {
        let low = bytes[at + 4];
        (low & 15 | bytes[at - 4] >> 6 << 4, low >> 4 | bytes[at] >> 6 << 4)
    };
    (scale.into(), least.into())
}

fn q4_k(block: &[u8; 144]) -> [f32; 256] {
    let (d, least) = (scale(block, 0), scale(block, 2));
    let (scales, bits) = (&block[4..16], &block[16..]);
    std::array::from_fn(|i| {
        let group = i / 32;
        let (of_d, of_least) = scale_and_least(scales, group);
        let byte = bits[group / 2 * 32 + i % 32];
        let x = if group.is_multiple_of(2) { byte & 15 } else { byte >> 4 };
        d * of_d * f32::from(x) - least * of_least
    })
}

fn q5_k(block: &[u8; 176]) -> [f32; 256] {
    let (d, least) = (scale(block, 0), scale(block, 2));
    let (scales, high, bits) = (&block[4..16], &block[16..48], &block[48..]);
    std::array::from_fn(|i| {
        let group = i / 32;
        let (of_d, of_least) = scale_and_least(scales, group);
        let byte = bits[group / 2 * 32 + i % 32];
        let x = if group.is_multiple_of(2) { byte & 15 } else { byte >> 4 };
        let x = x | (high[i % 32] >> group & 1) << 4;
        d * of_d * f32::from(x) - least * of_least
    })
}

fn q6_k(block: &[u8; 210]) -> [f32; 256] {
    let d = scale(block, 208);
    let (low, high, scales) = (&block[..128], &block[128..192], &block[192..208]);
    std::array::from_fn(|i| {
        let (part, group, at) = (i / 128, i / 32 % 4, i % 32);
        let byte = low[part * 64 + group % 2 * 32 + at];
        let x = if group < 2 { byte & 15 } else { byte >> 4 };
        let x = x | (high[part * 32 + at] >> (2 * group) & 3) << 4;
        d * f32::from(scales[i / 16] as i8) * (f32::from(x) - 32.0)
    })
}
