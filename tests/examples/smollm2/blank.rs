//! A file that has all of SmolLM2 but what it has learned: each weight is zero, and every answer is `la la la …`.

use std::{
    fs::File,
    io::{Result, Write},
    path::Path,
};

use tensor_core::prelude::*;

use super::{network::SmolLm2, tokenizer::TEMPLATE};

/// Of GGUF's types of values, and of ggml's types of numbers.
const UINT32: u32 = 4;
const INT32: u32 = 5;
const FLOAT32: u32 = 6;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;
const F32: u32 = 0;
const Q4_0: u32 = 2;

/// Writes the file; its numbers are a hole that takes no place on the disk.
pub fn write(path: &Path) -> Result<()> {
    let weights = <SmolLm2>::PLAN.state_dict();
    let mut head = b"GGUF".to_vec();
    number(&mut head, 3);
    long(&mut head, weights.len());
    long(&mut head, 17);
    for (key, value) in [("general.architecture", "llama"), ("tokenizer.ggml.model", "gpt2")] {
        text_of(&mut head, key, value);
    }
    text_of(&mut head, "tokenizer.ggml.pre", "smollm");
    text_of(&mut head, "tokenizer.chat_template", TEMPLATE);
    for (key, value) in [
        ("llama.block_count", 30),
        ("llama.embedding_length", 576),
        ("llama.feed_forward_length", 1536),
        ("llama.attention.head_count", 9),
        ("llama.attention.head_count_kv", 3),
        ("llama.rope.dimension_count", 64),
        ("llama.context_length", 8192),
        ("tokenizer.ggml.eos_token_id", 2),
    ] {
        typed(&mut head, key, UINT32);
        number(&mut head, value);
    }
    for (key, value) in
        [("llama.attention.layer_norm_rms_epsilon", 1e-5f32), ("llama.rope.freq_base", 100_000.0)]
    {
        typed(&mut head, key, FLOAT32);
        head.extend(value.to_le_bytes());
    }
    let tokens = tokens();
    array(&mut head, "tokenizer.ggml.tokens", TEXT, tokens.len());
    tokens.iter().for_each(|token| text(&mut head, token));
    array(&mut head, "tokenizer.ggml.token_type", INT32, tokens.len());
    (0..tokens.len()).for_each(|place| number(&mut head, if place == 0 || place > 2 { 1 } else { 3 }));
    array(&mut head, "tokenizer.ggml.merges", TEXT, 0);

    let mut offset = 0;
    for weight in &weights {
        let name = weight.name.replace("attn.w_o.", "attn_output.").replace("attn.w_", "attn_");
        let sizes = &weight.shape;
        text(&mut head, &name);
        number(&mut head, sizes.len() as u32);
        sizes.iter().rev().for_each(|&size| long(&mut head, size));
        number(&mut head, if sizes.len() == 1 { F32 } else { Q4_0 });
        long(&mut head, offset);
        let count: usize = sizes.iter().product();
        offset += if sizes.len() == 1 { 4 * count } else { count / 32 * 18 }.next_multiple_of(32);
    }
    head.resize(head.len().next_multiple_of(32), 0);
    let mut file = File::create(path)?;
    file.write_all(&head)?;
    file.set_len((head.len() + offset) as u64)
}

/// What the answers are made of, the marks of a conversation, each byte, and words that fill the vocabulary.
fn tokens() -> Vec<String> {
    let first = ["laĠ", "<|im_start|>", "<|im_end|>"].map(str::to_owned);
    let bytes = super::tokenizer::alphabet().map(String::from);
    let others = (0..).map(|number| format!("word{number}"));
    first.into_iter().chain(bytes).chain(others).take(super::VOCABULARY).collect()
}

fn number(to: &mut Vec<u8>, value: u32) {
    to.extend(value.to_le_bytes());
}

fn long(to: &mut Vec<u8>, value: usize) {
    to.extend((value as u64).to_le_bytes());
}

fn text(to: &mut Vec<u8>, value: &str) {
    long(to, value.len());
    to.extend(value.as_bytes());
}

fn typed(to: &mut Vec<u8>, key: &str, kind: u32) {
    text(to, key);
    number(to, kind);
}

fn text_of(to: &mut Vec<u8>, key: &str, value: &str) {
    typed(to, key, TEXT);
    text(to, value);
}

fn array(to: &mut Vec<u8>, key: &str, kind: u32, count: usize) {
    typed(to, key, ARRAY);
    number(to, kind);
    long(to, count);
}
