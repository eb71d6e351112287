//! What positions are made of: sizes, their numbers, which are seen, by what angle they turn.

use std::f64::consts::TAU;

use super::{Flow, Lowering};
use crate::onnx::graph::Value;
use crate::onnx::proto::{Attribute, data_type};
use crate::ops::mask::MASK;
use crate::plan::Axis;

impl Lowering {
    /// The size of an axis, `[1]`: a constant, or read from an input.
    pub(super) fn size(&mut self, axis: Axis) -> Value {
        let (name, plus) = match axis {
            Axis::Static(size) => return self.graph.integers(&[size as i64]),
            Axis::Runtime { name, plus } => (name, plus),
        };
        let Some(found) = self.sizes.iter().find(|size| size.name == name) else {
            unreachable!("no input has the axis `{name}`, which the plan's check refuses")
        };
        let (input, place, more) = (found.input.clone(), found.place as i64, plus - found.plus);
        let at = vec![Attribute::int("start", place), Attribute::int("end", place + 1)];
        let size = self.graph.node("Shape", &[&input], at);
        if more == 0 {
            return size;
        }
        let more = self.graph.integers(&[more as i64]);
        self.graph.join("Add", &size, &more)
    }

    /// The sizes of axes, one after another.
    pub(super) fn sizes(&mut self, axes: &[Axis]) -> Value {
        let known: Option<Vec<i64>> = axes.iter().map(|axis| axis.size().map(|size| size as i64)).collect();
        if let Some(known) = known {
            return self.graph.integers(&known);
        }
        let sizes: Vec<Value> = axes.iter().map(|&axis| self.size(axis)).collect();
        let sizes: Vec<&Value> = sizes.iter().collect();
        self.graph.node("Concat", &sizes, vec![Attribute::int("axis", 0)])
    }

    /// 0, 1 … for each place of an axis.
    pub(super) fn places(&mut self, axis: Axis) -> Value {
        let size = match axis {
            Axis::Static(size) => return self.graph.integers(&(0..size as i64).collect::<Vec<_>>()),
            Axis::Runtime { .. } => self.size(axis),
        };
        let first = self.graph.integers(&[0]);
        let size = self.graph.node("Squeeze", &[&size, &first], Vec::new());
        let (start, step) = (self.graph.integer(0), self.graph.integer(1));
        self.graph.node("Range", &[&start, &size, &step], Vec::new())
    }

    /// `[queries, keys]`: whether a query sees a key, which comes no later, and with a window is among the last so many.
    pub(super) fn seen(&mut self, queries: Axis, keys: Axis, window: Option<usize>) -> Value {
        let (queries, keys) = (self.places(queries), self.places(keys));
        let queries = self.graph.unsqueeze(&queries, &[1]);
        let seen = self.graph.join("LessOrEqual", &keys, &queries);
        let Some(window) = window else { return seen };
        let back = self.graph.join("Sub", &queries, &keys);
        let window = self.graph.integer(window as i64);
        let near = self.graph.join("Less", &back, &window);
        self.graph.join("And", &seen, &near)
    }

    /// The side input `mask` with truth values: whether a position counts.
    pub(super) fn counted(&mut self) -> Value {
        let Flow { value, .. } = self.side(MASK);
        self.graph.cast(&value, data_type::BOOL)
    }

    /// cos and sin of p·base^(−2i/width) for each position p and i up to width / 2: `[n, width / 2]`.
    ///
    /// In 32 bits the angle p·f is wrong by 10⁻⁴ where p is some thousand. So turns are counted, f/2π = a + b + c with 8 digits
    /// in a and 8 in b: p·a and p·b are exact up to p = 2¹⁶, and whole turns are left out before anything is added up.
    pub(super) fn turns(&mut self, positions: Axis, base: f64, width: usize) -> [Value; 2] {
        let turns = (0..width / 2).map(|i| base.powf(-2.0 * i as f64 / width as f64) / TAU);
        let parts: Vec<[f64; 3]> = turns.map(three_parts).collect();
        let float = self.graph.float();
        let places = self.places(positions);
        let places = self.graph.cast(&places, float);
        let places = self.graph.unsqueeze(&places, &[1]);
        let [coarse, fine, rest] = [0, 1, 2].map(|part| {
            let each: Vec<f64> = parts.iter().map(|parts| parts[part]).collect();
            let each = self.graph.table(&each, &[width / 2]);
            self.graph.join("Mul", &places, &each)
        });
        let [coarse, fine] = [coarse, fine].map(|turns| {
            let whole = self.graph.apply("Floor", &turns);
            self.graph.join("Sub", &turns, &whole)
        });
        let sum = self.graph.join("Add", &fine, &rest);
        let sum = self.graph.join("Add", &coarse, &sum);
        let circle = self.graph.number(TAU);
        let angle = self.graph.join("Mul", &sum, &circle);
        ["Cos", "Sin"].map(|op_type| self.graph.apply(op_type, &angle))
    }
}

/// A positive number as a sum: its first 8 binary digits, the next 8, the rest.
fn three_parts(number: f64) -> [f64; 3] {
    let coarse = leading_digits(number);
    let fine = leading_digits(number - coarse);
    [coarse, fine, number - coarse - fine]
}

/// Its first 8 binary digits.
fn leading_digits(number: f64) -> f64 {
    let unit = 2f64.powf(number.log2().floor() - 7.0);
    if number > 0.0 { (number / unit).floor() * unit } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_short_and_make_the_whole() {
        for number in [1.0 / TAU, 0.1, 1e-6, 0.5, 3.0f64.recip()] {
            let [coarse, fine, rest] = three_parts(number);
            assert_eq!(coarse + fine + rest, number);
            for part in [coarse, fine] {
                assert_eq!((part as f32 * 65_535.0) as f64, part * 65_535.0, "{number}: exact in 32 bits");
            }
            assert!(rest < number / 32_768.0);
        }
    }
}
