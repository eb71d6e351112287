//! Each item takes the blame for a file that does not have its weights, at its own place.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::network::Names;
use super::plan::{free_name, with_arguments};
use crate::check::{CheckedItem, CheckedKind, Weights};

/// `Fits` of a network, whose items with weights are told by their numbers.
pub(super) fn fits(items: &[CheckedItem], names: &Names<'_>) -> TokenStream {
    let Names { net, generics, arguments, taken, .. } = names;
    let blame = free_name("B", taken);
    let mut checks = TokenStream::new();
    check(items, &mut 0, &quote!(#blame), &mut checks);
    quote! {
        impl<#generics #blame: ::tensor_core::__private::Blame> ::tensor_core::__private::Fits<#blame>
            for #net<#arguments f32, ::tensor_core::__private::Cpu>
        {
            const WEIGHTS: () = { #checks };
        }
    }
}

/// Items are numbered as they are written, those in blocks after them: as `tensor_core::fit` numbers them in the plan.
fn check(items: &[CheckedItem], number: &mut usize, blame: &TokenStream, checks: &mut TokenStream) {
    for item in items {
        let here = *number;
        *number += 1;
        match &item.kind {
            CheckedKind::Op(op) if matches!(op.weights, Weights::None) => {}
            CheckedKind::Op(op) => {
                let span = item.name.as_ref().map_or_else(|| op.keyword.span(), |name| name.span());
                checks
                    .extend(quote_spanned!(span=> ::tensor_core::__private::check_weights::<#blame>(#here);));
            }
            CheckedKind::Network { path, .. } => {
                let span = item.name.as_ref().map(|name| name.span());
                let span = span.or_else(|| path.segments.last().map(|segment| segment.ident.span()));
                let span = span.unwrap_or_else(proc_macro2::Span::call_site);
                let network = with_arguments(path, [quote!(f32), quote!(::tensor_core::__private::Cpu)]);
                checks.extend(quote_spanned! {span=>
                    ::tensor_core::__private::check_weights::<#blame>(#here);
                    let () = <<#network as ::tensor_core::__private::Network>::Declared as ::tensor_core::__private::Fits<
                        ::tensor_core::__private::Inside<#blame, #here>
                    >>::WEIGHTS;
                });
            }
            CheckedKind::Residual(items) => check(items, number, blame, checks),
            CheckedKind::Fork { branches, .. } => {
                branches.iter().for_each(|(_, items)| check(items, number, blame, checks));
            }
            CheckedKind::Missing => *number = here,
        }
    }
}
