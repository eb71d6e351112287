//! The example `gpt3_cost`: what it prints, against the sizes of the papers and arithmetic written out here.

use crate::support::example::{refused, result, run, shown};

/// Sizes of a transformer's stack.
struct Stack {
    width: u64,
    blocks: u64,
}

const GPT3: Stack = Stack { width: 12_288, blocks: 96 };
const GPT2: Stack = Stack { width: 768, blocks: 12 };
const BERT: Stack = GPT2;
const VIT: Stack = GPT2;

impl Stack {
    /// Matrices of D × D in a block: 4 of attention, 8 of the two that go to 4·D and back.
    fn matrices(&self) -> u64 {
        self.blocks * 12 * self.width * self.width
    }

    /// Biases: 4·D of attention, 4·D and D of the two linear ones; two norms of 2·D.
    fn vectors(&self) -> u64 {
        self.blocks * (4 + 5 + 4) * self.width
    }

    fn params(&self) -> u64 {
        self.matrices() + self.vectors()
    }

    /// Each position multiplies by all matrices, compares itself with all positions and adds up all of them.
    fn macs(&self, positions: u64) -> u64 {
        positions * self.matrices() + self.blocks * 2 * positions * positions * self.width
    }
}

/// Embeddings of tokens (which unembed, too) and positions, the stack, a last norm.
fn gpt_params(stack: &Stack, context: u64) -> u64 {
    (50_257 + context + 2) * stack.width + stack.params()
}

fn gpt_macs(stack: &Stack, context: u64) -> u64 {
    stack.macs(context) + context * stack.width * 50_257
}

fn output() -> String {
    shown(&run("gpt3_cost", &[]))
}

/// The numbers at the end of the first line after `title` that starts with `start`, whose digits come in groups.
fn numbers(shown: &str, title: &str, start: &str) -> Vec<String> {
    let mut lines = shown.lines().skip_while(|line| !line.contains(title));
    let line =
        lines.find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no `{start}` in {shown}"));
    let cells = line[start.len()..].trim().split("  ");
    cells.map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect()
}

fn number(shown: &str, title: &str, start: &str) -> u64 {
    plain(&numbers(shown, title, start)[0])
}

fn plain(grouped: &str) -> u64 {
    grouped.replace(' ', "").parse().unwrap_or_else(|_| panic!("`{grouped}` is no number"))
}

#[test]
fn parameters_are_those_of_the_papers() {
    let bert = (30_522 + 512 + 2 + 2) * BERT.width + BERT.params() + BERT.width * (BERT.width + 1);
    let vit = (3 * 16 * 16 + 1) * VIT.width // patches
        + VIT.width + 197 * VIT.width // class, positions
        + VIT.params()
        + 2 * VIT.width
        + (VIT.width + 1) * 1_000;
    let expected = [
        ("gpt3", "GPT-3 175B", gpt_params(&GPT3, 2_048), 174_604_259_328),
        ("gpt2", "GPT-2 small", gpt_params(&GPT2, 1_024), 124_439_808),
        ("bert", "BERT-base", bert, 109_482_240),
        ("vit", "ViT-B/16", vit, 86_567_656),
    ];
    let shown = output();
    for (name, row, computed, known) in expected {
        assert_eq!(computed, known, "{name}");
        assert_eq!(result(&shown, &format!("{name}_parameters")), known.to_string());
        assert_eq!(number(&shown, "published", row), known, "{row}");
    }
}

#[test]
fn multiplications_of_full_contexts() {
    let vit = 196 * 768 * VIT.width + VIT.macs(197) + VIT.width * 1_000;
    let bert = BERT.macs(512) + BERT.width * BERT.width;
    let shown = output();
    for (row, macs) in [
        ("GPT-3 175B", gpt_macs(&GPT3, 2_048)),
        ("GPT-2 small", gpt_macs(&GPT2, 1_024)),
        ("BERT-base", bert),
        ("ViT-B/16", vit),
    ] {
        assert_eq!(plain(&numbers(&shown, "published", row)[1]), macs, "{row}");
    }
    assert_eq!(result(&shown, "gpt3_macs"), gpt_macs(&GPT3, 2_048).to_string());
}

#[test]
fn the_parts_come_to_the_whole() {
    let (d, n, blocks, tokens): (u64, u64, u64, u64) = (12_288, 2_048, 96, 50_257);
    let shown = output();
    let parts = |title: &str, parts: &[(&str, u64)]| {
        for &(start, expected) in parts {
            assert_eq!(number(&shown, title, start), expected, "{start}");
        }
    };
    let pairs = blocks * n * n * d;
    let whole = gpt_macs(&GPT3, n);
    parts(
        "Gpt3 on 2048 tokens",
        &[
            ("  projections of queries, keys, values and output", n * blocks * 4 * d * d),
            ("+ feed-forward", n * blocks * 8 * d * d),
            ("+ scores, all pairs of positions", pairs),
            ("+ weighted sums, all pairs of positions", pairs),
            ("+ unembedding", n * d * tokens),
            ("+ the rest: embeddings, which look up and add", 0),
            ("= multiply-accumulates", whole),
        ],
    );
    let vectors = GPT3.vectors() + 2 * d;
    parts(
        "The essay has 3.5e14",
        &[
            ("  parameters × tokens", gpt_params(&GPT3, n) * n),
            ("- vectors of positions, which are added", n * d * n),
            ("- norms and biases, which are added or scale", vectors * n),
            ("+ scores and weighted sums, which no parameter takes part in", 2 * pairs),
            ("= multiply-accumulates", whole),
        ],
    );
    assert_eq!(gpt_params(&GPT3, n) * n - n * d * n - vectors * n + 2 * pairs, whole);
}

#[test]
fn memory() {
    let (d, n, blocks): (u64, u64, u64) = (12_288, 2_048, 96);
    // A block: norm, attention, sum, norm, up and gelu of 4·D each, down, sum. Around them: tokens, positions, norm, logits.
    let activations = n * (blocks * (3 + 1 + 4 + 4 + 1 + 1) * d + 3 * d + 50_257);
    let shown = output();
    for (row, numbers_of) in [("weights", 174_604_259_328), ("activations", activations)] {
        let cells: Vec<u64> = numbers(&shown, "bytes", row).iter().map(|cell| plain(cell)).collect();
        assert_eq!(cells, [4, 2, 1].map(|bytes| bytes * numbers_of), "{row}");
    }
    let cache = 2 * blocks * d * n * 2;
    assert_eq!(result(&shown, "gpt3_kv_cache_bytes"), cache.to_string());
    assert_eq!(number(&shown, "bytes", "KV cache"), cache);
}

/// FLOP per byte of `[rows, inner] × [inner, columns]` in two bytes a number.
fn intensity(rows: f64, inner: f64, columns: f64) -> f64 {
    2.0 * rows * inner * columns / (2.0 * (rows * inner + inner * columns + rows * columns))
}

#[test]
fn what_an_h100_waits_for() {
    let (d, n, head) = (12_288.0, 2_048.0, 128.0);
    let shown = output();
    let balance = 1e15 / 3.35e12;
    assert_eq!(result(&shown, "h100_balance"), format!("{balance:.1}"));
    for (row, of) in [
        ("queries, keys, values", &(|queries| intensity(queries, d, 3.0 * d)) as &dyn Fn(f64) -> f64),
        ("scores", &|queries| intensity(queries, head, n)),
        ("weighted sums", &|queries| intensity(queries, n, head)),
        ("output", &|queries| intensity(queries, d, d)),
        ("up", &|queries| intensity(queries, d, 4.0 * d)),
        ("down", &|queries| intensity(queries, 4.0 * d, d)),
        ("unembed", &|queries| intensity(queries, d, 50_257.0)),
    ] {
        let waits_for = |queries| {
            let intensity = of(queries);
            [format!("{intensity:.2}"), if intensity < balance { "memory" } else { "compute" }.to_owned()]
        };
        let cells = numbers(&shown, "at once", row);
        let words: Vec<&str> = cells.iter().flat_map(|cell| cell.split_whitespace()).collect();
        assert_eq!(words, [waits_for(n), waits_for(1.0)].concat(), "{row}");
    }
}

/// Nothing is drawn and nothing can be smaller.
#[test]
fn there_is_only_help() {
    assert!(shown(&run("gpt3_cost", &["--help"])).contains("without allocating any of them"));
    assert!(refused(&run("gpt3_cost", &["--quick"])).contains("unexpected argument"));
}
