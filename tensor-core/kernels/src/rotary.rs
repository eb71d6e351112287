//! Rotary positions: each pair of features (i, i + head_dim/2) of a head is turned by the angle of its position.

use std::sync::Arc;

use super::parts::by_rows;

/// The cosines and sines of each position's angles, `[positions, head_dim / 2]` each.
#[derive(Clone, Debug)]
pub struct Turns {
    cosines: Arc<[f32]>,
    sines: Arc<[f32]>,
    half: usize,
}

impl Turns {
    /// Of positions from `start` on. Frequency i is base^(−2i/head_dim).
    pub fn new(base: f64, start: usize, positions: usize, head_dim: usize) -> Self {
        let half = head_dim / 2;
        let frequencies: Vec<f64> = (0..half).map(|i| base.powf(-2.0 * i as f64 / head_dim as f64)).collect();
        let angle = |at: usize| (start + at / half) as f64 * frequencies[at % half];
        let each = |f: fn(f64) -> f64| (0..positions * half).map(|at| f(angle(at)) as f32).collect();
        Turns { cosines: each(f64::cos), sines: each(f64::sin), half }
    }

    /// The cosines and the sines.
    pub fn angles(&self) -> [&Arc<[f32]>; 2] {
        [&self.cosines, &self.sines]
    }

    /// Pairs of a head.
    pub fn half(&self) -> usize {
        self.half
    }

    /// Turns rows of heads, `width` numbers each, whose positions begin anew with each sequence.
    pub fn turn(&self, x: &mut [f32], width: usize) {
        self.apply(x, width, 1.0);
    }

    /// Turns them back; so does the way back.
    pub fn turn_back(&self, x: &mut [f32], width: usize) {
        self.apply(x, width, -1.0);
    }

    fn apply(&self, x: &mut [f32], width: usize, direction: f32) {
        let (half, positions) = (self.half, self.cosines.len() / self.half);
        by_rows(x, width, &|first, part| {
            for (row, x) in part.chunks_exact_mut(width).enumerate() {
                let place = (first + row) % positions * half;
                let (cosines, sines) = (&self.cosines[place..][..half], &self.sines[place..][..half]);
                for head in x.chunks_exact_mut(2 * half) {
                    let (left, right) = head.split_at_mut(half);
                    for (((a, b), &cosine), &sine) in left.iter_mut().zip(right).zip(cosines).zip(sines) {
                        let sine = sine * direction;
                        (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_back_undoes_it_and_the_first_position_stays() {
        let turns = Turns::new(100.0, 0, 3, 4);
        let before: Vec<f32> = (0..48).map(|x| x as f32).collect(); // two sequences of three, two heads
        let mut x = before.clone();
        turns.turn(&mut x, 8);
        assert_eq!((&x[..8], &x[24..32]), (&before[..8], &before[24..32]));
        // Position 1, the first pair of the first head: by 1 radian.
        let (sine, cosine) = 1f32.sin_cos();
        assert!(
            (x[8] - (8.0 * cosine - 10.0 * sine)).abs() < 1e-5
                && (x[10] - (10.0 * cosine + 8.0 * sine)).abs() < 1e-5
        );
        turns.turn_back(&mut x, 8);
        assert!(x.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}
