//! Writes the first draft of a declaration from the header of a checkpoint: names and shapes become items.
//!
//! A file tells which weights there are, and not what happens between them. So the draft has all that follows from the
//! shapes, with the names of the file, and says in comments what it can't know: activations, heads, residuals, the order.
//! `weights!` below it then proves that every weight has its place.
//!
//! `cargo run --release --example declare -- model.safetensors`; `-- --help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;

mod body;
mod header;
mod modules;
mod names;
mod text;

#[path = "../support/mod.rs"]
mod support;

/// Writes a first declaration of the network whose weights are in a safetensors file, to standard output.
#[derive(Parser, Debug)]
struct Options {
    /// A safetensors file, the index of a sharded one, or the header of one as `--header` writes it
    file: PathBuf,
    /// The network's name; else that of the file
    #[arg(long, value_parser = names::type_name)]
    name: Option<String>,
    /// Features of a head, where the file does not tell how many heads there are
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    head_features: u32,
    /// Write the header alone, as JSON, for `weights!` where the weights are not
    #[arg(long)]
    header: bool,
}

fn main() -> ExitCode {
    support::end(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if options.header {
        println!("{}", header::json(&options.file)?);
        return Ok(());
    }
    let tensors = header::read(&options.file)?;
    if tensors.is_empty() {
        return Err(format!("`{}` has no tensors", options.file.display()).into());
    }
    let name = options.name.clone().unwrap_or_else(|| names::of_file(&options.file));
    let modules = modules::Module::tree(&tensors);
    let draft = body::draft(&name, &modules, options.head_features as usize);
    println!("{}", text::write(&draft, &options.file));
    // Standard output is the file.
    eprintln!("result weights={}", tensors.len() - draft.left_out.len());
    eprintln!("result left_out={}", draft.left_out.len());
    Ok(())
}
