//! Whatever tokens come, the parsers answer with a tree or with a sentence.

use proc_macro2::TokenStream;
use proptest::prelude::*;

use super::super::{Dim, Relation, Scope};

const PIECES: &[&str] = &[
    "A",
    "B",
    "seq",
    "WIDTH",
    "config",
    "::",
    "crate",
    "Self",
    "self",
    "if",
    "_",
    "r#type",
    "Model",
    "0",
    "1",
    "8",
    "8u32",
    "4usize",
    "0x1F",
    "2.5",
    "1.",
    "18446744073709551616",
    "\"8\"",
    "\"A +\"",
    "'c'",
    "b\"x\"",
    "true",
    "+",
    "-",
    "*",
    "/",
    "%",
    "->",
    "- >",
    "==",
    "=",
    "<=",
    ">=",
    "<",
    ">",
    "!",
    "#",
    "'a",
    ",",
    ";",
    ":",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "&&",
    "..",
];

fn soup() -> impl Strategy<Value = TokenStream> {
    let piece =
        prop_oneof![3 => 0..PIECES.len(), 1 => Just(0), 1 => Just(27)].prop_map(|index| PIECES[index]);
    proptest::collection::vec(piece, 0..12).prop_filter_map("brackets match", |mut pieces| {
        // Most soups have brackets that don't match; closing what is open saves many.
        let mut open = Vec::new();
        for piece in &pieces {
            match *piece {
                "(" => open.push(")"),
                "[" => open.push("]"),
                "{" => open.push("}"),
                _ => {}
            }
        }
        if !pieces.iter().any(|piece| matches!(*piece, ")" | "]" | "}")) {
            pieces.extend(open.into_iter().rev());
        }
        pieces.join(" ").parse().ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_dim_or_a_sentence(tokens in soup()) {
        match syn::parse2::<Dim>(tokens) {
            Ok(dim) => {
                let again: Dim = syn::parse_str(&dim.to_string()).unwrap();
                prop_assert_eq!(again.to_string(), dim.to_string());
                prop_assert!(syn::parse2::<syn::Expr>(dim.tokens()).is_ok());
                let _ = Scope::new(["A".to_owned(), "B".to_owned()]).size(&dim);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn a_relation_or_a_sentence(tokens in soup()) {
        match syn::parse2::<Relation>(tokens) {
            Ok(relation) => {
                let again: Relation = syn::parse_str(&relation.to_string()).unwrap();
                prop_assert_eq!(again.to_string(), relation.to_string());
                let _ = Scope::new(["A".to_owned(), "B".to_owned()]).relate(&relation);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
