//! `lora(I -> O, rank: R, alpha: A, bias: false)`

use quote::quote;

use super::Rule;
use crate::check::{CheckedOp, Context, Flow};
use crate::syntax::Call;

pub(super) const RULE: Rule = Rule {
    keyword: "lora",
    form: "lora(4 -> 8, rank: 2, alpha: 4)",
    options: &["rank", "alpha", "bias"],
    has_weights: true,
    check,
};

fn check(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let bias = cx.bool_option(call, "bias", false);
    let (inputs, outputs) = cx.in_and_out(title, call, flow);
    let [rank, alpha] = ["rank", "alpha"].map(|option| {
        let size = cx.required_axis_option(call, option, RULE.form);
        cx.axis_width(&size, title, call.keyword.span())
    });
    let (i, o, r, a) = (&inputs.in_type, &outputs.in_type, &rank.in_type, &alpha.in_type);
    let weights = if bias { quote!(LoraWithBias<#i, #o, #r, #a,) } else { quote!(Lora<#i, #o, #r, #a,) };
    let with_bias = if bias { ", bias: true" } else { "" };
    let (from, to) = (&inputs.text, &outputs.text);
    let text = format!("lora({from} -> {to}, rank: {}, alpha: {}{with_bias})", rank.text, alpha.text);
    let (i, o, r, a) = (&inputs.in_plan, &outputs.in_plan, &rank.in_plan, &alpha.in_plan);
    let plan = quote!(Lora(::tensor_core::__private::LoraOp {
        inputs: #i, outputs: #o, rank: #r, alpha: #a, bias: #bias
    }));
    CheckedOp::new(call, text, plan).with_weights(weights)
}
