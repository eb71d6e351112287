//! `patches(P)`, `conv2d(C -> O, kernel: K)`, `max_pool2d(K)`, `avg_pool2d(K)`: ops on `[C, H, W]`

use proc_macro2::{Ident, Span};
use quote::quote;

use super::Rule;
use crate::check::{Axis, By, CheckedOp, Context, Flow, Width, find};
use crate::dim::{Dim, Verdict};
use crate::explain;
use crate::syntax::{Argument, Call};

pub(super) const RULES: [Rule; 4] = [
    Rule { keyword: "patches", form: "patches(16)", options: &[], has_weights: false, check: patches },
    Rule {
        keyword: "conv2d",
        form: "conv2d(3 -> 16, kernel: 3)",
        options: &["kernel", "stride", "padding", "bias"],
        has_weights: true,
        check: conv2d,
    },
    Rule { keyword: "max_pool2d", form: "max_pool2d(2)", options: &[], has_weights: false, check: pool2d },
    Rule { keyword: "avg_pool2d", form: "avg_pool2d(2)", options: &[], has_weights: false, check: pool2d },
];

const AXES: &str = "[C, H, W]";

fn patches(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let [channels, height, width] = static_axes(cx, title, call, flow);
    let (size, written) = one_size(cx, call);
    let mut parts = [Axis::Lost, Axis::Lost];
    for (part, axis) in parts.iter_mut().zip([height, width]) {
        *part = divide(cx, title, (&axis, &size), call, flow);
    }
    let [rows, columns] = parts;
    let count = cx.product(rows, columns);
    let area = cx.product(size.clone(), size);
    let features = cx.product(channels, area);
    replace_last_three(flow, [count, features].into(), title);
    let (in_plan, text) = (&written.in_plan, &written.text);
    let plan = quote!(Patches(::tensor_core::__private::PatchesOp { size: #in_plan }));
    CheckedOp::new(call, format!("patches({text})"), plan)
}

fn pool2d(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let [channels, height, width] = static_axes(cx, title, call, flow);
    let (size, written) = one_size(cx, call);
    let height = divide(cx, title, (&height, &size), call, flow);
    let width = divide(cx, title, (&width, &size), call, flow);
    replace_last_three(flow, vec![channels, height, width], title);
    let (in_plan, text) = (&written.in_plan, &written.text);
    let kind = Ident::new(if call.keyword == "max_pool2d" { "Max" } else { "Avg" }, Span::call_site());
    let plan = quote!(Pool2d(::tensor_core::__private::Pool2dOp {
        size: #in_plan, kind: ::tensor_core::__private::Pool2d::#kind
    }));
    CheckedOp::new(call, format!("{}({text})", call.keyword), plan)
}

fn conv2d(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> CheckedOp {
    let [given_channels, height, width] = static_axes(cx, title, call, flow);
    let span = call.keyword.span();
    let (inputs, outputs) = match call.sizes.as_slice() {
        [Argument::Both(inputs, outputs)] => {
            let channels = cx.written_axis(inputs);
            cx.must_be_equal((&channels, &given_channels), inputs, || {
                explain::channels(title, &channels, &given_channels, flow, call)
            });
            (channels, cx.written_axis(outputs))
        }
        [Argument::One(outputs)] => (given_channels, cx.written_axis(outputs)),
        _ if call.is_unreadable() => (Axis::Lost, Axis::Lost),
        _ => {
            cx.errors.at(&call.keyword, explain::sizes_missing_of(&call.keyword));
            (Axis::Lost, Axis::Lost)
        }
    };
    let kernel = cx.required_axis_option(call, "kernel", RULES[1].form);
    let stride = cx.axis_option(call, "stride").unwrap_or_else(|| cx.written_axis(&Dim::integer(1, span)));
    let padding = count_option(cx, call, "padding");
    let bias = cx.bool_option(call, "bias", true);
    let window = Window { kernel, stride, padding };
    let kernel_span = find(call, "kernel").map_or(span, |choice| choice.value.span());
    let height = window.slide(cx, title, &height, kernel_span, flow);
    let width =
        if height.is_lost() { Axis::Lost } else { window.slide(cx, title, &width, kernel_span, flow) };
    replace_last_three(flow, vec![outputs.clone(), height, width], title);
    let (i, o) = (cx.axis_width(&inputs, title, span), cx.axis_width(&outputs, title, span));
    let (k, s) = (cx.axis_width(&window.kernel, title, span), cx.axis_width(&window.stride, title, span));
    let p = window.padding.unwrap_or(0);
    let mut text = format!("conv2d({} -> {}, kernel: {}", i.text, o.text, k.text);
    text += &if s.text == "1" { String::new() } else { format!(", stride: {}", s.text) };
    text += &if p == 0 { ")".to_owned() } else { format!(", padding: {p})") };
    let (in_plan_i, in_plan_o, in_plan_k, s) = (&i.in_plan, &o.in_plan, &k.in_plan, &s.in_plan);
    let p = usize::try_from(p).unwrap_or(0);
    let plan = quote!(Conv2d(::tensor_core::__private::Conv2dOp {
        inputs: #in_plan_i, outputs: #in_plan_o, kernel: #in_plan_k, stride: #s, padding: #p, bias: #bias
    }));
    let (i, o, k) = (&i.in_type, &o.in_type, &k.in_type);
    let weights = if bias { quote!(Conv2d<#i, #o, #k,) } else { quote!(Conv2dNoBias<#i, #o, #k,) };
    CheckedOp::new(call, text, plan).with_weights(weights)
}

/// What slides over an image.
struct Window {
    kernel: Axis,
    stride: Axis,
    /// None if it could not be read.
    padding: Option<u64>,
}

impl Window {
    /// (size + 2·padding − kernel) / stride + 1, rounded down.
    fn slide(&self, cx: &mut Context<'_>, title: &str, size: &Axis, span: Span, flow: &Flow) -> Axis {
        let Some(padding) = self.padding else { return Axis::Lost };
        let numbers = (number(size), number(&self.kernel), number(&self.stride));
        if let (Some(size), Some(kernel), Some(stride)) = numbers {
            let padded = size.saturating_add(padding.saturating_mul(2));
            if kernel > padded {
                cx.errors.at_span(span, explain::kernel_too_large(title, kernel, size, padding, flow));
                return Axis::Lost;
            }
            let steps = ((padded - kernel) / stride.max(1)).saturating_add(1);
            return cx.written_axis(&Dim::integer(steps, span));
        }
        let (Some(size), Some(kernel), Some(stride)) =
            (size.tokens(), self.kernel.tokens(), self.stride.tokens())
        else {
            return Axis::Lost;
        };
        cx.leave_to_rustc(span);
        let padding = usize::try_from(padding).unwrap_or(0);
        Axis::Rustc(quote!(::tensor_core::__private::slide(#size, #kernel, #stride, #padding)))
    }
}

fn number(axis: &Axis) -> Option<u64> {
    match axis {
        Axis::Known { size, .. } => size.value(),
        _ => None,
    }
}

/// `[C, H, W]`, all with sizes that the compiler knows.
fn static_axes(cx: &mut Context<'_>, title: &str, call: &Call, flow: &mut Flow) -> [Axis; 3] {
    let axes = cx.last_axes(title, call, AXES, flow);
    for axis in &axes {
        if let Axis::Known { size, .. } = axis
            && let Some(name) = size.runtime_axis()
        {
            cx.errors.at(&call.keyword, explain::runtime_axis(title, &name, flow));
            flow.lose();
            return [Axis::Lost, Axis::Lost, Axis::Lost];
        }
    }
    axes
}

fn replace_last_three(flow: &mut Flow, axes: Vec<Axis>, title: &str) {
    let mut all = std::mem::take(&mut flow.axes);
    let known = all.len() >= 3;
    all.truncate(all.len().saturating_sub(3));
    all.extend(axes);
    // After another network, rustc works them out.
    flow.replace(if known { all } else { Vec::new() }, title, By::Rule);
}

/// The one size of an op such as `patches(16)`.
fn one_size(cx: &mut Context<'_>, call: &Call) -> (Axis, Width) {
    match call.sizes.as_slice() {
        [Argument::One(dim)] => match cx.width(dim) {
            (width, Some(size)) => (Axis::Known { dim: dim.clone(), size }, width),
            (width, None) => (Axis::Lost, width),
        },
        _ if call.is_unreadable() => (Axis::Lost, Width::dummy()),
        _ => {
            cx.errors.at(&call.keyword, explain::sizes_missing_of(&call.keyword));
            (Axis::Lost, Width::dummy())
        }
    }
}

/// `axis / size`, which must be exact.
fn divide(cx: &mut Context<'_>, title: &str, (axis, size): (&Axis, &Axis), call: &Call, flow: &Flow) -> Axis {
    let Some(Argument::One(blame)) = call.sizes.first() else { return Axis::Lost };
    match cx.divides(size, axis) {
        Verdict::Equal => cx.quotient(axis.clone(), size.clone()),
        Verdict::RustcKnows => {
            cx.leave_to_rustc(blame.span());
            cx.quotient(axis.clone(), size.clone())
        }
        Verdict::Different => {
            cx.errors.at(&blame.tokens(), explain::tiles(title, axis, size, flow));
            Axis::Lost
        }
        Verdict::Unproved => {
            cx.errors.at(&blame.tokens(), explain::tiles_unproved(title, axis, size, flow));
            Axis::Lost
        }
    }
}

/// An option that is a number and may be 0.
fn count_option(cx: &mut Context<'_>, call: &Call, name: &str) -> Option<u64> {
    let Some(choice) = find(call, name) else { return Some(0) };
    let count = choice.value.as_dim().and_then(Dim::as_integer);
    if count.is_none() {
        cx.errors.at_span(choice.value.span(), explain::option_not_count(&choice.name));
    }
    count
}
