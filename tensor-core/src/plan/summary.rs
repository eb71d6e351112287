//! The table of a network.

use std::fmt;

use super::{Axes, Branch, Cost, Item, Node, Plan, Side};

/// A network as an aligned table: item, op, axes, parameters, multiply-accumulates.
///
/// ```
/// use tensor_core::prelude::*;
///
/// layer! {
///     pub struct TwoLayer: [4] -> [3] {
///         hidden: linear(4 -> 8),
///         relu,
///         output: linear(8 -> 3),
///     }
/// }
/// let net = TwoLayer::new(&Cpu::default());
/// println!("{}", net.summary());
/// println!("{}", net.summary().at([32, 4])); // counted for a batch of 32
/// ```
#[derive(Clone, Debug)]
pub struct Summary {
    plan: &'static Plan,
    axes: Axes,
}

impl Summary {
    /// The summary of a plan. Multiply-accumulates are those of the declared axes, a runtime axis counting as 1.
    pub fn of(plan: &'static Plan) -> Self {
        Summary { plan, axes: plan.input }
    }

    /// The same summary with multiply-accumulates for a tensor with these axes, leading ones included.
    ///
    /// # Panics
    /// If the network does not take such a tensor.
    pub fn at<const AXES: usize>(self, axes: [usize; AXES]) -> Self {
        let axes = Axes::of_sizes(&axes).with_ids(self.plan.input.are_ids());
        let takes = self.plan.input;
        assert!(axes.ends_in(&takes), "`{}` takes axes that end in {takes}, not {axes}", self.plan.name);
        Summary { axes, ..self }
    }

    #[cfg(feature = "report")]
    pub(crate) fn plan(&self) -> &'static Plan {
        self.plan
    }

    #[cfg(feature = "report")]
    pub(crate) fn axes(&self) -> Axes {
        self.axes
    }

    /// The table: its head, the items, the total.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let plan = self.plan;
        let mut rows = vec![["item", "op", "axes", "parameters", "multiply-accumulates"].map(str::to_owned)];
        add_rows(plan.body, plan.sides, self.axes.entering(&plan.input), 0, &mut rows);
        let total = plan.cost(self.axes);
        let axes = format!("{} → {}", self.axes, self.axes.through(&plan.input, &plan.output));
        rows.push([
            "total".to_owned(),
            plan.name.to_owned(),
            axes,
            grouped(total.params),
            grouped(total.macs),
        ]);
        rows
    }
}

/// Item, op, axes, parameters, multiply-accumulates.
pub(crate) type Row = [String; 5];

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.plan.cost(self.axes);
        write_table(f, &self.rows())?;
        if total.trainable != total.params {
            write_training(f, &total)?;
        }
        Ok(())
    }
}

/// What training takes where it leaves a part of the weights as they are.
fn write_training(f: &mut fmt::Formatter<'_>, total: &Cost) -> fmt::Result {
    let (trained, frozen) = (grouped(total.trainable), grouped(total.params - total.trainable));
    let share = 100.0 * total.trainable as f64 / total.params as f64;
    writeln!(f, "trainable parameters: {trained}, {share:.1} % of all; frozen: {frozen}")?;
    let of = |trainable| bytes(Cost { trainable, ..*total }.training_bytes::<f32>(ADAMS_AVERAGES));
    let (part, all) = (of(total.trainable), of(total.params));
    writeln!(f, "weights, gradients and Adam's averages in f32: {part}; {all} if all were trained")
}

/// Numbers that Adam remembers of each that it changes.
const ADAMS_AVERAGES: u64 = 2;

/// `1234567` as `1.2 MB`.
fn bytes(count: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let (mut size, mut unit) = (count as f64, 0);
    while size >= 999.95 && unit + 1 < units.len() {
        (size, unit) = (size / 1000.0, unit + 1);
    }
    if unit == 0 { format!("{count} B") } else { format!("{size:.1} {}", units[unit]) }
}

fn add_rows(body: &[Item], sides: &[Side], mut axes: Axes, depth: usize, rows: &mut Vec<Row>) {
    for item in body {
        let after = item.node.output(axes);
        let cost = item.node.cost(axes, sides);
        let counted = matches!(item.node, Node::Op(_) | Node::Network { .. });
        let (params, macs) =
            if counted { (grouped(cost.params), grouped(cost.macs)) } else { Default::default() };
        rows.push([
            indented(depth, item.name),
            op_text(&item.node),
            format!("{axes} → {after}"),
            params,
            macs,
        ]);
        match item.node {
            Node::Residual { body } => add_rows(body, sides, axes, depth + 1, rows),
            Node::Fork { branches, .. } => {
                for Branch { name, body } in branches {
                    let mut row = Row::default();
                    row[0] = indented(depth + 1, name);
                    rows.push(row);
                    add_rows(body, sides, axes, depth + 2, rows);
                }
            }
            Node::Op(_) | Node::Network { .. } => {}
        }
        axes = after;
    }
}

fn indented(depth: usize, name: &str) -> String {
    format!("{}{name}", "  ".repeat(depth))
}

fn op_text(node: &Node) -> String {
    match node {
        Node::Op(op) => op.to_string(),
        Node::Residual { .. } => "x + f(x)".to_owned(),
        Node::Fork { join, .. } => format!("fork({})", join.keyword()),
        Node::Network { plan, count: 1, .. } => plan.name.to_owned(),
        Node::Network { plan, count, .. } => format!("[{}; {count}]", plan.name),
    }
}

/// `1234567` as `1 234 567`.
///
/// ```
/// assert_eq!(tensor_core::plan::grouped(1_234_567), "1 234 567");
/// ```
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn write_table(f: &mut fmt::Formatter<'_>, rows: &[Row]) -> fmt::Result {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    let rule = "─".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1));
    for (index, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            line += &if column < 3 { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
        }
        if index + 1 == rows.len() {
            writeln!(f, "{rule}")?;
        }
        writeln!(f, "{}", line.trim_end())?;
        if index == 0 {
            writeln!(f, "{rule}")?;
        }
    }
    Ok(())
}
