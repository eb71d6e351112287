//! Proofs at compile time, for sizes that only rustc knows: `const` items and other declared networks.
//!
//! `layer!` itself checks the sizes it can see. For the others it emits, at the token to blame,
//! `const _: () = check_item(PLAN, &[…]);`, whose panic `cargo check` reports there. Every function down to
//! the panic is `#[track_caller]`, or the error would show this file.

use super::{Axes, Axis, Branch, Comparison, Item, Join, Node, Plan, Relation, Text, output_of};
use crate::ops::Refusal;

/// What flows at one place of a body.
#[derive(Clone, Copy)]
struct Flow {
    axes: Axes,
    /// The item that set the axes, empty for the network's input.
    giver: &'static str,
    /// The chain up to here, for messages.
    chain: Text,
}

impl Flow {
    const fn into(plan: &Plan) -> Self {
        let chain = Text::new().str(plan.name).str(": ").axes(&plan.input);
        Flow { axes: plan.input.entering(&plan.input), giver: "", chain }
    }

    const fn after(self, item: &Item) -> Self {
        let axes = item.node.output(self.axes);
        let chain = self.chain.str(" → ").str(item.name).str(" ").axes(&axes);
        let giver = if item.node.keeps_axes() { self.giver } else { item.name };
        Flow { axes, giver, chain }
    }
}

impl Node {
    const fn keeps_axes(&self) -> bool {
        match self {
            Node::Op(op) => op.keeps_axes(),
            Node::Residual { .. } => true,
            Node::Fork { .. } | Node::Network { .. } => false,
        }
    }
}

/// Checks the item at `path` against what flows into it: `[2]` is the third item, `[2, 0]` the first in that
/// residual, `[2, 1, 0]` the first in the second branch of that fork.
///
/// # Panics
/// With the message for the user, if the item does not fit.
#[track_caller]
pub const fn check_item(plan: &Plan, path: &[usize]) {
    check_at(plan.body, Flow::into(plan), path);
}

/// Checks the axes that the last item gives against those that the network promises.
///
/// # Panics
/// With the message for the user, if they differ.
#[track_caller]
pub const fn check_output(plan: &Plan) {
    check_promise(plan, flow_through(plan.body, Flow::into(plan)));
}

/// Checks a whole network: its relations, its chain, and the networks in it.
///
/// # Panics
/// With the message for the user, at the first thing that does not hold.
#[track_caller]
pub const fn verify(plan: &Plan) {
    let mut i = 0;
    while i < plan.relations.len() {
        check_relation(plan.name, &plan.relations[i]);
        i += 1;
    }
    let flow = verify_body(plan.body, Flow::into(plan));
    check_promise(plan, flow);
}

/// The features that `plan` gives, for the type of the item after it.
///
/// # Panics
/// If they are a runtime axis.
#[track_caller]
pub const fn features(plan: &Plan) -> usize {
    match plan.output.features() {
        Some(features) => features,
        None => fail(
            Text::new()
                .quoted(plan.name)
                .str(" gives ")
                .axes(&plan.output)
                .str(": its last axis has no size here"),
        ),
    }
}

/// The product of all axes that `plan` gives, for the item after a `flatten`.
pub const fn elements(plan: &Plan) -> usize {
    plan.output.elements() as usize
}

/// Compares the features of two items of a generic network whose sizes do not depend on its parameters.
///
/// # Panics
/// With the message for the user, if they differ.
#[track_caller]
pub const fn same_features(item: &str, takes: usize, giver: &str, gives: usize) {
    if takes != gives {
        let text = Text::new().quoted(item).str(" takes ").number(takes).str(" features, but ");
        let text =
            if giver.is_empty() { text.str("the input has ") } else { text.quoted(giver).str(" gives ") };
        fail(text.number(gives))
    }
}

/// `dividend / divisor`, for sizes that only rustc knows.
///
/// # Panics
/// With the message for the user, if the division is not exact.
#[track_caller]
pub const fn exact(dividend: usize, divisor: usize) -> usize {
    let text = Text::new().number(dividend).str(" / ").number(divisor);
    if divisor == 0 {
        fail(text.str(" divides by zero"))
    }
    if !dividend.is_multiple_of(divisor) {
        fail(
            text.str(" leaves a remainder of ")
                .number(dividend % divisor)
                .str(": a size must divide exactly"),
        )
    }
    dividend / divisor
}

#[track_caller]
const fn verify_body(body: &[Item], mut flow: Flow) -> Flow {
    let mut i = 0;
    while i < body.len() {
        match &body[i].node {
            Node::Op(_) => {}
            Node::Residual { body } => {
                verify_body(body, flow);
            }
            Node::Fork { branches, .. } => {
                let mut b = 0;
                while b < branches.len() {
                    verify_body(branches[b].body, flow);
                    b += 1;
                }
            }
            Node::Network { plan, .. } => verify(plan),
        }
        check_node(&body[i], flow);
        flow = flow.after(&body[i]);
        i += 1;
    }
    flow
}

#[track_caller]
const fn check_at(body: &[Item], mut flow: Flow, path: &[usize]) {
    let mut i = 0;
    while i < path[0] {
        flow = flow.after(&body[i]);
        i += 1;
    }
    let item = &body[path[0]];
    let rest = path.split_at(1).1;
    match &item.node {
        Node::Residual { body } if !rest.is_empty() => check_at(body, flow, rest),
        Node::Fork { branches, .. } if !rest.is_empty() => {
            check_at(branches[rest[0]].body, flow, rest.split_at(1).1)
        }
        _ => check_node(item, flow),
    }
}

const fn flow_through(body: &[Item], mut flow: Flow) -> Flow {
    let mut i = 0;
    while i < body.len() {
        flow = flow.after(&body[i]);
        i += 1;
    }
    flow
}

#[track_caller]
const fn check_node(item: &Item, flow: Flow) {
    match &item.node {
        Node::Op(op) => match op.check(&flow.axes) {
            Ok(()) => {}
            Err(Refusal::Features { takes }) => {
                let text = Text::new().quoted(item.name).str(" takes ").number(takes).str(" features, but ");
                let text = given(text, flow).str("\n").chain(flow).str(" → ").str(item.name);
                let Some(features) = flow.axes.features() else { fail(text) };
                fail(op.write(text.str("\nhelp: write `"), Some(features)).str("`"))
            }
            Err(Refusal::RuntimeAxis) => {
                let text = Text::new().quoted(item.name).str(" needs sizes that the compiler knows, but ");
                let text = text.str("what flows in has the axes ").axes(&flow.axes);
                fail(text.str("\n").chain(flow).str(" → ").str(item.name))
            }
        },
        Node::Residual { body } => {
            let inner = flow_through(body, flow);
            if !inner.axes.equals(&flow.axes) {
                let text = Text::new().quoted(item.name).str(" adds what it gives to what it takes, ");
                let text = text.axes(&flow.axes).str(", but ");
                let text = giver(text, inner).str(" gives ").axes(&inner.axes);
                fail(text.str("\n").chain(inner))
            }
        }
        Node::Fork { join, branches } => check_branches(*join, branches, flow),
        Node::Network { plan, count } => {
            if !flow.axes.ends_in(&plan.input) {
                let text = Text::new().quoted(item.name).str(" takes ");
                let text = takes(text, &plan.input).str(", but ");
                let text = if plan.input.len() == 1 && !flow.axes.is_empty() {
                    given(text, flow)
                } else {
                    giver(text, flow).str(" gives ").axes(&flow.axes)
                };
                fail(text.str("\n").chain(flow).str(" → ").str(item.name))
            }
            if *count > 1 && !plan.output.equals(&plan.input) {
                let text = Text::new().quoted(item.name).str(" puts ").number(*count).str(" of ");
                let text = text.quoted(plan.name).str(" in a row, but each takes ");
                let text = text.axes(&plan.input).str(" and gives ").axes(&plan.output);
                fail(text)
            }
        }
    }
}

#[track_caller]
const fn check_branches(join: Join, branches: &[Branch], flow: Flow) {
    let first = output_of(branches[0].body, flow.axes);
    let mut i = 1;
    while i < branches.len() {
        let next = output_of(branches[i].body, flow.axes);
        let fits = match join {
            Join::Add | Join::Mul => next.equals(&first),
            Join::Concat => next.without_last(1).equals(&first.without_last(1)),
        };
        if !fits {
            let text = Text::new().quoted(branches[i].name).str(" gives ").axes(&next).str(", but ");
            let text = text.quoted(branches[0].name).str(" gives ").axes(&first);
            let text = text.str(": `fork(").str(join.keyword());
            fail(text.str(match join {
                Join::Concat => ")` needs the same axes but for the features",
                _ => ")` needs the same axes",
            }))
        }
        i += 1;
    }
}

#[track_caller]
const fn check_promise(plan: &Plan, flow: Flow) {
    if flow.axes.equals(&plan.output) {
        return;
    }
    let text = Text::new().quoted(plan.name).str(" promises ");
    let text = if plan.output.len() == 1 && flow.axes.len() == 1 {
        given(takes(text, &plan.output).str(", but "), flow)
    } else {
        giver(text.axes(&plan.output).str(", but "), flow).str(" gives ").axes(&flow.axes)
    };
    let text = text.str("\n").chain(flow);
    fail(text.str("\nhelp: write `").axes(&plan.input).str(" -> ").axes(&flow.axes).str("`"))
}

/// Checks one line of a `where` clause.
///
/// # Panics
/// With the message for the user, if it does not hold.
#[track_caller]
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
        let text = text.quoted(relation.left_text).str(" is ").number(left);
        if is_number(relation.right_text) {
            fail(text)
        }
        fail(text.str(" and ").quoted(relation.right_text).str(" is ").number(right))
    }
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

/// `4 features`, or `[seq, 4]` where there are more axes.
const fn takes(text: Text, axes: &Axes) -> Text {
    match axes.features() {
        Some(features) if axes.len() == 1 => text.number(features).str(" features"),
        _ => text.str("axes that end in ").axes(axes),
    }
}

/// `` `hidden` gives 8``
const fn given(text: Text, flow: Flow) -> Text {
    let text = giver(text, flow).str(if flow.giver.is_empty() { " has " } else { " gives " });
    match flow.axes.from_end(1) {
        Axis::Static(features) => text.number(features),
        Axis::Runtime { .. } => text.axes(&flow.axes),
    }
}

const fn giver(text: Text, flow: Flow) -> Text {
    if flow.giver.is_empty() { text.str("the input") } else { text.quoted(flow.giver) }
}

impl Text {
    const fn chain(self, flow: Flow) -> Self {
        self.str(flow.chain.as_str())
    }
}

#[track_caller]
const fn fail(text: Text) -> ! {
    panic!("{}", text.as_str())
}
