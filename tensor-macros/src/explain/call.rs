//! An op or one of its arguments is wrong.

use syn::Ident;

use super::nearest;
use crate::dim::Dim;
use crate::ops::{self, Rule};

pub(crate) fn unknown_op(keyword: &str) -> String {
    let known = ops::all().map(|rule| rule.keyword).chain(["residual", "fork"]);
    match nearest(keyword, known) {
        Some(near) => format!("there is no op `{keyword}`\nhelp: did you mean `{near}`?"),
        None => {
            let all: Vec<&str> = ops::all().map(|rule| rule.keyword).collect();
            format!("there is no op `{keyword}`\nhelp: the ops are {}, residual, fork", all.join(", "))
        }
    }
}

pub(crate) fn unknown_option(name: &str, rule: &Rule) -> String {
    let known = rule.options.iter().copied().chain(rule.has_weights.then_some("rename"));
    let keyword = rule.keyword;
    match nearest(name, known.clone()) {
        Some(near) => format!("`{keyword}` has no option `{name}`\nhelp: did you mean `{near}`?"),
        None => match known.collect::<Vec<_>>().as_slice() {
            [] => format!("`{keyword}` has no option `{name}`: it has none\nhelp: write `{}`", rule.form),
            [only] => format!("`{keyword}` has no option `{name}`\nhelp: its one option is `{only}`"),
            several => {
                format!("`{keyword}` has no option `{name}`\nhelp: its options are {}", several.join(", "))
            }
        },
    }
}

pub(crate) fn option_twice(name: &str) -> String {
    format!("`{name}` is given twice")
}

pub(crate) fn option_required(keyword: &Ident, option: &str, form: &str) -> String {
    format!("`{keyword}` needs `{option}`\nhelp: write it as in `{form}`")
}

pub(crate) fn option_not_size(name: &Ident) -> String {
    format!("`{name}` is a size: a whole number, a const or a const parameter")
}

pub(crate) fn option_not_bool(name: &Ident) -> String {
    format!("`{name}` is `true` or `false`")
}

pub(crate) fn option_not_positive(name: &Ident, example: f64) -> String {
    format!("`{name}` is a number above 0, such as `{example:e}`")
}

pub(crate) fn rename_not_text() -> String {
    "`rename` is the name in the checkpoint, in quotes: `rename: \"encoder.layer.0\"`".to_owned()
}

pub(crate) fn rename_without_weights(rule: &Rule) -> String {
    format!("`{}` has no weights, so there is nothing to rename", rule.keyword)
}

pub(crate) fn no_sizes(keyword: &Ident) -> String {
    format!("`{keyword}` takes no sizes: it gives the axes that it takes\nhelp: write `{keyword}`")
}

pub(crate) fn sizes_missing(keyword: &Ident) -> String {
    let form = form(keyword);
    format!(
        "`{keyword}` needs the size that it gives\nhelp: write it as in `{form}`, or `{keyword}(8)` to infer what it takes"
    )
}

pub(crate) fn too_many_sizes(keyword: &Ident) -> String {
    format!("`{keyword}` has more sizes than it takes\nhelp: write it as in `{}`", form(keyword))
}

pub(crate) fn arrow_missing_between(keyword: &Ident, first: &Dim, second: &Dim) -> String {
    format!(
        "an arrow stands between what `{keyword}` takes and what it gives\n\
         help: write `{keyword}({first} -> {second})`"
    )
}

pub(crate) fn arrow_missing(first: &Dim) -> String {
    format!(
        "expected `->`, `,` or `)` after `{first}`\nhelp: an arrow stands between two sizes: `{first} -> …`"
    )
}

pub(crate) fn arrow_misspelt() -> String {
    "the arrow between two sizes is written `->`".to_owned()
}

pub(crate) fn unexpected_in_brackets(keyword: &Ident) -> String {
    format!("expected `,` or `)`\nhelp: `{keyword}` is written as in `{}`", form(keyword))
}

pub(crate) fn value_expected() -> String {
    "expected a number, a size, `true`, `false` or a text in quotes".to_owned()
}

pub(crate) fn dropout_probability() -> String {
    "`dropout` needs the probability that a number is dropped, from 0 to below 1\nhelp: write it as in `dropout(0.1)`"
        .to_owned()
}

pub(super) fn form(keyword: &Ident) -> String {
    ops::find(&keyword.to_string()).map_or_else(|| keyword.to_string(), |rule| rule.form.to_owned())
}
