//! The words of every message, one function each.
//!
//! A message says what is wrong with both sizes, then shows the chain up to there, then says what to write.

mod attention;
mod call;
mod chain;
mod declaration;
mod line;
mod sequence;
mod size;
mod weights;

pub(crate) use attention::*;
pub(crate) use call::*;
pub(crate) use chain::*;
pub(crate) use declaration::*;
pub(crate) use line::*;
pub(crate) use sequence::*;
pub(crate) use size::*;
pub(crate) use weights::*;

use syn::Path;

use crate::check::{Axis, By, Flow};
use crate::dim::{Dim, Size};

fn gives(flow: &Flow) -> String {
    match &flow.giver {
        Some(giver) => format!("`{giver}` gives"),
        None => "the input has".to_owned(),
    }
}

/// ``let `hidden` give 6``, as far as that is in the giver's hands.
fn let_giver(flow: &Flow, features: &str) -> Option<String> {
    let giver = flow.giver.as_ref()?;
    match flow.by {
        By::Choice => Some(format!("let `{giver}` give {features}")),
        By::Passing => Some(format!("let `{giver}` take {features}")),
        By::Product => Some(format!("let the axes that `{giver}` takes make {features}")),
        By::Rule => None,
    }
}

/// As [`let_giver`], where another size in that item is all that is needed.
fn let_give(flow: &Flow, wanted: &Flow) -> Option<String> {
    let (features, before) = wanted.axes.split_last()?;
    let (_, given_before) = flow.axes.split_last()?;
    let same = before.len() == given_before.len()
        && before.iter().zip(given_before).all(|(wanted, given)| wanted.to_string() == given.to_string());
    let count = if before.is_empty() { "" } else { " features" };
    if same { let_giver(flow, &format!("{features}{count}")) } else { None }
}

/// `, which is 4 * D`, where the relations say so of a name.
fn which_is(dim: &Dim, size: &Size) -> String {
    let known = size.to_string();
    if size.value().is_none() && dim.lone_name().is_some() && known != dim.to_string() {
        format!(", which is {known}")
    } else {
        String::new()
    }
}

fn number(dim: &Dim, size: &Size) -> String {
    size.value().map_or_else(|| dim.to_string(), |value| value.to_string())
}

/// `8 features` and `6` if the flows differ in their one axis, else all axes.
fn features_or_axes(takes: &Flow, given: &Flow) -> (String, String) {
    match (takes.axes.as_slice(), given.axes.as_slice()) {
        ([takes], [given]) => (format!("{takes} features"), given.to_string()),
        _ => (takes.to_string(), given.to_string()),
    }
}

fn unequal(left: &Flow, right: &Flow) -> String {
    let pairs = left.axes.iter().zip(&right.axes);
    let unequal = pairs.filter_map(|(left, right)| match (left, right) {
        (Axis::Known { dim: left, .. }, Axis::Known { dim: right, .. }) => {
            let (left, right) = (left.to_string(), right.to_string());
            (left != right).then(|| format!("{left} == {right}"))
        }
        _ => None,
    });
    unequal.collect::<Vec<_>>().join(", ")
}

fn remainder(dividend: &str, divisor: &str) -> Option<u64> {
    dividend.parse::<u64>().ok()?.checked_rem(divisor.parse().ok()?)
}

pub(crate) fn path_text(path: &Path) -> String {
    use quote::ToTokens;
    let spaced = path.to_token_stream().to_string();
    spaced
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace("< ", "<")
        .replace(" ,", ",")
        .replace(" :: ", "::")
        .replace(":: ", "::")
}

fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3 + 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
