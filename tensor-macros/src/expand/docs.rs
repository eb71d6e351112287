//! The table that stands in the docs of a declared struct.

use crate::check::{CheckedItem, CheckedKind};
use crate::syntax::Declaration;

/// The lines of the table: item, op, axes.
pub(super) fn table(declaration: &Declaration, items: &[CheckedItem]) -> String {
    let mut lines = vec![
        "| item | op | gives |".to_owned(),
        "|---|---|---|".to_owned(),
        format!("| | | `{}` |", declaration.input),
    ];
    rows(items, "", &mut lines);
    lines.join("\n")
}

fn rows(items: &[CheckedItem], indent: &str, lines: &mut Vec<String>) {
    for item in items {
        let name = item.name.as_ref().map_or_else(String::new, |name| format!("`{name}`"));
        lines.push(format!("| {indent}{name} | `{}` | `{}` |", item.text, item.axes));
        let deeper = format!("{indent}\u{2003}");
        match &item.kind {
            CheckedKind::Residual(items) => rows(items, &deeper, lines),
            CheckedKind::Fork { branches, .. } => {
                for (name, items) in branches {
                    lines.push(format!("| {deeper}{name} | | |"));
                    rows(items, &format!("{deeper}\u{2003}"), lines);
                }
            }
            _ => {}
        }
    }
}
