//! What must compile, and what must not, with every word that the compiler then says.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the expected outputs anew; then read the difference.

#[path = "ui/pass/mod.rs"]
mod pass;

#[test]
fn fail() {
    let cases = trybuild::TestCases::new();
    // What needs a feature has a folder of its own.
    for folder in std::fs::read_dir("tests/ui/fail").expect("the cases are here") {
        let folder = folder.expect("a folder is read").file_name().into_string().expect("names are text");
        if folder != "search" || cfg!(feature = "search") {
            cases.compile_fail(format!("tests/ui/fail/{folder}/*.rs"));
        }
    }
}

#[test]
#[cfg(feature = "linalg")]
fn fail_linalg() {
    trybuild::TestCases::new().compile_fail("tests/ui/linalg/*.rs");
}
