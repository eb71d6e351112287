//! What shows up only when a program is built: the sizes of a generic network that is used outside of `layer!`.
//!
//! The program is an example of this package behind a feature, so that both commands find all dependencies built.

use std::process::{Command, Output};

fn cargo(command: &str) -> Output {
    Command::new(env!("CARGO"))
        .args([command, "--offline", "--example", "must_not_build", "--features", "must-not-build"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs")
}

#[test]
fn a_broken_relation_passes_the_check_and_fails_the_build() {
    let check = cargo("check");
    let text = String::from_utf8_lossy(&check.stderr).into_owned();
    assert!(check.status.success(), "{text}");

    let build = cargo("build");
    let text = String::from_utf8_lossy(&build.stderr).into_owned();
    assert!(!build.status.success(), "it was built");
    assert!(text.contains("`Block` needs `F == 4 * D`, but `F` is 3000 and `4 * D` is 3072"), "{text}");
    assert_eq!(text.matches("error[").count(), 1, "{text}");
}
