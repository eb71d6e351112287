//! `flatten`

use quote::quote;

use super::Rule;
use crate::check::{Axis, By, CheckedOp, Context, Flow, Prefix};
use crate::dim::Dim;
use crate::explain;
use crate::syntax::Call;

pub(super) const RULE: Rule =
    Rule { keyword: "flatten", form: "flatten", options: &[], has_weights: false, check };

fn check(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    cx.no_sizes(call);
    if let Prefix::Rustc { .. } = flow.prefix {
        cx.leave_to_rustc(call.keyword.span());
        flow.replace(Vec::new(), title, By::Product);
    } else {
        let features = flattened(cx, call, flow);
        flow.prefix = Prefix::Nothing;
        flow.replace(vec![features], title, By::Product);
    }
    let plan = quote!(Flatten(::tensor_core::__private::Flatten));
    CheckedOp::new(call, "flatten", plan)
}

fn flattened(cx: &mut Context<'_>, call: &Call, flow: &Flow) -> Axis {
    if let Prefix::Lost = flow.prefix {
        return Axis::Lost;
    }
    let mut product: Option<Dim> = None;
    for axis in &flow.axes {
        let Axis::Known { dim, size } = axis else { continue };
        if let Some(name) = size.runtime_axis() {
            cx.errors.at(&call.keyword, explain::runtime_axis("flatten", &name, flow));
            return Axis::Lost;
        }
        product = Some(match product {
            Some(product) => product.mul(dim.clone()),
            None => dim.clone(),
        });
    }
    let unknown = flow.axes.iter().filter(|axis| !matches!(axis, Axis::Known { .. })).cloned();
    let known = product.map(|dim| match cx.size(&dim) {
        Some(size) => Axis::Known { dim, size },
        None => Axis::Lost,
    });
    // Sizes that only rustc knows come after a convolution.
    known.into_iter().chain(unknown).reduce(|left, right| cx.product(left, right)).unwrap_or(Axis::Lost)
}
