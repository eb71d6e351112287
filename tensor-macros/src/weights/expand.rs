//! The header as constant data, one constant for each mistake there may be, and the value.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::file::Found;
use super::names::Named;
use super::syntax::Asked;

/// Mistakes that are told: those at items, of which `tensor_core::fit` has eleven, and one of what belongs to no item.
const MISTAKES: usize = 12;

/// The header against the plan.
pub(super) fn checks(asked: &Asked, tensors: &[Named<'_>]) -> TokenStream {
    let network = &asked.network;
    let file = asked.file.value();
    let file = file.rsplit(['/', '\\']).next().unwrap_or(&file).to_owned();
    let entries = tensors.iter().map(|Named { name, origin, tensor }| {
        let (dtype, shape) = (tensor.dtype().name(), tensor.shape());
        quote! {
            ::tensor_core::__private::StoredTensor {
                name: #name, origin: #origin, dtype: #dtype, shape: &[#(#shape),*]
            }
        }
    });
    // An alias, since only in an item are the network's number type and device defaults.
    let alias = quote_spanned!(network.span()=> type Declared = #network;);
    let plan = quote_spanned!(network.span()=> <Declared as ::tensor_core::__private::Network>::PLAN);
    let declared = quote_spanned!(network.span()=> <Declared as ::tensor_core::__private::Network>::Declared);
    let mistakes = (0..MISTAKES).map(|number| {
        quote_spanned! {asked.file.span()=>
            const _: () = {
                let () = <#declared as ::tensor_core::__private::Fits<Mistake<#number>>>::WEIGHTS;
                ::tensor_core::__private::check_left::<Mistake<#number>>()
            };
        }
    });
    quote! {
        #alias
        const HEADER: ::tensor_core::__private::Header =
            ::tensor_core::__private::Header { file: #file, tensors: &[#(#entries),*] };
        #[allow(long_running_const_eval)]
        const VERDICT: &::tensor_core::__private::Verdict<
            { ::tensor_core::__private::weights_of(#plan) },
            { HEADER.tensors.len() },
        > = &::tensor_core::__private::compare(#plan, HEADER);
        struct Mistake<const NUMBER: usize>;
        #[allow(long_running_const_eval)]
        impl<const NUMBER: usize> ::tensor_core::__private::Blame for Mistake<NUMBER> {
            const PLACE: ::tensor_core::__private::Place = VERDICT.place(NUMBER);
            const MESSAGE: ::tensor_core::__private::Text = VERDICT.message(NUMBER);
        }
        #(#mistakes)*
    }
}

/// The value that loads; with it what lets a build notice that the files change.
pub(super) fn value(asked: &Asked, file: Option<&Found>) -> TokenStream {
    let Asked { network, rename, ignore, .. } = asked;
    let prefix = asked.prefix.as_ref().map(syn::LitStr::value).unwrap_or_default();
    let path = file.filter(|file| file.has_data).and_then(|file| file.path.to_str());
    let path = match path {
        Some(path) => quote!(::core::option::Option::Some(#path)),
        None => quote!(::core::option::Option::None),
    };
    let files = file.into_iter().flat_map(|file| &file.files).filter_map(|file| file.to_str());
    quote! {
        // Nobody calls it, so that no binary has the bytes. For whoever reads the header only, the compiler has no other
        // way on stable Rust to say which files a build depends on.
        #[allow(dead_code)]
        #[inline(never)]
        fn follows() {
            #(let _: &[u8] = ::core::include_bytes!(#files);)*
        }
        ::tensor_core::io::Pretrained::<#network>::new(#path, #prefix, &[#(#rename),*], &[#(#ignore),*])
    }
}
