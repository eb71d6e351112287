//! What GPT-3 costs, counted by the compiler from its declaration: parameters, multiplications, memory, and what an H100
//! waits for. GPT-2, BERT and ViT stand beside it. Nothing of that size is ever allocated.
//!
//! `cargo check` alone counts: a wrong number in `models.rs` does not compile.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use tensor_core::prelude::*;

mod models;
mod products;
mod report;
#[path = "../support/mod.rs"]
mod support;

use models::{
    BERT_CONTEXT, Bert, GPT2_CONTEXT, GPT3_CONTEXT, Gpt2, Gpt3, VIT_CHANNELS, VIT_IMAGE, VIT_PATCHES, Vit,
};

/// A pass on a full context, at compile time.
pub const GPT3: Cost = Gpt3::cost([GPT3_CONTEXT]);
const GPT2: Cost = Gpt2::cost([GPT2_CONTEXT]);
const BERT: Cost = Bert::cost([BERT_CONTEXT]);
const VIT: Cost = Vit::cost([VIT_CHANNELS, VIT_IMAGE, VIT_IMAGE]);

/// Counts GPT-3 175B, GPT-2, BERT-base and ViT-B/16 from their declarations, without allocating any of them.
#[derive(Parser, Debug)]
struct Options {}

fn main() -> ExitCode {
    let Options {} = Options::parse();
    support::end(run())
}

fn run() -> Result<(), Box<dyn Error>> {
    report::print_networks(&[
        ("GPT-3 175B", &GPT3, format!("{GPT3_CONTEXT} tokens"), "175.0B, arXiv:2005.14165"),
        ("GPT-2 small", &GPT2, format!("{GPT2_CONTEXT} tokens"), "124 439 808, checkpoint gpt2"),
        ("BERT-base", &BERT, format!("{BERT_CONTEXT} tokens"), "109 482 240, checkpoint bert-base-uncased"),
        ("ViT-B/16", &VIT, format!("{VIT_PATCHES} patches"), "86 567 656, checkpoint torchvision vit_b_16"),
    ]);
    report::print_parts(<Gpt3>::PLAN, &GPT3, GPT3_CONTEXT as u64)?;
    report::print_rule(<Gpt3>::PLAN, &GPT3, GPT3_CONTEXT as u64)?;
    report::print_memory(&GPT3, GPT3_CONTEXT as u64);
    report::print_bounds(<Gpt3>::PLAN, GPT3_CONTEXT as u64);
    println!("result gpt3_parameters={}", Gpt3::PARAMS);
    println!("result gpt3_macs={}", GPT3.macs);
    println!("result gpt3_kv_cache_bytes={}", report::kv_cache_bytes(&GPT3));
    println!("result gpt2_parameters={}", Gpt2::PARAMS);
    println!("result bert_parameters={}", Bert::PARAMS);
    println!("result vit_parameters={}", Vit::PARAMS);
    println!("result h100_balance={:.1}", report::H100.balance());
    Ok(())
}
