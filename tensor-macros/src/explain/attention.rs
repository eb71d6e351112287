//! An `attention` is wrong.

use syn::Ident;

use super::remainder;
use super::sequence::here;
use crate::check::{Axis, Flow};
use crate::syntax::AxesDecl;

pub(crate) fn attention_body_expected() -> String {
    "expected the attention's options in braces: `{ heads: 8, mask: causal }`".to_owned()
}

pub(crate) fn attention_option_expected() -> String {
    "expected an option such as `heads: 8` or `w_q: [8, 4]`".to_owned()
}

pub(crate) fn comma_between_options() -> String {
    "expected `,` between two options".to_owned()
}

pub(crate) fn heads(title: &str, columns: &Axis, heads: &Axis, flow: &Flow) -> String {
    let (columns, heads) = (columns.to_string(), heads.to_string());
    let leaves = match remainder(&columns, &heads) {
        Some(rest) => format!(", which leaves a remainder of {rest}"),
        None => ", which does not divide them".to_owned(),
    };
    let help = match divisors_near(&columns, &heads) {
        Some(near) => format!("\nhelp: the nearest numbers of heads that divide {columns} are {near}"),
        None => String::new(),
    };
    format!("`{title}` splits {columns} features into {heads} heads{leaves}\n{}{help}", flow.chain_to(title))
}

/// The divisors next below and above, as `8 and 16`; none for widths beyond any network's, which take long to factor.
fn divisors_near(columns: &str, heads: &str) -> Option<String> {
    let (columns, heads): (u64, u64) = (columns.parse().ok()?, heads.parse().ok()?);
    if columns >= 1 << 40 {
        return None;
    }
    let pairs = (1..=columns.isqrt()).filter(|&divisor| columns.is_multiple_of(divisor));
    let (mut below, mut above) = (None, None);
    for divisor in pairs.flat_map(|divisor| [divisor, columns / divisor]) {
        if divisor < heads {
            below = below.max(Some(divisor));
        } else {
            above = Some(above.map_or(divisor, |other: u64| other.min(divisor)));
        }
    }
    match (below, above) {
        (Some(below), Some(above)) => Some(format!("{below} and {above}")),
        (Some(only), None) | (None, Some(only)) => Some(only.to_string()),
        (None, None) => None,
    }
}

pub(crate) fn heads_unproved(title: &str, columns: &Axis, heads: &Axis, flow: &Flow) -> String {
    format!(
        "`{title}` splits {columns} features into {heads} heads, and nothing says that `{heads}` divides `{columns}`\n{}\n\
         help: add `where {columns} % {heads} == 0`",
        flow.chain_to(title)
    )
}

pub(crate) fn kv_heads(title: &str, heads: &Axis, kv_heads: &Axis) -> String {
    let (heads, kv_heads) = (heads.to_string(), kv_heads.to_string());
    let leaves = match remainder(&heads, &kv_heads) {
        Some(rest) => format!(", which leaves a remainder of {rest}"),
        None => String::new(),
    };
    format!(
        "`{title}` shares {kv_heads} heads of keys and values among {heads} heads of queries{leaves}\n\
         help: `kv_heads` divides `heads`"
    )
}

pub(crate) fn kv_heads_unproved(title: &str, heads: &Axis, kv_heads: &Axis) -> String {
    format!(
        "`{title}` shares {kv_heads} heads of keys and values among {heads} heads of queries, and nothing says that \
         `{kv_heads}` divides `{heads}`\nhelp: add `where {heads} % {kv_heads} == 0`"
    )
}

pub(crate) fn rank_without_lora(name: &Ident, form: &str) -> String {
    format!(
        "`{name}` is for the matrices that `lora` names, and there is no `lora`\nhelp: write it as in `{form}`"
    )
}

pub(crate) fn lora_letters(letters: &str) -> String {
    format!(
        "`lora` can't be `{letters}`\nhelp: name the matrices that are adapted by their letters, each once: `q`, `k`, `v`, \
         `o`, as in `lora: qv`"
    )
}

pub(crate) fn lora_without_w_o(title: &str) -> String {
    format!(
        "`lora` names `o`, but `{title}` has no `w_o`\nhelp: leave out the `o`, or give it `heads` or `w_o`"
    )
}

pub(crate) fn matrix_form(name: &Ident) -> String {
    format!(
        "`{name}` is a matrix with what it takes and what it gives\nhelp: write it as in `{name}: [8, 4]`"
    )
}

pub(crate) fn matrix_rows(
    title: &str,
    name: &str,
    (rows, takes): (&Axis, &Axis),
    from: &str,
    flow: &Flow,
) -> String {
    let from = match (from, &flow.giver) {
        ("", Some(giver)) => format!("`{giver}` gives"),
        ("", None) => "the input has".to_owned(),
        (from, _) => from.to_owned(),
    };
    format!(
        "`{name}` takes {rows} features, but {from} {takes}\n{}\nhelp: write `{name}: [{takes}, …]`",
        flow.chain_to(title)
    )
}

pub(crate) fn scores(
    title: &str,
    (queries, heads): (&Axis, &Axis),
    (keys, kv_heads, wanted): (&Axis, &Axis, &Axis),
    flow: &Flow,
) -> String {
    let because = if heads.to_string() == "1" {
        format!("`w_q` gives {queries}")
    } else {
        format!("`w_q` gives {queries} for {heads} heads, so that {kv_heads} heads of keys have {wanted}")
    };
    format!(
        "`w_k` gives {keys} features, but {because}: Q·Kᵀ multiplies the two\n{}\nhelp: write `w_k: […, {wanted}]`",
        flow.chain_to(title)
    )
}

pub(crate) fn value_heads(title: &str, columns: &Axis, kv_heads: &Axis, flow: &Flow) -> String {
    let leaves = match remainder(&columns.to_string(), &kv_heads.to_string()) {
        Some(rest) => format!(", which leaves a remainder of {rest}"),
        None => format!(", and nothing says that `{kv_heads}` divides `{columns}`"),
    };
    format!("`w_v` splits {columns} features into {kv_heads} heads{leaves}\n{}", flow.chain_to(title))
}

pub(crate) fn heads_joined(title: &str, rows: &Axis, joined: &Axis, flow: &Flow) -> String {
    format!(
        "`w_o` takes {rows} features, but the heads give {joined}\n{}\nhelp: write `w_o: [{joined}, …]`",
        flow.chain_to(title)
    )
}

pub(crate) fn attention_output(
    (who, title): (&str, &str),
    (promised, given): (&Axis, &Axis),
    giver: &str,
    flow: &Flow,
) -> String {
    format!(
        "`{who}` promises {promised} features, but `{giver}` gives {given}\n{}\n\
         help: write {given} here, or let `{giver}` give {promised}",
        flow.chain_to(title)
    )
}

pub(crate) fn context_in_a_chain(axes: &AxesDecl) -> String {
    format!(
        "in a chain, `context` names a side input of the network\n\
         help: declare `(x: …, context: {axes}) -> …` and write `context: context`"
    )
}

pub(crate) fn context_axes(title: &str, name: &str, side: &Flow) -> String {
    format!(
        "`{title}` takes keys and values from `{name}`, which has the axes {side}\n\
         help: a context has a sequence of features, such as `[m, 512]`"
    )
}

pub(crate) fn padding_without_mask(title: &str, positions: &Axis, sides: &[String]) -> String {
    let here = here(sides);
    format!(
        "`{title}` hides what the side input `mask` marks as padding, but {here}\n\
         help: write `(x: …, mask: [{positions}]) -> …`"
    )
}

pub(crate) fn rope_base() -> String {
    "`rope` is the base of the rotary positions' frequencies, such as `rope: 10_000.0`".to_owned()
}

pub(crate) fn odd_head_dim(title: &str, head_dim: &Axis, flow: &Flow) -> String {
    format!(
        "`rope` turns features in pairs, but each head of `{title}` has {head_dim}\n{}\n\
         help: let each head have an even number of features",
        flow.chain_to(title)
    )
}

pub(crate) fn attention_dropout() -> String {
    "`dropout` is the probability that an attention weight is dropped, from 0 to below 1".to_owned()
}
