//! Dropout: numbers set to 0 at random.

use super::parts::by_rows;
use super::vectorised;

vectorised! {
    /// Those from place `first` on.
    fn drop_part(x: &mut [f32], first: usize, bound: u64, scale: f32, seed: u64) {
        for (place, x) in x.iter_mut().enumerate() {
            *x *= if mix(seed, (first + place) as u64) >> 32 < bound { 0.0 } else { scale };
        }
    }
}

/// How far apart the states of places are.
const PER_PLACE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Random bits of a place: SplitMix64.
#[inline(always)]
pub fn mix(seed: u64, place: u64) -> u64 {
    let z = seed.wrapping_add((place + 1).wrapping_mul(PER_PLACE));
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The seed that gives a place what `seed` gives to the one that lies so many further on.
pub fn from_place(seed: u64, first: u64) -> u64 {
    seed.wrapping_add(first.wrapping_mul(PER_PLACE))
}

/// Multiplies each number by 0 with this probability, else by 1 / (1 − p). The seed and its place alone decide.
pub fn drop_some(x: &mut [f32], probability: f64, seed: u64) {
    let (scale, bound) = (1.0 / (1.0 - probability) as f32, (probability * 4_294_967_296.0) as u64);
    by_rows(x, 1, &|first, part| drop_part(part, first, bound, scale, seed));
}
