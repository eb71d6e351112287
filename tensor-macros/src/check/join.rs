//! Values that are joined: `residual` and `fork`.

use proc_macro2::{Ident, Span};
use quote::ToTokens;

use super::body::Names;
use super::flow::{Axis, Flow, Prefix};
use super::{CheckedKind, Context};
use crate::dim::{Dim, Symbol, Verdict};
use crate::explain;
use crate::syntax::{Body, Branch, ItemKind};

impl Context<'_> {
    pub(super) fn check_residual(
        &mut self,
        title: &str,
        keyword: &Ident,
        body: &Body,
        flow: &mut Flow,
        names: &mut Names,
    ) -> CheckedKind {
        let mut inner = flow.clone();
        let items = self.check_body(body, &mut inner, names);
        if flow.ids {
            self.errors.at(keyword, explain::ids_flow(title, flow));
            let chain = std::mem::take(&mut flow.chain);
            *flow = Flow { chain, ..inner };
            return CheckedKind::Residual(items);
        }
        if items.is_empty() {
            self.errors.at(keyword, explain::residual_empty());
        }
        let blame = last_size(body).unwrap_or_else(|| keyword.to_token_stream());
        match self.same_axes(flow, &inner) {
            Verdict::Equal => {}
            Verdict::Different => self.errors.at(&blame, explain::residual(title, flow, &inner)),
            Verdict::Unproved => self.errors.at(&blame, explain::residual_unproved(title, flow, &inner)),
            Verdict::RustcKnows => self.leave_to_rustc(first_span(&blame)),
        }
        CheckedKind::Residual(items)
    }

    pub(super) fn check_fork(
        &mut self,
        title: &str,
        keyword: &Ident,
        join: &Ident,
        branches: &[Branch],
        flow: &mut Flow,
        names: &mut Names,
    ) -> CheckedKind {
        if !["add", "mul", "concat"].contains(&join.to_string().as_str()) {
            self.errors.at(join, explain::unknown_join(join));
        }
        if branches.is_empty() {
            self.errors.at(keyword, explain::fork_empty());
            return CheckedKind::Missing;
        }
        self.check_branch_names(branches);
        let mut checked = Vec::new();
        let mut flows: Vec<Flow> = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            self.place.push(index);
            let mut inner = flow.clone();
            checked.push((branch.name.to_string(), self.check_body(&branch.body, &mut inner, names)));
            self.place.pop();
            if inner.ids {
                self.errors.at(&branch.name, explain::branch_of_ids(join, &branch.name, &inner));
                inner.lose();
            }
            if let Some(first) = flows.first() {
                self.compare_branches(join, (&branches[0], first), (branch, &inner), keyword);
            }
            flows.push(inner);
        }
        let features = if join == "concat" { self.sum_features(&flows) } else { flows[0].features() };
        let chain = std::mem::take(&mut flow.chain);
        *flow = Flow { chain, ..flows.swap_remove(0) };
        flow.set_features(features, title);
        CheckedKind::Fork { join: join.clone(), branches: checked }
    }

    fn check_branch_names(&mut self, branches: &[Branch]) {
        for (index, branch) in branches.iter().enumerate() {
            if branches[..index].iter().any(|earlier| earlier.name == branch.name) {
                self.errors.at(&branch.name, explain::duplicate_branch(&branch.name));
            }
        }
    }

    fn compare_branches(
        &mut self,
        join: &Ident,
        (first_branch, first): (&Branch, &Flow),
        (branch, flow): (&Branch, &Flow),
        keyword: &Ident,
    ) {
        let blame = last_size(&branch.body).unwrap_or_else(|| keyword.to_token_stream());
        let verdict = if join == "concat" {
            self.same_axes(&first.without_features(), &flow.without_features())
        } else {
            self.same_axes(first, flow)
        };
        match verdict {
            Verdict::Equal => {}
            Verdict::Different => {
                self.errors
                    .at(&blame, explain::branches(join, &first_branch.name, first, &branch.name, flow));
            }
            Verdict::Unproved => {
                let message = explain::branches_unproved(&first_branch.name, first, &branch.name, flow);
                self.errors.at(&blame, message);
            }
            Verdict::RustcKnows => self.leave_to_rustc(first_span(&blame)),
        }
    }

    fn sum_features(&mut self, flows: &[Flow]) -> Axis {
        let mut sum: Option<Dim> = None;
        let mut tokens = Vec::new();
        for flow in flows {
            match flow.features() {
                Axis::Known { dim, .. } => {
                    tokens.push(dim.calls(""));
                    sum = Some(match sum {
                        Some(sum) => sum.add(dim),
                        None => dim,
                    });
                }
                Axis::Rustc(features) => tokens.push(features),
                Axis::Lost => return Axis::Lost,
            }
        }
        if flows.iter().any(|flow| matches!(flow.features(), Axis::Rustc(_))) {
            let sum = tokens
                .into_iter()
                .reduce(|sum, next| quote::quote!(::tensor_core::__private::plus(#sum, #next)));
            return sum.map_or(Axis::Lost, Axis::Rustc);
        }
        let Some(dim) = sum else { return Axis::Lost };
        match self.size(&dim) {
            Some(size) => Axis::Known { dim, size },
            None => Axis::Lost,
        }
    }

    /// Whether two flows have the same axes. After a mistake they count as equal, so that it stays one.
    pub(super) fn same_axes(&self, left: &Flow, right: &Flow) -> Verdict {
        let mut verdict = match (&left.prefix, &right.prefix) {
            (Prefix::Lost, _) | (_, Prefix::Lost) => return Verdict::Equal,
            _ if left.ids != right.ids => return Verdict::Different,
            (Prefix::Nothing, Prefix::Nothing) if left.axes.len() != right.axes.len() => {
                let lost = |flow: &Flow| flow.axes.iter().any(Axis::is_lost);
                return if lost(left) || lost(right) { Verdict::Equal } else { Verdict::Different };
            }
            (Prefix::Nothing, Prefix::Nothing) => Verdict::Equal,
            _ => Verdict::RustcKnows,
        };
        for (left, right) in left.axes.iter().rev().zip(right.axes.iter().rev()) {
            let next = match (left, right) {
                (Axis::Known { size: left, .. }, Axis::Known { size: right, .. }) => {
                    self.scope.compare(left, right)
                }
                (Axis::Lost, _) | (_, Axis::Lost) => return Verdict::Equal,
                _ => Verdict::RustcKnows,
            };
            verdict = worse(verdict, next);
        }
        // rustc knows the numbers, so its message can show them.
        if matches!(verdict, Verdict::Different) && !self.generic && (left.has_consts() || right.has_consts())
        {
            return Verdict::RustcKnows;
        }
        verdict
    }
}

impl Flow {
    fn has_consts(&self) -> bool {
        let is_const = |symbol: &Symbol| matches!(symbol, Symbol::Constant(_));
        self.axes
            .iter()
            .any(|axis| matches!(axis, Axis::Known { size, .. } if size.symbols().iter().any(is_const)))
    }

    fn without_features(&self) -> Flow {
        let mut flow = self.clone();
        flow.axes.pop();
        flow
    }
}

/// The worse of two verdicts: a difference is worse than what is not known.
fn worse(left: Verdict, right: Verdict) -> Verdict {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Equal => 0,
        Verdict::RustcKnows => 1,
        Verdict::Unproved => 2,
        Verdict::Different => 3,
    };
    if rank(&right) > rank(&left) { right } else { left }
}

/// The last size written in a body: the one to blame if the body gives the wrong axes.
fn last_size(body: &Body) -> Option<proc_macro2::TokenStream> {
    body.items.iter().rev().find_map(|item| match &item.kind {
        ItemKind::Op(call) | ItemKind::Bare(call) => {
            call.sizes.iter().rev().find_map(|size| size.last_dim()).map(Dim::tokens)
        }
        ItemKind::Network(target) => Some(target.path.to_token_stream()),
        ItemKind::Residual { body, .. } => last_size(body),
        ItemKind::Fork { branches, .. } => branches.iter().rev().find_map(|branch| last_size(&branch.body)),
        ItemKind::Unreadable => None,
    })
}

fn first_span(tokens: &proc_macro2::TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
