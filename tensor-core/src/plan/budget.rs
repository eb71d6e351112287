//! What a network may cost.

use super::flow::Flow;
use super::words::fail;
use super::{Budget, Counted, Plan, Text};

/// Checks a network against its budgets.
///
/// # Panics
/// With the message for the user, at the first one that it exceeds.
#[track_caller]
#[inline]
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
#[inline]
pub const fn check_budget(plan: &Plan, index: usize) {
    let Budget { counts, most } = plan.budgets[index];
    let cost = plan.cost(plan.input);
    let (what, count) = match counts {
        Counted::Params => (" parameters", cost.params),
        Counted::Macs => (" multiply-accumulates", cost.macs),
    };
    let is_counted = count < u64::MAX && is_sound(plan);
    if count > most && is_counted {
        let text = Text::new().quoted(plan.name).str(" has ").number(count as usize).str(what);
        let text = text.str(", ").number((count - most) as usize).str(" more than its budget of ");
        fail(text.number(most as usize))
    }
}

/// Whether each item takes what flows into it: after a mistake there is nothing to count.
#[inline]
const fn is_sound(plan: &Plan) -> bool {
    let mut flow = Flow::into(plan);
    let mut i = 0;
    while i < plan.body.len() && flow.is_known() {
        flow = flow.after(&plan.body[i]);
        i += 1;
    }
    flow.is_known()
}
