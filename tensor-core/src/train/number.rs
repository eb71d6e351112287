//! Numbers as people read them.

use crate::plan::grouped;

/// Four significant digits: `0.1235`, `3e-4`, `12.5`, `1 234 567`, `NaN`.
pub(crate) fn short(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    let sign = if value < 0.0 { "-" } else { "" };
    match size {
        0.0 => "0".to_owned(),
        _ if !(1e-3..1e9).contains(&size) => {
            let text = format!("{size:.3e}");
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            format!("{sign}{}e{exponent}", without_zeros(digits))
        }
        _ if size >= 1e3 => format!("{sign}{}", grouped(size.round() as u64)),
        _ => {
            // The place of the first digit after the point is −1.
            let place = size.log10().floor() as i32;
            let decimals = (3 - place).max(0) as usize;
            format!("{sign}{}", without_zeros(&format!("{size:.decimals$}")))
        }
    }
}

/// Takes the zeros from the end of a decimal fraction.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.123456, "0.1235"),
            (-0.05, "-0.05"),
            (0.99999, "1"),
            (3e-4, "3e-4"),
            (1.23456e-7, "1.235e-7"),
            (12.5, "12.5"),
            (999.96, "1000"),
            (31234.5, "31 235"),
            (-1e6, "-1 000 000"),
            (2.5e12, "2.5e12"),
            (0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(short(value), text);
        }
    }
}
