//! The words of every message, one function each.
//!
//! A message says what is wrong with both sizes, then shows the chain up to there, then says what to write.

use syn::{Ident, Path};

use crate::check::{Axis, Flow};
use crate::dim::{Dim, DimErrorKind, Size};
use crate::ops::{self, Rule};
use crate::syntax::{Call, Declaration};

// --- chain ------------------------------------------------------------------------------------------------------

pub(crate) fn features(title: &str, takes: &Dim, size: &Size, flow: &Flow, call: &Call) -> String {
    let given = flow.features();
    let mut help = format!("write `{}`", call.with_input(&given.to_string()));
    if let Some(giver) = &flow.giver {
        help += &format!(", or let `{giver}` give {}", number(takes, size));
    }
    let known = match &given {
        Axis::Known { dim, size } => which_is(dim, size),
        _ => String::new(),
    };
    format!(
        "`{title}` takes {} features, but {} {given}{known}\n{}\nhelp: {help}",
        number(takes, size),
        gives(flow),
        flow.chain_to(title)
    )
}

pub(crate) fn features_unproved(title: &str, takes: &Dim, given: &Dim, flow: &Flow, call: &Call) -> String {
    format!(
        "`{title}` takes {takes} features, but {} {given}, and nothing says that these are equal\n{}\n\
         help: write `{}`, or add `where {takes} == {given}`",
        gives(flow),
        flow.chain_to(title),
        call.with_input(&given.to_string())
    )
}

pub(crate) fn promise(declaration: &Declaration, promise: &Flow, flow: &Flow) -> String {
    let name = &declaration.name;
    let (promised, given) = features_or_axes(promise, flow);
    let input: Vec<String> = declaration.input.axes().dims.iter().map(ToString::to_string).collect();
    let mut help = Vec::new();
    if flow.is_known() {
        help.push(format!("write `[{}] -> {flow}`", input.join(", ")));
    }
    help.extend(let_give(flow, promise));
    format!(
        "`{name}` promises {promised}, but {} {given}\n{}\nhelp: {}",
        gives(flow),
        flow.chain,
        help.join(", or ")
    )
}

pub(crate) fn promise_unproved(declaration: &Declaration, promise: &Flow, flow: &Flow) -> String {
    let relations = unequal(promise, flow);
    format!(
        "`{}` promises {promise}, but {} {flow}, and nothing says that these are equal\n{}\n\
         help: add `where {relations}`",
        declaration.name,
        gives(flow),
        flow.chain
    )
}

pub(crate) fn residual(title: &str, flow: &Flow, inner: &Flow) -> String {
    let (takes, given) = features_or_axes(flow, inner);
    let help = let_give(inner, flow).unwrap_or_else(|| format!("let the last item in it give {flow}"));
    format!(
        "`{title}` adds what it gives to what it takes, {takes}, but {} {given}\n{}\nhelp: {help}",
        gives(inner),
        inner.chain,
    )
}

pub(crate) fn residual_unproved(title: &str, flow: &Flow, inner: &Flow) -> String {
    format!(
        "`{title}` adds what it gives to what it takes, {flow}, but {} {inner}, and nothing says that these are \
         equal\n{}\nhelp: add `where {}`",
        gives(inner),
        inner.chain,
        unequal(flow, inner)
    )
}

pub(crate) fn branches(join: &Ident, first: &Ident, first_flow: &Flow, name: &Ident, flow: &Flow) -> String {
    let (given, others) = features_or_axes(flow, first_flow);
    let needs = if join == "concat" {
        "needs branches with the same axes but for the features"
    } else {
        "needs branches with the same axes"
    };
    let help = if flow.axes.len() == first_flow.axes.len() { let_give(flow, first_flow) } else { None };
    let help = help.unwrap_or_else(|| format!("let the last item of `{name}` give {first_flow}"));
    format!(
        "`{name}` gives {given}, but `{first}` gives {others}: `fork({join})` {needs}\n{}\n\
         help: {help}",
        flow.chain,
    )
}

pub(crate) fn branches_unproved(first: &Ident, first_flow: &Flow, name: &Ident, flow: &Flow) -> String {
    format!(
        "`{name}` gives {flow}, but `{first}` gives {first_flow}, and nothing says that these are equal\n{}\n\
         help: add `where {}`",
        flow.chain,
        unequal(flow, first_flow)
    )
}

pub(crate) fn flatten_runtime_axis(axis: &str, flow: &Flow) -> String {
    format!(
        "`flatten` needs sizes that the compiler knows, but `{axis}` in {flow} is known only at run time\n{}\n\
         help: give `{axis}` a size in the signature",
        flow.chain_to("flatten")
    )
}

pub(crate) fn stacked_linear(first: &str, second: &str, input: &str, output: &str, _: &Flow) -> String {
    format!(
        "`{first}` and `{second}` are two matrices in a row with nothing nonlinear between them: \
         one [{output}, {input}] matrix, `linear({input} -> {output})`, does the same; put an activation such as \
         `relu` between them, or allow this with `#[allow(deprecated)]` on `{second}`"
    )
}

// --- sizes ------------------------------------------------------------------------------------------------------

pub(crate) fn dim_error(dim: &Dim, kind: &DimErrorKind) -> String {
    match kind {
        DimErrorKind::Zero => match dim.literal() {
            Some(_) => "a size of 0: every axis needs at least 1".to_owned(),
            None => format!("`{dim}` is 0: every axis needs at least 1"),
        },
        DimErrorKind::Negative { value } => {
            format!(
                "`{dim}` comes to {value}: a size is at least 1\nhelp: the arrow between two sizes is written `->`"
            )
        }
        DimErrorKind::TooLarge => format!("`{dim}` is more than a computer can count"),
        DimErrorKind::Inexact { dividend, divisor } => match remainder(dividend, divisor) {
            Some(rest) => {
                format!("{dividend} / {divisor} leaves a remainder of {rest}: a size must divide exactly")
            }
            None => format!("`{divisor}` does not divide `{dividend}`: a size must divide exactly"),
        },
        DimErrorKind::DivisionByZero => format!("`{dim}` divides by 0"),
        DimErrorKind::UnprovedDivision { dividend, divisor } => format!(
            "nothing says that `{divisor}` divides `{dividend}`\nhelp: add `where {dividend} % {divisor} == 0`"
        ),
        DimErrorKind::UnknownName { name, similar } => {
            let help = similar.as_ref().map_or_else(
                || format!("a const parameter is declared as `<const {name}: usize>`"),
                |similar| format!("there is a parameter `{similar}`"),
            );
            format!("there is no size `{name}`\nhelp: {help}")
        }
        DimErrorKind::Contradiction { .. } => relation_error(kind),
    }
}

pub(crate) fn relation_error(kind: &DimErrorKind) -> String {
    match kind {
        DimErrorKind::Contradiction { relation, broken, becomes }
            if relation == broken && relation == becomes =>
        {
            format!("`{relation}` never holds")
        }
        DimErrorKind::Contradiction { relation, broken, becomes } if relation == broken => {
            format!("`{relation}` never holds: it comes to `{becomes}`")
        }
        DimErrorKind::Contradiction { relation, broken, becomes } => {
            format!("`{relation}` and `{broken}` never hold together: they come to `{becomes}`")
        }
        DimErrorKind::Negative { value } => format!("this comes to {value}: a size is at least 1"),
        DimErrorKind::TooLarge => "this relation is more than a computer can count".to_owned(),
        DimErrorKind::DivisionByZero => "this divides by 0".to_owned(),
        other => dim_error(&Dim::integer(0, proc_macro2::Span::call_site()), other),
    }
}

pub(crate) fn runtime_axis_as_size(axis: &str) -> String {
    format!(
        "`{axis}` is known only at run time, but the size of a weight must be known to the compiler\n\
         help: write a number, an UPPER_CASE const, or a const parameter"
    )
}

pub(crate) fn runtime_features(title: &str, axis: &str, flow: &Flow) -> String {
    format!(
        "`{title}` works on the last axis, but the last axis of {flow} is `{axis}`, which is known only at run time\n\
         {}\nhelp: give the last axis a size",
        flow.chain_to(title)
    )
}

pub(crate) fn size_not_in_type(dim: &Dim) -> String {
    format!(
        "stable Rust can't compute `{dim}` from const parameters in a type\n\
         help: give it a name: add the parameter `const F: usize` and `where F == {dim}`, and write `F` here"
    )
}

pub(crate) fn inferred_size_not_in_type(title: &str, dim: &Dim) -> String {
    format!(
        "`{title}` takes `{dim}` features, but stable Rust can't compute that from const parameters in a type\n\
         help: give it a name: add the parameter `const F: usize` and `where F == {dim}`"
    )
}

pub(crate) fn inferred_size_unseen(title: &str, flow: &Flow) -> String {
    format!(
        "the size that `{title}` takes can't be inferred: {} a number that only rustc knows, and stable Rust can't use \
         it in a generic type\n{}\nhelp: write the size that it takes",
        gives(flow),
        flow.chain_to(title)
    )
}

pub(crate) fn runtime_axis_form(dim: &Dim) -> String {
    format!("a runtime axis is a name, or a name plus or minus a number, but this is `{dim}`")
}

pub(crate) fn too_many_axes(count: usize, most: usize) -> String {
    format!(
        "{count} axes are declared, but a network declares at most {most}; leading axes (batch …) are not declared"
    )
}

// --- ops and their arguments --------------------------------------------------------------------------------------

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

fn form(keyword: &Ident) -> String {
    ops::find(&keyword.to_string()).map_or_else(|| keyword.to_string(), |rule| rule.form.to_owned())
}

// --- names and lines --------------------------------------------------------------------------------------------

pub(crate) fn name_missing(call: &Call) -> String {
    format!("`{}` has weights, so it needs a name\nhelp: write `name: {call}`", call.keyword)
}

pub(crate) fn network_name_missing(path: &Path) -> String {
    let path = path_text(path);
    format!("`{path}` has weights, so it needs a name\nhelp: write `name: {path}`")
}

pub(crate) fn not_a_network(path: &Path) -> String {
    format!(
        "`{}` is not a declared network\nhelp: write the path of one, such as `crate::blocks::Block`",
        path_text(path)
    )
}

pub(crate) fn network_option(name: &Ident) -> String {
    format!("a declared network has no option `{name}`\nhelp: its one option is `rename`")
}

pub(crate) fn duplicate_name(name: &str) -> String {
    format!("the name `{name}` is taken: names are fields of one struct, so each is used once")
}

pub(crate) fn duplicate_branch(name: &Ident) -> String {
    format!("there are two branches `{name}`")
}

pub(crate) fn name_is_keyword(name: &Ident) -> String {
    // These have no raw form.
    let raw = if ["_", "self", "Self", "super", "crate"].iter().any(|word| name == word) {
        "write another name".to_owned()
    } else {
        format!("write `r#{name}`, or another name")
    };
    format!("`{name}` is a word of Rust, so it can't name a field\nhelp: {raw}")
}

pub(crate) fn residual_empty() -> String {
    "`residual` has no items: x + x was hardly meant".to_owned()
}

pub(crate) fn fork_empty() -> String {
    "`fork` has no branches\nhelp: write them as in `fork(add) { left: { … }, right: { … } }`".to_owned()
}

pub(crate) fn fork_join_missing() -> String {
    "`fork` needs one word for how its branches are joined\nhelp: write `fork(add)`, `fork(mul)` or `fork(concat)`"
        .to_owned()
}

pub(crate) fn unknown_join(join: &Ident) -> String {
    let join = join.to_string();
    let help = match nearest(&join, ["add", "mul", "concat"].into_iter()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "branches are joined by `add`, `mul` or `concat`".to_owned(),
    };
    format!("there is no way `{join}` to join branches\nhelp: {help}")
}

pub(crate) fn branch_expected() -> String {
    "expected a branch\nhelp: write `name: { items }`".to_owned()
}

pub(crate) fn cfg_on_item() -> String {
    "an item can't be left out by `cfg`: the chain would be another one\nhelp: declare two networks"
        .to_owned()
}

pub(crate) fn comma_between_items(title: &str) -> String {
    format!("expected `,` after `{title}`")
}

pub(crate) fn semicolon_between_items(title: &str) -> String {
    format!("a comma stands after an item, not a semicolon\nhelp: write `,` after `{title}`")
}

pub(crate) fn colon_after_name(name: &Ident) -> String {
    format!("expected `:` after `{name}`: there is no op of this name\nhelp: write `{name}: op`")
}

pub(crate) fn round_brackets(keyword: &Ident) -> String {
    format!("the arguments of `{keyword}` stand in round brackets\nhelp: write it as in `{}`", form(keyword))
}

pub(crate) fn option_colon(name: &Ident) -> String {
    format!("expected `:` after `{name}`\nhelp: an option is written as in `{name}: value`")
}

pub(crate) fn item_expected() -> String {
    "expected an item: an op such as `relu`, or `name: op`".to_owned()
}

pub(crate) fn stack_of_op(path: &Path) -> String {
    let keyword = path_text(path);
    format!(
        "`{keyword}` is an op, but only declared networks stand in a row\nhelp: declare a network of it with `layer!`"
    )
}

pub(crate) fn asserted_network_expected() -> String {
    "expected a declared network with its sizes\nhelp: write it as in `assert_layer!(Block<768, 3072>)`"
        .to_owned()
}

pub(crate) fn stack_count_missing(path: &Path) -> String {
    format!("expected `;` and how many in a row\nhelp: write `[{}; 12]`", path_text(path))
}

// --- declaration ------------------------------------------------------------------------------------------------

pub(crate) fn struct_expected() -> String {
    "expected a declaration\nhelp: write `pub struct Name: [4] -> [3] { … }`".to_owned()
}

pub(crate) fn signature_expected(name: &Ident) -> String {
    format!(
        "expected the axes that `{name}` takes and gives\nhelp: write `struct {name}: [4] -> [3] {{ … }}`"
    )
}

pub(crate) fn signature_arrow_missing(dims: &[Dim]) -> String {
    let dims: Vec<String> = dims.iter().map(ToString::to_string).collect();
    format!("expected `->` and the axes that the network gives\nhelp: write `[{}] -> […]`", dims.join(", "))
}

pub(crate) fn axes_expected() -> String {
    "expected axes in brackets, such as `[4]` or `[seq, 384]`".to_owned()
}

pub(crate) fn no_axes() -> String {
    "a network has at least one axis, the features".to_owned()
}

pub(crate) fn parameter_twice(name: &Ident) -> String {
    format!("there are two parameters `{name}`")
}

pub(crate) fn runtime_axis_in_relation(axis: &str) -> String {
    format!(
        "`{axis}` is known only at run time, but a relation is checked by the compiler\n\
         help: write a number, an UPPER_CASE const, or a const parameter"
    )
}

pub(crate) fn signature_arrow_misspelt() -> String {
    "the arrow between the axes is written `->`".to_owned()
}

pub(crate) fn axes_in_square_brackets() -> String {
    "axes stand in square brackets, as in `[seq, 384]`".to_owned()
}

pub(crate) fn comma_between_axes() -> String {
    "expected `,` between two axes".to_owned()
}

pub(crate) fn const_parameter_expected() -> String {
    "a network's parameters are sizes\nhelp: write `<const D: usize>`".to_owned()
}

pub(crate) fn parameter_not_usize(name: &Ident) -> String {
    format!("a size is a `usize`\nhelp: write `const {name}: usize`")
}

pub(crate) fn comma_between_relations() -> String {
    "expected `,` between two relations, or the body in braces".to_owned()
}

pub(crate) fn body_expected() -> String {
    "expected items in braces: `{ … }`".to_owned()
}

pub(crate) fn after_declaration() -> String {
    "expected nothing after the declaration: one `layer!` declares one network".to_owned()
}

// --- parts ------------------------------------------------------------------------------------------------------

fn gives(flow: &Flow) -> String {
    match &flow.giver {
        Some(giver) => format!("`{giver}` gives"),
        None => "the input has".to_owned(),
    }
}

/// ``let `hidden` give 6``, where another size in that item is all that is needed.
fn let_give(flow: &Flow, wanted: &Flow) -> Option<String> {
    let giver = flow.giver.as_ref()?;
    let (features, before) = wanted.axes.split_last()?;
    let (_, given_before) = flow.axes.split_last()?;
    let same = before.len() == given_before.len()
        && before.iter().zip(given_before).all(|(wanted, given)| wanted.to_string() == given.to_string());
    let count = if before.is_empty() { "" } else { " features" };
    same.then(|| format!("let `{giver}` give {features}{count}"))
}

/// `, which is 4 * D`, where the relations say so of a name.
fn which_is(dim: &Dim, size: &Size) -> String {
    let known = size.to_string();
    if size.value().is_none() && dim.lone_name().is_some() && known != dim.to_string() {
        format!(", which is {known}")
    } else {
        String::new()
    }
}

fn number(dim: &Dim, size: &Size) -> String {
    size.value().map_or_else(|| dim.to_string(), |value| value.to_string())
}

/// `8 features` and `6` if the flows differ in their one axis, else all axes.
fn features_or_axes(takes: &Flow, given: &Flow) -> (String, String) {
    match (takes.axes.as_slice(), given.axes.as_slice()) {
        ([takes], [given]) => (format!("{takes} features"), given.to_string()),
        _ => (takes.to_string(), given.to_string()),
    }
}

fn unequal(left: &Flow, right: &Flow) -> String {
    let pairs = left.axes.iter().zip(&right.axes);
    let unequal = pairs.filter_map(|(left, right)| match (left, right) {
        (Axis::Known { dim: left, .. }, Axis::Known { dim: right, .. }) => {
            let (left, right) = (left.to_string(), right.to_string());
            (left != right).then(|| format!("{left} == {right}"))
        }
        _ => None,
    });
    unequal.collect::<Vec<_>>().join(", ")
}

fn remainder(dividend: &str, divisor: &str) -> Option<u64> {
    dividend.parse::<u64>().ok()?.checked_rem(divisor.parse().ok()?)
}

pub(crate) fn path_text(path: &Path) -> String {
    use quote::ToTokens;
    let spaced = path.to_token_stream().to_string();
    spaced
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace("< ", "<")
        .replace(" ,", ",")
        .replace(" :: ", "::")
        .replace(":: ", "::")
}

fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().max(3) / 3 + 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
