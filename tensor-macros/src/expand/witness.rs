//! Checks left to rustc, each at the token to blame.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::plan::plan_of;
use crate::check::Witness;

/// `const _: () = …;` for each check.
pub(super) fn witnesses(network: &TokenStream, name: &str, witnesses: &[Witness]) -> TokenStream {
    witnesses.iter().map(|witness| expand(network, name, witness)).collect()
}

fn expand(network: &TokenStream, name: &str, witness: &Witness) -> TokenStream {
    let plan = quote!(<#network as ::tensor_core::__private::Network>::PLAN);
    match witness {
        Witness::Item { place, span } => {
            quote_spanned!(*span=> const _: () = ::tensor_core::__private::check_item(#plan, &[#(#place),*]);)
        }
        Witness::Output { span } => {
            quote_spanned!(*span=> const _: () = ::tensor_core::__private::check_output(#plan);)
        }
        Witness::Network { path, span } => {
            let plan = plan_of(path);
            quote_spanned!(*span=> const _: () = ::tensor_core::__private::verify(#plan);)
        }
        Witness::SameFeatures { item, takes, giver, gives, chain, span } => quote_spanned! {*span=>
            const _: () = ::tensor_core::__private::same_features(#item, #takes, #giver, #gives, #chain);
        },
        Witness::Size { text, size, span } => {
            quote_spanned!(*span=> const _: () = ::tensor_core::__private::check_size(#text, #size);)
        }
        Witness::Relation { relation, span } => quote_spanned! {*span=>
            const _: () = ::tensor_core::__private::check_relation(#name, &#relation);
        },
        Witness::Budget { index, span } => {
            quote_spanned!(*span=> const _: () = ::tensor_core::__private::check_budget(#plan, #index);)
        }
        Witness::StackedLinear { message, attributes, span } => {
            let levels = ["allow", "expect", "warn", "deny", "forbid"];
            let attributes =
                attributes.iter().filter(|a| levels.iter().any(|level| a.path().is_ident(level)));
            // A proc macro on stable Rust has no warnings of its own; the use of something deprecated is one.
            let call = quote_spanned!(*span=> stacked_linear());
            quote! {
                #(#attributes)*
                const _: () = {
                    #[deprecated(note = #message)]
                    const fn stacked_linear() {}
                    #call
                };
            }
        }
    }
}
