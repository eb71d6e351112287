//! The chain: each item takes what the one before it gives.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::Path;

use super::flow::{Axis, Flow, Prefix};
use super::witness::Witness;
use super::{CheckedItem, CheckedKind, CheckedOp, Context, PRIVATE_FIELD};
use crate::dim::{Dim, Symbol, Verdict};
use crate::expand::plan_of;
use crate::explain;
use crate::ops;
use crate::syntax::{Body, Branch, Call, Choice, Item, ItemKind, Target};

/// Names in use, each with the place where it was written.
pub(crate) type Names = BTreeMap<String, Span>;

impl Context<'_> {
    /// Checks items in order; `flow` then is what the last one gives.
    pub(crate) fn check_body(&mut self, body: &Body, flow: &mut Flow, names: &mut Names) -> Vec<CheckedItem> {
        let mut checked = Vec::new();
        let mut linear_before: Option<(&Item, String)> = None;
        for (index, item) in body.items.iter().enumerate() {
            self.place.push(index);
            let next = self.check_item(item, flow, names);
            linear_before = self.check_stacked_linear(item, &next, linear_before);
            checked.push(next);
            self.place.pop();
        }
        checked
    }

    fn check_item(&mut self, item: &Item, flow: &mut Flow, names: &mut Names) -> CheckedItem {
        let title = item.title();
        self.check_attributes(item);
        self.check_name(item, names);
        let mut rename = None;
        let (kind, text) = match &item.kind {
            ItemKind::Op(call) => {
                rename = self.rename(&call.options);
                match self.check_op(item, &title, call, flow) {
                    Some(op) => {
                        let text = op.text.clone();
                        (CheckedKind::Op(op), text)
                    }
                    None => (CheckedKind::Missing, call.keyword.to_string()),
                }
            }
            ItemKind::Network(target) => {
                rename = self.rename(&target.options);
                let text = network_text(target);
                (self.check_network(item, &title, target, flow), text)
            }
            ItemKind::Residual { keyword, body } => {
                (self.check_residual(&title, keyword, body, flow, names), "x + f(x)".to_owned())
            }
            ItemKind::Fork { keyword, join, branches } => {
                let text = format!("fork({join})");
                (self.check_fork(&title, keyword, join, branches, flow, names), text)
            }
            ItemKind::Unreadable => {
                flow.lose();
                (CheckedKind::Missing, String::new())
            }
        };
        flow.passed(&title);
        CheckedItem {
            title,
            name: item.name.clone(),
            rename,
            attributes: item.attributes.clone(),
            kind,
            text,
            axes: flow.to_string(),
        }
    }

    fn check_attributes(&mut self, item: &Item) {
        for attribute in &item.attributes {
            if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
                self.errors.at(attribute, explain::cfg_on_item());
            }
        }
    }

    fn check_name(&mut self, item: &Item, names: &mut Names) {
        let Some(name) = &item.name else { return };
        let key = name.to_string();
        if names.contains_key(&key) || key == PRIVATE_FIELD {
            self.errors.at(name, explain::duplicate_name(&key));
        } else {
            names.insert(key, name.span());
        }
    }

    fn check_op(&mut self, item: &Item, title: &str, call: &Call, flow: &mut Flow) -> Option<CheckedOp> {
        let keyword = call.keyword.to_string();
        let Some(rule) = ops::find(&keyword) else {
            self.errors.at(&call.keyword, explain::unknown_op(&keyword));
            flow.lose();
            return None;
        };
        if rule.has_weights && item.name.is_none() {
            self.errors.at(&call.keyword, explain::name_missing(call));
        }
        self.check_options(call, rule);
        Some((rule.check)(self, title, call, flow))
    }

    fn check_options(&mut self, call: &Call, rule: &ops::Rule) {
        for (index, choice) in call.options.iter().enumerate() {
            let name = choice.name.to_string();
            if call.options[..index].iter().any(|earlier| earlier.name == choice.name) {
                self.errors.at(&choice.name, explain::option_twice(&name));
            } else if name == "rename" && !rule.has_weights {
                self.errors.at(&choice.name, explain::rename_without_weights(rule));
            } else if name != "rename" && !rule.options.contains(&name.as_str()) {
                self.errors.at(&choice.name, explain::unknown_option(&name, rule));
            }
        }
    }

    fn rename(&mut self, options: &[Choice]) -> Option<String> {
        let choice = options.iter().find(|choice| choice.name == "rename")?;
        let text = choice.value.as_text();
        if text.is_none() {
            self.errors.at_span(choice.value.span(), explain::rename_not_text());
        }
        text
    }

    /// Another declared network. Only rustc knows its axes.
    fn check_network(&mut self, item: &Item, title: &str, target: &Target, flow: &mut Flow) -> CheckedKind {
        let span = item.kind.span();
        if item.name.is_none() {
            self.errors.at(&target.path, explain::network_name_missing(&target.path));
        }
        for choice in target.options.iter().filter(|choice| choice.name != "rename") {
            self.errors.at(&choice.name, explain::network_option(&choice.name));
        }
        let count = target.count.as_ref().map(|count| self.width(count).0);
        let generic_path = self.generic && mentions_parameter(&target.path, self);
        if has_arguments(&target.path) && !generic_path {
            self.witnesses.push(Witness::Network { path: target.path.clone(), span });
        }
        if !matches!(flow.prefix, Prefix::Lost) {
            self.leave_to_rustc(span);
        }
        let plan = plan_of(&target.path);
        flow.prefix =
            Prefix::Rustc { elements: Some(quote::quote!(::tensor_core::__private::elements(#plan))) };
        flow.axes = vec![Axis::Rustc(quote::quote!(::tensor_core::__private::features(#plan)))];
        flow.giver = Some(title.to_owned());
        CheckedKind::Network { path: target.path.clone(), count }
    }

    fn check_residual(
        &mut self,
        title: &str,
        keyword: &Ident,
        body: &Body,
        flow: &mut Flow,
        names: &mut Names,
    ) -> CheckedKind {
        let mut inner = flow.clone();
        let items = self.check_body(body, &mut inner, names);
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

    fn check_fork(
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
    pub(crate) fn same_axes(&self, left: &Flow, right: &Flow) -> Verdict {
        let mut verdict = match (&left.prefix, &right.prefix) {
            (Prefix::Lost, _) | (_, Prefix::Lost) => return Verdict::Equal,
            (Prefix::Nothing, Prefix::Nothing) if left.axes.len() != right.axes.len() => {
                let lost = |flow: &Flow| flow.axes.iter().any(|axis| matches!(axis, Axis::Lost));
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

    /// The essay's point: two matrices in a row are one matrix.
    fn check_stacked_linear<'b>(
        &mut self,
        item: &'b Item,
        checked: &CheckedItem,
        before: Option<(&'b Item, String)>,
    ) -> Option<(&'b Item, String)> {
        let CheckedKind::Op(CheckedOp { keyword, matrix: Some((input, output)), .. }) = &checked.kind else {
            return None;
        };
        if let Some((first, first_input)) = before {
            let message = explain::stacked_linear(&first.title(), &checked.title, &first_input, output);
            let attributes = first.attributes.iter().chain(&item.attributes).cloned().collect();
            self.witnesses.push(Witness::StackedLinear { message, attributes, span: keyword.span() });
        }
        Some((item, input.clone()))
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
pub(crate) fn last_size(body: &Body) -> Option<proc_macro2::TokenStream> {
    body.items.iter().rev().find_map(|item| match &item.kind {
        ItemKind::Op(call) => call.sizes.iter().rev().find_map(|size| size.last_dim()).map(Dim::tokens),
        ItemKind::Network(target) => Some(target.path.to_token_stream()),
        ItemKind::Residual { body, .. } => last_size(body),
        ItemKind::Fork { branches, .. } => branches.iter().rev().find_map(|branch| last_size(&branch.body)),
        ItemKind::Unreadable => None,
    })
}

fn first_span(tokens: &proc_macro2::TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

fn has_arguments(path: &Path) -> bool {
    path.segments.last().is_some_and(|segment| !segment.arguments.is_empty())
}

/// Whether a path's arguments name a const parameter of the declaration.
fn mentions_parameter(path: &Path, cx: &Context<'_>) -> bool {
    fn any(tokens: proc_macro2::TokenStream, cx: &Context<'_>) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => cx.scope.is_parameter(&ident.to_string()),
            proc_macro2::TokenTree::Group(group) => any(group.stream(), cx),
            _ => false,
        })
    }
    any(path.to_token_stream(), cx)
}

fn network_text(target: &Target) -> String {
    let path = crate::explain::path_text(&target.path);
    match &target.count {
        Some(count) => format!("[{path}; {count}]"),
        None => path,
    }
}
