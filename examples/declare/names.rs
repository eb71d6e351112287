//! Names of a file as names of Rust.

use std::path::Path;

/// Words that no field can be called.
const RESERVED: [&str; 39] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false",
    "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return",
    "self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while", "gen",
    "residual",
];

/// `attention.output.LayerNorm` as a field: `attention_output_layernorm`.
pub fn field(path: &str) -> String {
    let mut name: String =
        path.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert_str(0, "item_");
    }
    if RESERVED.contains(&name.as_str()) || name.chars().all(|c| c == '_') {
        name.push('_');
    }
    name
}

/// `encoder.layer` as a struct: `EncoderLayer`.
pub fn camel(path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect()
}

/// The network's name, if no other is given.
pub fn of_file(path: &Path) -> String {
    let stem = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = camel(stem.split('.').next().unwrap_or_default());
    if type_name(&name).is_ok() { name } else { "Model".to_owned() }
}

/// A name that a struct can have.
pub fn type_name(text: &str) -> Result<String, String> {
    let starts = text.starts_with(|first: char| first.is_ascii_uppercase());
    if starts && text.chars().all(|c| c.is_ascii_alphanumeric()) {
        Ok(text.to_owned())
    } else {
        Err("it must be a name as `MiniLm`".into())
    }
}
