//! What the rules of the language ask of a written dim.

use syn::Path;

use super::Symbol;
use super::expr::{Dim, Node, Operator};
use super::size::Size;

impl Dim {
    /// The name, if the dim is one.
    pub(crate) fn lone_name(&self) -> Option<&Path> {
        match &self.bare().node {
            Node::Name(path) => Some(path),
            _ => None,
        }
    }

    /// `n` and 0 for `n`, `n` and 1 for `n + 1`, `n` and -1 for `n - 1`: the forms of a runtime axis.
    pub(crate) fn name_plus(&self) -> Option<(String, i64)> {
        if let Some(name) = self.lone_name() {
            return Some((name.get_ident()?.to_string(), 0));
        }
        let Node::Operation { operator, left, right, .. } = &self.bare().node else { return None };
        let name = left.lone_name()?.get_ident()?.to_string();
        let number = i64::try_from(right.as_integer()?).ok()?;
        match operator {
            Operator::Add => Some((name, number)),
            Operator::Subtract => Some((name, -number)),
            _ => None,
        }
    }
}

impl Size {
    /// A runtime axis that it depends on.
    pub(crate) fn runtime_axis(&self) -> Option<String> {
        self.symbols().into_iter().find_map(|symbol| match symbol {
            Symbol::Axis(name) => Some(name),
            _ => None,
        })
    }
}
