//! Tests of the whole of `dim`: verdicts on chosen cases, properties on random ones.

mod properties;
mod soup;
mod verdicts;

use super::{Dim, DimErrorKind, Relation, Scope, Size, Verdict};

fn dim(text: &str) -> Dim {
    syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn relation(text: &str) -> Relation {
    syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A scope with the parameters A to Z that are listed in `parameters`, one letter each.
fn scope(parameters: &str, relations: &[&str]) -> Scope {
    let mut scope = Scope::new(parameters.chars().map(String::from));
    for text in relations {
        scope.relate(&relation(text)).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    }
    scope
}

fn size(scope: &Scope, text: &str) -> Size {
    scope.size(&dim(text)).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn compare(scope: &Scope, left: &str, right: &str) -> Verdict {
    scope.compare(&size(scope, left), &size(scope, right))
}

fn error(scope: &Scope, text: &str) -> DimErrorKind {
    scope.size(&dim(text)).expect_err(text).kind
}
