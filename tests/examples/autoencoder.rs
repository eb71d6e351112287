//! The example `autoencoder`: what bends loses less than what does not.

use crate::support::example::{Scratch, number, refused, run, shown};

#[test]
fn eight_numbers_hold_more_than_eight_components() {
    let folder = Scratch::new();
    let output = folder.text();
    let state = folder.join("state");
    let arguments = ["--quick", "--output", output, "--resume", state.to_str().unwrap()];
    let [shown, again] = [(); 2].map(|()| shown(&run("autoencoder", &arguments)));
    assert_eq!(number(&shown, "autoencoder_error"), number(&again, "autoencoder_error"));
    let number = |name| number(&shown, name);
    assert!(number("autoencoder_error") < 0.9 * number("pca_error"), "{shown}");
    // What scikit-learn finds for such a split lies there.
    assert!((0.022..0.029).contains(&number("pca_error")), "{shown}");
    for file in ["autoencoder.safetensors", "loss.png", "digits.png", "digits.svg", "map.png", "map.svg"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
}

#[test]
fn a_table_of_something_else_is_refused() {
    let said = refused(&run("autoencoder", &["--data", "examples/data/iris.csv"]));
    assert!(said.contains("has no column `00`"), "{said}");
}
