//! What is written of each module, and what flows after it.

use super::{Body, Flow, heads};
use crate::{
    modules::{Attention, Kind, Module},
    names,
};

impl Body<'_> {
    pub(super) fn add(
        &mut self,
        module: &Module,
        gated: &[&Module],
        left_out: &mut Vec<(String, Vec<String>)>,
    ) {
        if let [up, down] = gated {
            return self.add_gated(module, up, down);
        }
        let is_matrix = matches!(module.kind, Kind::Linear { .. } | Kind::Conv { .. });
        if is_matrix && self.after_matrix {
            self.lines.push("gelu, // or another activation: the file does not say".to_owned());
        }
        self.after_matrix = is_matrix;
        let path = module.path.as_str();
        match &module.kind {
            Kind::Linear { outputs, .. } => {
                if let Flow::Image { .. } = self.flow {
                    self.lines
                        .push("flatten, // and perhaps pooling before: the file does not say".to_owned());
                }
                self.item(path, &linear(module), "");
                self.flow = Flow::Features(*outputs);
            }
            Kind::LayerNorm(_) => drop(self.item(path, "layer_norm()", "")),
            Kind::RmsNorm(_) => drop(self.item(path, "rms_norm()", "")),
            Kind::Embedding { vocabulary, width } if self.flow == Flow::Ids => {
                self.item(path, &format!("embedding({vocabulary} -> {width})"), "");
                self.flow = Flow::Features(*width);
            }
            Kind::Embedding { vocabulary, width } => {
                let side = self.unique(&format!("{}_ids", last(path)));
                self.item(path, &format!("embedding({vocabulary} -> {width}, add: {side})"), "");
                self.sides.push(side);
            }
            Kind::Positions { most, .. } => drop(self.item(path, &format!("positional({most})"), "")),
            Kind::Conv { inputs, outputs, kernel, bias } => {
                let padding = if kernel.is_multiple_of(2) { 0 } else { kernel / 2 };
                let bias = if *bias { "" } else { ", bias: false" };
                let op = format!("conv2d({inputs} -> {outputs}, kernel: {kernel}, padding: {padding}{bias})");
                self.item(path, &op, "stride and padding: the file does not say");
                if let Flow::Image { side, .. } = self.flow {
                    self.flow = Flow::Image { channels: *outputs, side: side + 2 * padding + 1 - kernel };
                }
            }
            Kind::Attention(attention) => self.add_attention(path, attention),
            Kind::Stack { count, each } => {
                let name = format!("{}{}", self.name, names::camel(last(path)));
                let inner = Body::of(&name, each, self.flow, self.draft);
                self.draft.networks.push(inner.network);
                left_out.extend(inner.left_out.into_iter().map(|(pattern, names)| {
                    let copies = (0..*count).flat_map(|copy| names.iter().map(move |name| (copy, name)));
                    let copies = copies.map(|(copy, name)| format!("{path}.{copy}.{name}"));
                    (format!("{path}.*.{pattern}"), copies.collect())
                }));
                let field = self.unique(&names::field(last(path)));
                let rename = if field == *path { String::new() } else { format!("(rename: \"{path}\")") };
                self.lines.push(format!("{field}: [{name}; {count}]{rename},"));
            }
            Kind::Unknown => {}
        }
    }

    /// `down(silu(gate(x)) * up(x))`
    fn add_gated(&mut self, gate: &Module, up: &Module, down: &Module) {
        let [gated, raised] = [gate, up].map(|module| self.text(&module.path, &linear(module)));
        self.lines.push("fork(mul) {".to_owned());
        self.lines
            .push(format!("    gate: {{ {gated}, silu }}, // or another activation: the file does not say"));
        self.lines.push(format!("    up: {{ {raised} }},"));
        self.lines.push("},".to_owned());
        self.item(&down.path, &linear(down), "");
        if let Kind::Linear { outputs, .. } = down.kind {
            self.flow = Flow::Features(outputs);
        }
        self.after_matrix = true;
    }

    fn add_attention(&mut self, path: &str, attention: &Attention) {
        let Some((heads, kv_heads)) = heads(attention, self.draft.head_features) else { return };
        let Attention { width, queries, keys, outputs, .. } = *attention;
        let mut op = format!("attention({width} -> {outputs}, heads: {heads}");
        if kv_heads != heads {
            op += &format!(", kv_heads: {kv_heads}");
        }
        if queries != width || outputs != width {
            op += &format!(
                ", w_q: [{width}, {queries}], w_k: [{width}, {keys}], w_v: [{width}, {keys}], w_o: [{queries}, {outputs}]"
            );
        }
        op += if attention.bias { ")" } else { ", bias: false)" };
        let field = self.item(
            if path.is_empty() { "attend" } else { path },
            &op,
            "heads, mask, rope: the file does not say",
        );
        let key = if path.is_empty() { field } else { path.to_owned() };
        let theirs = |name: &String| if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        for (name, ours) in attention.names.iter().zip(["w_q", "w_k", "w_v", "w_o"]) {
            let rename = (theirs(name), format!("{key}.{ours}"));
            if rename.0 != rename.1 && !self.draft.renames.contains(&rename) {
                self.draft.renames.push(rename);
            }
        }
        self.flow = Flow::Features(outputs);
    }

    /// Adds a line with an item; gives the name of its field.
    fn item(&mut self, path: &str, op: &str, comment: &str) -> String {
        let text = self.text(path, op);
        let field = text.split(':').next().unwrap_or_default().to_owned();
        let comment = if comment.is_empty() { String::new() } else { format!(" // {comment}") };
        self.lines.push(format!("{text},{comment}"));
        field
    }

    /// `hidden: linear(4 -> 8)`, renamed where the path can't be a field's name.
    fn text(&mut self, path: &str, op: &str) -> String {
        let field = self.unique(&names::field(path));
        let (start, arguments) = op.split_once('(').unwrap_or((op, ")"));
        let arguments = arguments.trim_end_matches(')');
        let rename = if field == path { String::new() } else { format!("rename: \"{path}\"") };
        let between = if arguments.is_empty() || rename.is_empty() { "" } else { ", " };
        let brackets = format!("({arguments}{between}{rename})");
        format!("{field}: {start}{}", if brackets == "()" { "" } else { &brackets })
    }

    fn unique(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        while !self.fields.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    pub(super) fn axes(&self, flow: Flow) -> String {
        let n = if self.draft.sequences { "n, " } else { "" };
        match flow {
            Flow::Ids => "ids[n]".to_owned(),
            Flow::Features(width) => format!("[{n}{width}]"),
            Flow::Image { channels, side } => format!("[{channels}, {side}, {side}]"),
        }
    }

    pub(super) fn input(&self, flow: Flow) -> String {
        let main = self.axes(flow);
        if self.sides.is_empty() {
            return main;
        }
        let sides: Vec<String> = self.sides.iter().map(|side| format!("{side}: ids[n]")).collect();
        format!("(x: {main}, {})", sides.join(", "))
    }
}

fn linear(module: &Module) -> String {
    match module.kind {
        Kind::Linear { inputs, outputs, bias } => {
            format!("linear({inputs} -> {outputs}{})", if bias { "" } else { ", bias: false" })
        }
        _ => String::new(),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}
