//! The normal form of a size: a fraction of polynomials.
//!
//! `D / H` stays a fraction, so that `H * (D / H)` and `D` are found equal by multiplying across. Whoever builds a
//! fraction has made sure, or left to rustc, that its value is whole; then every denominator is positive.

use std::collections::BTreeSet;
use std::fmt;

use super::poly::{Poly, Symbol};

/// A size, reduced by the common factors that are easy to see.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    numerator: Poly,
    denominator: Poly,
}

impl Size {
    pub(crate) fn number(value: i128) -> Size {
        Size { numerator: Poly::number(value), denominator: Poly::number(1) }
    }

    pub(crate) fn symbol(symbol: Symbol) -> Size {
        Size { numerator: Poly::symbol(symbol), denominator: Poly::number(1) }
    }

    /// `None` where the denominator is 0.
    pub(super) fn new(numerator: Poly, denominator: Poly) -> Option<Size> {
        if denominator.is_zero() {
            return None;
        }
        if let Some(whole) = numerator.over(&denominator) {
            return Some(Size { numerator: whole, denominator: Poly::number(1) });
        }
        if let Some(below) = denominator.over(&numerator) {
            return Some(Size { numerator: Poly::number(1), denominator: below });
        }
        let shared = numerator.common_content(&denominator);
        Some(Size { numerator: numerator.over(&shared)?, denominator: denominator.over(&shared)? })
    }

    /// The value, if it is a plain number.
    pub(crate) fn value(&self) -> Option<u64> {
        self.as_number().and_then(|value| u64::try_from(value).ok())
    }

    /// The value, if it is a plain whole number of any sign.
    pub(super) fn as_number(&self) -> Option<i128> {
        if self.is_whole() { self.numerator.as_number() } else { None }
    }

    /// Whether no fraction is left.
    pub(super) fn is_whole(&self) -> bool {
        self.denominator == Poly::number(1)
    }

    pub(super) fn numerator(&self) -> &Poly {
        &self.numerator
    }

    pub(super) fn denominator(&self) -> &Poly {
        &self.denominator
    }

    pub(crate) fn symbols(&self) -> BTreeSet<Symbol> {
        &self.numerator.symbols() | &self.denominator.symbols()
    }

    pub(super) fn add(&self, other: &Size) -> Option<Size> {
        let (left, right) =
            (self.numerator.mul(&other.denominator)?, other.numerator.mul(&self.denominator)?);
        Size::new(left.add(&right)?, self.denominator.mul(&other.denominator)?)
    }

    pub(super) fn sub(&self, other: &Size) -> Option<Size> {
        Size::new(self.difference(other)?, self.denominator.mul(&other.denominator)?)
    }

    pub(super) fn mul(&self, other: &Size) -> Option<Size> {
        Size::new(self.numerator.mul(&other.numerator)?, self.denominator.mul(&other.denominator)?)
    }

    /// `None` where `other` is 0.
    pub(super) fn div(&self, other: &Size) -> Option<Size> {
        Size::new(self.numerator.mul(&other.denominator)?, self.denominator.mul(&other.numerator)?)
    }

    /// `self - other`, times both denominators: it has the sign of the difference.
    pub(super) fn difference(&self, other: &Size) -> Option<Poly> {
        self.numerator.mul(&other.denominator)?.sub(&other.numerator.mul(&self.denominator)?)
    }

    pub(super) fn replace(&self, value: impl Fn(&Symbol) -> Option<Poly>) -> Option<Size> {
        Size::new(self.numerator.replace(&value)?, self.denominator.replace(&value)?)
    }
}

/// By multiplying across; sizes too large for that are not equal.
impl PartialEq for Size {
    fn eq(&self, other: &Size) -> bool {
        self.difference(other).is_some_and(|difference| difference.is_zero())
    }
}

/// `4 * D`, `(H * W) / (P * P)`: a dim again, in the grammar of the language.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_whole() {
            return write!(f, "{}", self.numerator);
        }
        let bracketed = |poly: &Poly| {
            let text = poly.to_string();
            if text.contains(' ') { format!("({text})") } else { text }
        };
        write!(f, "{} / {}", bracketed(&self.numerator), bracketed(&self.denominator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(name: &str) -> Size {
        Size::symbol(Symbol::Parameter(name.into()))
    }

    #[test]
    fn a_fraction_comes_back_whole() {
        let head = size("D").div(&size("H")).unwrap();
        assert_eq!(head.to_string(), "D / H");
        assert_eq!(size("H").mul(&head).unwrap(), size("D"));
        assert_ne!(head, size("D"));
    }

    #[test]
    fn common_factors_cancel() {
        let (six, four) = (Size::number(6), Size::number(4));
        let above = six.mul(&size("A")).unwrap().mul(&size("B")).unwrap();
        let below = four.mul(&size("A")).unwrap().mul(&size("C")).unwrap();
        assert_eq!(above.div(&below).unwrap().to_string(), "(3 * B) / (2 * C)");
        assert_eq!(size("A").div(&size("A")).unwrap().value(), Some(1));
        assert_eq!(size("A").div(&below).unwrap().to_string(), "1 / (4 * C)");
    }

    #[test]
    fn only_whole_numbers_have_a_value() {
        let seven = Size::number(7);
        assert_eq!(seven.value(), Some(7));
        assert_eq!(seven.div(&Size::number(2)).unwrap().value(), None);
        assert_eq!(Size::number(-7).value(), None);
        assert_eq!(seven.div(&Size::number(0)), None);
        assert_eq!(size("A").value(), None);
    }
}
