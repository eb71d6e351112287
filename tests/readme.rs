//! What the README shows is what is printed. (Its code is run by the documentation tests of tensor-core.)

use std::fs::read_to_string;

fn repository(path: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The message in the README is the one that a UI test pins, but for the file's name.
#[test]
fn the_message_is_as_printed() {
    let printed = repository("tests/ui/fail/chain/literal.stderr");
    let printed = printed.replace("tests/ui/fail/chain/literal.rs", "src/main.rs");
    assert!(repository("README.md").contains(printed.trim_end()), "the README lacks\n{printed}");
}

/// The program that gets it is the README's with the 9 in it.
#[test]
fn the_program_is_the_one_shown() {
    let program = repository("tests/ui/fail/chain/literal.rs").replace("\n\nfn main() {}\n", "");
    let shown = program.replace("linear(9 -> 3)", "linear(8 -> 3)");
    assert!(repository("README.md").contains(&shown), "the README lacks\n{shown}");
}
