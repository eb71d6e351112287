//! What must compile, and what must not, with every word that the compiler then says.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the expected outputs anew; then read the difference.

#[path = "ui/pass/mod.rs"]
mod pass;

#[test]
fn fail() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*/*.rs");
}
