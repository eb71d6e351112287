//! What is printed of the counts.

use tensor_core::{
    ops::Op,
    plan::{Cost, Item, Node, Plan, grouped},
};

use crate::products::{Product, Role, products};

/// The essay's multiply-accumulates of GPT-3 on 2048 tokens.
const ESSAY_MACS: f64 = 3.5e14;
const F16_BYTES: u64 = 2;

/// A GPU by its two limits.
pub struct Gpu {
    name: &'static str,
    /// Bytes a second between its memory and its cores.
    bandwidth: f64,
    /// Floating-point operations a second, f16 on tensor cores.
    operations: f64,
}

/// NVIDIA's data sheet of the H100 SXM: 3.35 TB/s, and 989 TFLOP/s without sparsity, here rounded to 1000.
pub const H100: Gpu = Gpu { name: "H100", bandwidth: 3.35e12, operations: 1e15 };

impl Gpu {
    /// Operations for each byte moved at which neither limit waits for the other.
    pub fn balance(&self) -> f64 {
        self.operations / self.bandwidth
    }
}

/// The table of networks: name, cost of a pass on a full context, that context, what was published.
pub fn print_networks(networks: &[(&str, &Cost, String, &str)]) {
    println!(
        "{:<12}{:>16}  {:>22}  {:<12}  published parameters",
        "", "parameters", "multiply-accumulates", "of"
    );
    for (name, cost, context, published) in networks {
        println!(
            "{name:<12}{:>16}  {:>22}  {context:<12}  {published}",
            grouped(cost.params),
            grouped(cost.macs)
        );
    }
    println!();
}

/// Which parts of a network its multiply-accumulates come from.
///
/// # Errors
/// If the multiplications come to more than the plan counts.
pub fn print_parts(plan: &Plan, cost: &Cost, tokens: u64) -> Result<(), String> {
    let products = products(plan.body, tokens, tokens);
    let sum = |takes: fn(Role) -> bool| macs_of(&products, takes);
    let counted = sum(|_| true);
    let rest = cost.macs.checked_sub(counted);
    let rest =
        rest.ok_or_else(|| format!("the parts come to {counted}, but the plan counts {}", cost.macs))?;
    println!("{} on {tokens} tokens", plan.name);
    let projects = |role| matches!(role, Role::QueriesKeysValues | Role::Output);
    line(" ", "projections of queries, keys, values and output", sum(projects));
    line("+", "feed-forward", sum(|role| matches!(role, Role::FeedForward(_))));
    line("+", "scores, all pairs of positions", sum(|role| role == Role::Scores));
    line("+", "weighted sums, all pairs of positions", sum(|role| role == Role::WeightedSums));
    line("+", "unembedding", sum(|role| role == Role::Unembedding));
    line("+", "the rest: embeddings, which look up and add", rest);
    line("=", "multiply-accumulates", cost.macs);
    println!(
        "Leaving out the pairs that the causal mask hides would about halve scores and weighted sums.\n"
    );
    Ok(())
}

/// Why the multiply-accumulates are not one for each parameter and token.
///
/// # Errors
/// If that does not explain what the plan counts, to the last multiplication.
pub fn print_rule(plan: &Plan, cost: &Cost, tokens: u64) -> Result<(), String> {
    let products = products(plan.body, tokens, tokens);
    let multiplying: u64 = products.iter().map(Product::weights).sum();
    let positions = positions(plan.body);
    let added = cost.params - multiplying - positions;
    let pairs = macs_of(&products, |role| matches!(role, Role::Scores | Role::WeightedSums));
    let explained = (cost.params - positions - added) * tokens + pairs;
    if explained != cost.macs {
        return Err(format!("the rule explains {explained}, but the plan counts {}", cost.macs));
    }
    println!("The essay has {ESSAY_MACS:e}: one multiply-accumulate for each parameter and token. Exactly:");
    line(" ", "parameters × tokens", cost.params * tokens);
    line("-", "vectors of positions, which are added", positions * tokens);
    line("-", "norms and biases, which are added or scale", added * tokens);
    line("+", "scores and weighted sums, which no parameter takes part in", pairs);
    line("=", "multiply-accumulates", cost.macs);
    println!(
        "The table of tokens counts once: looking up multiplies nothing, unembedding multiplies by all of it."
    );
    println!("Beside the essay's that is {:+.1} %.\n", (cost.macs as f64 / ESSAY_MACS - 1.0) * 100.0);
    Ok(())
}

fn macs_of(products: &[Product], takes: fn(Role) -> bool) -> u64 {
    products.iter().filter(|product| takes(product.role)).map(Product::macs).sum()
}

fn line(sign: &str, what: &str, number: u64) {
    println!("{sign} {what:<58}{:>22}", grouped(number));
}

/// Numbers in `positional` items.
fn positions(body: &[Item]) -> u64 {
    let of = |item: &Item| match item.node {
        Node::Op(op @ Op::Positional(_)) => op.params(),
        Node::Op(_) => 0,
        Node::Residual { body } => positions(body),
        Node::Fork { branches, .. } => branches.iter().map(|branch| positions(branch.body)).sum(),
        Node::Network { plan, count, .. } => positions(plan.body) * count as u64,
    };
    body.iter().map(of).sum()
}

/// Bytes of keys and values in half precision.
pub fn kv_cache_bytes(cost: &Cost) -> u64 {
    cost.kv_cache * F16_BYTES
}

/// Memory in each number type.
pub fn print_memory(cost: &Cost, tokens: u64) {
    println!("bytes{:>33}{:>22}{:>22}", "f32", "f16", "int8");
    for (what, numbers) in [("weights", cost.params), ("activations", cost.activations)] {
        println!(
            "{what:<16}{:>22}{:>22}{:>22}",
            grouped(numbers * 4),
            grouped(numbers * F16_BYTES),
            grouped(numbers)
        );
    }
    println!("{:<16}{:>22}{:>22}", "KV cache", "", grouped(kv_cache_bytes(cost)));
    println!(
        "Activations are what all items give out for {tokens} tokens, which training keeps; scores, inside of"
    );
    println!("`attention`, are not among them. The cache holds keys and values of {tokens} tokens.\n");
}

/// What each multiplication waits for, reading a full context at once and decoding its last token.
pub fn print_bounds(plan: &Plan, context: u64) {
    let Gpu { name, bandwidth, operations } = H100;
    println!(
        "FLOP per byte in f16, both operands read once and the result written once. An {name} does {operations:e}"
    );
    println!(
        "FLOP in the time of {bandwidth:e} bytes: below {:.1} a multiplication waits for memory.",
        H100.balance()
    );
    println!(
        "{:<24}{:>24}{:>28}",
        "",
        format!("{context} tokens at once"),
        format!("token {context}, with a cache")
    );
    for (prefill, decode) in
        products(plan.body, context, context).iter().zip(&products(plan.body, 1, context))
    {
        println!("{:<24}{:>24}{:>28}", prefill.role, bound(prefill), bound(decode));
    }
    println!(
        "Scores and weighted sums wait, since here the scores go to memory and back; one kernel for both that keeps"
    );
    println!("them (FlashAttention, arXiv:2205.14135) moves queries, keys, values and the result alone.\n");
}

fn bound(product: &Product) -> String {
    let intensity = product.intensity(F16_BYTES);
    let waits_for = if intensity < H100.balance() { "memory" } else { "compute" };
    format!("{intensity:.2} {waits_for:>9}")
}
