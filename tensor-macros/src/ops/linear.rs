//! `linear(I -> O, bias: true)`

use quote::quote;

use super::Rule;
use crate::check::{CheckedOp, Context, Flow};
use crate::syntax::Call;

pub(super) const RULE: Rule =
    Rule { keyword: "linear", form: "linear(4 -> 8)", options: &["bias"], has_weights: true, check };

fn check(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let bias = cx.bool_option(call, "bias", true);
    let (inputs, outputs) = cx.in_and_out(title, call, flow);
    let (i, o) = (&inputs.in_type, &outputs.in_type);
    let weights = if bias { quote!(Linear<#i, #o,) } else { quote!(LinearNoBias<#i, #o,) };
    let without = if bias { "" } else { ", bias: false" };
    let text = format!("linear({} -> {}{without})", inputs.text, outputs.text);
    let (i, o) = (&inputs.in_plan, &outputs.in_plan);
    let plan = quote!(Linear(::tensor_core::__private::LinearOp { inputs: #i, outputs: #o, bias: #bias }));
    let matrix = Some((inputs.text.clone(), outputs.text.clone()));
    CheckedOp { matrix, ..CheckedOp::new(call, text, plan).with_weights(weights) }
}
