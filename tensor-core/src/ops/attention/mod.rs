//! `attention(heads: H)`: each position takes from others what fits it.

mod adapted;
mod check;
mod composed;
#[cfg(test)]
mod tests;
mod weights;

pub use adapted::AttentionLora;
pub use weights::{Absent, Attention};

use super::{Refusal, WeightShapes, rows};
use crate::plan::{Axes, Axis, Side, Text, find_side};

/// The sizes of an `attention` item: softmax(Q·Kᵀ/√head_dim)·V for each head, Q = x·w_q, K = x·w_k, V = x·w_v, and
/// the heads' values, one after another, times w_o. With a context, K and V are made of that.
///
/// Matrices are `[in, out]` here; the weights have PyTorch's layout `[out, in]`.
///
/// # Shapes
/// `[n, width] → [n, outputs]`
///
/// # Source
/// "Attention Is All You Need", arXiv:1706.03762; fewer heads of keys than of queries: arXiv:2305.13245; rotary positions:
/// arXiv:2104.09864, in the order of Hugging Face's Llama; normed queries and keys: arXiv:2302.05442.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttentionOp {
    /// Features it takes.
    pub width: usize,
    /// Features it gives.
    pub outputs: usize,
    /// Heads of the queries.
    pub heads: usize,
    /// Heads of the keys and values, each for `heads / kv_heads` of the queries.
    pub kv_heads: usize,
    /// Makes the queries, `[width, heads · head_dim]`.
    pub w_q: [usize; 2],
    /// Makes the keys, `[width, kv_heads · head_dim]`.
    pub w_k: [usize; 2],
    /// Makes the values, `[width, kv_heads · v_head_dim]`.
    pub w_v: [usize; 2],
    /// Mixes the heads, `[heads · v_head_dim, outputs]`; without it they come out as they are.
    pub w_o: Option<[usize; 2]>,
    /// Which keys a query sees.
    pub mask: Mask,
    /// The side input `[m, features]` that keys and values are made of.
    pub context: Option<&'static str>,
    /// The base of rotary positions: the pair of features (i, i + head_dim/2) at position p is turned by the angle
    /// p·base^(−2i/head_dim), in queries and keys.
    pub rope: Option<f64>,
    /// In training, the probability that a position's share is dropped.
    pub dropout: f64,
    /// Whether the matrices have biases.
    pub bias: bool,
    /// Whether each head of the queries and keys goes through an `rms_norm` (before `rope`).
    pub qk_norm: bool,
    /// Which matrices are frozen, with a pair of low rank beside each.
    pub lora: Option<AttentionLora>,
}

/// Which keys a query sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// All.
    None,
    /// Those up to its own position.
    Causal,
    /// Those where the side input `mask` is 1.
    Padding,
    /// The last so many up to its own position.
    Window(usize),
}

/// Added to the mean square by `qk_norm`.
pub(crate) const QK_EPS: f64 = 1e-6;

impl AttentionOp {
    /// Features of a head's queries and keys.
    const fn head_dim(&self) -> usize {
        match self.w_q[1].checked_div(self.heads) {
            Some(head_dim) => head_dim,
            None => 0,
        }
    }

    /// Features of a head's values.
    const fn v_head_dim(&self) -> usize {
        match self.w_v[1].checked_div(self.kv_heads) {
            Some(head_dim) => head_dim,
            None => 0,
        }
    }

    pub(super) const fn keyword(&self) -> &'static str {
        "attention"
    }

    pub(super) const fn keeps_axes(&self) -> bool {
        false
    }

    #[inline]
    pub(super) const fn check(&self, axes: &Axes, sides: &[Side]) -> Result<(), Refusal> {
        check::check(self, axes, sides)
    }

    pub(super) const fn output(&self, axes: Axes) -> Axes {
        axes.with_features(Axis::Static(self.outputs))
    }

    pub(super) const fn params(&self) -> u64 {
        let norms = if self.qk_norm { 2 * self.head_dim() as u64 } else { 0 };
        let mut sum: u64 = norms;
        let mut which = 0;
        while which < Self::MATRICES {
            let bias = match self.matrix(which) {
                Some([_, outputs]) if self.bias => outputs as u64,
                _ => 0,
            };
            sum = sum.saturating_add(self.multiplies(which)).saturating_add(bias);
            which += 1;
        }
        sum
    }

    pub(super) const fn weights(&self) -> WeightShapes {
        let mut weights = WeightShapes::NONE;
        let mut which = 0;
        while which < Self::MATRICES {
            weights = self.with_matrix(weights, which);
            which += 1;
        }
        if !self.qk_norm {
            return weights;
        }
        weights.with("q_norm.weight", &[self.head_dim()]).with("k_norm.weight", &[self.head_dim()])
    }

    const fn with_matrix(&self, weights: WeightShapes, which: usize) -> WeightShapes {
        let Some([inputs, outputs]) = self.matrix(which) else { return weights };
        let [weight, bias, lora_a, lora_b] = NAMES[which];
        let weights = weights.with(weight, &[outputs, inputs]);
        let weights = if self.bias { weights.with(bias, &[outputs]) } else { weights };
        match self.adapted(which) {
            Some(op) => weights.with(lora_a, &[op.rank, inputs]).with(lora_b, &[outputs, op.rank]),
            None => weights,
        }
    }

    pub(super) const fn macs(&self, axes: &Axes, sides: &[Side]) -> u64 {
        let queries = rows(axes);
        let keys = self.keys_each(axes, sides);
        let key_rows = axes.without_last(2).elements().saturating_mul(keys);
        let [of_q, of_k, of_v, of_o] =
            [self.multiplies(0), self.multiplies(1), self.multiplies(2), self.multiplies(3)];
        let a_pair = (self.head_dim() as u64).saturating_add(self.v_head_dim() as u64);
        let pairs = queries.saturating_mul(keys).saturating_mul(self.heads as u64);
        queries
            .saturating_mul(of_q.saturating_add(of_o))
            .saturating_add(key_rows.saturating_mul(of_k.saturating_add(of_v)))
            .saturating_add(pairs.saturating_mul(a_pair))
    }

    /// How many keys there are for each query; a runtime axis counts as 1.
    const fn keys_each(&self, axes: &Axes, sides: &[Side]) -> u64 {
        let keys = match self.context {
            None => axes,
            Some(name) => match find_side(sides, name) {
                Some(side) => &side.axes,
                None => return 1,
            },
        };
        match keys.len() {
            0 | 1 => 1,
            _ => match keys.from_end(2) {
                Axis::Static(size) => size as u64,
                Axis::Runtime { .. } => 1,
            },
        }
    }

    /// Numbers that a cache keeps of a pass on `axes`: keys and values.
    #[inline]
    pub(crate) const fn kv_cache(&self, axes: &Axes) -> u64 {
        let features = (self.w_k[1] as u64).saturating_add(self.w_v[1] as u64);
        if self.context.is_some() { 0 } else { rows(axes).saturating_mul(features) }
    }

    pub(super) const fn refuses_steps(&self) -> Option<&'static str> {
        match self.mask {
            _ if self.context.is_some() => None,
            Mask::Causal | Mask::Window(_) => None,
            Mask::None | Mask::Padding => {
                Some("its positions see later ones; it needs `mask: causal` or a window")
            }
        }
    }

    pub(super) const fn write(&self, text: Text, inputs: Option<usize>) -> Text {
        let inputs = if let Some(inputs) = inputs { inputs } else { self.width };
        let text = text.str("attention(").number(inputs).str(" -> ").number(self.outputs);
        let text = text.str(", heads: ").number(self.heads);
        let grouped = self.kv_heads != self.heads;
        let text = if grouped { text.str(", kv_heads: ").number(self.kv_heads) } else { text };
        let text = match self.mask {
            Mask::None => text,
            Mask::Causal => text.str(", mask: causal"),
            Mask::Padding => text.str(", mask: padding"),
            Mask::Window(size) => text.str(", mask: window(").number(size).str(")"),
        };
        let text = if let Some(name) = self.context { text.str(", context: ").str(name) } else { text };
        let text = if let Some(lora) = &self.lora { lora.write(text) } else { text };
        text.str(")")
    }
}

/// The names of the weights of w_q, w_k, w_v and w_o, in the order of their fields.
const NAMES: [[&str; 4]; AttentionOp::MATRICES] = [
    ["w_q.weight", "w_q.bias", "w_q.lora_a", "w_q.lora_b"],
    ["w_k.weight", "w_k.bias", "w_k.lora_a", "w_k.lora_b"],
    ["w_v.weight", "w_v.bias", "w_v.lora_a", "w_v.lora_b"],
    ["w_o.weight", "w_o.bias", "w_o.lora_a", "w_o.lora_b"],
];
