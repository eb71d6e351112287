//! Numbers as little-endian bytes, and back from each number type that can be read.

use half::{bf16, f16};
use tensor_header::Dtype;

/// A number type whose networks can be saved and loaded: `f32` and `f64`.
///
/// ```compile_fail
/// fn stored<E: tensor_core::io::StateDtype>() {}
/// stored::<usize>();
/// ```
pub trait StateDtype: dfdx::shapes::Dtype + Codec {}

impl StateDtype for f32 {}
impl StateDtype for f64 {}

/// What [`StateDtype`] hides: the conversions of one number type.
pub trait Codec: Copy {
    /// Its name in a safetensors header.
    const DTYPE: Dtype;
    /// All values, little-endian.
    fn to_bytes(values: &[Self]) -> Vec<u8>;
    /// The nearest value.
    fn from_f32(value: f32) -> Self;
    /// The nearest value.
    fn from_f64(value: f64) -> Self;
    /// The pattern of bits, which unlike `==` tells NaNs and signed zeros apart.
    fn bits(self) -> u64;
    /// The value with this pattern of bits, if it is wide enough for it.
    fn try_from_bits(bits: u64) -> Option<Self>;
}

impl Codec for f32 {
    const DTYPE: Dtype = Dtype::F32;
    fn to_bytes(values: &[f32]) -> Vec<u8> {
        encode(values, f32::to_le_bytes)
    }
    fn from_f32(value: f32) -> f32 {
        value
    }
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
    fn bits(self) -> u64 {
        self.to_bits().into()
    }
    fn try_from_bits(bits: u64) -> Option<f32> {
        bits.try_into().ok().map(f32::from_bits)
    }
}

impl Codec for f64 {
    const DTYPE: Dtype = Dtype::F64;
    fn to_bytes(values: &[f64]) -> Vec<u8> {
        encode(values, f64::to_le_bytes)
    }
    fn from_f32(value: f32) -> f64 {
        value.into()
    }
    fn from_f64(value: f64) -> f64 {
        value
    }
    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn try_from_bits(bits: u64) -> Option<f64> {
        Some(f64::from_bits(bits))
    }
}

/// The number types that [`decode`] reads, as a sentence lists them.
pub(super) const READABLE: &str = "F64, F32, F16 or BF16";

/// Whether [`decode`] reads `dtype`.
pub(super) fn is_readable(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16)
}

/// The numbers in `bytes`, or nothing if their type isn't one of [`READABLE`].
pub(crate) fn decode<E: Codec>(dtype: Dtype, bytes: &[u8]) -> Option<Vec<E>> {
    Some(match dtype {
        Dtype::F64 => each(bytes, |b| E::from_f64(f64::from_le_bytes(b))),
        Dtype::F32 => each(bytes, |b| E::from_f32(f32::from_le_bytes(b))),
        Dtype::F16 => each(bytes, |b| E::from_f32(f16::from_le_bytes(b).to_f32())),
        Dtype::BF16 => each(bytes, |b| E::from_f32(bf16::from_le_bytes(b).to_f32())),
        _ => return None,
    })
}

fn each<E, const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> E) -> Vec<E> {
    bytes.as_chunks().0.iter().map(|&chunk| value(chunk)).collect()
}

fn encode<E: Copy, const N: usize>(values: &[E], bytes: impl Fn(E) -> [u8; N]) -> Vec<u8> {
    let mut out = vec![0; N * values.len()];
    for (chunk, &value) in out.as_chunks_mut().0.iter_mut().zip(values) {
        *chunk = bytes(value);
    }
    out
}
