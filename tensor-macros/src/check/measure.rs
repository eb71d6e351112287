//! Sizes that rules derive from others, whether the macro or only rustc knows them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::flow::{Axis, Flow, Prefix};
use super::{Context, Width, find};
use crate::dim::{Dim, Symbol, Verdict};
use crate::explain;
use crate::syntax::Call;

impl Axis {
    /// The size as a constant expression.
    pub(crate) fn tokens(&self) -> Option<TokenStream> {
        match self {
            Axis::Known { dim, .. } => Some(dim.calls("")),
            Axis::Rustc(tokens) => Some(tokens.clone()),
            Axis::Lost => None,
        }
    }

    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Axis::Lost)
    }
}

impl Context<'_> {
    /// Whether a dim is a runtime axis.
    pub(crate) fn is_runtime(&self, dim: &Dim) -> bool {
        self.scope.size(dim).is_ok_and(|size| size.runtime_axis().is_some())
    }

    /// A written size that has no runtime axis; mistakes are reported.
    pub(crate) fn written_axis(&mut self, dim: &Dim) -> Axis {
        match self.width(dim) {
            (_, Some(size)) => Axis::Known { dim: dim.clone(), size },
            (_, None) => Axis::Lost,
        }
    }

    /// The value of an option that is a size, reported if it is none.
    pub(crate) fn axis_option(&mut self, call: &Call, name: &str) -> Option<Axis> {
        let choice = find(call, name)?;
        Some(match choice.value.as_dim() {
            Some(dim) => self.written_axis(dim),
            None => {
                self.errors.at_span(choice.value.span(), explain::option_not_size(&choice.name));
                Axis::Lost
            }
        })
    }

    /// The value of an option that must be given, as in `form`.
    pub(crate) fn required_axis_option(&mut self, call: &Call, name: &str, form: &str) -> Axis {
        self.axis_option(call, name).unwrap_or_else(|| {
            if !call.is_unreadable() {
                self.errors.at(&call.keyword, explain::option_required(&call.keyword, name, form));
            }
            Axis::Lost
        })
    }

    pub(crate) fn sum(&self, left: Axis, right: Axis) -> Axis {
        self.derived("plus", left, right, Dim::add)
    }

    pub(crate) fn product(&self, left: Axis, right: Axis) -> Axis {
        self.derived("times", left, right, Dim::mul)
    }

    /// `left / right`; lost if it is not known to be whole, which the caller reports.
    pub(crate) fn quotient(&self, left: Axis, right: Axis) -> Axis {
        self.derived("over", left, right, Dim::div)
    }

    fn derived(&self, function: &str, left: Axis, right: Axis, join: impl Fn(Dim, Dim) -> Dim) -> Axis {
        if let (Axis::Known { dim: left, .. }, Axis::Known { dim: right, .. }) = (&left, &right) {
            let dim = join(left.clone(), right.clone());
            return self.scope.size(&dim).map_or(Axis::Lost, |size| Axis::Known { dim, size });
        }
        match (left.tokens(), right.tokens()) {
            (Some(left), Some(right)) => {
                let function = Ident::new(function, Span::call_site());
                Axis::Rustc(quote!(::tensor_core::__private::#function(#left, #right)))
            }
            _ => Axis::Lost,
        }
    }

    /// Whether two sizes are equal; `Equal` after a mistake, so that it stays one.
    pub(crate) fn equal(&self, left: &Axis, right: &Axis) -> Verdict {
        match (left, right) {
            (Axis::Lost, _) | (_, Axis::Lost) => Verdict::Equal,
            (Axis::Known { size: left, .. }, Axis::Known { size: right, .. }) => {
                let verdict = self.scope.compare(left, right);
                let constant = |symbol: &Symbol| matches!(symbol, Symbol::Constant(_));
                let constants = left.symbols().iter().chain(&right.symbols()).any(constant);
                // rustc knows the numbers, so its message can show them.
                if verdict == Verdict::Different && constants && !self.generic {
                    return Verdict::RustcKnows;
                }
                verdict
            }
            _ => Verdict::RustcKnows,
        }
    }

    /// Two sizes must be equal, or `message` is reported at the dim to blame, and the answer is `false`.
    pub(crate) fn must_be_equal(
        &mut self,
        (left, right): (&Axis, &Axis),
        blame: &Dim,
        message: impl FnOnce() -> String,
    ) -> bool {
        match self.equal(left, right) {
            Verdict::Equal => true,
            Verdict::RustcKnows => {
                self.leave_to_rustc(blame.span());
                true
            }
            Verdict::Different | Verdict::Unproved => {
                self.errors.at(&blame.tokens(), message());
                false
            }
        }
    }

    /// Features that are taken in pairs must be even, or `odd` is reported.
    pub(crate) fn must_be_even(
        &mut self,
        title: &str,
        axis: &Axis,
        span: Span,
        flow: &Flow,
        odd: impl FnOnce() -> String,
    ) {
        let two = self.written_axis(&Dim::integer(2, span));
        match self.divides(&two, axis) {
            Verdict::Equal => {}
            Verdict::RustcKnows => self.leave_to_rustc(span),
            Verdict::Different => self.errors.at_span(span, odd()),
            Verdict::Unproved => {
                self.errors.at_span(span, explain::oddness_unproved(title, &axis.to_string(), flow));
            }
        }
    }

    /// Whether one size divides another; `Equal` after a mistake.
    pub(crate) fn divides(&self, divisor: &Axis, dividend: &Axis) -> Verdict {
        match (divisor, dividend) {
            (Axis::Lost, _) | (_, Axis::Lost) => Verdict::Equal,
            (Axis::Known { size: divisor, .. }, Axis::Known { size: dividend, .. }) => {
                self.scope.divides(divisor, dividend)
            }
            _ => Verdict::RustcKnows,
        }
    }

    /// A derived size as the expansion writes it, for the item `title`.
    pub(crate) fn axis_width(&mut self, axis: &Axis, title: &str, span: Span) -> Width {
        match axis {
            Axis::Known { dim, size } => {
                self.derived_width(dim, size, span, || explain::derived_size_not_in_type(title, dim))
            }
            Axis::Rustc(_) if self.generic => {
                self.errors.at_span(span, explain::derived_size_unseen(title));
                Width::dummy()
            }
            Axis::Rustc(tokens) => {
                Width { in_type: quote!({ #tokens }), in_plan: tokens.clone(), text: "_".to_owned() }
            }
            Axis::Lost => Width::dummy(),
        }
    }
}

/// What ops with more axes than the features ask of what flows in.
impl Context<'_> {
    /// The last axes that flow in, for an op that takes `form`, such as `[n, D]`. Where there are too few, that is
    /// reported, and all are lost.
    pub(crate) fn last_axes<const N: usize>(
        &mut self,
        title: &str,
        call: &Call,
        form: &str,
        flow: &mut Flow,
    ) -> [Axis; N] {
        match flow.prefix {
            Prefix::Nothing if flow.axes.len() < N => {
                self.errors.at(&call.keyword, explain::too_few_axes(title, form, flow));
                flow.lose();
            }
            Prefix::Rustc { .. } => self.leave_to_rustc(call.keyword.span()),
            _ => {}
        }
        std::array::from_fn(|place| flow.axis_from_end(N - place))
    }

    /// Whether there is a side input `mask`; it must have one axis, that of the positions it masks.
    pub(crate) fn check_mask(&mut self, title: &str, positions: &Axis, span: Span, flow: &Flow) -> bool {
        let Some(mask) = self.side("mask").cloned() else { return false };
        if mask.flow.ids || mask.flow.axes.len() != 1 {
            self.errors.at_span(span, explain::mask_axes(title, &mask.flow));
            return true;
        }
        match self.equal(&mask.flow.axes[0], positions) {
            Verdict::Equal => {}
            Verdict::RustcKnows => self.leave_to_rustc(span),
            Verdict::Different | Verdict::Unproved => {
                self.errors.at_span(span, explain::mask_length(title, &mask.flow, positions, flow));
            }
        }
        true
    }
}
