//! The example `collapse`: three linear layers are one, and a ReLU makes more of them.

use crate::support::example::{Scratch, number, refused, run, shown};

#[test]
fn three_layers_are_one_until_a_relu_comes_between() {
    let folder = Scratch::new();
    let shown = shown(&run("collapse", &["--quick", "--output", folder.text()]));
    let number = |name| number(&shown, name);
    assert!(number("largest_difference") <= 1e-5, "{shown}");
    assert!(number("linear_accuracy") < 0.8 && number("relu_accuracy") > 0.9, "{shown}");
    assert!(folder.join("regions.png").exists() && folder.join("regions.svg").exists());
}

#[test]
fn a_table_of_something_else_is_refused() {
    let said = refused(&run("collapse", &["--data", "examples/data/digits.csv"]));
    assert!(said.contains("has no column `petal_length`"), "{said}");
}
