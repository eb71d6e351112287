//! `relu gelu gelu_tanh silu tanh sigmoid softmax log_softmax`

use proc_macro2::Ident;
use quote::quote;

use super::Rule;
use crate::check::{CheckedOp, Context, Flow};
use crate::syntax::Call;

const fn activation(keyword: &'static str) -> Rule {
    Rule { keyword, form: keyword, options: &[], has_weights: false, check }
}

pub(super) const RULES: [Rule; 8] = [
    activation("relu"),
    activation("gelu"),
    activation("gelu_tanh"),
    activation("silu"),
    activation("tanh"),
    activation("sigmoid"),
    activation("softmax"),
    activation("log_softmax"),
];

fn check(cx: &mut Context<'_>, _: &str, call: &Call, _: &mut Flow) -> CheckedOp {
    cx.no_sizes(call);
    let text = call.keyword.to_string();
    let camel_case = text.split('_').map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]));
    let variant = Ident::new(&camel_case.collect::<String>(), proc_macro2::Span::call_site());
    let plan = quote!(Activation(::tensor_core::__private::Activation::#variant));
    CheckedOp::new(call, text, plan)
}
