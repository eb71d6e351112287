//! The names of a declaration, its relations, and the verdicts on its sizes.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::Path;

use super::error::{DimError, DimErrorKind};
use super::expr::{Dim, Node, Operator, path_text};
use super::poly::{Poly, Symbol};
use super::proof::{Facts, Refusal};
use super::relation::{Comparison, Relation};
use super::size::Size;

/// The answer to whether two sizes are equal, whether one divides the other, whether one is at most the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Yes, for all values of the parameters that satisfy the relations.
    Equal,
    /// No, for all such values; or an axis would have to have one certain size, which nothing ensures.
    Different,
    /// It depends on a const item, so that only rustc can tell. No axis occurs, so it can be asked in a const.
    RustcKnows,
    /// It depends on parameters or axes, and does not follow from the relations.
    Unproved,
}

/// What the names in dims mean, and what is known about them.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    parameters: Vec<String>,
    relations: Vec<Relation>,
    facts: Facts,
}

/// Names and normal forms.
impl Scope {
    pub(crate) fn new(parameters: impl IntoIterator<Item = String>) -> Scope {
        Scope { parameters: parameters.into_iter().collect(), ..Scope::default() }
    }

    /// The normal form, with what the relations say put in; every written division is exact or left to rustc.
    pub(crate) fn size(&self, dim: &Dim) -> Result<Size, DimError> {
        let size = self.normal(dim, &mut Vec::new())?;
        let kind = match size.as_number() {
            Some(0) => DimErrorKind::Zero,
            Some(value) if value < 0 => DimErrorKind::Negative { value },
            Some(value) if u64::try_from(value).is_err() => DimErrorKind::TooLarge,
            _ => return Ok(size),
        };
        Err(DimError { span: dim.span(), kind })
    }

    /// The written divisions, as dividend and divisor, that only rustc can check. Empty where the dim has no size.
    pub(crate) fn divisions(&self, dim: &Dim) -> Vec<(Dim, Dim)> {
        let mut unsettled = Vec::new();
        match self.normal(dim, &mut unsettled) {
            Ok(_) => unsettled,
            Err(_) => Vec::new(),
        }
    }

    /// A parameter of this size, such as `F` for `4 * D` under `where F == 4 * D`.
    pub(crate) fn parameter_equal_to(&self, size: &Size) -> Option<String> {
        let equal = |name: &&String| {
            let parameter = Size::symbol(Symbol::Parameter((*name).clone()));
            self.compare(&parameter, size) == Verdict::Equal
        };
        self.parameters.iter().find(equal).cloned()
    }

    /// Whether the declaration has this const parameter.
    pub(crate) fn is_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter == name)
    }

    /// Whether a name in the dim is a const parameter.
    pub(crate) fn has_parameter(&self, dim: &Dim) -> bool {
        dim.names().any(|name| matches!(self.symbol(name), Ok(Symbol::Parameter(_))))
    }

    /// What a name stands for: a parameter, else an axis if lower_case, else a const item.
    pub(crate) fn symbol(&self, path: &Path) -> Result<Symbol, DimError> {
        let name = path_text(path);
        let Some(ident) = path.get_ident() else { return Ok(Symbol::Constant(name)) };
        let first = name.trim_start_matches("r#").chars().find(|letter| letter.is_alphabetic());
        if self.is_parameter(&name) {
            Ok(Symbol::Parameter(name))
        } else if first.is_some_and(char::is_lowercase) {
            Ok(Symbol::Axis(name))
        } else if name.chars().any(char::is_lowercase) {
            let similar = self.nearest_parameter(&name);
            Err(DimError { span: ident.span(), kind: DimErrorKind::UnknownName { name, similar } })
        } else {
            Ok(Symbol::Constant(name))
        }
    }

    /// Letter case and underscores don't count: `Model` is near `MODEL`.
    fn nearest_parameter(&self, name: &str) -> Option<String> {
        let plain = |name: &str| name.replace('_', "").to_uppercase();
        let near =
            |parameter: &String| strsim::normalized_damerau_levenshtein(&plain(name), &plain(parameter));
        let best = self.parameters.iter().max_by(|a, b| near(a).total_cmp(&near(b)))?;
        (near(best) >= 0.6).then(|| best.clone())
    }

    /// The normal form of a dim or of a part of one, which may be 0.
    fn normal(&self, dim: &Dim, unsettled: &mut Vec<(Dim, Dim)>) -> Result<Size, DimError> {
        let size = match &dim.node {
            Node::Integer { value, .. } => Some(Size::number(i128::from(*value))),
            Node::Name(path) => self.facts.reduce(&Size::symbol(self.symbol(path)?)),
            Node::Brackets { inner, .. } => return self.normal(inner, unsettled),
            Node::Operation { operator, left, right, .. } => {
                let (a, b) = (self.normal(left, unsettled)?, self.normal(right, unsettled)?);
                match operator {
                    Operator::Add => a.add(&b),
                    Operator::Subtract => match a.sub(&b) {
                        Some(size) => {
                            not_negative(&size, right.span())?;
                            Some(size)
                        }
                        None => None,
                    },
                    Operator::Multiply => a.mul(&b),
                    Operator::Divide => {
                        self.check_division((left, &a), (right, &b), unsettled)?;
                        a.div(&b)
                    }
                }
            }
        };
        size.ok_or(DimError { span: dim.span(), kind: DimErrorKind::TooLarge })
    }

    fn check_division(
        &self,
        (left, dividend): (&Dim, &Size),
        (right, divisor): (&Dim, &Size),
        unsettled: &mut Vec<(Dim, Dim)>,
    ) -> Result<(), DimError> {
        let kind = match self.divides(divisor, dividend) {
            _ if divisor.as_number() == Some(0) => DimErrorKind::DivisionByZero,
            Verdict::Equal => return Ok(()),
            Verdict::RustcKnows => {
                unsettled.push((left.clone(), right.clone()));
                return Ok(());
            }
            Verdict::Different => {
                DimErrorKind::Inexact { dividend: dividend.to_string(), divisor: divisor.to_string() }
            }
            Verdict::Unproved => {
                let (is_sum, is_operation) =
                    (left.operator().is_some_and(Operator::is_sum), right.operator().is_some());
                let bracketed = |dim: &Dim, needed| if needed { format!("({dim})") } else { dim.to_string() };
                DimErrorKind::UnprovedDivision {
                    dividend: bracketed(left, is_sum),
                    divisor: bracketed(right, is_operation),
                }
            }
        };
        Err(DimError { span: right.span(), kind })
    }
}

fn not_negative(size: &Size, span: Span) -> Result<(), DimError> {
    match size.as_number() {
        Some(value) if value < 0 => Err(DimError { span, kind: DimErrorKind::Negative { value } }),
        _ => Ok(()),
    }
}

/// Verdicts.
///
/// What the relations don't settle is settled by the symbols that the answer depends on:
///
/// | the difference or fraction has | verdict |
/// |---|---|
/// | a const item, and neither size has an axis | `RustcKnows` |
/// | parameters only | `Unproved` |
/// | an axis times a factor that is never 0 (`seq` against `4`, `D` or another axis) | `Different`, by [`Scope::compare`] |
/// | any other mixture with an axis | `Unproved` |
///
/// A const item beside an axis is never left to rustc, because the axis has no value there. A difference with a const
/// item is left to rustc even where positive sizes can't be equal (`WIDTH` against `2 * WIDTH`).
impl Scope {
    pub(crate) fn compare(&self, left: &Size, right: &Size) -> Verdict {
        let Some(difference) = self.difference(left, right) else { return self.unsettled(left, right, None) };
        if self.facts.always_zero(&difference) {
            return Verdict::Equal;
        }
        if self.depends_on_axis(&difference) {
            return Verdict::Different;
        }
        match self.unsettled(left, right, Some(difference.symbols())) {
            Verdict::Unproved if self.facts.never_zero(&difference) => Verdict::Different,
            verdict => verdict,
        }
    }

    /// `Equal`: it divides; `Different`: it never does.
    pub(crate) fn divides(&self, divisor: &Size, dividend: &Size) -> Verdict {
        let Some(fraction) = dividend.div(divisor).and_then(|fraction| self.facts.reduce(&fraction)) else {
            return self.unsettled(dividend, divisor, None);
        };
        if self.facts.always_whole(&fraction) {
            Verdict::Equal
        } else if self.facts.never_whole(&fraction) {
            Verdict::Different
        } else {
            self.unsettled(dividend, divisor, Some(fraction.symbols()))
        }
    }

    /// `Equal`: `left` is at most `right`; `Different`: it is more. An axis needs a relation, or a check at run time.
    pub(crate) fn at_most(&self, left: &Size, right: &Size) -> Verdict {
        let Some(difference) = self.difference(right, left) else { return self.unsettled(left, right, None) };
        if self.facts.not_negative(&difference) || self.facts.always_zero(&difference) {
            return Verdict::Equal;
        }
        match self.unsettled(left, right, Some(difference.symbols())) {
            Verdict::Unproved if difference.scale(-1).is_some_and(|excess| self.facts.positive(&excess)) => {
                Verdict::Different
            }
            verdict => verdict,
        }
    }

    fn difference(&self, left: &Size, right: &Size) -> Option<Poly> {
        self.facts.reduce(left)?.difference(&self.facts.reduce(right)?)
    }

    /// Nothing fixes an axis, so a difference with one can't always be 0, whatever the parameters are.
    fn depends_on_axis(&self, difference: &Poly) -> bool {
        let groups = difference.grouped_by(|symbol| matches!(symbol, Symbol::Axis(_)));
        let mut groups = groups.iter().flatten();
        groups.any(|(axes, factor)| !axes.is_one() && self.facts.never_zero(factor))
    }

    /// Whom to ask about two sizes: where it isn't known what the answer depends on, that is all their symbols.
    fn unsettled(&self, left: &Size, right: &Size, depends_on: Option<BTreeSet<Symbol>>) -> Verdict {
        let all = &left.symbols() | &right.symbols();
        let axis = all.iter().any(|symbol| matches!(symbol, Symbol::Axis(_)));
        let constant = depends_on.unwrap_or(all).iter().any(|symbol| matches!(symbol, Symbol::Constant(_)));
        if constant && !axis { Verdict::RustcKnows } else { Verdict::Unproved }
    }
}

/// Relations.
impl Scope {
    /// Takes up all relations, whatever their order: one with a division may come before the one that makes it exact.
    pub(crate) fn relate_all<'a>(
        &mut self,
        relations: impl IntoIterator<Item = &'a Relation>,
    ) -> Vec<DimError> {
        let mut waiting: Vec<&Relation> = relations.into_iter().collect();
        loop {
            let (before, mut errors, mut again) = (waiting.len(), Vec::new(), Vec::new());
            for relation in waiting {
                match self.relate(relation) {
                    Err(error) if matches!(error.kind, DimErrorKind::UnprovedDivision { .. }) => {
                        again.push(relation);
                        errors.push(error);
                    }
                    Err(error) => errors.push(error),
                    Ok(()) => {}
                }
            }
            if again.is_empty() || again.len() == before {
                return errors;
            }
            waiting = again;
        }
    }

    /// Takes up one relation. After an error the scope is as before.
    ///
    /// A relation about const items is believed here, and has to be checked by rustc.
    pub(crate) fn relate(&mut self, relation: &Relation) -> Result<(), DimError> {
        let [left, by, right] = self.sides(relation)?;
        let fail = |kind| DimError { span: relation.left.span(), kind };
        let mut after = self.clone();
        after.relations.push(relation.clone());
        let taken = match &relation.how {
            Comparison::Equal => {
                let lone = |size: &Size| {
                    (size.is_whole()).then(|| size.numerator().symbols()).filter(|s| s.len() == 1)
                };
                let favourites: Vec<Symbol> =
                    [lone(&left), lone(&right)].into_iter().flatten().flatten().collect();
                match left.difference(&right).map(|zero| after.facts.equate(zero, &favourites)) {
                    Some(Ok(())) => Some(()),
                    Some(Err(Refusal::Contradiction)) => {
                        return Err(fail(self.contradiction(relation, relation)));
                    }
                    Some(Err(Refusal::TooLarge)) | None => None,
                }
            }
            Comparison::Divides { .. } => left.div(&by).map(|fraction| after.facts.whole(fraction)),
            Comparison::Less => after.bound(&left, &right, 1),
            Comparison::LessOrEqual => after.bound(&left, &right, 0),
            Comparison::Greater => after.bound(&right, &left, 1),
            Comparison::GreaterOrEqual => after.bound(&right, &left, 0),
        };
        taken.ok_or_else(|| fail(DimErrorKind::TooLarge))?;
        // The new relation is last in the list, and the one to blame where it contradicts the others by itself.
        if let Some(broken) = after.relations.iter().rev().find(|taken| after.refutes(taken)) {
            return Err(fail(after.contradiction(relation, broken)));
        }
        *self = after;
        Ok(())
    }

    /// Takes up `low + gap <= high`.
    fn bound(&mut self, low: &Size, high: &Size, gap: i128) -> Option<()> {
        self.facts.bound(high.difference(low)?.sub(&Poly::number(gap))?);
        Some(())
    }

    /// The two sides, and between them the divisor, which is 1 where the relation has none.
    fn sides(&self, relation: &Relation) -> Result<[Size; 3], DimError> {
        let size = |dim: &Dim| self.normal(dim, &mut Vec::new());
        let by = match &relation.how {
            Comparison::Divides { by } => match size(by)? {
                zero if zero.as_number() == Some(0) => {
                    return Err(DimError { span: by.span(), kind: DimErrorKind::DivisionByZero });
                }
                by => by,
            },
            _ => Size::number(1),
        };
        Ok([size(&relation.left)?, by, size(&relation.right)?])
    }

    /// Whether no positive sizes satisfy the relation and all others.
    fn refutes(&self, relation: &Relation) -> bool {
        let [left, by, right] = match self.sides(relation) {
            Ok(sides) => sides,
            // The other relations leave one of its sides without a size; unless it is only out of reach.
            Err(DimError {
                kind: DimErrorKind::TooLarge | DimErrorKind::UnprovedDivision { .. }, ..
            }) => return false,
            Err(_) => return true,
        };
        let above = |a: &Size, b: &Size, gap: i128| {
            let excess = || self.difference(a, b)?.add(&Poly::number(gap));
            excess().is_some_and(|excess| self.facts.positive(&excess))
        };
        match &relation.how {
            Comparison::Equal => {
                self.difference(&left, &right).is_some_and(|zero| self.facts.never_zero(&zero))
            }
            Comparison::Divides { .. } => {
                left.div(&by).is_some_and(|fraction| self.facts.never_whole(&fraction))
            }
            Comparison::Less => above(&left, &right, 1),
            Comparison::LessOrEqual => above(&left, &right, 0),
            Comparison::Greater => above(&right, &left, 1),
            Comparison::GreaterOrEqual => above(&right, &left, 0),
        }
    }

    fn contradiction(&self, relation: &Relation, broken: &Relation) -> DimErrorKind {
        let becomes = match self.sides(broken) {
            Ok([left, by, right]) => broken.how.between(left, by, right),
            Err(_) => broken.to_string(),
        };
        DimErrorKind::Contradiction { relation: relation.to_string(), broken: broken.to_string(), becomes }
    }
}
