//! `unembed` items against the embeddings whose tables they use.

use super::axes::same_text;
use super::size::is_lost;
use super::words::fail;
use super::{Item, Node, Text};
use crate::ops::Op;

/// Checks the ties of all items of `body` in the network whose items are `root`.
#[track_caller]
#[inline]
pub(super) const fn check_ties(root: &[Item], body: &[Item]) {
    let mut i = 0;
    while i < body.len() {
        match &body[i].node {
            Node::Residual { body } => check_ties(root, body),
            Node::Fork { branches, .. } => {
                let mut b = 0;
                while b < branches.len() {
                    check_ties(root, branches[b].body);
                    b += 1;
                }
            }
            Node::Op(_) | Node::Network { .. } => check_tie(root, &body[i]),
        }
        i += 1;
    }
}

/// Checks that an `unembed` gives as many features as its table has ids.
#[track_caller]
#[inline]
pub(super) const fn check_tie(root: &[Item], item: &Item) {
    let Node::Op(Op::Unembed(op)) = &item.node else { return };
    let Some(ids) = vocabulary_of(root, op.tie) else { return };
    if ids != op.vocabulary && !is_lost(ids) && !is_lost(op.vocabulary) {
        let text = Text::new().quoted(item.name).str(" gives ").number(op.vocabulary).str(" features, but ");
        let text = text.quoted(op.tie).str(" has ").number(ids).str(" ids, and they share one table");
        let text = text.str("\nhelp: write `unembed(").number(ids).str(", tie: ").str(op.tie).str(")`");
        fail(text)
    }
}

/// How many ids the embedding of this name has.
#[inline]
const fn vocabulary_of(body: &[Item], name: &str) -> Option<usize> {
    let mut i = 0;
    while i < body.len() {
        match &body[i].node {
            Node::Op(Op::Embedding(op)) if same_text(body[i].name, name) => return Some(op.vocabulary),
            Node::Residual { body } => {
                if let Some(found) = vocabulary_of(body, name) {
                    return Some(found);
                }
            }
            Node::Fork { branches, .. } => {
                let mut b = 0;
                while b < branches.len() {
                    if let Some(found) = vocabulary_of(branches[b].body, name) {
                        return Some(found);
                    }
                    b += 1;
                }
            }
            Node::Op(_) | Node::Network { .. } => {}
        }
        i += 1;
    }
    None
}
