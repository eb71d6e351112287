//! What the relations of a declaration say, as polynomials, and what follows from it.
//!
//! All symbols stand for positive whole numbers. A proof here is never wrong; it is a search with a limit, though, so
//! that "no" means "not found".

use std::collections::BTreeMap;

use super::poly::{Poly, Symbol, greatest_common_divisor};
use super::size::Size;

/// How many relations one proof may use in a row.
const DEPTH: u32 = 4;

/// How many combinations of relations one proof may try, so that no declaration can stall the compiler.
const STEPS: u32 = 200;

/// Searches for a short proof first: the search gets the longest length to try and the steps that are left.
fn search(mut prove: impl FnMut(u32, &mut u32) -> bool) -> bool {
    let mut steps = STEPS;
    (0..=DEPTH).any(|depth| prove(depth, &mut steps))
}

/// One step further: the depth that is left, if steps are left too.
fn deeper(depth: u32, steps: &mut u32) -> Option<u32> {
    *steps = steps.checked_sub(1)?;
    depth.checked_sub(1)
}

#[derive(Clone, Default)]
pub(super) struct Facts {
    /// Symbols that equations were solved for. None of them occurs in a value, so that one pass replaces them all.
    values: BTreeMap<Symbol, Poly>,
    /// Polynomials that are 0, without common factors, that could not be solved.
    zeros: Vec<Poly>,
    /// Polynomials that are 0 or more.
    bounds: Vec<Poly>,
    /// Fractions whose value is a whole number.
    wholes: Vec<Size>,
}

/// Why an equation was not taken up.
#[derive(Debug)]
pub(super) enum Refusal {
    TooLarge,
    /// No positive numbers satisfy it together with the equations before.
    Contradiction,
}

/// Taking up what relations say.
impl Facts {
    /// Takes up `equation == 0`; it is solved for one of the favourites, if it can be.
    pub(super) fn equate(&mut self, equation: Poly, favourites: &[Symbol]) -> Result<(), Refusal> {
        let mut waiting = vec![equation];
        while let Some(equation) = waiting.pop() {
            let zero = self.without_known(&equation).ok_or(Refusal::TooLarge)?;
            if zero.is_zero() {
                continue;
            }
            if self.never_zero(&zero) {
                return Err(Refusal::Contradiction);
            }
            if let Some((symbol, value)) = solution(&zero, favourites) {
                let put = |old: &Poly| old.replace(|name| (*name == symbol).then(|| value.clone()));
                for old in self.values.values_mut() {
                    *old = put(old).ok_or(Refusal::TooLarge)?;
                }
                self.values.insert(symbol, value);
                // With one symbol fewer, the unsolved ones may be solvable.
                waiting.append(&mut self.zeros);
            } else {
                // The new one may simplify those before it; these go through the same mill again.
                let simpler =
                    |old: &mut Poly| old.remainder(std::slice::from_ref(&zero)).as_ref() != Some(old);
                waiting.extend(self.zeros.extract_if(.., simpler));
                self.zeros.push(zero);
            }
        }
        Ok(())
    }

    /// Takes up `0 <= bound`.
    pub(super) fn bound(&mut self, bound: Poly) {
        self.bounds.push(bound);
    }

    /// Takes up that the value of `fraction` is whole.
    pub(super) fn whole(&mut self, fraction: Size) {
        self.wholes.push(fraction);
    }

    /// The equation after all that is known, without common factors: these are never 0.
    fn without_known(&self, equation: &Poly) -> Option<Poly> {
        let rest = self.put_values(equation)?.remainder(&self.zeros)?;
        rest.over(&rest.content())
    }

    fn put_values(&self, poly: &Poly) -> Option<Poly> {
        poly.replace(|symbol| self.values.get(symbol).cloned())
    }

    /// The size with everything replaced that equations were solved for.
    pub(super) fn reduce(&self, size: &Size) -> Option<Size> {
        size.replace(|symbol| self.values.get(symbol).cloned())
    }
}

/// The symbol to replace by the rest of the equation. Axes come first: a parameter equal to an axis should stay one.
/// Constants come last: a parameter equal to a constant should be left to rustc.
fn solution(zero: &Poly, favourites: &[Symbol]) -> Option<(Symbol, Poly)> {
    let rank = |symbol: &Symbol| match symbol {
        Symbol::Axis(_) => 0,
        Symbol::Parameter(_) => 1,
        Symbol::Constant(_) => 2,
    };
    let favour =
        |symbol: &Symbol| favourites.iter().position(|favourite| favourite == symbol).unwrap_or(usize::MAX);
    let solvable = zero.symbols().into_iter().filter_map(|symbol| Some((zero.solve(&symbol)?, symbol)));
    let best = solvable.min_by_key(|(_, symbol)| (rank(symbol), favour(symbol), symbol.clone()));
    best.map(|(value, symbol)| (symbol, value))
}

/// Proofs about zero and sign.
impl Facts {
    pub(super) fn always_zero(&self, poly: &Poly) -> bool {
        self.without_known(poly).is_some_and(|rest| rest.is_zero())
    }

    /// Above or below 0 for all sizes, or with a remainder for all: `2 * A - 4 * B + 1`.
    pub(super) fn never_zero(&self, poly: &Poly) -> bool {
        let never = || {
            let poly = self.put_values(poly)?;
            let signed = self.positive(&poly) || self.positive(&poly.scale(-1)?);
            Some(signed || leaves_remainder(&poly, None))
        };
        never().unwrap_or(false)
    }

    pub(super) fn positive(&self, poly: &Poly) -> bool {
        poly.sub(&Poly::number(1)).is_some_and(|less| self.not_negative(&less))
    }

    pub(super) fn not_negative(&self, poly: &Poly) -> bool {
        let prove = || {
            let poly = from_one(&self.put_values(poly)?)?;
            let bounds: Vec<Poly> =
                self.all_bounds().filter_map(|bound| from_one(&self.put_values(&bound)?)).collect();
            Some(search(|depth, steps| above_bounds(&poly, &bounds, depth, steps)))
        };
        prove().unwrap_or(false)
    }

    /// The bounds that were written, and those that follow: the value of a symbol is positive, a zero bounds both ways.
    fn all_bounds(&self) -> impl Iterator<Item = Poly> {
        let values = self.values.values().filter_map(|value| value.sub(&Poly::number(1)));
        let zeros = self.zeros.iter().flat_map(|zero| [Some(zero.clone()), zero.scale(-1)]).flatten();
        self.bounds.iter().cloned().chain(values).chain(zeros)
    }
}

/// In terms of how far each symbol is above 1, its least value. If no coefficient is negative then, the sum isn't.
fn from_one(poly: &Poly) -> Option<Poly> {
    poly.replace(|symbol| Poly::symbol(symbol.clone()).add(&Poly::number(1)))
}

/// Whether `poly` is a sum of multiples of the bounds and of terms with positive coefficients.
///
/// Its greatest negative term has to come from a bound with such a term, so that bound is taken off, as often as
/// needed; then the same for what is left.
fn above_bounds(poly: &Poly, bounds: &[Poly], depth: u32, steps: &mut u32) -> bool {
    let Some((monomial, coefficient)) = poly.terms().find(|(_, coefficient)| *coefficient < 0) else {
        return true;
    };
    bounds.iter().any(|bound| {
        bound.terms().filter(|(_, own)| *own < 0).any(|(lead, own)| {
            let Some(factor) = monomial.over(lead) else { return false };
            let Some(depth) = deeper(depth, steps) else { return false };
            let less = || {
                let times = coefficient.unsigned_abs().div_ceil(own.unsigned_abs());
                poly.sub(&bound.times(&factor, i128::try_from(times).ok()?)?)
            };
            less().is_some_and(|less| above_bounds(&less, bounds, depth, steps))
        })
    })
}

/// Whether a number divides every term but the constant one, so that it never divides the sum: the given number, or
/// else the greatest that divides them, where the question is if the sum can be 0.
fn leaves_remainder(poly: &Poly, divisor: Option<i128>) -> bool {
    let constant = poly.constant();
    let Some(rest) = poly.sub(&Poly::number(constant)) else { return false };
    let coefficients = || rest.terms().map(|(_, coefficient)| coefficient);
    let greatest = coefficients().fold(0, greatest_common_divisor);
    let divisor = divisor.unwrap_or(greatest);
    let divides = |value: i128| divisor != 0 && value.checked_rem(divisor) == Some(0);
    divisor != 0 && coefficients().all(divides) && !divides(constant)
}

/// Proofs about whole numbers.
impl Facts {
    /// Whether the value of `fraction` is whole for all sizes.
    pub(super) fn always_whole(&self, fraction: &Size) -> bool {
        let prove = || {
            let fraction = self.reduce(fraction)?;
            let wholes: Vec<Size> = self.all_wholes().filter_map(|whole| self.reduce(&whole)).collect();
            Some(search(|depth, steps| product_of_wholes(&fraction, &wholes, depth, steps)))
        };
        prove().unwrap_or(false)
    }

    /// Whether the value of `fraction` is whole for no sizes: `7 / 2`, `(4 * D + 1) / 2`.
    pub(super) fn never_whole(&self, fraction: &Size) -> bool {
        let refute = || {
            let fraction = self.reduce(fraction)?;
            Some(leaves_remainder(fraction.numerator(), Some(fraction.denominator().as_number()?)))
        };
        refute().unwrap_or(false)
    }

    /// The fractions that were written, and those that follow: from `A * B == 12 * C`, that `A` divides `12 * C`.
    fn all_wholes(&self) -> impl Iterator<Item = Size> {
        let from_zeros = self.zeros.iter().flat_map(|zero| {
            zero.terms().flat_map(move |(monomial, coefficient)| {
                let term = Poly::term(monomial.clone(), coefficient);
                let factors = monomial.symbols().cloned().map(Poly::symbol);
                let divisors: Vec<Poly> = factors.chain([Poly::number(coefficient), term.clone()]).collect();
                divisors.into_iter().filter_map(move |divisor| Size::new(zero.sub(&term)?, divisor))
            })
        });
        self.wholes.iter().cloned().chain(from_zeros)
    }
}

/// Whether `fraction` is a sum of products of the given fractions and of polynomials.
fn product_of_wholes(fraction: &Size, wholes: &[Size], depth: u32, steps: &mut u32) -> bool {
    if fraction.is_whole() {
        return true;
    }
    let Some(depth) = deeper(depth, steps) else { return false };
    let (above, below) = (fraction.numerator(), fraction.denominator());
    let by_factor = wholes.iter().any(|whole| {
        // Only where it cancels the whole factor: that keeps the search short.
        let rest = || Size::new(above.over(whole.numerator())?.mul(whole.denominator())?, below.clone());
        !whole.is_whole() && rest().is_some_and(|rest| product_of_wholes(&rest, wholes, depth, steps))
    });
    let mut terms = above.terms().map(|(monomial, coefficient)| Poly::term(monomial.clone(), coefficient));
    by_factor
        || above.terms().count() > 1
            && terms.all(|term| {
                Size::new(term, below.clone())
                    .is_some_and(|part| product_of_wholes(&part, wholes, depth, steps))
            })
}
