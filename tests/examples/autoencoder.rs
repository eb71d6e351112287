//! The example `autoencoder`: what bends loses less than what does not.

use crate::support::example::{Scratch, number, refused, run, shown};

#[test]
fn eight_numbers_hold_more_than_eight_components() {
    let folder = Scratch::new();
    let output = folder.text();
    let shown = shown(&run("autoencoder", &["--quick", "--output", output]));
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
