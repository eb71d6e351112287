//! Modules in an order in which each takes what the one before gives, as far as there is one.

mod lines;

use std::collections::BTreeSet;

use crate::modules::{Attention, Kind, Module};

/// Declarations, and what of the file is in none of them.
#[derive(Debug, Default)]
pub struct Draft {
    /// Inner ones first.
    pub networks: Vec<Network>,
    /// Texts in the file's names and what they become.
    pub renames: Vec<(String, String)>,
    /// Patterns of the names that are left out, and the names.
    pub ignored: Vec<String>,
    pub left_out: Vec<String>,
    head_features: usize,
    sequences: bool,
}

/// One declaration.
#[derive(Debug)]
pub struct Network {
    pub name: String,
    pub input: String,
    pub output: String,
    /// Lines of the body.
    pub lines: Vec<String>,
}

/// What flows from item to item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Ids,
    Features(usize),
    Image { channels: usize, side: usize },
}

/// The draft of a network of these modules.
pub fn draft(name: &str, modules: &[Module], head_features: usize) -> Draft {
    let sequences = modules.iter().any(is_of_sequences);
    let mut draft = Draft { head_features, sequences, ..Draft::default() };
    let flow = enters(modules, head_features);
    let body = Body::of(name, modules, flow, &mut draft);
    for (pattern, names) in body.left_out {
        draft.ignored.push(pattern);
        draft.left_out.extend(names);
    }
    draft.networks.push(body.network);
    draft
}

fn is_of_sequences(module: &Module) -> bool {
    match &module.kind {
        Kind::Embedding { .. } | Kind::Positions { .. } | Kind::Attention(_) => true,
        Kind::Stack { each, .. } => each.iter().any(is_of_sequences),
        _ => false,
    }
}

/// What the modules take together.
fn enters(modules: &[Module], head_features: usize) -> Flow {
    if modules.iter().any(|module| matches!(module.kind, Kind::Embedding { .. })) {
        return Flow::Ids;
    }
    let convs = modules.iter().filter_map(|module| match module.kind {
        Kind::Conv { inputs, outputs, kernel, .. } => Some((inputs, outputs, kernel)),
        _ => None,
    });
    let convs: Vec<_> = convs.collect();
    if let (Some(&(channels, ..)), Some(&(_, last, _))) = (convs.first(), convs.last()) {
        let shrinks: usize =
            convs.iter().map(|(.., kernel)| if kernel.is_multiple_of(2) { kernel - 1 } else { 0 }).sum();
        let side = modules.iter().find_map(|module| match module.kind {
            Kind::Linear { inputs, .. } => (1..=inputs).find(|side| side * side * last == inputs),
            _ => None,
        });
        return Flow::Image { channels, side: side.unwrap_or(8) + shrinks };
    }
    Flow::Features(best_width(modules, head_features).map_or(1, |(width, _)| width))
}

/// The features with which the fewest weights are left out, and whether as many come out.
fn best_width(modules: &[Module], head_features: usize) -> Option<(usize, bool)> {
    let widths = modules.iter().filter_map(|module| match &module.kind {
        Kind::Linear { inputs, .. } => Some(*inputs),
        Kind::LayerNorm(width) | Kind::RmsNorm(width) | Kind::Positions { width, .. } => Some(*width),
        Kind::Attention(attention) => Some(attention.width),
        Kind::Stack { each, .. } => best_width(each, head_features).map(|(width, _)| width),
        _ => None,
    });
    let tried = widths.map(|width| {
        let mut trial = Draft { head_features, ..Draft::default() };
        let written = Body::of("Each", modules, Flow::Features(width), &mut trial);
        let left: usize = written.left_out.iter().map(|(_, names)| names.len()).sum();
        (left, width, written.output == Flow::Features(width))
    });
    let best = tried.min_by_key(|(left, _, same)| (*left, !same))?;
    Some((best.1, best.2))
}

/// A body that is being written.
struct Body<'d> {
    name: String,
    flow: Flow,
    lines: Vec<String>,
    fields: BTreeSet<String>,
    /// Side inputs of ids.
    sides: Vec<String>,
    /// Whether a matrix or filters come directly before.
    after_matrix: bool,
    draft: &'d mut Draft,
}

/// A body that is written.
struct Written {
    network: Network,
    output: Flow,
    left_out: Vec<(String, Vec<String>)>,
}

impl Body<'_> {
    fn of(name: &str, modules: &[Module], flow: Flow, draft: &mut Draft) -> Written {
        let mut body = Body {
            name: name.to_owned(),
            flow,
            lines: Vec::new(),
            fields: BTreeSet::new(),
            sides: Vec::new(),
            after_matrix: false,
            draft,
        };
        let mut left: Vec<&Module> = modules.iter().collect();
        left.sort_by_key(|module| rank(module)); // stable: modules of the same rank stay in their order
        let mut left_out = Vec::new();
        while let Some(at) = left.iter().position(|module| body.accepts(module)) {
            let norm = body.last_norm(&left, at);
            let module = left.remove(norm.unwrap_or(at));
            let gated = gate_of(module, &left);
            left.retain(|other| !gated.contains(other));
            let after_matrix = body.after_matrix;
            body.add(module, &gated, &mut left_out);
            // Between two matrices, an activation follows the norm.
            body.after_matrix |= norm.is_some() && after_matrix;
        }
        left_out.extend(left.into_iter().flat_map(all_of));
        let output = body.flow;
        let (input, output_text) = (body.input(flow), body.axes(output));
        let network = Network { name: body.name, input, output: output_text, lines: body.lines };
        Written { network, output, left_out }
    }

    /// Whether the module takes what flows.
    fn accepts(&self, module: &Module) -> bool {
        match (&module.kind, self.flow) {
            (Kind::Embedding { .. }, Flow::Ids) => true,
            (Kind::Embedding { width, .. } | Kind::Positions { width, .. }, Flow::Features(flow)) => {
                *width == flow
            }
            (Kind::Linear { inputs, .. }, Flow::Features(flow)) => *inputs == flow,
            (Kind::Linear { inputs, .. }, Flow::Image { channels, side }) => {
                *inputs == channels * side * side
            }
            (Kind::LayerNorm(width) | Kind::RmsNorm(width), Flow::Features(flow)) => *width == flow,
            (Kind::Conv { inputs, kernel, .. }, Flow::Image { channels, side }) => {
                *inputs == channels && *kernel <= side
            }
            (Kind::Attention(attention), Flow::Features(flow)) => {
                attention.width == flow && heads(attention, self.draft.head_features).is_some()
            }
            (Kind::Stack { each, .. }, Flow::Features(flow)) => {
                best_width(each, self.draft.head_features) == Some((flow, true))
            }
            _ => false,
        }
    }

    /// A norm of what flows, where the module at `next` gives other features and nothing else that is left gives these again:
    /// a norm before a narrower matrix.
    fn last_norm(&self, left: &[&Module], next: usize) -> Option<usize> {
        let Flow::Features(width) = self.flow else { return None };
        let gives = |module: &Module| match &module.kind {
            Kind::Linear { outputs, .. } => Some(*outputs),
            Kind::Attention(attention) => Some(attention.outputs),
            Kind::Stack { each, .. } => best_width(each, self.draft.head_features).map(|(width, _)| width),
            _ => None,
        };
        let leaves = gives(left[next]).is_some_and(|given| given != width);
        let comes_back = left.iter().any(|module| gives(module) == Some(width));
        let is_norm =
            |module: &&Module| matches!(module.kind, Kind::LayerNorm(of) | Kind::RmsNorm(of) if of == width);
        if leaves && !comes_back { left.iter().position(is_norm) } else { None }
    }
}

/// Where a module usually stands: tables, their norm, attention and what follows it, matrices, a last norm, heads.
fn rank(module: &Module) -> usize {
    let path = module.path.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| path.contains(word));
    let is_norm = matches!(module.kind, Kind::LayerNorm(_) | Kind::RmsNorm(_));
    match module.kind {
        Kind::Embedding { .. } if has(&["type", "segment"]) => 1,
        Kind::Embedding { .. } => 0,
        Kind::Positions { .. } => 1,
        _ if is_norm && has(&["embed"]) => 2,
        _ if is_norm && has(&["input", "norm1", "norm_1", "ln_1"]) => 3,
        Kind::Attention(_) => 4,
        _ if is_norm && has(&["attention", "attn", "norm2", "norm_2", "ln_2"]) => 5,
        _ if is_norm => 7,
        _ if has(&["head", "classifier", "pooler", "score"]) => 8,
        _ => 6,
    }
}

/// The other two matrices of a gated block, if this is its gate.
fn gate_of<'m>(gate: &Module, others: &[&'m Module]) -> Vec<&'m Module> {
    for names in [["gate_proj", "up_proj", "down_proj"], ["gate", "up", "down"], ["w1", "w3", "w2"]] {
        let Some(prefix) = gate.path.strip_suffix(names[0]) else { continue };
        let find =
            |name: &str| others.iter().copied().find(|module| module.path == format!("{prefix}{name}"));
        let (Some(up), Some(down)) = (find(names[1]), find(names[2])) else { continue };
        if let (
            Kind::Linear { inputs, outputs, .. },
            Kind::Linear { inputs: same, outputs: equal, .. },
            Kind::Linear { inputs: hidden, .. },
        ) = (&gate.kind, &up.kind, &down.kind)
            && (inputs, outputs, outputs) == (same, equal, hidden)
        {
            return vec![up, down];
        }
    }
    Vec::new()
}

/// Heads of queries and of keys, where a head has about so many features.
fn heads(attention: &Attention, features: usize) -> Option<(usize, usize)> {
    let features = gcd(gcd(attention.queries, attention.keys), features);
    let (heads, kv_heads) = (attention.queries / features, attention.keys / features);
    heads.is_multiple_of(kv_heads).then_some((heads, kv_heads))
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Everything of a module, as patterns and names.
fn all_of(module: &Module) -> Vec<(String, Vec<String>)> {
    let full = |name: &String| {
        if module.path.is_empty() { name.clone() } else { format!("{}.{name}", module.path) }
    };
    let names: Vec<String> = module.tensors.iter().map(full).collect();
    match module.kind {
        Kind::Stack { .. } => vec![(format!("{}.*", module.path), names)],
        _ => names.into_iter().map(|name| (name.clone(), vec![name])).collect(),
    }
}
