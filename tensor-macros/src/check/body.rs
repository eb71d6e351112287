//! The chain: each item takes what the one before it gives.

use std::collections::BTreeSet;

use quote::{ToTokens, quote};
use syn::Path;
use syn::ext::IdentExt;

use super::flow::{Axis, By, Flow, Prefix};
use super::witness::Witness;
use super::{CheckedItem, CheckedKind, CheckedOp, Context, PRIVATE_FIELD, Weights};
use crate::expand::plan_of;
use crate::explain;
use crate::ops;
use crate::syntax::{Body, Call, Choice, Item, ItemKind, Target};

/// The option `rename`.
fn renaming(options: &[Choice]) -> Option<&Choice> {
    options.iter().find(|choice| choice.name == "rename")
}

/// Names in use.
#[derive(Default)]
pub(crate) struct Names {
    /// Of fields.
    fields: BTreeSet<String>,
    /// Of an item's weights in checkpoints, and whether they are an attention's, whose names are others.
    keys: BTreeSet<(String, bool)>,
}

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
        let is_new = self.check_name(item, names);
        let mut rename = None;
        let (kind, text) = match &item.kind {
            ItemKind::Op(call) | ItemKind::Bare(call) => {
                rename = self.rename(&call.options);
                match self.check_op(item, &title, call, flow) {
                    Some(op) => {
                        if is_new {
                            self.check_key(item, (call, rename.as_deref()), &op.weights, names);
                        }
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

    /// Whether it has one that no other field has.
    fn check_name(&mut self, item: &Item, names: &mut Names) -> bool {
        let Some(name) = &item.name else { return false };
        let field = name.unraw().to_string();
        let is_new = field != PRIVATE_FIELD && names.fields.insert(field.clone());
        if !is_new {
            self.errors.at(name, explain::duplicate_name(&field));
        }
        is_new
    }

    /// Weights of two items can't be saved by one name. (Only rustc knows those of other networks.)
    fn check_key(
        &mut self,
        item: &Item,
        (call, rename): (&Call, Option<&str>),
        weights: &Weights,
        names: &mut Names,
    ) {
        let Some(name) = item.name.as_ref().filter(|_| !matches!(weights, Weights::None)) else { return };
        let key = rename.map_or_else(|| name.unraw().to_string(), str::to_owned);
        if !names.keys.insert((key.clone(), matches!(weights, Weights::Attention(_)))) {
            let span = renaming(&call.options).map_or_else(|| name.span(), |choice| choice.value.span());
            self.errors.at_span(span, explain::duplicate_key(&key));
        }
    }

    fn check_op(&mut self, item: &Item, title: &str, call: &Call, flow: &mut Flow) -> Option<CheckedOp> {
        let keyword = call.keyword.to_string();
        let Some(rule) = ops::find(&keyword) else {
            self.errors.at(&call.keyword, explain::unknown_op(&keyword));
            flow.lose();
            return None;
        };
        let bare = matches!(item.kind, ItemKind::Bare(_));
        self.check_options(call, rule);
        if flow.ids && rule.keyword != "embedding" {
            self.errors.at(&call.keyword, explain::ids_flow(title, flow));
            flow.lose();
        }
        let before = flow.clone();
        let op = (rule.check)(self, title, call, flow);
        flow.ids = false;
        flow.followed_by(&op.plan, &before);
        let has_weights = !matches!(op.weights, Weights::None);
        if has_weights && item.name.is_none() && !bare {
            self.errors.at(&call.keyword, explain::name_missing(call));
        }
        Some(op)
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
        let choice = renaming(options)?;
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
        if target.path.is_ident(&self.network) {
            self.errors.at(&target.path, explain::network_in_itself(&self.network));
            flow.lose();
            return CheckedKind::Missing;
        }
        let (sides, sides_known) = self.named_sides(target);
        let count = target.count.as_ref().map(|count| self.width(count).0);
        let generic_path = self.generic && mentions_parameter(&target.path, self);
        if has_arguments(&target.path) && !generic_path {
            self.witnesses.push(Witness::Network { path: target.path.clone(), span });
        }
        if !matches!(flow.prefix, Prefix::Lost) && sides_known {
            self.leave_to_rustc(span);
        }
        let plan = plan_of(&target.path);
        flow.prefix = match flow.expression() {
            Some(axes) => {
                Prefix::Rustc { axes: quote!(#axes.through(&#plan.input, &#plan.output).with_leading(0)) }
            }
            // What came before is lost, but not what this network promises.
            None => Prefix::Rustc { axes: quote!(#plan.output) },
        };
        flow.replace(vec![Axis::Rustc(quote!(::tensor_core::__private::features(#plan)))], title, By::Choice);
        flow.ids = false;
        CheckedKind::Network { path: target.path.clone(), count, sides }
    }

    /// `Block(context: memory)`: side inputs that have another name here, and whether all these are some. Only rustc
    /// knows which the network takes.
    fn named_sides(&mut self, target: &Target) -> (Vec<(String, String)>, bool) {
        let (mut named, mut all_known) = (Vec::new(), true);
        for choice in target.options.iter().filter(|choice| choice.name != "rename") {
            match choice.value.as_word() {
                Some(here) if self.side(&here).is_some() => {
                    named.push((choice.name.unraw().to_string(), here))
                }
                Some(here) => {
                    let message = explain::side_unknown(&here, &self.side_names());
                    self.errors.at_span(choice.value.span(), message);
                    all_known = false;
                }
                None => self.errors.at(&choice.name, explain::network_option(&choice.name)),
            }
        }
        (named, all_known)
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
            // What both items say is said once: of one item clippy reports a second as a mistake.
            let text = |attribute: &syn::Attribute| attribute.to_token_stream().to_string();
            let said: Vec<_> = first.attributes.iter().map(text).collect();
            let others = item.attributes.iter().filter(|attribute| !said.contains(&text(attribute)));
            let attributes = first.attributes.iter().chain(others).cloned().collect();
            self.witnesses.push(Witness::StackedLinear { message, attributes, span: keyword.span() });
        }
        Some((item, input.clone()))
    }
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
