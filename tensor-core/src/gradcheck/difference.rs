//! One partial derivative by extrapolated central differences.

use super::GradcheckError;

/// First step, relative to max(1, |v|).
const STEP: f64 = 1.0 / 4096.0;
/// Factor between one step and the next smaller one.
const SHRINK: f64 = 1.0 / 16.0;
/// Steps tried: the last is 2⁻²⁴ ≈ 6e-8, where rounding leaves about eight digits.
const STEPS: i32 = 4;
/// Relative disagreement of the two differences up to which a step counts as good. The extrapolated value is
/// then off by its third at most (a kink in the outer half of the stencil), and by its square where the
/// function is smooth.
const AGREE: f64 = 1e-6;
/// Rounding of one output, in units of ε · scale, that a disagreement may come from.
const ROUNDING: f64 = 16.0;

/// d/dv of `sum(output(v) · weights)` at `value`.
///
/// With the central difference D(h) = f′ + h²·f‴/6 + O(h⁴), the combination (4·D(h) − D(2h)) / 3 drops the h²
/// term. If D(h) and D(2h) differ by more than rounding explains, a kink or a strong bend lies within 2h, and
/// a smaller step follows; if none of them agrees, the one with the least disagreement counts. The result is
/// not finite only if that holds for every step.
pub(super) fn derivative(
    value: f64,
    weights: &[f64],
    scale: f64,
    output: &mut impl FnMut(f64) -> Result<Vec<f64>, GradcheckError>,
) -> Result<f64, GradcheckError> {
    let mut slope = |step: f64| {
        let (above, below) = (value + step, value - step);
        let (high, low) = (output(above)?, output(below)?);
        // Outputs are subtracted before they are summed: each difference then rounds relative to one output.
        let rise: f64 = high.iter().zip(&low).zip(weights).map(|((h, l), c)| (h - l) * c).sum();
        Ok(rise / (above - below))
    };
    let (mut best, mut least) = (f64::NAN, f64::INFINITY);
    for shrunk in 0..STEPS {
        let step = STEP * SHRINK.powi(shrunk) * value.abs().max(1.0);
        let (near, far) = (slope(step)?, slope(2.0 * step)?);
        let disagreement = (near - far).abs();
        if disagreement < least {
            (best, least) = ((4.0 * near - far) / 3.0, disagreement);
        }
        if disagreement <= AGREE * near.abs().max(far.abs()) + ROUNDING * f64::EPSILON * scale / step {
            break;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The derivative of `f` at `value` and the number of evaluations.
    fn at(value: f64, f: impl Fn(f64) -> f64) -> (f64, usize) {
        let mut calls = 0;
        let mut output = |v| {
            calls += 1;
            Ok(vec![f(v)])
        };
        let slope = derivative(value, &[1.0], f(value).abs(), &mut output).unwrap();
        (slope, calls)
    }

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() <= 1e-9 * expected.abs(), "{value} is not {expected}");
    }

    #[test]
    fn smooth_functions_take_one_step() {
        let (slope, calls) = at(0.3, f64::exp);
        close(slope, 0.3f64.exp());
        assert_eq!(calls, 4);
    }

    #[test]
    fn strong_bends_shrink_the_step() {
        let (slope, calls) = at(0.01, |v| (300.0 * v).sin());
        close(slope, 300.0 * 3f64.cos());
        assert!(calls > 4);
    }

    #[test]
    fn kinks_nearby_shrink_the_step() {
        for distance in [1e-4, 3e-4, 1e-5, 1e-6] {
            close(at(distance, |v| 1.0 + 3.0 * v.max(0.0)).0, 3.0);
            assert!(at(-distance, |v| 1.0 + 3.0 * v.max(0.0)).0.abs() < 1e-8);
        }
    }

    #[test]
    fn an_edge_of_the_domain_shrinks_the_step() {
        close(at(1e-4, |v| v.ln()).0, 1e4);
        assert!(at(0.0, |v| v.sqrt()).0.is_nan());
    }
}
