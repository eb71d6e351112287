//! Patterns of names.

use super::names::matches;

#[test]
fn a_star_stands_for_any_text() {
    assert!(
        matches("pooler.*", "pooler.dense.bias") && matches("*.bias", "a.bias") && matches("a*c*e", "abcde")
    );
    assert!(!matches("pooler.*", "spooler.x") && !matches("*.bias", "bias") && !matches("", "a"));
}
