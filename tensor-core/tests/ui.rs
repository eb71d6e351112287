//! What must not compile of the parts behind features, with every word that the compiler then says. They are tested here
//! and not beside the others in the workspace's `tests/ui.rs`, since trybuild hands on only a package's own features.
//!
//! `TRYBUILD=overwrite cargo test -p tensor-core --features linalg,search --test ui` writes the expected outputs anew; then
//! read the difference.

#[cfg(feature = "linalg")]
#[test]
fn linalg() {
    trybuild::TestCases::new().compile_fail("tests/ui/linalg/*.rs");
}

#[cfg(feature = "search")]
#[test]
fn search() {
    trybuild::TestCases::new().compile_fail("tests/ui/search/*.rs");
}
