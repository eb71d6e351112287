//! An op on sequences, images or ids is wrong.

use syn::Ident;

use super::{gives, nearest, remainder};
use crate::check::{Axis, Flow};
use crate::dim::Dim;
use crate::syntax::{AxesDecl, Call};

pub(crate) fn too_few_axes(title: &str, form: &str, flow: &Flow) -> String {
    format!("`{title}` takes {form}, but {} {flow}\n{}", gives(flow), flow.chain_to(title))
}

pub(crate) fn ids_flow(title: &str, flow: &Flow) -> String {
    format!(
        "`{title}` takes numbers, but {} {flow}\n{}\nhelp: let an `embedding` take the ids first",
        gives(flow),
        flow.chain_to(title)
    )
}

pub(crate) fn branch_of_ids(join: &Ident, name: &Ident, flow: &Flow) -> String {
    format!(
        "`{name}` gives {flow}, but `fork({join})` joins numbers\n{}\nhelp: let an `embedding` take the ids first",
        flow.chain
    )
}

pub(crate) fn ids_needed(title: &str, flow: &Flow) -> String {
    format!(
        "`{title}` takes ids, but {} {flow}\n{}\nhelp: a network that takes ids is declared as `ids[n] -> …`",
        gives(flow),
        flow.chain_to(title)
    )
}

pub(crate) fn both_sizes_needed(keyword: &Ident, first: &str) -> String {
    let form = super::call::form(keyword);
    format!("`{keyword}` needs {first} and the size that it gives\nhelp: write it as in `{form}`")
}

pub(crate) fn sizes_missing_of(keyword: &Ident) -> String {
    format!("`{keyword}` needs its sizes\nhelp: write it as in `{}`", super::call::form(keyword))
}

pub(crate) fn added_ids(title: &str, side: &str, side_flow: &Flow, flow: &Flow) -> String {
    if flow.ids {
        return format!(
            "`{title}` adds to what flows in, which is ids here\n{}\nhelp: put it after the first `embedding`",
            flow.chain_to(title)
        );
    }
    format!(
        "`{title}` adds the rows of ids, but `{side}` has {side_flow}\nhelp: declare it as in `{side}: ids[n]`"
    )
}

pub(crate) fn ids_of(title: &str, side: &str, side_flow: &Flow) -> String {
    format!(
        "`{title}` takes the rows of ids, but `{side}` has {side_flow}\nhelp: declare it as in `{side}: ids[n]`"
    )
}

pub(crate) fn ids_of_other_axes(title: &str, side: &str, side_flow: &Flow, flow: &Flow) -> String {
    format!(
        "`{title}` takes `{side}` in place of {flow}, but it has {side_flow}\n{}\nhelp: declare `{side}: {flow}`",
        flow.chain_to(title)
    )
}

pub(crate) fn added_ids_of_other_axes(title: &str, side: &str, side_flow: &Flow, flow: &Flow) -> String {
    format!(
        "`{title}` adds a row for each id to {flow}, but `{side}` has {side_flow}\n{}\n\
         help: declare it with the axes before the features",
        flow.chain_to(title)
    )
}

pub(crate) fn of_and_add(title: &str) -> String {
    format!(
        "`{title}` has `of` and `add`, and can't take ids in place of what flows in and add to it\n\
         help: leave out one of them"
    )
}

pub(crate) fn added_width(
    title: &str,
    vocabulary: &Dim,
    (width, side): (&Axis, &str),
    flow: &Flow,
) -> String {
    let given = flow.features();
    format!(
        "`{title}` adds {width} features to those that flow in, but {} {given}\n{}\n\
         help: write `embedding({vocabulary} -> {given}, add: {side})`",
        gives(flow),
        flow.chain_to(title)
    )
}

/// What side inputs there are.
pub(super) fn here(names: &[String]) -> String {
    if names.is_empty() { "there is none here".to_owned() } else { format!("here are {}", listed(names)) }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { format!("`{}`", names.join("`, `")) }
}

pub(crate) fn side_unknown(name: &str, sides: &[String]) -> String {
    let help = match nearest(name, sides.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("declare it in the signature, as in `(x: …, {name}: […]) -> …`"),
    };
    format!("there is no side input `{name}`; {}\nhelp: {help}", here(sides))
}

pub(crate) fn mask_axes(title: &str, mask: &Flow) -> String {
    format!("`{title}` takes a `mask` with one axis, but it has {mask}\nhelp: declare it as in `mask: [n]`")
}

pub(crate) fn mask_length(title: &str, mask: &Flow, positions: &Axis, flow: &Flow) -> String {
    format!(
        "`{title}` takes a `mask` of [{positions}], but it has {mask}\n{}\nhelp: declare `mask: [{positions}]`",
        flow.chain_to(title)
    )
}

pub(crate) fn tie_needed(tables: &[(String, Axis, Axis)]) -> String {
    let name = tables.first().map_or("tokens", |(name, ..)| name.as_str());
    format!("`unembed` uses the table of an embedding\nhelp: name it, as in `unembed(1000, tie: {name})`")
}

pub(crate) fn tie_unknown(name: &str, tables: &[(String, Axis, Axis)]) -> String {
    let names: Vec<String> = tables.iter().map(|(name, ..)| name.clone()).collect();
    let help = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the embeddings before it are {}", listed(&names)),
    };
    format!("there is no embedding `{name}` before this\nhelp: {help}")
}

pub(crate) fn tied_vocabulary(title: &str, size: &Axis, name: &str, vocabulary: &Axis) -> String {
    format!(
        "`{title}` gives {size} features, but `{name}` has {vocabulary} ids, and they share one table\n\
         help: write `unembed({vocabulary}, tie: {name})`"
    )
}

pub(crate) fn tied_width(title: &str, name: &str, width: &Axis, flow: &Flow) -> String {
    format!(
        "`{title}` takes {width} features, as many as `{name}` gives, but {} {}\n{}",
        gives(flow),
        flow.features(),
        flow.chain_to(title)
    )
}

pub(crate) fn positions_needed() -> String {
    "`positional` needs the most positions that a sequence can have\nhelp: write it as in `positional(512)`"
        .to_owned()
}

pub(crate) fn too_few_positions(title: &str, most: &Dim, given: &Axis, flow: &Flow) -> String {
    format!(
        "`{title}` has {most} positions, but {} {given} of them\n{}\nhelp: write `positional({given})` or more",
        gives(flow),
        flow.chain_to(title)
    )
}

pub(crate) fn positions_unproved(title: &str, most: &Dim, given: &Axis, flow: &Flow) -> String {
    format!(
        "`{title}` has {most} positions, but {} {given} of them, and nothing says that these are enough\n{}\n\
         help: add `where {given} <= {most}`",
        gives(flow),
        flow.chain_to(title)
    )
}

pub(crate) fn odd_sinusoidal(title: &str, width: &Axis, flow: &Flow) -> String {
    format!(
        "`{title}` adds a sine and a cosine to each pair of features, but {} {width}\n{}\n\
         help: give it an even number of features",
        gives(flow),
        flow.chain_to(title)
    )
}

pub(crate) fn oddness_unproved(title: &str, size: &str, flow: &Flow) -> String {
    let text = if size.contains(' ') { format!("({size})") } else { size.to_owned() };
    format!(
        "`{title}` takes features in pairs, but nothing says that `{size}` is even\n{}\nhelp: add `where {text} % 2 == 0`",
        flow.chain_to(title)
    )
}

pub(crate) fn unknown_word(option: &str, word: &str, known: &[&str]) -> String {
    let help = match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it is one of {}", known.join(", ")),
    };
    format!("`{option}` can't be `{word}`\nhelp: {help}")
}

pub(crate) fn pool_needs_a_word() -> String {
    "`pool` needs one word for what it keeps of a sequence\nhelp: write `pool(mean)`, `pool(max)`, `pool(first)` or \
     `pool(last)`"
        .to_owned()
}

pub(crate) fn channels(title: &str, takes: &Axis, given: &Axis, flow: &Flow, call: &Call) -> String {
    format!(
        "`{title}` takes {takes} channels, but {} {given} in {flow}\n{}\nhelp: write `{}`",
        gives(flow),
        flow.chain_to(title),
        call.with_input(&given.to_string())
    )
}

pub(crate) fn kernel_too_large(title: &str, kernel: u64, size: u64, padding: u64, flow: &Flow) -> String {
    let padded = if padding == 0 {
        size.to_string()
    } else {
        format!("{size} with a padding of {padding} on both sides")
    };
    format!(
        "`{title}` has a kernel of {kernel}, but {} {flow}, and {padded} is less\n{}",
        gives(flow),
        flow.chain_to(title)
    )
}

pub(crate) fn tiles(title: &str, axis: &Axis, size: &Axis, flow: &Flow) -> String {
    let leaves = match remainder(&axis.to_string(), &size.to_string()) {
        Some(rest) => format!("{axis} / {size} leaves a remainder of {rest}"),
        None => format!("`{size}` does not divide `{axis}`"),
    };
    format!(
        "`{title}` cuts {flow} into squares of {size}, but {leaves}\n{}\nhelp: write a size that divides both sides",
        flow.chain_to(title)
    )
}

pub(crate) fn tiles_unproved(title: &str, axis: &Axis, size: &Axis, flow: &Flow) -> String {
    format!(
        "`{title}` cuts {flow} into squares of {size}, and nothing says that `{size}` divides `{axis}`\n{}\n\
         help: add `where {axis} % {size} == 0`",
        flow.chain_to(title)
    )
}

pub(crate) fn option_not_count(name: &Ident) -> String {
    format!("`{name}` is a whole number, such as 0 or 1")
}

pub(crate) fn derived_size_not_in_type(title: &str, dim: &Dim) -> String {
    format!(
        "`{title}` has a weight of the size `{dim}`, but stable Rust can't compute that from const parameters in a type\n\
         help: give it a name: add the parameter `const F: usize` and `where F == {dim}`"
    )
}

pub(crate) fn derived_size_unseen(title: &str) -> String {
    format!(
        "a size of `{title}`'s weights can't be inferred: it depends on a number that only rustc knows, and stable Rust \
         can't use it in a generic type\nhelp: write its sizes"
    )
}

pub(crate) fn budget_form() -> String {
    "a budget is written as in `#[budget(params <= 200_000)]`".to_owned()
}

pub(crate) fn budget_unknown(word: &str) -> String {
    format!("there is no budget of `{word}`\nhelp: it counts `params` or `macs`")
}

pub(crate) fn budget_of_runtime_axis(axes: &AxesDecl) -> String {
    format!(
        "the multiply-accumulates depend on a size in {axes} that is known only at run time\nhelp: a budget of `params` does not"
    )
}
