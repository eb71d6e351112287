//! The example `vit`: a few epochs suffice for most digits.

use crate::support::example::{Scratch, number, refused, run, shown};

#[test]
fn a_quick_run_reads_most_digits() {
    let folder = Scratch::new();
    let output = folder.text();
    let shown = shown(&run("vit", &["--quick", "--output", output]));
    let accuracy = number(&shown, "test_accuracy");
    assert!(accuracy >= 0.9, "{shown}");
    assert!(shown.contains("1438 digits to train on, 359 to test"), "{shown}");
}

#[test]
fn a_table_of_something_else_is_refused() {
    let said = refused(&run("vit", &["--data", "examples/data/iris.csv"]));
    assert!(said.contains("has no column `00`"), "{said}");
}
