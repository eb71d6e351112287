//! The example `autoencoder`: what bends loses less than what does not.
#![cfg(all(feature = "linalg", feature = "vision"))]

mod support;
use support::example::{refused, result, run, shown};

#[test]
fn eight_numbers_hold_more_than_eight_components() {
    let folder = std::env::temp_dir().join(format!("autoencoder-{}", std::process::id()));
    let output = folder.to_str().expect("the folder's name is text");
    let shown = shown(&run("autoencoder", &["--quick", "--output", output]));
    let number = |name: &str| result(&shown, name).parse::<f64>().expect("a number");
    assert!(number("autoencoder_error") < 0.9 * number("pca_error"), "{shown}");
    // What scikit-learn finds for such a split lies there.
    assert!((0.022..0.029).contains(&number("pca_error")), "{shown}");
    for file in ["autoencoder.safetensors", "loss.png", "digits.png", "digits.svg", "map.png", "map.svg"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    std::fs::remove_dir_all(folder).expect("it was just written");
}

#[test]
fn a_table_of_something_else_is_refused() {
    let said = refused(&run("autoencoder", &["--data", "examples/data/iris.csv"]));
    assert!(said.contains("has no column `00`"), "{said}");
}
