//! The first lines of a declaration are wrong.

use syn::Ident;

use crate::syntax::Input;

pub(crate) fn struct_expected() -> String {
    "expected a declaration\nhelp: write `pub struct Name: [4] -> [3] { … }`".to_owned()
}

pub(crate) fn signature_expected(name: &Ident) -> String {
    format!(
        "expected the axes that `{name}` takes and gives\nhelp: write `struct {name}: [4] -> [3] {{ … }}`"
    )
}

pub(crate) fn signature_arrow_missing(takes: &Input) -> String {
    format!("expected `->` and the axes that the network gives\nhelp: write `{takes} -> […]`")
}

pub(crate) fn axes_expected() -> String {
    "expected axes in brackets, such as `[4]` or `[seq, 384]`".to_owned()
}

pub(crate) fn named_axes_expected() -> String {
    "expected an input by name\nhelp: write them as in `(x: [seq, 384], mask: [seq])`".to_owned()
}

pub(crate) fn input_twice(name: &Ident) -> String {
    format!("there are two inputs `{name}`")
}

pub(crate) fn comma_between_inputs() -> String {
    "expected `,` between two inputs".to_owned()
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

pub(crate) fn ids_promised() -> String {
    "a network gives numbers, not ids\nhelp: write what it gives without `ids`, as in `ids[n] -> [n, 8]`"
        .to_owned()
}
