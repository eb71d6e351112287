//! Constant tensors of a pass: made on the host once, though many items need them.

use crate::param::Element;

/// What a constant tensor holds, and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Constant {
    /// `[groups · queries, keys]`: 0 where query `start + i` sees key j, −∞ elsewhere. It sees j ≤ i, and with a window
    /// only the last so many of them.
    Seen { window: Option<usize>, start: usize, groups: usize, queries: usize, keys: usize },
    /// `[positions, head_dim]`: cos(p·fᵢ), the second half of the features as the first.
    RotaryCosines { base: f64, start: usize, positions: usize, head_dim: usize },
    /// `[positions, head_dim]`: −sin(p·fᵢ) in the first half, sin(p·fᵢ) in the second.
    RotarySines { base: f64, start: usize, positions: usize, head_dim: usize },
    /// `[positions, width]`: sin(p·fᵢ) and cos(p·fᵢ) in turn.
    Sinusoids { start: usize, positions: usize, width: usize },
}

impl Constant {
    pub(super) fn shape(&self) -> (usize, usize) {
        match *self {
            Constant::Seen { groups, queries, keys, .. } => (groups * queries, keys),
            Constant::RotaryCosines { positions, head_dim, .. }
            | Constant::RotarySines { positions, head_dim, .. } => (positions, head_dim),
            Constant::Sinusoids { positions, width, .. } => (positions, width),
        }
    }

    pub(in crate::exec) fn values<E: Element>(&self) -> Vec<E> {
        match *self {
            Constant::Seen { window, start, queries, .. } => self.fill(|row, key| {
                let query = start + row % queries;
                let seen = key <= query && window.is_none_or(|window| query - key < window);
                if seen { 0.0 } else { f64::NEG_INFINITY }
            }),
            Constant::RotaryCosines { base, start, head_dim, .. } => {
                let frequency = frequencies(base, head_dim);
                self.fill(|row, i| ((start + row) as f64 * frequency[i % frequency.len()]).cos())
            }
            Constant::RotarySines { base, start, head_dim, .. } => {
                let frequency = frequencies(base, head_dim);
                self.fill(|row, i| {
                    let sine = ((start + row) as f64 * frequency[i % frequency.len()]).sin();
                    if i < frequency.len() { -sine } else { sine }
                })
            }
            Constant::Sinusoids { start, width, .. } => {
                let frequency = frequencies(10_000.0, width);
                self.fill(|row, i| {
                    let angle = (start + row) as f64 * frequency[i / 2];
                    if i.is_multiple_of(2) { angle.sin() } else { angle.cos() }
                })
            }
        }
    }

    fn fill<E: Element>(&self, value: impl Fn(usize, usize) -> f64) -> Vec<E> {
        let (rows, columns) = self.shape();
        (0..rows * columns).map(|at| E::of(value(at / columns, at % columns))).collect()
    }
}

/// base^(−2i/width) for each pair of features.
fn frequencies(base: f64, width: usize) -> Vec<f64> {
    (0..width / 2).map(|i| base.powf(-2.0 * i as f64 / width as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotary_tables_repeat_each_frequency_in_both_halves() {
        let cosines: Vec<f64> =
            Constant::RotaryCosines { base: 100.0, start: 3, positions: 1, head_dim: 4 }.values();
        assert_eq!(cosines, [3f64.cos(), (3.0 * 0.1f64).cos(), 3f64.cos(), (3.0 * 0.1f64).cos()]);
        let sines: Vec<f64> =
            Constant::RotarySines { base: 100.0, start: 3, positions: 1, head_dim: 4 }.values();
        assert_eq!(sines, [-3f64.sin(), -(3.0 * 0.1f64).sin(), 3f64.sin(), (3.0 * 0.1f64).sin()]);
    }

    #[test]
    fn a_window_ends_at_the_query() {
        let seen = Constant::Seen { window: Some(2), start: 1, groups: 2, queries: 2, keys: 3 };
        let off = f32::NEG_INFINITY;
        assert_eq!(seen.values::<f32>(), [[0.0, 0.0, off], [off, 0.0, 0.0]].concat().repeat(2));
    }
}
