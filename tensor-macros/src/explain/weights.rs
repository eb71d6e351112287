//! Of `weights!`: how it is written, and what is wrong with files and options. What does not fit a network, only rustc sees;
//! `tensor_core::fit` has the words.

use std::io;

use syn::Ident;

use super::nearest;
use crate::weights::OPTIONS;

pub(crate) fn weights_file_expected() -> String {
    "expected a file and a network\nhelp: write `weights!(\"model.safetensors\" => Network)`".into()
}

pub(crate) fn weights_arrow_expected(file: &str) -> String {
    format!("expected `=>` and a network after the file\nhelp: write `weights!(\"{file}\" => Network)`")
}

pub(crate) fn weights_network_expected() -> String {
    "expected a network that `layer!` declared, as in `weights!(\"model.safetensors\" => Block<64, 256>)`"
        .into()
}

pub(crate) fn weights_comma_expected() -> String {
    "expected a comma before an option".into()
}

pub(crate) fn weights_option_expected() -> String {
    format!("expected an option: {}", OPTIONS.map(|option| format!("`{option}`")).join(", "))
}

pub(crate) fn weights_option_unknown(name: &Ident) -> String {
    let word = name.to_string();
    if OPTIONS.contains(&word.as_str()) {
        return weights_option_form(name);
    }
    let help = match nearest(&word, OPTIONS.into_iter()) {
        Some(option) => format!("did you mean `{option}`?"),
        None => format!("there are {}", OPTIONS.map(|option| format!("`{option}`")).join(", ")),
    };
    format!("`weights!` has no option `{word}`\nhelp: {help}")
}

pub(crate) fn weights_option_form(option: &Ident) -> String {
    let form = match option.to_string().as_str() {
        "prefix" => "prefix: \"bert.\"",
        "rename" => "rename: [\"gamma\" => \"weight\", \"beta\" => \"bias\"]",
        _ => "ignore: [\"pooler.*\"]",
    };
    format!("`{option}` is written as in `{form}`")
}

pub(crate) fn weights_file_missing(file: &str) -> String {
    format!(
        "there is no file `{file}`, neither from the folder of `Cargo.toml` nor from that of this source file\n\
         help: where the weights are only at run time, commit their header, as `cargo run --example declare -- --header` \
         writes it, and name that here"
    )
}

pub(crate) fn weights_file_unreadable(file: &str, error: &io::Error) -> String {
    format!("`{file}` can't be read: {error}")
}

pub(crate) fn weights_file_damaged(file: &str, reason: &str) -> String {
    format!("`{file}` is not a whole safetensors file: {reason}")
}

pub(crate) fn weights_index_wrong(file: &str, reason: &str) -> String {
    format!("`{file}` does not fit the files that it lists: {reason}")
}

pub(crate) fn weights_prefix_of_none(prefix: &str, names: &[&str]) -> String {
    let mut help: Vec<&str> = names.iter().filter_map(|name| Some(&name[..name.find('.')? + 1])).collect();
    help.dedup();
    let help = match nearest(prefix, help.iter().copied()).or(help.first().copied()) {
        Some(start) => format!("\nhelp: there is `{start}`"),
        None => String::new(),
    };
    format!("no name in the file begins with `{prefix}`{help}")
}

pub(crate) fn weights_ignore_of_none<'n>(pattern: &str, names: impl Iterator<Item = &'n str>) -> String {
    let start = pattern.split('*').next().unwrap_or_default();
    let help = match nearest(if start.is_empty() { pattern } else { start }, names) {
        Some(name) => format!("\nhelp: there is `{name}`"),
        None => String::new(),
    };
    format!("no name in the file is `{pattern}`{help}")
}

pub(crate) fn weights_rename_of_none(text: &str) -> String {
    format!("no name in the file has `{text}` in it")
}

pub(crate) fn weights_name_twice(one: &str, other: &str, name: &str) -> String {
    format!("`{one}` and `{other}` would both be called `{name}`")
}
