//! The example `eigen`: residuals, and the eigenvalues that NumPy finds.

use crate::support::example::{Scratch, number, refused, run, shown};

#[test]
fn eigenvectors_are_exact_and_drawn() {
    let folder = Scratch::new();
    let shown = shown(&run("eigen", &["--quick", "--output", folder.text()]));
    let number = |name| number(&shown, name);
    assert!(number("residual") <= 1e-10, "{shown}");
    // numpy.linalg.eigvalsh(numpy.cov(petals.T, bias=True)); a table holds f32.
    assert!((number("largest") - 3.636_829_792).abs() < 1e-7, "{shown}");
    assert!((number("share") - 0.990_250_7).abs() < 1e-6, "{shown}");
    assert!(number("iterations") < 20.0);
    for name in ["petals", "turning", "residuals"] {
        for kind in ["png", "svg"] {
            assert!(folder.join(name).with_extension(kind).is_file(), "{name}.{kind}");
        }
    }
}

#[test]
fn a_table_of_something_else_is_refused() {
    let said = refused(&run("eigen", &["--iris", "examples/data/digits.csv"]));
    assert!(said.contains("has no column `petal_length`"), "{said}");
    let said = refused(&run("eigen", &["--tolerance=-1"]));
    assert_eq!(said, "error: a tolerance is 0 or more, but -1 is given\n");
}
