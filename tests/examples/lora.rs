//! The example `lora`: 3 % of the numbers suffice.

use crate::support::example::{Scratch, number, refused, run, shown};

#[test]
fn rank_four_comes_near_to_training_everything() {
    let folder = Scratch::new();
    let output = folder.text();
    let state = folder.join("state");
    let arguments = ["--quick", "--output", output, "--resume", state.to_str().unwrap()];
    let [shown, again] = [(); 2].map(|()| shown(&run("lora", &arguments)));
    let results = |shown: &str| shown.split_once("result ").map(|(_, results)| results.to_owned());
    assert_eq!(results(&shown), results(&again)); // which had nothing left to do
    let number = |name| number(&shown, name);
    assert!(number("full_accuracy") >= 0.95, "{shown}");
    assert!(number("lora_accuracy") >= number("full_accuracy") - 0.02, "{shown}");
    assert!(number("trained_share") <= 0.1, "{shown}");
    assert!(number("merged_difference") <= 1e-3, "{shown}");
    assert!(shown.contains("trainable parameters: 8 488, 2.7 % of all; frozen: 301 066"), "{shown}");
    assert!(shown.contains("gives the same scores on another copy of the base"), "{shown}");
    assert!(shown.contains("it is the base again, to the bit"), "{shown}");
    for file in ["accuracy.png", "accuracy.svg", "full.safetensors", "adapter.safetensors"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let size = |file: &str| std::fs::metadata(folder.join(file)).expect("it is there").len();
    assert!(size("adapter.safetensors") * 10 < size("full.safetensors"), "{shown}");
}

#[test]
fn a_table_of_something_else_is_refused() {
    let said = refused(&run("lora", &["--data", "examples/data/iris.csv"]));
    assert!(said.contains("has no column `00`"), "{said}");
}
