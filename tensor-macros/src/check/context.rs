//! What the rules of ops work with: sizes, comparisons, options, mistakes.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::flow::{Axis, Flow};
use super::witness::Witness;
use crate::dim::{Dim, DimErrorKind, Scope, Size, Symbol, Verdict, not_whole};
use crate::errors::Errors;
use crate::explain;
use crate::syntax::{Argument, Call, Choice};

/// The state of checking one declaration.
pub(crate) struct Context<'a> {
    pub(crate) network: String,
    pub(crate) scope: Scope,
    pub(crate) errors: &'a mut Errors,
    pub(crate) witnesses: Vec<Witness>,
    /// The sizes left to rustc.
    pub(crate) sizes: BTreeSet<String>,
    /// The sizes that no type can say, which are reported: what is derived from them is no other mistake.
    pub(crate) unsayable: Vec<Size>,
    /// Whether the network has const parameters: then `const _` items can't see its sizes.
    pub(crate) generic: bool,
    /// The place of the current item in the body.
    pub(crate) place: Vec<usize>,
    /// The side inputs.
    pub(crate) sides: Vec<Side>,
    /// The embeddings so far: name, vocabulary, width.
    pub(crate) tables: Vec<(String, Axis, Axis)>,
}

/// A side input as checks see it.
#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) name: String,
    pub(crate) flow: Flow,
}

/// A size as the expansion writes it.
#[derive(Clone)]
pub(crate) struct Width {
    /// In a type: a literal, a lone parameter, `{ WIDTH * 4 }`.
    pub(crate) in_type: TokenStream,
    /// In the plan, where all arithmetic is allowed.
    pub(crate) in_plan: TokenStream,
    /// As messages and docs show it.
    pub(crate) text: String,
}

impl Width {
    /// Stands where a mistake was reported, so that rustc adds none.
    pub(crate) fn dummy() -> Self {
        let one = quote::quote!(1);
        Width { in_type: one.clone(), in_plan: one, text: "_".to_owned() }
    }
}

impl Context<'_> {
    /// The size of a written dim; a mistake in it is reported.
    pub(crate) fn size(&mut self, dim: &Dim) -> Option<Size> {
        match self.scope.size(dim) {
            Ok(size) => self.check_divisions(dim).then_some(size),
            Err(error) => {
                self.errors.at_span(error.span, explain::dim_error(dim, &error.kind));
                None
            }
        }
    }

    /// Whether the written divisions are exact, or depend on const items alone, so that rustc can check them.
    /// One that depends on a parameter as well is reported.
    fn check_divisions(&mut self, dim: &Dim) -> bool {
        let mut provable = true;
        for (dividend, divisor) in self.scope.divisions(dim) {
            if self.scope.has_parameter(&dividend) || self.scope.has_parameter(&divisor) {
                provable = false;
                self.errors.at_span(
                    divisor.span(),
                    explain::dim_error(
                        dim,
                        &DimErrorKind::UnprovedDivision {
                            dividend: dividend.to_string(),
                            divisor: divisor.to_string(),
                        },
                    ),
                );
            }
        }
        provable
    }

    /// The size of a weight, which must be known to the compiler and be something that a type can say.
    pub(crate) fn width(&mut self, dim: &Dim) -> (Width, Option<Size>) {
        let Some(size) = self.size(dim) else { return (Width::dummy(), None) };
        if let Some(axis) = size.runtime_axis() {
            self.errors.at(&dim.tokens(), explain::runtime_axis_as_size(&axis));
            return (Width::dummy(), None);
        }
        (self.static_width(dim, &size), Some(size))
    }

    /// A size without runtime axes as the expansion writes it; one that no type can say is reported.
    pub(super) fn static_width(&mut self, dim: &Dim, size: &Size) -> Width {
        self.leave_size_to_rustc(dim);
        self.written(dim, size).unwrap_or_else(|| {
            self.errors.at(&dim.tokens(), explain::size_not_in_type(dim));
            self.unsayable.push(size.clone());
            Width::dummy()
        })
    }

    /// A size that nobody wrote at `span`, as the expansion writes it; one that no type can say is reported, if it is
    /// not yet.
    pub(super) fn derived_width(
        &mut self,
        dim: &Dim,
        size: &Size,
        span: Span,
        message: impl FnOnce() -> String,
    ) -> Width {
        self.written(dim, size).unwrap_or_else(|| {
            if !self.unsayable.iter().any(|known| self.scope.compare(known, size) == Verdict::Equal) {
                self.errors.at_span(span, message());
                self.unsayable.push(size.clone());
            }
            Width::dummy()
        })
    }

    /// Lets rustc check a size of const items: that it can be computed, and is not 0. Once for each that is written.
    fn leave_size_to_rustc(&mut self, dim: &Dim) {
        let symbols: Vec<Symbol> = dim.names().filter_map(|name| self.scope.symbol(name).ok()).collect();
        let only_consts = symbols.iter().all(|symbol| matches!(symbol, Symbol::Constant(_)));
        let text = dim.to_string();
        if !symbols.is_empty() && only_consts && self.sizes.insert(text.clone()) {
            let mut size = dim.calls("checked_");
            if dim.lone_name().is_some() {
                // Of a wrong type, it gets the very error that its other uses get, and rustc drops copies. (The name is none
                // that the size itself may have.)
                size = quote_spanned!(dim.span()=> { const __TENSOR_DSL_SIZE: usize = #size; __TENSOR_DSL_SIZE });
            }
            self.witnesses.push(Witness::Size { text, size, span: dim.span() });
        }
    }

    /// How the expansion writes a size; `None` if stable Rust has no way to say it in a type.
    pub(crate) fn written(&self, dim: &Dim, size: &Size) -> Option<Width> {
        let span = dim.span();
        let in_plan = dim.calls("");
        let text = size.value().map_or_else(|| dim.to_string(), |value| value.to_string());
        let in_type = if !self.scope.has_parameter(dim) {
            match size.value() {
                Some(value) => {
                    let mut literal = proc_macro2::Literal::u64_unsuffixed(value);
                    literal.set_span(span);
                    literal.into_token_stream()
                }
                None => quote_spanned!(span=> { #in_plan }),
            }
        } else if let Some(name) = dim.lone_name() {
            name.to_token_stream()
        } else if let Some(value) = size.value() {
            proc_macro2::Literal::u64_unsuffixed(value).into_token_stream()
        } else {
            proc_macro2::Ident::new(&self.scope.parameter_equal_to(size)?, span).into_token_stream()
        };
        Some(Width { in_type, in_plan, text })
    }

    /// The features that flow in, for an op whose input size is inferred.
    pub(crate) fn inferred_width(&mut self, flow: &Flow, title: &str, call: &Call) -> Width {
        let span = call.keyword.span();
        match flow.features() {
            Axis::Known { dim, size } => {
                if let Some(axis) = size.runtime_axis() {
                    self.errors.at_span(span, explain::runtime_features(title, &axis, flow));
                    return Width::dummy();
                }
                self.derived_width(&dim, &size, span, || explain::inferred_size_not_in_type(title, &dim))
            }
            Axis::Rustc(_) if self.generic => {
                self.errors.at_span(span, explain::inferred_size_unseen(title, call, flow));
                Width::dummy()
            }
            Axis::Rustc(tokens) => {
                Width { in_type: quote::quote!({ #tokens }), in_plan: tokens, text: "_".to_owned() }
            }
            Axis::Lost => Width::dummy(),
        }
    }

    /// The features of an op that gives as many as it takes. They are inferred, and may be written, `layer_norm(384)`, where
    /// another network's features flow in.
    pub(crate) fn passing_width(&mut self, title: &str, call: &Call, flow: &Flow) -> Width {
        match call.sizes.as_slice() {
            [] => self.inferred_width(flow, title, call),
            [Argument::One(dim)] => self.compared_width(title, dim, call, flow),
            _ if call.is_unreadable() => Width::dummy(),
            [Argument::Number(number)] => {
                self.errors.at(number, not_whole(number));
                Width::dummy()
            }
            [.., last] => {
                self.errors.at_span(last.span(), explain::too_many_sizes(&call.keyword));
                Width::dummy()
            }
        }
    }

    /// A written size of the features that flow in.
    pub(crate) fn compared_width(&mut self, title: &str, dim: &Dim, call: &Call, flow: &Flow) -> Width {
        let (width, size) = self.width(dim);
        if let Some(size) = size {
            self.compare_features(title, dim, &size, flow, call);
        }
        width
    }

    /// Compares the features that an item takes with those that flow in, and blames the size written.
    pub(crate) fn compare_features(
        &mut self,
        title: &str,
        takes: &Dim,
        size: &Size,
        flow: &Flow,
        call: &Call,
    ) {
        let blame = takes.tokens();
        match flow.features() {
            Axis::Known { size: given_size, .. } if let Some(axis) = given_size.runtime_axis() => {
                self.errors.at(&blame, explain::runtime_features(title, &axis, flow));
            }
            Axis::Known { dim: given, size: given_size } => match self.scope.compare(size, &given_size) {
                Verdict::Equal => {}
                // rustc knows the numbers, so its message can show them.
                Verdict::Different if !self.generic && has_consts(takes, &given) => {
                    self.leave_to_rustc(takes.span());
                }
                // That it can't stand in a type is reported; the same remedy proves that it is equal.
                Verdict::Unproved if self.written(takes, size).is_none() => {}
                Verdict::Different => {
                    self.errors.at(&blame, explain::features(title, takes, size, flow, call));
                }
                Verdict::Unproved => {
                    self.errors.at(&blame, explain::features_unproved(title, takes, &given, flow, call));
                }
                Verdict::RustcKnows if !self.generic => self.leave_to_rustc(takes.span()),
                Verdict::RustcKnows => {
                    let parameter = |symbol: &Symbol| matches!(symbol, Symbol::Parameter(_));
                    if size.symbols().iter().chain(&given_size.symbols()).any(parameter) {
                        self.errors.at(&blame, explain::features_unproved(title, takes, &given, flow, call));
                    } else {
                        self.witnesses.push(Witness::SameFeatures {
                            item: title.to_owned(),
                            takes: takes.calls(""),
                            giver: flow.giver.clone().unwrap_or_default(),
                            gives: given.calls(""),
                            chain: flow.chain_to(title),
                            span: takes.span(),
                        });
                    }
                }
            },
            Axis::Rustc(_) => self.leave_to_rustc(takes.span()),
            Axis::Lost => {}
        }
    }

    /// Lets rustc check the current item, once. A generic network carries the check to where it is instantiated.
    pub(crate) fn leave_to_rustc(&mut self, span: Span) {
        let place = &self.place;
        let left =
            |witness: &Witness| matches!(witness, Witness::Item { place: other, .. } if other == place);
        if !self.generic && !self.witnesses.iter().any(left) {
            self.witnesses.push(Witness::Item { place: self.place.clone(), span });
        }
    }

    /// The input and output sizes of `op(O)` or `op(I -> O)`, checked against what flows in; `flow` then has the
    /// output's features.
    pub(crate) fn in_and_out(&mut self, title: &str, call: &Call, flow: &mut Flow) -> (Width, Width) {
        let (inputs, output) = match call.sizes.as_slice() {
            _ if call.is_unreadable() => (Width::dummy(), None),
            [Argument::Both(input, output)] => {
                let (width, size) = self.width(input);
                if let Some(size) = size {
                    self.compare_features(title, input, &size, flow, call);
                }
                (width, Some(output))
            }
            [Argument::One(output)] => {
                let inferred = self.inferred_width(flow, title, call);
                (inferred, Some(output))
            }
            [Argument::One(first), Argument::One(second)] => {
                self.errors
                    .at(&second.tokens(), explain::arrow_missing_between(&call.keyword, first, second));
                (Width::dummy(), Some(second))
            }
            [] => {
                self.errors.at(&call.keyword, explain::sizes_missing(&call.keyword));
                (Width::dummy(), None)
            }
            [Argument::Number(number)] => {
                self.errors.at(number, not_whole(number));
                (Width::dummy(), None)
            }
            [.., last] => {
                self.errors.at_span(last.span(), explain::too_many_sizes(&call.keyword));
                (Width::dummy(), None)
            }
        };
        let Some(output) = output else {
            flow.set_features(Axis::Lost, title);
            return (inputs, Width::dummy());
        };
        let (outputs, size) = self.width(output);
        let features = size.map_or(Axis::Lost, |size| Axis::Known { dim: output.clone(), size });
        flow.set_features(features, title);
        (inputs, outputs)
    }

    /// The value of an option that is true or false.
    pub(crate) fn bool_option(&mut self, call: &Call, name: &str, default: bool) -> bool {
        let Some(choice) = find(call, name) else { return default };
        choice.value.as_bool().unwrap_or_else(|| {
            self.errors.at_span(choice.value.span(), explain::option_not_bool(&choice.name));
            default
        })
    }

    /// The value of an option that is a positive number.
    pub(crate) fn number_option(&mut self, call: &Call, name: &str, default: f64) -> f64 {
        let Some(choice) = find(call, name) else { return default };
        match choice.value.as_number() {
            Some(number) if number > 0.0 && number.is_finite() => number,
            _ => {
                self.errors.at_span(choice.value.span(), explain::option_not_positive(&choice.name, default));
                default
            }
        }
    }

    /// The side input of this name.
    pub(crate) fn side(&self, name: &str) -> Option<&Side> {
        self.sides.iter().find(|side| side.name == name)
    }

    pub(crate) fn side_names(&self) -> Vec<String> {
        self.sides.iter().map(|side| side.name.clone()).collect()
    }

    /// Reports arguments without a name on an op that takes none.
    pub(crate) fn no_sizes(&mut self, call: &Call) {
        if let Some(first) = call.sizes.first()
            && !call.is_unreadable()
        {
            self.errors.at_span(first.span(), explain::no_sizes(&call.keyword));
        }
    }
}

pub(crate) fn find<'a>(call: &'a Call, name: &str) -> Option<&'a Choice> {
    call.options.iter().find(|choice| choice.name == name)
}

/// Whether a const item is in one of two dims of a network without const parameters.
fn has_consts(left: &Dim, right: &Dim) -> bool {
    left.names().chain(right.names()).next().is_some()
}
