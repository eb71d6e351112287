//! What a network asks of its const parameters.

use super::size::NONE;
use super::words::fail;
use super::{Comparison, Relation, Text};

/// Checks one line of a `where` clause.
///
/// # Panics
/// With the message for the user, if it does not hold.
#[track_caller]
#[inline]
pub const fn check_relation(name: &str, relation: &Relation) {
    let (left, right) = (relation.left, relation.right);
    let holds = match relation.comparison {
        Comparison::Equal => left == right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
    };
    if !holds {
        let text = Text::new().quoted(name).str(" needs ").quoted(relation.text).str(", but ");
        let text = value(text, relation.left_text, left);
        if is_number(relation.right_text) {
            fail(text)
        }
        fail(value(text.str(" and "), relation.right_text, right))
    }
}

#[inline]
const fn value(text: Text, written: &str, value: usize) -> Text {
    let text = text.quoted(written);
    if value == NONE { text.str(" is no size") } else { text.str(" is ").number(value) }
}

const fn is_number(text: &str) -> bool {
    let mut i = 0;
    while i < text.len() {
        if !text.as_bytes()[i].is_ascii_digit() {
            return false;
        }
        i += 1;
    }
    true
}
