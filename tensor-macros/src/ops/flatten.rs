//! `flatten`

use quote::quote;

use super::Rule;
use crate::check::{Axis, CheckedOp, Context, Flow, Prefix};
use crate::dim::Dim;
use crate::explain;
use crate::syntax::Call;

pub(super) const RULE: Rule =
    Rule { keyword: "flatten", form: "flatten", options: &[], has_weights: false, check };

fn check(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    cx.no_sizes(call);
    let features = flattened(cx, call, flow);
    flow.axes = vec![features];
    flow.prefix = Prefix::Nothing;
    flow.giver = Some(title.to_owned());
    let plan = quote!(Flatten(::tensor_core::__private::Flatten));
    CheckedOp::new(call, "flatten", plan)
}

fn flattened(cx: &mut Context<'_>, call: &Call, flow: &Flow) -> Axis {
    match &flow.prefix {
        Prefix::Lost => return Axis::Lost,
        Prefix::Rustc { elements } => {
            cx.leave_to_rustc(call.keyword.span());
            return elements.clone().map_or(Axis::Lost, Axis::Rustc);
        }
        Prefix::Nothing => {}
    }
    let mut product: Option<Dim> = None;
    for axis in &flow.axes {
        let Axis::Known { dim, size } = axis else { return axis.clone() };
        if let Some(name) = size.runtime_axis() {
            cx.errors.at(&call.keyword, explain::flatten_runtime_axis(&name, flow));
            return Axis::Lost;
        }
        product = Some(match product {
            Some(product) => product.mul(dim.clone()),
            None => dim.clone(),
        });
    }
    let Some(dim) = product else { return Axis::Lost };
    match cx.size(&dim) {
        Some(size) => Axis::Known { dim, size },
        None => Axis::Lost,
    }
}
