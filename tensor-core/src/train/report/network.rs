//! The network as a diagram, from top to bottom: boxes for items, lines with the axes of what flows, frames for nested networks,
//! a way around for `residual`, columns for `fork`.

use super::html::{Escaped, put, spaced};
use crate::ops::Op;
use crate::plan::{Axes, Item, Join, Node, Plan, Side, Summary, grouped};

pub(super) fn write(page: &mut String, summary: &Summary) {
    let (plan, axes) = (summary.plan(), summary.axes());
    let cost = plan.cost(axes);
    put!(
        page,
        "<div class=\"network\"><div class=\"card\"><div class=\"scroll\" tabindex=\"0\"><div class=\"flow\">"
    );
    put!(page, "<div class=\"port\"><span>input</span><code>{}</code></div>", axes_text(&axes));
    for side in plan.sides {
        put!(
            page,
            "<div class=\"port side\"><span>{}</span><code>{}</code></div>",
            side.name,
            axes_text(&side.axes)
        );
    }
    let mut diagram = Diagram { page, seen: Vec::new() };
    let given = diagram.flow(plan.body, axes.entering(&plan.input), plan.sides);
    diagram.wire("wire", &given);
    put!(page, "<div class=\"port\"><span>output</span><code>{}</code></div>", axes_text(&given));
    put!(page, "</div></div></div>");

    put!(page, "<div class=\"card\"><h3>{}</h3><p class=\"lead\">", Escaped(plan.name));
    put!(page, "<b>{}</b> parameters", spaced(&grouped(cost.params)));
    if cost.trainable != cost.params {
        put!(page, ", of which {} train", spaced(&grouped(cost.trainable)));
    }
    put!(page, "; <b>{}</b> multiply-accumulates for {}.</p>", spaced(&grouped(cost.macs)), axes_text(&axes));
    table(page, summary);
    put!(page, "</div></div>");
}

struct Diagram<'p> {
    page: &'p mut String,
    /// The networks that were drawn: a second time they are folded.
    seen: Vec<*const Plan>,
}

impl Diagram<'_> {
    /// The items one after the other; gives the axes after them.
    fn flow(&mut self, body: &[Item], mut axes: Axes, sides: &[Side]) -> Axes {
        for item in body {
            self.item(item, axes, sides);
            axes = item.node.output(axes);
        }
        axes
    }

    fn item(&mut self, item: &Item, axes: Axes, sides: &[Side]) {
        match item.node {
            Node::Op(op) => {
                self.wire("wire", &axes);
                self.op(item.name, &op, &axes, sides);
            }
            Node::Residual { body } => {
                put!(self.page, "<div class=\"residual\" title=\"x + f(x)\"><i class=\"skip\"></i>");
                let given = self.flow(body, axes, sides);
                self.wire("wire stem", &given);
                put!(self.page, "<div class=\"join around\">+</div></div>");
            }
            Node::Fork { join, branches } => {
                self.wire("wire stem", &axes);
                put!(self.page, "<div class=\"branches\">");
                for branch in branches {
                    put!(
                        self.page,
                        "<div class=\"branch\"><div class=\"branch-name\">{}</div>",
                        Escaped(branch.name)
                    );
                    let given = self.flow(branch.body, axes, sides);
                    self.wire("wire stem rest", &given);
                    put!(self.page, "</div>");
                }
                let sign = match join {
                    Join::Add => "+",
                    Join::Mul => "×",
                    Join::Concat => "concat",
                };
                put!(self.page, "</div><div class=\"join\">{sign}</div>");
            }
            Node::Network { plan, count, sides } => {
                self.wire("wire", &axes);
                self.network(item.name, plan, count, axes, sides);
            }
        }
    }

    fn op(&mut self, name: &str, op: &Op, axes: &Axes, sides: &[Side]) {
        let kind = match op {
            Op::Attention(_) => "mixes",
            _ if op.params() > 0 => "weighs",
            _ => "plain",
        };
        put!(self.page, "<div class=\"op {kind}\"><div class=\"top\">");
        let is_named = name != op.keyword();
        if is_named {
            put!(self.page, "<span class=\"name\">{}</span>", Escaped(name));
        } else {
            put!(self.page, "<code>{}</code>", op_text(op));
        }
        if op.params() > 0 {
            put!(self.page, "<span class=\"count\">{}</span>", spaced(&grouped(op.params())));
        }
        put!(self.page, "</div>");
        if is_named {
            put!(self.page, "<code>{}</code>", op_text(op));
        }
        let weights: Vec<_> = op
            .weights()
            .as_slice()
            .iter()
            .map(|weight| format!("<span>{} {:?}</span>", Escaped(weight.name), weight.sizes()))
            .collect();
        let macs = op.macs(axes, sides);
        if !weights.is_empty() {
            put!(self.page, "<div class=\"sizes\">{}", weights.join(" "));
            if macs > 0 {
                put!(self.page, " <span class=\"macs\">{} multiplications</span>", spaced(&grouped(macs)));
            }
            put!(self.page, "</div>");
        }
        put!(self.page, "</div>");
    }

    fn network(
        &mut self,
        name: &str,
        plan: &'static Plan,
        count: usize,
        axes: Axes,
        renamed: &[(&str, &str)],
    ) {
        let is_new = !self.seen.iter().any(|seen| std::ptr::eq(*seen, plan));
        self.seen.push(plan);
        put!(self.page, "<details class=\"net{}\"", if count > 1 { " many" } else { "" });
        put!(
            self.page,
            "{}><summary><span class=\"name\">{}</span>",
            if is_new { " open" } else { "" },
            Escaped(name)
        );
        put!(self.page, "<code>{}</code>", Escaped(plan.name));
        let each = plan.params();
        if count > 1 {
            put!(self.page, "<span class=\"times\">× {count}</span>");
            put!(self.page, "<span class=\"count\">{count} × {}</span>", spaced(&grouped(each)));
        } else {
            put!(self.page, "<span class=\"count\">{}</span>", spaced(&grouped(each)));
        }
        put!(self.page, "</summary><div class=\"inner\">");
        for (own, here) in renamed {
            put!(self.page, "<div class=\"note\">{} is {}</div>", Escaped(own), Escaped(here));
        }
        let given = self.flow(plan.body, axes.entering(&plan.input), plan.sides);
        self.wire("wire stem", &given);
        put!(self.page, "</div></details>");
    }

    /// A line down with the axes of what flows through it.
    fn wire(&mut self, class: &str, axes: &Axes) {
        put!(self.page, "<div class=\"{class}\"><code>{}</code></div>", axes_text(axes));
    }
}

/// The items as a table.
fn table(page: &mut String, summary: &Summary) {
    put!(page, "<div class=\"scroll\" tabindex=\"0\"><table class=\"items\">");
    let rows = summary.rows();
    for (place, row) in rows.iter().enumerate() {
        let tag = if place == 0 { "th" } else { "td" };
        let class = if place + 1 == rows.len() { " class=\"total\"" } else { "" };
        put!(page, "<tr{class}>");
        for (column, cell) in row.iter().enumerate() {
            let depth = cell.len() - cell.trim_start().len();
            let indent = if column == 0 && depth > 0 {
                format!(" style=\"padding-left:{}em\"", depth)
            } else {
                String::new()
            };
            let class = if column > 2 { " class=\"n\"" } else { "" };
            let text = arrows(cell.trim_start());
            let text = if column > 2 { spaced(&text) } else { text };
            put!(page, "<{tag}{class}{indent}>{text}</{tag}>");
        }
        put!(page, "</tr>");
    }
    put!(page, "</table></div>");
}

fn op_text(op: &Op) -> String {
    arrows(&op.to_string())
}

fn arrows(text: &str) -> String {
    Escaped(&text.replace("->", "→")).to_string()
}

fn axes_text(axes: &Axes) -> String {
    Escaped(&axes.to_string()).to_string()
}
