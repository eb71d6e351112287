//! The example `vit`: a few epochs suffice for most digits.

use crate::support::example::{Scratch, number, refused, run, shown};

#[test]
fn a_quick_run_reads_most_digits() {
    let folder = Scratch::new();
    let output = folder.text();
    let state = folder.join("state");
    let arguments = ["--quick", "--output", output, "--resume", state.to_str().unwrap()];
    let shown = [(); 2].map(|()| shown(&run("vit", &arguments)));
    let results = |shown: &str| shown.split_once("result seconds").map(|(before, _)| before.to_owned());
    assert_eq!(results(&shown[0]), results(&shown[1])); // of which the second had nothing left to do
    let [shown, _] = shown;
    let accuracy = number(&shown, "test_accuracy");
    assert!(accuracy >= 0.9, "{shown}");
    assert!(shown.contains("1438 digits to train on, 359 to test"), "{shown}");
}

#[test]
fn a_table_of_something_else_is_refused() {
    let said = refused(&run("vit", &["--data", "examples/data/iris.csv"]));
    assert!(said.contains("has no column `00`"), "{said}");
}
