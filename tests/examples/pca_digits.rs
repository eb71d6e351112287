//! The example `pca_digits`: as many components as scikit-learn keeps, and less noise.

use crate::support::example::{Scratch, number, refused, run, shown};

#[test]
fn components_are_counted_and_noise_is_taken_away() {
    let folder = Scratch::new();
    let shown = shown(&run("pca_digits", &["--quick", "--output", folder.text()]));
    let number = |name| number(&shown, name);
    // sklearn.decomposition.PCA(0.95).fit(load_digits().data).n_components_
    assert_eq!(number("components_95"), 29.0, "{shown}");
    assert!((number("explained_by_two") - 0.285_094).abs() < 1e-5, "{shown}");
    assert!((number("noise_before") - 4.0).abs() < 0.1, "{shown}");
    assert!(number("noise_after") <= 0.75 * number("noise_before"), "{shown}");
    for name in ["explained", "components", "map", "denoised"] {
        for kind in ["png", "svg"] {
            assert!(folder.join(name).with_extension(kind).is_file(), "{name}.{kind}");
        }
    }
    assert!(folder.join("two_components.safetensors").is_file());
}

#[test]
fn what_cannot_be_reduced_is_refused() {
    let said = refused(&run("pca_digits", &["--data", "examples/data/iris.csv"]));
    assert!(said.contains("has no column `00`"), "{said}");
    let said = refused(&run("pca_digits", &["--keep", "1.5"]));
    assert_eq!(said, "error: a share of variance is above 0 and at most 1, but 1.5 is asked for\n");
}
