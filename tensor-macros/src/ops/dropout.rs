//! `dropout(p)`

use quote::quote;

use super::Rule;
use crate::check::{CheckedOp, Context, Flow};
use crate::explain;
use crate::syntax::{Argument, Call};

pub(super) const RULE: Rule =
    Rule { keyword: "dropout", form: "dropout(0.1)", options: &[], has_weights: false, check };

fn check(cx: &mut Context<'_>, _: &str, call: &Call, _: &mut Flow) -> CheckedOp {
    let probability = probability(cx, call).unwrap_or(0.0);
    let plan = quote!(Dropout(::tensor_core::__private::Dropout { probability: #probability }));
    CheckedOp::new(call, format!("dropout({probability})"), plan)
}

fn probability(cx: &mut Context<'_>, call: &Call) -> Option<f64> {
    let (number, span) = match call.sizes.as_slice() {
        [Argument::Number(number)] => (number.base10_parse().ok(), number.span()),
        [Argument::One(dim)] => (dim.as_integer().map(|value| value as f64), dim.span()),
        // What is written as an option is reported as an unknown one.
        [] if !call.options.is_empty() => return None,
        [] => {
            cx.errors.at(&call.keyword, explain::dropout_probability());
            return None;
        }
        _ if call.is_unreadable() => return None,
        [.., last] => (None, last.span()),
    };
    match number {
        Some(number) if (0.0..1.0).contains(&number) => Some(number),
        _ => {
            cx.errors.at_span(span, explain::dropout_probability());
            None
        }
    }
}
