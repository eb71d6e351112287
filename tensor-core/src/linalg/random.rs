//! Numbers drawn at random, from a seed.

use rand::{SeedableRng, rngs::StdRng};
use rand_distr::{Distribution, StandardNormal};

/// Numbers of the standard normal distribution; the same seed gives the same ones.
pub(super) fn normal(count: usize, seed: u64) -> Vec<f64> {
    let mut source = StdRng::seed_from_u64(seed);
    (0..count).map(|_| StandardNormal.sample(&mut source)).collect()
}
