//! A size is wrong, or not known.

use super::{gives, remainder};
use crate::check::Flow;
use crate::dim::{Dim, DimErrorKind};
use crate::syntax::Call;

pub(crate) fn dim_error(dim: &Dim, kind: &DimErrorKind) -> String {
    match kind {
        DimErrorKind::Zero => match dim.as_integer() {
            Some(_) => "a size of 0: every axis needs at least 1".to_owned(),
            None => format!("`{dim}` is 0: every axis needs at least 1"),
        },
        DimErrorKind::Negative { value } => {
            format!(
                "`{dim}` comes to {value}: a size is at least 1\nhelp: the arrow between two sizes is written `->`"
            )
        }
        DimErrorKind::TooLarge => format!("`{dim}` is more than a computer can count"),
        DimErrorKind::Inexact { dividend, divisor } => match remainder(dividend, divisor) {
            Some(rest) => {
                format!("{dividend} / {divisor} leaves a remainder of {rest}: a size must divide exactly")
            }
            None => format!("`{divisor}` does not divide `{dividend}`: a size must divide exactly"),
        },
        DimErrorKind::DivisionByZero => format!("`{dim}` divides by 0"),
        DimErrorKind::UnprovedDivision { dividend, divisor } => format!(
            "nothing says that `{divisor}` divides `{dividend}`\nhelp: add `where {dividend} % {divisor} == 0`"
        ),
        DimErrorKind::UnknownName { name, similar } => {
            let help = similar.as_ref().map_or_else(
                || format!("a const parameter is declared as `<const {name}: usize>`"),
                |similar| format!("there is a parameter `{similar}`"),
            );
            format!("there is no size `{name}`\nhelp: {help}")
        }
        DimErrorKind::Contradiction { .. } => relation_error(kind),
    }
}

pub(crate) fn relation_error(kind: &DimErrorKind) -> String {
    match kind {
        DimErrorKind::Contradiction { relation, broken, becomes }
            if relation == broken && relation == becomes =>
        {
            format!("`{relation}` never holds")
        }
        DimErrorKind::Contradiction { relation, broken, becomes } if relation == broken => {
            format!("`{relation}` never holds: it comes to `{becomes}`")
        }
        DimErrorKind::Contradiction { relation, broken, becomes } => {
            format!("`{relation}` and `{broken}` never hold together: they come to `{becomes}`")
        }
        DimErrorKind::Negative { value } => format!("this comes to {value}: a size is at least 1"),
        DimErrorKind::TooLarge => "this relation is more than a computer can count".to_owned(),
        DimErrorKind::DivisionByZero => "this divides by 0".to_owned(),
        other => dim_error(&Dim::integer(0, proc_macro2::Span::call_site()), other),
    }
}

pub(crate) fn runtime_axis_as_size(axis: &str) -> String {
    format!(
        "`{axis}` is known only at run time, but the size of a weight must be known to the compiler\n\
         help: write a number, an UPPER_CASE const, or a const parameter"
    )
}

pub(crate) fn runtime_features(title: &str, axis: &str, flow: &Flow) -> String {
    format!(
        "`{title}` works on the last axis, but the last axis of {flow} is `{axis}`, which is known only at run time\n\
         {}\nhelp: give the last axis a size",
        flow.chain_to(title)
    )
}

pub(crate) fn size_not_in_type(dim: &Dim) -> String {
    format!(
        "stable Rust can't compute `{dim}` from const parameters in a type\n\
         help: give it a name: add the parameter `const F: usize` and `where F == {dim}`, and write `F` here"
    )
}

pub(crate) fn inferred_size_not_in_type(title: &str, dim: &Dim) -> String {
    format!(
        "`{title}` takes `{dim}` features, but stable Rust can't compute that from const parameters in a type\n\
         help: give it a name: add the parameter `const F: usize` and `where F == {dim}`"
    )
}

pub(crate) fn inferred_size_unseen(title: &str, call: &Call, flow: &Flow) -> String {
    format!(
        "the size that `{title}` takes can't be inferred: {} a number that only rustc knows, and stable Rust can't use \
         it in a generic type\n{}\nhelp: write the size that it takes: `{}`",
        gives(flow),
        flow.chain_to(title),
        call.with_input_size()
    )
}

pub(crate) fn runtime_axis_form(dim: &Dim) -> String {
    format!("a runtime axis is a name, or a name plus or minus a number, but this is `{dim}`")
}

pub(crate) fn too_many_axes(count: usize, most: usize) -> String {
    format!(
        "{count} axes are declared, but a network declares at most {most}; leading axes (batch …) are not declared"
    )
}
