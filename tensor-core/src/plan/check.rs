//! Proofs at compile time, for sizes that only rustc knows: `const` items and other declared networks.
//!
//! `layer!` itself checks the sizes it can see. For the others it emits, at the token to blame,
//! `const _: () = check_item(PLAN, &[…]);`, whose panic `cargo check` reports there. Every function down to
//! the panic is `#[track_caller]`, or the error would show this file.

use super::axes::same_text;
use super::size::{NONE, is_lost};
use super::{Axes, Axis, Branch, Budget, Comparison, Counted, Item, Join, Node, Plan, Relation, Side, Text};
use crate::ops::Refusal;

/// What flows at one place of a body.
#[derive(Clone, Copy)]
struct Flow {
    axes: Axes,
    /// The item that set the axes, empty for the network's input.
    giver: &'static str,
    /// The chain up to here, for messages.
    chain: Text,
    /// Whether a mistake before makes the axes unknown, so that nothing that follows from it is reported.
    lost: bool,
    /// The network's side inputs.
    sides: &'static [Side],
}

impl Flow {
    const fn into(plan: &Plan) -> Self {
        let chain = Text::new().str(plan.name).str(": ").axes(&plan.input);
        Flow { axes: plan.input.entering(&plan.input), giver: "", chain, lost: false, sides: plan.sides }
    }

    const fn after(self, item: &Item) -> Self {
        let axes = item.node.output(self.axes);
        let chain = self.chain.str(" → ").str(item.name).str(" ").axes(&axes);
        let giver = if item.node.keeps_axes() { self.giver } else { item.name };
        let lost = self.lost || item.node.loses(&self.axes);
        let axes = match &item.node {
            Node::Op(op) if let Err(Refusal::RuntimeAxis) = op.check(&self.axes, self.sides) => {
                axes.with_features(Axis::Static(NONE))
            }
            _ => axes,
        };
        Flow { axes, giver, chain, lost, sides: self.sides }
    }

    /// Whether its axes can be judged.
    const fn is_known(&self) -> bool {
        !self.lost && is_known(&self.axes)
    }
}

/// Whether no size is one that is reported as none.
const fn is_known(axes: &Axes) -> bool {
    let mut i = 0;
    while i < axes.len() {
        if let Axis::Static(size) = axes.get(i)
            && is_lost(size)
        {
            return false;
        }
        i += 1;
    }
    true
}

impl Node {
    /// Whether it does not take `axes` in a way that leaves unknown what it would give.
    const fn loses(&self, axes: &Axes) -> bool {
        match self {
            Node::Network { plan, count, .. } => {
                axes.len() < plan.input.len() || *count > 1 && !plan.output.equals(&plan.input)
            }
            _ => false,
        }
    }

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
    if !is_known(&plan.input) {
        let text = Text::new().quoted(plan.name).str(" takes ").axes(&plan.input);
        fail(text.str(": every axis needs at least 1"))
    }
    let flow = verify_body(plan.body, Flow::into(plan));
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
                let text = op.write(text.str("\nhelp: write `"), Some(features)).str("`");
                fail(if flow.giver.is_empty() { text } else { let_give(text.str(", or "), flow, takes) })
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

/// Checks that each side input of a nested network is one of those here, with the axes that it takes.
#[track_caller]
const fn check_sides(name: &str, plan: &Plan, named: &[(&str, &str)], flow: Flow) {
    let mut i = 0;
    while i < named.len() {
        if plan.side(named[i].0).is_none() {
            let text = Text::new().quoted(plan.name).str(" has no side input ").quoted(named[i].0);
            fail(list_sides(text.str("; it takes "), plan.sides).str("\n").chain(flow).str(" → ").str(name))
        }
        i += 1;
    }
    let mut i = 0;
    while i < plan.sides.len() {
        let side = &plan.sides[i];
        let here = name_here(side.name, named);
        let text = Text::new().quoted(name).str(" needs the side input ").quoted(side.name).str(" ");
        let Some(given) = find_side(flow.sides, here) else {
            let text = here_are(text.axes(&side.axes).str(", but "), flow.sides);
            let text = text.str("\n").chain(flow).str(" → ").str(name).str("\nhelp: add ").quoted(side.name);
            let text =
                text.str(" to the signature, as in `(x: …, ").str(side.name).str(": ").axes(&side.axes);
            let text = text.str(")`, or name another one: `").str(plan.name).str("(").str(side.name);
            fail(text.str(": …)`"))
        };
        let wanted = bound_side(side.axes, plan, flow);
        if is_known(&given.axes) && is_known(&wanted) && !fits_side(&given.axes, &wanted) {
            let text = text.str("with the axes ").axes(&wanted).str(", but ").quoted(given.name).str(" has ");
            fail(text.axes(&given.axes).str("\n").chain(flow).str(" → ").str(name))
        }
        i += 1;
    }
}

/// The axes that a nested network's side input must have: those bound by its main input as they are here.
const fn bound_side(axes: Axes, plan: &Plan, flow: Flow) -> Axes {
    let mut all = Axes::new(&[]).with_ids(axes.are_ids());
    let mut i = 0;
    while i < axes.len() {
        all = all.push(flow.axes.bind(axes.get(i), &plan.input));
        i += 1;
    }
    all
}

/// Whether a side input has the wanted axes; a runtime axis that nothing binds takes any size.
const fn fits_side(given: &Axes, wanted: &Axes) -> bool {
    if given.len() != wanted.len() || given.are_ids() != wanted.are_ids() {
        return false;
    }
    let mut i = 0;
    while i < given.len() {
        if let (Axis::Static(a), Axis::Static(b)) = (given.get(i), wanted.get(i))
            && a != b
        {
            return false;
        }
        i += 1;
    }
    true
}

const fn name_here<'n>(name: &'n str, named: &[(&str, &'n str)]) -> &'n str {
    let mut i = 0;
    while i < named.len() {
        if same_text(named[i].0, name) {
            return named[i].1;
        }
        i += 1;
    }
    name
}

/// What side inputs there are.
pub(crate) const fn here_are(text: Text, sides: &[Side]) -> Text {
    if sides.is_empty() { text.str("there is none here") } else { list_sides(text.str("here are "), sides) }
}

/// `none`, or the names of side inputs.
pub(crate) const fn list_sides(mut text: Text, sides: &[Side]) -> Text {
    if sides.is_empty() {
        return text.str("none");
    }
    let mut i = 0;
    while i < sides.len() {
        text = if i > 0 { text.str(", ") } else { text };
        text = text.quoted(sides[i].name);
        i += 1;
    }
    text
}

/// The side input of this name.
pub(crate) const fn find_side<'s>(sides: &'s [Side], name: &str) -> Option<&'s Side> {
    let mut i = 0;
    while i < sides.len() {
        if same_text(sides[i].name, name) {
            return Some(&sides[i]);
        }
        i += 1;
    }
    None
}

impl Plan {
    /// Its side input of this name.
    pub const fn side(&self, name: &str) -> Option<&Side> {
        find_side(self.sides, name)
    }
}

/// Checks a network against its budgets.
///
/// # Panics
/// With the message for the user, at the first one that it exceeds.
#[track_caller]
pub const fn check_budgets(plan: &Plan) {
    let mut i = 0;
    while i < plan.budgets.len() {
        check_budget(plan, i);
        i += 1;
    }
}

/// Checks a network against one of its budgets.
///
/// # Panics
/// With the message for the user, if it costs more.
#[track_caller]
pub const fn check_budget(plan: &Plan, index: usize) {
    let Budget { counts, most } = plan.budgets[index];
    let cost = plan.cost(plan.input);
    let (what, count) = match counts {
        Counted::Params => (" parameters", cost.params),
        Counted::Macs => (" multiply-accumulates", cost.macs),
    };
    if count > most {
        let text = Text::new().quoted(plan.name).str(" has ").number(count as usize).str(what);
        let text = text.str(", ").number((count - most) as usize).str(" more than its budget of ");
        fail(text.number(most as usize))
    }
}

#[track_caller]
const fn check_branches(join: Join, branches: &[Branch], flow: Flow) {
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
const fn check_promise(plan: &Plan, flow: Flow) {
    if flow.axes.equals(&plan.output) || !flow.is_known() || !is_known(&plan.output) {
        return;
    }
    let text = Text::new().quoted(plan.name).str(" promises ");
    let text = size_of(text, &plan.output, flow.axes.len()).str(", but ");
    let text = gives(text, flow, plan.output.len()).str("\n").chain(flow);
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
        let text = value(text, relation.left_text, left);
        if is_number(relation.right_text) {
            fail(text)
        }
        fail(value(text.str(" and "), relation.right_text, right))
    }
}

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

/// `4 features`, or `axes that end in [seq, 4]` where there are more.
const fn takes(text: Text, axes: &Axes) -> Text {
    match axes.features() {
        Some(features) if axes.len() == 1 => text.number(features).str(" features"),
        _ => text.str("axes that end in ").axes(axes),
    }
}

/// `4 features`, or `[seq, 4]` where these or the axes that they are compared with are several.
const fn size_of(text: Text, axes: &Axes, others: usize) -> Text {
    if axes.len() == 1 && others == 1 {
        text.axis(axes.from_end(1)).str(" features")
    } else {
        text.axes(axes)
    }
}

/// ``  `hidden` gives 8 ``, or `[seq, 8]` where these or the axes that they are compared with are several.
const fn gives(text: Text, flow: Flow, others: usize) -> Text {
    if flow.axes.len() == 1 && others == 1 { given(text, flow) } else { giver(text, flow).axes(&flow.axes) }
}

/// ``  `hidden` gives 8 ``: the features alone.
const fn given(text: Text, flow: Flow) -> Text {
    match flow.axes.from_end(1) {
        Axis::Static(features) => giver(text, flow).number(features),
        Axis::Runtime { .. } => giver(text, flow).axes(&flow.axes),
    }
}

const fn giver(text: Text, flow: Flow) -> Text {
    if flow.giver.is_empty() { text.str("the input has ") } else { text.quoted(flow.giver).str(" gives ") }
}

const fn let_give(text: Text, flow: Flow, features: usize) -> Text {
    text.str("let ").quoted(flow.giver).str(" give ").number(features)
}

/// A help line where other features alone would do.
const fn help_to_give(text: Text, flow: Flow, wanted: &Axes) -> Text {
    let before = flow.axes.without_last(1);
    match wanted.features() {
        Some(features) if !flow.giver.is_empty() && before.ends_in(&wanted.without_last(1)) => {
            let text = let_give(text.str("\nhelp: "), flow, features);
            if wanted.len() > 1 { text.str(" features") } else { text }
        }
        _ => text,
    }
}

impl Text {
    const fn chain(self, flow: Flow) -> Self {
        self.str(flow.chain.as_str())
    }
}

#[track_caller]
pub(super) const fn fail(text: Text) -> ! {
    panic!("{}", text.as_str())
}
