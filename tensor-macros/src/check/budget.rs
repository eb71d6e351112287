//! `#[budget(params <= 200_000)]`: what a network may cost.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitInt, Token};

use super::Context;
use super::witness::Witness;
use crate::explain;
use crate::syntax::Declaration;

/// One budget as written.
struct Budget {
    counts: Ident,
    most: LitInt,
}

impl Parse for Budget {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let form = |_| syn::Error::new(input.span(), explain::budget_form());
        let counts = input.parse().map_err(form)?;
        input.parse::<Token![<=]>().map_err(form)?;
        let most: LitInt = input.parse().map_err(form)?;
        Ok(Budget { counts, most })
    }
}

/// Whether an attribute is one of ours, and not one for the struct.
pub(crate) fn is_budget(attribute: &Attribute) -> bool {
    attribute.path().is_ident("budget")
}

/// The declaration's budgets as the plan has them. A network without parameters is held to them at once, a generic one
/// where it is instantiated.
pub(super) fn check(cx: &mut Context<'_>, declaration: &Declaration) -> Vec<TokenStream> {
    let mut budgets = Vec::new();
    for attribute in declaration.attributes.iter().filter(|attribute| is_budget(attribute)) {
        let budget: Budget = match attribute.parse_args() {
            Ok(budget) => budget,
            Err(error) => {
                cx.errors.at_span(error.span(), explain::budget_form());
                continue;
            }
        };
        let counts = match budget.counts.to_string().as_str() {
            "params" => quote!(Params),
            "macs" if declaration.input.main.dims.iter().any(|dim| cx.is_runtime(dim)) => {
                cx.errors.at(&budget.counts, explain::budget_of_runtime_axis(&declaration.input.main));
                continue;
            }
            "macs" => quote!(Macs),
            other => {
                cx.errors.at(&budget.counts, explain::budget_unknown(other));
                continue;
            }
        };
        let Ok(most) = budget.most.base10_parse::<u64>() else {
            cx.errors.at(&budget.most, explain::budget_form());
            continue;
        };
        if !cx.generic {
            cx.witnesses.push(Witness::Budget { index: budgets.len(), span: budget.most.span() });
        }
        budgets.push(quote! {
            ::tensor_core::__private::Budget { counts: ::tensor_core::__private::Counted::#counts, most: #most }
        });
    }
    budgets
}
