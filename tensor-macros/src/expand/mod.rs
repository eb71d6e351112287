//! A checked declaration → tokens. Cannot fail.

mod docs;
mod fits;
mod methods;
mod network;
mod plan;
mod witness;

pub(crate) use network::network;
pub(crate) use plan::plan_of;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::explain;

/// `assert_layer!(Block<768, 3072>)`
pub(crate) fn assert_layer(input: TokenStream) -> TokenStream {
    let network: syn::Type = match syn::parse2(input) {
        Ok(network) => network,
        Err(error) => {
            return syn::Error::new(error.span(), explain::asserted_network_expected()).into_compile_error();
        }
    };
    let check = quote_spanned!(network.span()=> ::tensor_core::__private::verify(
        <Asserted as ::tensor_core::__private::Network>::PLAN
    ));
    quote! {
        const _: () = {
            // An alias, since only in an item are the network's number type and device defaults.
            type Asserted = #network;
            #check
        };
    }
}
