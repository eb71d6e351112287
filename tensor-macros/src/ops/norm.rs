//! `layer_norm(eps: 1e-5)` and `rms_norm(eps: 1e-6)`

use quote::quote;

use super::Rule;
use crate::check::{CheckedOp, Context, Flow, Width};
use crate::syntax::Call;

pub(super) const RULES: [Rule; 2] = [
    Rule {
        keyword: "layer_norm",
        form: "layer_norm(eps: 1e-5)",
        options: &["eps"],
        has_weights: true,
        check: |cx, title, call, flow| {
            let (width, eps) = width_and_eps(cx, title, call, flow, 1e-5);
            let (in_type, in_plan) = (&width.in_type, &width.in_plan);
            let plan =
                quote!(LayerNorm(::tensor_core::__private::LayerNormOp { width: #in_plan, eps: #eps }));
            CheckedOp::new(call, "layer_norm", plan).with_weights(quote!(LayerNorm<#in_type,))
        },
    },
    Rule {
        keyword: "rms_norm",
        form: "rms_norm(eps: 1e-6)",
        options: &["eps"],
        has_weights: true,
        check: |cx, title, call, flow| {
            let (width, eps) = width_and_eps(cx, title, call, flow, 1e-6);
            let (in_type, in_plan) = (&width.in_type, &width.in_plan);
            let plan = quote!(RmsNorm(::tensor_core::__private::RmsNormOp { width: #in_plan, eps: #eps }));
            CheckedOp::new(call, "rms_norm", plan).with_weights(quote!(RmsNorm<#in_type,))
        },
    },
];

fn width_and_eps(cx: &mut Context<'_>, title: &str, call: &Call, flow: &Flow, default: f64) -> (Width, f64) {
    let eps = cx.number_option(call, "eps", default);
    (cx.passing_width(title, call, flow), eps)
}
