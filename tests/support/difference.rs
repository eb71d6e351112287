//! How far numbers are apart.

/// The largest `|found − expected|`. A NaN on either side, which `f64::max` would pass over, counts as infinite.
#[track_caller]
pub fn largest_difference<E: Copy + Into<f64>>(found: &[E], expected: &[E]) -> f64 {
    assert_eq!(found.len(), expected.len(), "numbers found, numbers expected");
    assert!(!found.is_empty(), "there is nothing to compare");
    let difference = |(&found, &expected): (&E, &E)| (found.into() - expected.into()).abs();
    let differences = found.iter().zip(expected).map(difference);
    differences.map(|apart| if apart.is_nan() { f64::INFINITY } else { apart }).fold(0.0, f64::max)
}
