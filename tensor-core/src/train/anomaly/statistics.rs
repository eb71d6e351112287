//! What numbers are like.

use std::fmt;

use crate::param::Element;

/// What numbers are like: their range, mean and deviation, of those that are finite, and how many are not.
///
/// ```
/// use tensor_core::train::Statistics;
///
/// let found = Statistics::of(&[1.0f32, 3.0, f32::NAN, f32::INFINITY]);
/// assert_eq!((found.min, found.max, found.mean, found.std), (1.0, 3.0, 2.0, 1.0));
/// assert_eq!((found.count, found.nan, found.infinite), (4, 1, 1));
/// assert_eq!(found.to_string(), "1 to 3, mean 2, deviation 1, with 1 NaN and 1 infinite of 4");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// How many numbers there are.
    pub count: usize,
    /// How many of them are NaN.
    pub nan: usize,
    /// How many of them are infinite.
    pub infinite: usize,
    /// The smallest finite one; NaN if there is none.
    pub min: f64,
    /// The largest finite one; NaN if there is none.
    pub max: f64,
    /// The mean of the finite ones; NaN if there are none.
    pub mean: f64,
    /// The standard deviation of the finite ones; NaN if there are none.
    pub std: f64,
}

impl Statistics {
    /// Those of these numbers.
    pub fn of<E: Element>(numbers: &[E]) -> Self {
        let wide = |x: &E| x.to_f64().unwrap_or(f64::NAN);
        let finite = || numbers.iter().map(wide).filter(|x| x.is_finite());
        let nan = numbers.iter().filter(|x| x.is_nan()).count();
        let many = finite().count();
        // Shares are added, since a sum of large numbers could overflow.
        let mean = finite().map(|x| x / many as f64).sum::<f64>();
        let variance = finite().map(|x| (x - mean).powi(2) / many as f64).sum::<f64>();
        let known = |x: f64| if many == 0 { f64::NAN } else { x };
        Statistics {
            count: numbers.len(),
            nan,
            infinite: numbers.len() - nan - many,
            min: known(finite().fold(f64::INFINITY, f64::min)),
            max: known(finite().fold(f64::NEG_INFINITY, f64::max)),
            mean: known(mean),
            std: known(variance.sqrt()),
        }
    }

    /// Whether all numbers are finite.
    pub fn is_finite(&self) -> bool {
        self.nan + self.infinite == 0
    }

    /// Whether all numbers are 0.
    pub fn is_zero(&self) -> bool {
        self.is_finite() && self.min == 0.0 && self.max == 0.0
    }

    /// `3 NaN and 1 infinite of 32`
    pub(super) fn not_finite(&self) -> String {
        let count = |count: usize, what| (count > 0).then(|| format!("{count} {what}"));
        let kinds: Vec<String> =
            [count(self.nan, "NaN"), count(self.infinite, "infinite")].into_iter().flatten().collect();
        format!("{} of {}", kinds.join(" and "), self.count)
    }
}

/// Four digits, with an exponent where that is shorter.
pub(super) struct Short(pub(super) f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Short(x) = *self;
        if x != 0.0 && !(1e-3..1e5).contains(&x.abs()) {
            return write!(f, "{x:.3e}");
        }
        let digits = 4 - (x.abs().max(1.0).log10().floor() as usize).min(4);
        let text = format!("{x:.digits$}");
        f.write_str(if digits == 0 { &text } else { text.trim_end_matches('0').trim_end_matches('.') })
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nan + self.infinite == self.count {
            return f.write_str(&self.not_finite());
        }
        let Statistics { min, max, mean, std, .. } = *self;
        let [min, max, mean, std] = [min, max, mean, std].map(Short);
        write!(f, "{min} to {max}, mean {mean}, deviation {std}")?;
        if self.is_finite() { Ok(()) } else { write!(f, ", with {}", self.not_finite()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_have_a_mean_and_none_have_none() {
        let found = Statistics::of(&[f64::MAX, f64::MAX]);
        assert!(found.mean.is_finite() && found.std == 0.0);
        let none = Statistics::of(&[f32::NAN, f32::NEG_INFINITY, f32::NAN]);
        assert!(none.min.is_nan() && none.mean.is_nan() && none.std.is_nan());
        assert_eq!(none.to_string(), "2 NaN and 1 infinite of 3");
        assert!(Statistics::of(&[0.0f32, -0.0]).is_zero() && !none.is_zero());
    }

    #[test]
    fn numbers_are_short() {
        let short = |x: f64| Short(x).to_string();
        let found = [0.0, 1.0, -2.5, 1234.5678, 99999.0, 3.2e38, 1.5e-7, 0.012345].map(short);
        assert_eq!(found, ["0", "1", "-2.5", "1234.6", "99999", "3.200e38", "1.500e-7", "0.0123"]);
    }
}
