//! The draft as Rust.

use std::path::Path;

use crate::body::{Draft, Network};

/// The whole text, to be put into a file of its own.
pub fn write(draft: &Draft, file: &Path) -> String {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("model.safetensors");
    let mut text = format!(
        "// From the names and shapes in `{name}`. What they do not tell is to be put right: activations, heads, masks, where\n\
         // `residual {{ … }}` belongs, and the order of the items.\n\
         use tensor_core::prelude::*;\n"
    );
    for network in &draft.networks {
        text += &declaration(network);
    }
    if let Some(outermost) = draft.networks.last() {
        text += &weights(draft, &outermost.name, name);
    }
    text.trim_end().to_owned()
}

fn declaration(network: &Network) -> String {
    let Network { name, input, output, lines } = network;
    let lines: String = lines.iter().map(|line| format!("        {line}\n")).collect();
    format!("\nlayer! {{\n    pub struct {name}: {input} -> {output} {{\n{lines}    }}\n}}\n")
}

fn weights(draft: &Draft, network: &str, file: &str) -> String {
    let constant: String = network.chars().map(|c| c.to_ascii_uppercase()).collect();
    let mut text =
        format!("\npub const {constant}: Pretrained<{network}> = weights!(\n    \"{file}\" => {network},\n");
    if !draft.renames.is_empty() {
        text += "    rename: [\n";
        for (theirs, ours) in &draft.renames {
            text += &format!("        {theirs:?} => {ours:?},\n");
        }
        text += "    ],\n";
    }
    if !draft.ignored.is_empty() {
        text += "    // No item takes them here.\n    ignore: [\n";
        for pattern in &draft.ignored {
            text += &format!("        {pattern:?},\n");
        }
        text += "    ],\n";
    }
    text + ");\n"
}
