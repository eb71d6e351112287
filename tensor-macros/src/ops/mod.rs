//! The ops' rules, one file each: which arguments they have, which axes they take and give, what they expand to.
//!
//! # How to add an op
//! Write `ops/<op>.rs` with a [`Rule`], and name it in [`RULES`]. The other side is `tensor-core/src/ops/`.

mod activation;
mod attention;
mod dropout;
mod embedding;
mod flatten;
mod image;
mod linear;
mod lora;
mod norm;
mod sequence;

use crate::check::{CheckedOp, Context, Flow};
use crate::syntax::Call;

/// What the language knows of an op.
pub(crate) struct Rule {
    pub(crate) keyword: &'static str,
    /// How one writes it: `linear(4 -> 8)`.
    pub(crate) form: &'static str,
    pub(crate) options: &'static [&'static str],
    /// Whether it can have weights, which have a key in checkpoints.
    pub(crate) has_weights: bool,
    /// Checks the op against what flows in, and lets flow on what it gives.
    pub(crate) check: fn(&mut Context<'_>, &str, &Call, &mut Flow) -> CheckedOp,
}

/// All ops.
pub(crate) const RULES: &[&[Rule]] = &[
    &[linear::RULE],
    &activation::RULES,
    &norm::RULES,
    &[dropout::RULE],
    &[flatten::RULE],
    &[lora::RULE],
    &embedding::RULES,
    &sequence::RULES,
    &image::RULES,
    &[attention::RULE],
];

/// The rule of a keyword.
pub(crate) fn find(keyword: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.keyword == keyword)
}

pub(crate) fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied().flatten()
}
