//! Where the marks of an axis stand.

/// The range of an axis, and whether its marks are powers of ten.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) is_log: bool,
}

impl Scale {
    /// From one value to another; a single value gets room on both sides.
    pub(super) fn between(least: f64, most: f64) -> Self {
        let room = if least < most { 0.0 } else { 0.5 };
        Scale { least: least - room, most: most + room, is_log: false }
    }

    /// One for values: logarithmic where most of them would lie at the bottom, else from 0 unless all stay far from it.
    pub(super) fn of(values: &mut Vec<f64>) -> Self {
        values.retain(|value| value.is_finite());
        values.sort_unstable_by(f64::total_cmp);
        let (Some(&least), Some(&most)) = (values.first(), values.last()) else {
            return Scale { least: 0.0, most: 1.0, is_log: false };
        };
        if least == most {
            let room = if least == 0.0 { 1.0 } else { 0.5 * least.abs() };
            return Scale { least: least - room, most: most + room, is_log: false };
        }
        let middle = values[values.len() / 2];
        if least > 0.0 && middle < 0.02 * most {
            return Scale { least: least / 1.2, most: most * 1.2, is_log: true };
        }
        let air = 0.06 * (most - least);
        let bottom = if least >= 0.0 && least < 0.5 * most { 0.0 } else { least - air };
        Scale { least: bottom, most: most + air, is_log: false }
    }

    /// The place of a value, 0 to 1.
    pub(super) fn place(&self, value: f64) -> f64 {
        let on = |value: f64| if self.is_log { value.log10() } else { value };
        (on(value) - on(self.least)) / (on(self.most) - on(self.least))
    }

    /// Round values within the range, some four or five.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.is_log {
            let (low, high) = (self.least.log10(), self.most.log10());
            // Every decade, or every few of them.
            let every = ((high - low) / 6.0).ceil().max(1.0) as i32;
            let decades =
                (low.ceil() as i32..=high.floor() as i32).filter(|decade| decade.rem_euclid(every) == 0);
            return decades.map(|decade| 10f64.powi(decade)).collect();
        }
        let step = round_step((self.most - self.least) / 4.0);
        // What lies at an end belongs to the range, however it is rounded.
        let first = (self.least / step - 1e-9).ceil() as i64;
        let last = (self.most / step + 1e-9).floor() as i64;
        // Divided by a whole number where there is one: 3 / 10, and not 3 · 0.1, is 0.3.
        let inverse = (1.0 / step).round();
        let at = |count: i64| if step < 1.0 { count as f64 / inverse } else { count as f64 * step };
        (first..=last).map(at).collect()
    }

    /// Whole ones among the ticks.
    pub(super) fn whole_ticks(&self) -> Vec<f64> {
        self.ticks().into_iter().filter(|tick| tick.fract() == 0.0).collect()
    }
}

/// 1, 2 or 5 times a power of ten, near `about`.
fn round_step(about: f64) -> f64 {
    let power = 10f64.powf(about.log10().floor());
    let factor = match about / power {
        part if part < 1.5 => 1.0,
        part if part < 3.5 => 2.0,
        part if part < 7.5 => 5.0,
        _ => 10.0,
    };
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let ticks = |least, most| Scale { least, most, is_log: false }.ticks();
        assert_eq!(ticks(0.0, 1000.0), [0.0, 200.0, 400.0, 600.0, 800.0, 1000.0]);
        assert_eq!(ticks(0.9, 1.0).len(), 6);
        assert_eq!(ticks(-1.0, 1.0), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!(Scale { least: 2e-5, most: 3.0, is_log: true }.ticks().len(), 5);
        assert_eq!(Scale::between(1.0, 2.0).whole_ticks(), [1.0, 2.0]);
    }

    #[test]
    fn scales_suit_their_values() {
        assert_eq!(Scale::of(&mut vec![f64::NAN]), Scale { least: 0.0, most: 1.0, is_log: false });
        assert_eq!(Scale::of(&mut vec![2.0, 2.0]).place(2.0), 0.5);
        assert_eq!(Scale::of(&mut vec![0.1, 1.0]).least, 0.0);
        assert!(Scale::of(&mut vec![90.0, 100.0]).least > 80.0);
        let mut falling: Vec<f64> = (0..50).map(|i| 100.0 * 0.7f64.powi(i)).collect();
        assert!(Scale::of(&mut falling).is_log);
    }
}
