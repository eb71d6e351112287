//! `lora: qv, rank: 8, alpha: 16`: which matrices are frozen, with a pair of low rank beside each.

use proc_macro2::TokenStream;
use quote::quote;

use crate::check::{Context, Width, find};
use crate::explain;
use crate::syntax::Call;

/// The letters of the matrices, in the order of their fields.
const LETTERS: [char; 4] = ['q', 'k', 'v', 'o'];
/// How one writes it.
const FORM: &str = "attention(heads: 8, lora: qv, rank: 8, alpha: 16)";

/// What the options say.
pub(super) struct Lora {
    on: [bool; 4],
    rank: Width,
    alpha: Width,
}

pub(super) fn lora(cx: &mut Context<'_>, title: &str, call: &Call, has_w_o: bool) -> Option<Lora> {
    let Some(choice) = find(call, "lora") else {
        for choice in ["rank", "alpha"].into_iter().filter_map(|name| find(call, name)) {
            cx.errors.at(&choice.name, explain::rank_without_lora(&choice.name, FORM));
        }
        return None;
    };
    let letters = choice.value.as_word().unwrap_or_else(|| choice.value.to_string());
    let [rank, alpha] = ["rank", "alpha"].map(|option| {
        let size = cx.required_axis_option(call, option, FORM);
        cx.axis_width(&size, title, call.keyword.span())
    });
    let once = LETTERS.map(|letter| letters.matches(letter).count());
    if letters.is_empty()
        || once.iter().sum::<usize>() != letters.chars().count()
        || once.iter().any(|&n| n > 1)
    {
        cx.errors.at_span(choice.value.span(), explain::lora_letters(&letters));
        return None;
    }
    if once[3] == 1 && !has_w_o {
        cx.errors.at_span(choice.value.span(), explain::lora_without_w_o(title));
        return None;
    }
    Some(Lora { on: once.map(|n| n == 1), rank, alpha })
}

impl Lora {
    /// The type of the weights of an adapted matrix with these sizes, up to its element; none of one that is not adapted.
    pub(super) fn weights(
        &self,
        which: usize,
        [rows, columns]: &[TokenStream; 2],
        bias: bool,
    ) -> Option<TokenStream> {
        let (rank, alpha) = (&self.rank.in_type, &self.alpha.in_type);
        let name = if bias { quote!(LoraWithBias) } else { quote!(Lora) };
        self.on[which].then(|| quote!(#name<#rows, #columns, #rank, #alpha,))
    }

    pub(super) fn plan(&self) -> TokenStream {
        let (rank, alpha, on) = (&self.rank.in_plan, &self.alpha.in_plan, self.on);
        quote!(::tensor_core::__private::AttentionLora { rank: #rank, alpha: #alpha, on: [#(#on),*] })
    }

    /// `, lora: qv, rank: 8, alpha: 16`
    pub(super) fn text(&self) -> String {
        let letters: String =
            LETTERS.iter().zip(self.on).filter(|(_, on)| *on).map(|(letter, _)| letter).collect();
        format!(", lora: {letters}, rank: {}, alpha: {}", self.rank.text, self.alpha.text)
    }
}
