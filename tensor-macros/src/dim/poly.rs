//! Polynomials with whole coefficients, the normal form of a size.
//!
//! Both levels are ordered maps: a polynomial from monomial to coefficient, a monomial from symbol to power. Equal
//! polynomials are therefore equal values, and printing is the same in every run. Arithmetic gives `None` where a
//! coefficient leaves `i128`, so that no answer is ever wrong, and where a sum grows too long, so that every answer comes
//! soon.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The most terms of a polynomial. Sizes have a few; a proof that multiplies them up to more would take minutes.
const MOST_TERMS: usize = 256;

/// A name in a size.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Symbol {
    /// A const parameter of the declaration.
    Parameter(String),
    /// An UPPER_CASE const item or a path, whose value only rustc knows.
    Constant(String),
    /// A lower_case axis, whose size is known when the program runs.
    Axis(String),
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Symbol::Parameter(name) | Symbol::Constant(name) | Symbol::Axis(name)) = self;
        f.write_str(name)
    }
}

/// A product of powers of symbols; the powers are never 0.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Monomial(BTreeMap<Symbol, u32>);

impl Monomial {
    fn degree(&self) -> u64 {
        self.0.values().map(|&power| u64::from(power)).sum()
    }

    fn times(&self, other: &Monomial) -> Option<Monomial> {
        let mut product = self.clone();
        for (symbol, &power) in &other.0 {
            let entry = product.0.entry(symbol.clone()).or_default();
            *entry = entry.checked_add(power)?;
        }
        Some(product)
    }

    /// The quotient, if `other` divides this monomial.
    pub(super) fn over(&self, other: &Monomial) -> Option<Monomial> {
        let mut quotient = self.clone();
        for (symbol, &power) in &other.0 {
            let left = quotient.0.remove(symbol)?.checked_sub(power)?;
            if left > 0 {
                quotient.0.insert(symbol.clone(), left);
            }
        }
        Some(quotient)
    }

    fn common(&self, other: &Monomial) -> Monomial {
        let shared = self.0.iter().filter_map(|(symbol, &power)| {
            let theirs = *other.0.get(symbol)?;
            Some((symbol.clone(), power.min(theirs)))
        });
        Monomial(shared.collect())
    }

    pub(super) fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.0.keys()
    }

    pub(super) fn is_one(&self) -> bool {
        self.0.is_empty()
    }
}

/// By degree, then by the power of the first symbol, and so on. Products keep this order, which division needs; the
/// order that the map itself would give does not.
impl Ord for Monomial {
    fn cmp(&self, other: &Monomial) -> Ordering {
        fn powers(monomial: &Monomial) -> impl Iterator<Item = (Reverse<&Symbol>, u32)> {
            monomial.0.iter().map(|(symbol, &power)| (Reverse(symbol), power))
        }
        self.degree().cmp(&other.degree()).then_with(|| powers(self).cmp(powers(other)))
    }
}

impl PartialOrd for Monomial {
    fn partial_cmp(&self, other: &Monomial) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Monomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factors = self.0.iter().flat_map(|(symbol, &power)| (0..power).map(move |_| symbol));
        for (position, symbol) in factors.enumerate() {
            let times = if position == 0 { "" } else { " * " };
            write!(f, "{times}{symbol}")?;
        }
        Ok(())
    }
}

/// A sum of monomials with whole coefficients, none of them 0.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Poly {
    terms: BTreeMap<Monomial, i128>,
}

impl Poly {
    pub(crate) fn number(value: i128) -> Poly {
        Poly::term(Monomial::default(), value)
    }

    pub(crate) fn symbol(symbol: Symbol) -> Poly {
        Poly::term(Monomial(BTreeMap::from([(symbol, 1)])), 1)
    }

    pub(super) fn term(monomial: Monomial, coefficient: i128) -> Poly {
        Poly { terms: (coefficient != 0).then_some((monomial, coefficient)).into_iter().collect() }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// The value, if no symbol occurs.
    pub(crate) fn as_number(&self) -> Option<i128> {
        self.terms.keys().all(Monomial::is_one).then(|| self.constant())
    }

    /// The term without symbols.
    pub(super) fn constant(&self) -> i128 {
        self.coefficient(&Monomial::default())
    }

    pub(super) fn coefficient(&self, monomial: &Monomial) -> i128 {
        self.terms.get(monomial).copied().unwrap_or(0)
    }

    /// The terms, the greatest first.
    pub(super) fn terms(&self) -> impl Iterator<Item = (&Monomial, i128)> {
        self.terms.iter().rev().map(|(monomial, &coefficient)| (monomial, coefficient))
    }

    fn lead(&self) -> Option<(&Monomial, i128)> {
        self.terms.last_key_value().map(|(monomial, &coefficient)| (monomial, coefficient))
    }

    pub(crate) fn symbols(&self) -> BTreeSet<Symbol> {
        self.terms.keys().flat_map(Monomial::symbols).cloned().collect()
    }

    pub(crate) fn add(&self, other: &Poly) -> Option<Poly> {
        let mut sum = self.clone();
        for (monomial, &coefficient) in &other.terms {
            let entry = sum.terms.entry(monomial.clone()).or_default();
            *entry = entry.checked_add(coefficient)?;
            if *entry == 0 {
                sum.terms.remove(monomial);
            }
        }
        (sum.terms.len() <= MOST_TERMS).then_some(sum)
    }

    pub(crate) fn sub(&self, other: &Poly) -> Option<Poly> {
        self.add(&other.scale(-1)?)
    }

    pub(crate) fn mul(&self, other: &Poly) -> Option<Poly> {
        let mut product = Poly::default();
        for (monomial, &coefficient) in &other.terms {
            product = product.add(&self.times(monomial, coefficient)?)?;
        }
        Some(product)
    }

    pub(super) fn scale(&self, factor: i128) -> Option<Poly> {
        self.times(&Monomial::default(), factor)
    }

    /// The product with a single term.
    pub(super) fn times(&self, monomial: &Monomial, factor: i128) -> Option<Poly> {
        let product = |(own, &coefficient): (&Monomial, &i128)| {
            Some((own.times(monomial)?, coefficient.checked_mul(factor)?))
        };
        let terms = if factor == 0 {
            BTreeMap::new()
        } else {
            self.terms.iter().map(product).collect::<Option<_>>()?
        };
        Some(Poly { terms })
    }

    /// The quotient, if `divisor` divides this polynomial without remainder and with whole coefficients.
    pub(crate) fn over(&self, divisor: &Poly) -> Option<Poly> {
        let (lead, lead_coefficient) = divisor.lead()?;
        let (mut quotient, mut rest) = (Poly::default(), self.clone());
        // The greatest term of a product is the product of the greatest terms, so each step is forced.
        while let Some((greatest, coefficient)) = rest.lead() {
            let monomial = greatest.over(lead)?;
            if coefficient.checked_rem(lead_coefficient)? != 0 {
                return None;
            }
            let factor = coefficient.checked_div(lead_coefficient)?;
            rest = rest.sub(&divisor.times(&monomial, factor)?)?;
            quotient = quotient.add(&Poly::term(monomial, factor))?;
        }
        Some(quotient)
    }

    /// What is left of a whole multiple (not the 0-fold) of this polynomial after taking away multiples of the
    /// divisors. Where it is 0 and all divisors are 0, this polynomial is 0.
    pub(super) fn remainder(&self, divisors: &[Poly]) -> Option<Poly> {
        let mut rest = self.clone();
        // Each step trades a monomial for smaller ones, so it ends.
        while let Some((divisor, monomial, coefficient)) = divisors.iter().find_map(|divisor| {
            let lead = divisor.lead()?.0;
            rest.terms().find_map(|(own, coefficient)| Some((divisor, own.over(lead)?, coefficient)))
        }) {
            let (_, lead_coefficient) = divisor.lead()?;
            let common = greatest_common_divisor(lead_coefficient, coefficient);
            let taken = divisor.times(&monomial, coefficient / common)?;
            rest = rest.scale(lead_coefficient / common)?.sub(&taken)?;
        }
        Some(rest)
    }

    /// The greatest term that divides every term: `6 * A` in `12 * A * B - 18 * A`.
    pub(super) fn content(&self) -> Poly {
        self.common_content(&Poly::default())
    }

    /// The greatest term that divides every term of both.
    pub(super) fn common_content(&self, other: &Poly) -> Poly {
        let terms = self.terms().chain(other.terms());
        let shared = terms.map(|(monomial, coefficient)| (monomial.clone(), coefficient));
        match shared.reduce(|a, b| (a.0.common(&b.0), greatest_common_divisor(a.1, b.1))) {
            Some((monomial, coefficient)) => Poly::term(monomial, coefficient.checked_abs().unwrap_or(1)),
            None => Poly::number(1),
        }
    }

    /// Every symbol that has a value replaced by it, all at once.
    pub(crate) fn replace(&self, value: impl Fn(&Symbol) -> Option<Poly>) -> Option<Poly> {
        let mut replaced = Poly::default();
        for (monomial, &coefficient) in &self.terms {
            let mut product = Poly::number(coefficient);
            for (symbol, &power) in &monomial.0 {
                let factor = value(symbol).unwrap_or_else(|| Poly::symbol(symbol.clone()));
                for _ in 0..power {
                    product = product.mul(&factor)?;
                }
            }
            replaced = replaced.add(&product)?;
        }
        Some(replaced)
    }

    /// The value of `symbol` where this polynomial is 0, if it occurs once, alone, with coefficient 1 or -1.
    pub(super) fn solve(&self, symbol: &Symbol) -> Option<Poly> {
        let alone = Poly::symbol(symbol.clone());
        let coefficient = self.coefficient(alone.terms.keys().next()?);
        let rest = self.sub(&alone.scale(coefficient)?)?;
        let solvable = coefficient.unsigned_abs() == 1 && !rest.symbols().contains(symbol);
        if solvable { rest.scale(-coefficient) } else { None }
    }

    /// Seen as a polynomial in the chosen symbols only: their monomials, each with its coefficient.
    pub(super) fn grouped_by(&self, chosen: impl Fn(&Symbol) -> bool) -> Option<BTreeMap<Monomial, Poly>> {
        let mut groups = BTreeMap::<Monomial, Poly>::new();
        for (monomial, &coefficient) in &self.terms {
            let (key, rest) = monomial.0.clone().into_iter().partition(|(symbol, _)| chosen(symbol));
            let group = groups.entry(Monomial(key)).or_default();
            *group = group.add(&Poly::term(Monomial(rest), coefficient))?;
        }
        Some(groups)
    }
}

impl fmt::Display for Poly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        for (position, (monomial, coefficient)) in self.terms().enumerate() {
            f.write_str(match (position, coefficient < 0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            })?;
            match coefficient.unsigned_abs() {
                1 if !monomial.is_one() => write!(f, "{monomial}")?,
                size if monomial.is_one() => write!(f, "{size}")?,
                size => write!(f, "{size} * {monomial}")?,
            }
        }
        Ok(())
    }
}

/// Euclid's; never negative, except that `i128::MIN` with itself or 0 stays as it is.
pub(super) fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a.wrapping_rem(b));
    }
    a.wrapping_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn symbol(name: &str) -> Poly {
        Poly::symbol(Symbol::Parameter(name.into()))
    }

    fn number(value: i128) -> Poly {
        Poly::number(value)
    }

    #[test]
    fn prints_the_greatest_term_first() {
        let square = symbol("A").add(&number(-3)).unwrap();
        let square = square.mul(&square).unwrap();
        assert_eq!(square.to_string(), "A * A - 6 * A + 9");
        assert_eq!(number(0).to_string(), "0");
        assert_eq!(number(-1).to_string(), "-1");
        assert_eq!(symbol("A").scale(-1).unwrap().to_string(), "-A");
    }

    #[test]
    fn overflow_is_no_answer() {
        let huge = number(i128::MAX);
        assert_eq!(huge.add(&number(1)), None);
        assert_eq!(huge.mul(&number(2)), None);
        assert_eq!(number(i128::MIN).over(&number(-1)), None);
        assert_eq!(number(i128::MIN).content(), number(1));
    }

    #[test]
    fn solves_for_a_lone_symbol() {
        let equation = symbol("A").add(&symbol("B")).unwrap().sub(&symbol("C").scale(2).unwrap()).unwrap();
        let solution = equation.solve(&Symbol::Parameter("A".into())).unwrap();
        assert_eq!(solution.to_string(), "-B + 2 * C");
        assert_eq!(equation.solve(&Symbol::Parameter("C".into())), None);
        assert_eq!(equation.solve(&Symbol::Parameter("D".into())), None);
    }

    fn poly() -> impl Strategy<Value = Poly> {
        let term =
            (-4i128..=4, proptest::collection::vec(0usize..3, 0..3)).prop_map(|(coefficient, names)| {
                names.iter().fold(number(coefficient), |product, &name| {
                    product.mul(&symbol(["A", "B", "C"][name])).unwrap()
                })
            });
        proptest::collection::vec(term, 0..4)
            .prop_map(|terms| terms.iter().fold(number(0), |sum, term| sum.add(term).unwrap()))
    }

    proptest! {
        #[test]
        fn ring_laws(a in poly(), b in poly(), c in poly()) {
            let (add, mul) = (|x: &Poly, y: &Poly| x.add(y).unwrap(), |x: &Poly, y: &Poly| x.mul(y).unwrap());
            prop_assert_eq!(add(&a, &b), add(&b, &a));
            prop_assert_eq!(mul(&a, &b), mul(&b, &a));
            prop_assert_eq!(add(&add(&a, &b), &c), add(&a, &add(&b, &c)));
            prop_assert_eq!(mul(&mul(&a, &b), &c), mul(&a, &mul(&b, &c)));
            prop_assert_eq!(mul(&a, &add(&b, &c)), add(&mul(&a, &b), &mul(&a, &c)));
            prop_assert_eq!(a.sub(&a).unwrap(), number(0));
            prop_assert_eq!(mul(&a, &number(1)), a);
        }

        #[test]
        fn substitution_keeps_sums_and_products(a in poly(), b in poly(), value in poly()) {
            let put = |x: &Poly| x.replace(|s| (*s == Symbol::Parameter("A".into())).then(|| value.clone())).unwrap();
            prop_assert_eq!(put(&a.add(&b).unwrap()), put(&a).add(&put(&b)).unwrap());
            prop_assert_eq!(put(&a.mul(&b).unwrap()), put(&a).mul(&put(&b)).unwrap());
        }

        #[test]
        fn division_undoes_multiplication(a in poly(), b in poly()) {
            prop_assume!(!b.is_zero());
            let product = a.mul(&b).unwrap();
            prop_assert_eq!(product.over(&b), Some(a.clone()));
            prop_assert!(product.remainder(std::slice::from_ref(&b)).unwrap().is_zero());
            if let Some(quotient) = a.over(&b) {
                prop_assert_eq!(quotient.mul(&b).unwrap(), a);
            }
        }
    }
}
