//! Proofs at compile time, for sizes that only rustc knows: `const` items and other declared networks.
//!
//! `layer!` itself checks the sizes it can see. For the others it emits, at the token to blame,
//! `const _: () = check_item(PLAN, &[…]);`, whose panic `cargo check` reports there. Every function down to
//! the panic is `#[track_caller]`, or the error would show this file.
//!
//! What proves sizes, here and in [`ops`](crate::ops), is `#[inline]`: it runs in the compiler, and no machine code is made of
//! it unless somebody calls it at run time.

use super::axes::same_text;
use super::budget::check_budgets;
use super::flow::{Flow, flow_through, is_known};
use super::relation::check_relation;
use super::sides::check_sides;
use super::size::is_lost;
use super::ties::{check_tie, check_ties};
use super::words::{fail, given, gives, help_to_give, let_give, size_of, takes};
use super::{Branch, Item, Join, Node, Plan, Text};
use crate::ops::Refusal;

/// Checks the item at `path` against what flows into it: `[2]` is the third item, `[2, 0]` the first in that
/// residual, `[2, 1, 0]` the first in the second branch of that fork.
///
/// # Panics
/// With the message for the user, if the item does not fit.
#[track_caller]
#[inline]
pub const fn check_item(plan: &Plan, path: &[usize]) {
    check_at(plan.body, plan.body, Flow::into(plan), path);
}

/// Checks the axes that the last item gives against those that the network promises.
///
/// # Panics
/// With the message for the user, if they differ.
#[track_caller]
#[inline]
pub const fn check_output(plan: &Plan) {
    check_promise(plan, flow_through(plan.body, Flow::into(plan)));
}

/// Checks a whole network: its relations, its chain, and the networks in it.
///
/// # Panics
/// With the message for the user, at the first thing that does not hold.
#[track_caller]
#[inline]
pub const fn verify(plan: &Plan) {
    let mut i = 0;
    while i < plan.relations.len() {
        check_relation(plan.name, &plan.relations[i]);
        i += 1;
    }
    if !is_known(&plan.input) {
        let text = Text::new().quoted(plan.name).str(" takes ").axes(&plan.input);
        fail(text.str(": every axis needs at least 1"))
    }
    let flow = verify_body(plan.body, Flow::into(plan));
    check_ties(plan.body, plan.body);
    check_promise(plan, flow);
    check_budgets(plan);
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

/// Compares the features of two items of a generic network whose sizes do not depend on its parameters.
///
/// # Panics
/// With the message for the user, if they differ.
#[track_caller]
pub const fn same_features(item: &str, takes: usize, giver: &str, gives: usize, chain: &str) {
    if takes != gives && !is_lost(takes) && !is_lost(gives) {
        let text = Text::new().quoted(item).str(" takes ").number(takes).str(" features, but ");
        let input = giver.is_empty();
        let text = if input { text.str("the input has ") } else { text.quoted(giver).str(" gives ") };
        let text = text.number(gives).str("\n").str(chain).str("\nhelp: let ").quoted(item).str(" take ");
        let text = text.number(gives);
        let text = if input { text } else { text.str(", or let ").quoted(giver).str(" give ").number(takes) };
        fail(text)
    }
}

#[track_caller]
#[inline]
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
        let before = flow;
        flow = flow.after(&body[i]);
        if before.is_known() && matches!(flow.axes.features(), Some(0)) {
            let text =
                Text::new().quoted(body[i].name).str(" gives 0 features: every axis needs at least 1\n");
            fail(text.chain(flow))
        }
        i += 1;
    }
    flow
}

#[track_caller]
#[inline]
const fn check_at(root: &[Item], body: &[Item], mut flow: Flow, path: &[usize]) {
    let mut i = 0;
    while i < path[0] {
        flow = flow.after(&body[i]);
        i += 1;
    }
    let item = &body[path[0]];
    let rest = path.split_at(1).1;
    match &item.node {
        Node::Residual { body } if !rest.is_empty() => check_at(root, body, flow, rest),
        Node::Fork { branches, .. } if !rest.is_empty() => {
            check_at(root, branches[rest[0]].body, flow, rest.split_at(1).1)
        }
        _ => {
            check_tie(root, item);
            check_node(item, flow);
        }
    }
}

#[track_caller]
#[inline]
const fn check_node(item: &Item, flow: Flow) {
    if !flow.is_known() {
        return;
    }
    match &item.node {
        Node::Op(op) => match op.check(&flow.axes, flow.sides) {
            Ok(()) => {}
            Err(Refusal::Features { takes }) if is_lost(takes) => {}
            Err(Refusal::Features { takes }) => {
                let text = Text::new().quoted(item.name).str(" takes ").number(takes).str(" features, but ");
                let text = given(text, flow).str("\n").chain(flow).str(" → ").str(item.name);
                let Some(features) = flow.axes.features() else { fail(text) };
                let (written, asked) = (op.write(Text::new(), Some(features)), op.write(Text::new(), None));
                // Some ops say nothing of what they take.
                if same_text(written.as_str(), asked.as_str()) {
                    fail(if flow.giver.is_empty() {
                        text.str("\nhelp: let the input have ").number(takes)
                    } else {
                        let_give(text, "\nhelp: ", flow, takes)
                    })
                }
                let text = text.str("\nhelp: write `").str(written.as_str()).str("`");
                fail(let_give(text, ", or ", flow, takes))
            }
            Err(Refusal::RuntimeAxis) => {
                let text = Text::new().quoted(item.name).str(" needs sizes that the compiler knows, but ");
                let text = text.str("what flows in has the axes ").axes(&flow.axes);
                fail(text.str("\n").chain(flow).str(" → ").str(item.name))
            }
            Err(Refusal::Says { text: says, help }) => {
                let text = Text::new().quoted(item.name).str(" ").str(says.as_str()).str("\n").chain(flow);
                let text = text.str(" → ").str(item.name);
                fail(if help.is_empty() { text } else { text.str("\nhelp: ").str(help.as_str()) })
            }
        },
        Node::Residual { .. } if flow.axes.are_ids() => {
            let text = Text::new().quoted(item.name).str(" adds what it gives to what it takes, but takes ");
            fail(embed_first(text.axes(&flow.axes).str("\n").chain(flow)))
        }
        Node::Residual { body } => {
            let inner = flow_through(body, flow);
            if inner.is_known() && !inner.axes.equals(&flow.axes) {
                let text = Text::new().quoted(item.name).str(" adds what it gives to what it takes, ");
                let text = size_of(text, &flow.axes, inner.axes.len()).str(", but ");
                let text = gives(text, inner, flow.axes.len()).str("\n").chain(inner);
                fail(help_to_give(text, inner, &flow.axes))
            }
        }
        Node::Fork { join, branches } => check_branches(*join, branches, flow),
        Node::Network { plan, count, sides } => check_network(item.name, plan, *count, sides, flow),
    }
}

#[track_caller]
#[inline]
const fn check_network(name: &str, plan: &Plan, count: usize, named: &[(&str, &str)], flow: Flow) {
    if !is_known(&plan.input) {
        return;
    }
    if !flow.axes.ends_in(&plan.input) {
        let text = Text::new().quoted(name).str(" takes ");
        let text = takes(text, &plan.input).str(", but ");
        let declared = if flow.axes.is_empty() { 0 } else { 1 };
        let text = gives(text, flow, if plan.input.len() == 1 { declared } else { 0 });
        let text = text.str("\n").chain(flow).str(" → ").str(name);
        fail(help_to_give(text, flow, &plan.input))
    }
    if count > 1 && is_known(&plan.output) && !plan.output.equals(&plan.input) {
        let text = Text::new().quoted(name).str(" puts ").number(count).str(" of ");
        let text = text.quoted(plan.name).str(" in a row, but each takes ");
        let text = text.axes(&plan.input).str(" and gives ").axes(&plan.output).str("\n").chain(flow);
        fail(text.str(" → ").str(name).str("\nhelp: let ").quoted(plan.name).str(" give what it takes"))
    }
    check_sides(name, plan, named, flow);
}

#[track_caller]
#[inline]
const fn check_branches(join: Join, branches: &[Branch], flow: Flow) {
    let mut i = 0;
    while i < branches.len() {
        let branch = flow_through(branches[i].body, flow);
        if branch.axes.are_ids() && branch.is_known() {
            let text = Text::new().quoted(branches[i].name).str(" gives ").axes(&branch.axes);
            let text = text.str(", but `fork(").str(join.keyword()).str(")` joins numbers\n").chain(branch);
            fail(embed_first(text))
        }
        i += 1;
    }
    let first = flow_through(branches[0].body, flow);
    let mut i = 1;
    while i < branches.len() {
        let next = flow_through(branches[i].body, flow);
        let fits = match join {
            Join::Add | Join::Mul => next.axes.equals(&first.axes),
            Join::Concat => next.axes.without_last(1).equals(&first.axes.without_last(1)),
        };
        if !fits && first.is_known() && next.is_known() {
            let text = Text::new().quoted(branches[i].name).str(" gives ");
            let text = size_of(text, &next.axes, first.axes.len()).str(", but ");
            let text = text.quoted(branches[0].name).str(" gives ");
            let text = if next.axes.len() == 1 && first.axes.len() == 1 {
                text.axis(first.axes.from_end(1))
            } else {
                text.axes(&first.axes)
            };
            let text = text.str(": `fork(").str(join.keyword());
            let text = text.str(match join {
                Join::Concat => ")` needs branches with the same axes but for the features",
                _ => ")` needs branches with the same axes",
            });
            fail(help_to_give(text.str("\n").chain(next), next, &first.axes))
        }
        i += 1;
    }
}

#[track_caller]
#[inline]
const fn check_promise(plan: &Plan, flow: Flow) {
    if flow.axes.are_ids() && flow.is_known() {
        let text = Text::new().quoted(plan.name).str(" gives numbers, but ");
        fail(embed_first(gives(text, flow, 0).str("\n").chain(flow)))
    }
    if flow.axes.equals(&plan.output) || !flow.is_known() || !is_known(&plan.output) {
        return;
    }
    let text = Text::new().quoted(plan.name).str(" promises ");
    let text = size_of(text, &plan.output, flow.axes.len()).str(", but ");
    let text = gives(text, flow, plan.output.len()).str("\n").chain(flow);
    fail(text.str("\nhelp: write `").axes(&plan.input).str(" -> ").axes(&flow.axes).str("`"))
}

#[inline]
const fn embed_first(text: Text) -> Text {
    text.str("\nhelp: let an `embedding` take the ids first")
}
