//! A line of a body, or a name in it, is wrong.

use syn::{Ident, Path};

use super::call::form;
use super::{nearest, path_text};
use crate::syntax::Call;

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
    format!(
        "a declared network has no option `{name}`\n\
         help: its options are `rename`, and its side inputs by name: `context: memory`"
    )
}

pub(crate) fn network_option_expected() -> String {
    "a declared network brings its sizes along\n\
     help: its options are `rename: \"…\"`, and its side inputs by name: `context: memory`"
        .to_owned()
}

pub(crate) fn duplicate_name(name: &str) -> String {
    format!("the name `{name}` is taken: names are fields of one struct, so each is used once")
}

pub(crate) fn duplicate_key(key: &str) -> String {
    format!(
        "the key `{key}` is taken: the weights of two items would have one name in checkpoints\n\
         help: give one of them another by `rename: \"…\"`"
    )
}

pub(crate) fn network_in_itself(network: &str) -> String {
    format!("`{network}` can't be in itself: it would have no end")
}

pub(crate) fn item_has_no_pub() -> String {
    "an item has no `pub`: its field is seen where the network is\nhelp: leave it out".to_owned()
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
