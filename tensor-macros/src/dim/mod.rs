//! Dim expressions: how they are read, what they are equal to, and what can be proved about them.
//!
//! ```text
//! dim      = integer | CONST | PARAM | runtime_axis | dim (+ - * /) dim | (dim)
//! relation = dim == dim | dim % dim == 0 | dim (< <= > >=) dim
//! ```
//!
//! A dim goes through three forms:
//!
//! 1. [`Dim`], the tree of the user's tokens. It points messages at the token to blame, and the expander writes it
//!    back into the program.
//! 2. [`Size`], the normal form: a fraction of two polynomials in the names. `2 * (D + 1)` and `D + D + 2` have the
//!    same one.
//! 3. [`Verdict`]s of a [`Scope`], which knows the declaration's const parameters and `where` relations.
//!
//! # What the names are
//! A **parameter** is listed in the scope. Any other lower_case name is an **axis**, whose size is known when the
//! program runs; it is free, so it equals nothing but itself. An UPPER_CASE name or a path is a **const item**, whose
//! value only rustc knows: questions that depend on it get [`Verdict::RustcKnows`]. All of them stand for positive
//! whole numbers, since a size of 0 is an error wherever it shows up.
//!
//! # What the relations do
//! An equation is solved for a symbol and put in everywhere (`F == 4 * D`); if it can't be solved (`A * B == 12 * C`)
//! its polynomial is kept as one that is 0, and differences are reduced by it. `D % H == 0` says that the fraction
//! `D / H` is whole, so that a dim may write `D / H`, `2 * D / H` and so on. A comparison bounds a polynomial from
//! below.
//!
//! # How sure an answer is
//! `Equal` and `Different` are proofs. `Unproved` says that none was found: the question may be undecided by the
//! relations, or the search (see [`proof`]) too short. The remedy is the same, one more relation.

mod error;
mod expr;
mod parse;
mod poly;
mod proof;
mod relation;
mod scope;
mod size;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use error::DimErrorKind;
pub(crate) use expr::Dim;
pub(crate) use parse::{input_error, not_whole};
pub(crate) use poly::Symbol;
pub(crate) use relation::{Comparison, Relation};
pub(crate) use scope::{Scope, Verdict};
pub(crate) use size::Size;
