//! The multiplications of matrices in a transformer that takes tokens, read from its plan.

use tensor_core::{
    ops::{AttentionOp, Op},
    plan::{Item, Node},
};

/// What a multiplication is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Makes queries, keys and values.
    QueriesKeysValues,
    /// Compares each query with each key.
    Scores,
    /// Adds up the values by their scores.
    WeightedSums,
    /// Mixes the heads.
    Output,
    /// `linear` items, which the feed-forward parts consist of.
    FeedForward(&'static str),
    /// Scores the tokens.
    Unembedding,
}

/// `[rows, inner] × [inner, columns]`, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    pub role: Role,
    pub rows: u64,
    pub inner: u64,
    pub columns: u64,
    /// In the whole network, the heads of an attention one by one.
    pub times: u64,
}

impl Product {
    /// Multiply-accumulates of all of them.
    pub fn macs(&self) -> u64 {
        self.times * self.rows * self.inner * self.columns
    }

    /// Numbers in the weights that they multiply by; what an attention compares and adds up is no weight.
    pub fn weights(&self) -> u64 {
        match self.role {
            Role::Scores | Role::WeightedSums => 0,
            _ => self.times * self.inner * self.columns,
        }
    }

    /// Floating-point operations for each byte moved, if both operands are read once and the result is written once.
    pub fn intensity(&self, bytes_a_number: u64) -> f64 {
        let operations = 2 * self.rows * self.inner * self.columns;
        let moved = self.rows * self.inner + self.inner * self.columns + self.rows * self.columns;
        operations as f64 / (moved * bytes_a_number) as f64
    }
}

/// The multiplications of a pass on `queries` tokens that see `keys`: as many in a plain pass; in decoding, those in the
/// cache and the new one.
pub fn products(body: &[Item], queries: u64, keys: u64) -> Vec<Product> {
    let one = |role, inner: usize, columns: usize| {
        vec![Product { role, rows: queries, inner: inner as u64, columns: columns as u64, times: 1 }]
    };
    let of = |item: &Item| match item.node {
        Node::Op(Op::Attention(op)) => attention_products(&op, queries, keys),
        Node::Op(Op::Linear(op)) => one(Role::FeedForward(item.name), op.inputs, op.outputs),
        Node::Op(Op::Unembed(op)) => one(Role::Unembedding, op.width, op.vocabulary),
        Node::Op(_) => Vec::new(),
        Node::Residual { body } => products(body, queries, keys),
        Node::Fork { branches, .. } => {
            branches.iter().flat_map(|branch| products(branch.body, queries, keys)).collect()
        }
        Node::Network { plan, count, .. } => products(plan.body, queries, keys)
            .into_iter()
            .map(|product| Product { times: product.times * count as u64, ..product })
            .collect(),
    };
    body.iter().flat_map(of).collect()
}

/// Queries, keys and values come from one multiplication by their matrices side by side, as is usual.
fn attention_products(op: &AttentionOp, queries: u64, keys: u64) -> Vec<Product> {
    let heads = op.heads as u64;
    let made = (op.w_q[1] + op.w_k[1] + op.w_v[1]) as u64;
    let head_dim = (op.w_q[1] / op.heads) as u64;
    let value_dim = (op.w_v[1] / op.kv_heads) as u64;
    let product = |role, inner, columns, times| Product { role, rows: queries, inner, columns, times };
    let mut products = vec![
        product(Role::QueriesKeysValues, op.width as u64, made, 1),
        product(Role::Scores, head_dim, keys, heads),
        product(Role::WeightedSums, keys, value_dim, heads),
    ];
    if let Some([inputs, outputs]) = op.w_o {
        products.push(product(Role::Output, inputs as u64, outputs as u64, 1));
    }
    products
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Role::QueriesKeysValues => "queries, keys, values",
            Role::Scores => "scores",
            Role::WeightedSums => "weighted sums",
            Role::Output => "output",
            Role::FeedForward(item) => item,
            Role::Unembedding => "unembed",
        })
    }
}
