//! Counting: parameters, multiply-accumulates, activations.

use super::words::fail;
use super::{Axes, Item, Node, Plan, Side, Text, output_of};
use crate::ops::Op;

/// What a network costs on axes of a given size.
///
/// ```
/// use tensor_core::prelude::*;
///
/// layer! {
///     pub struct TwoLayer: [4] -> [3] {
///         hidden: linear(4 -> 8),
///         relu,
///         output: linear(8 -> 3),
///     }
/// }
/// const COST: Cost = TwoLayer::cost([32, 4]);
/// assert_eq!(COST.params, (4 * 8 + 8) + (8 * 3 + 3));
/// assert_eq!(COST.macs, 32 * (4 * 8 + 8 * 3));
/// assert_eq!(COST.activation_bytes::<f32>(), 32 * (8 + 8 + 3) * 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Numbers in the weights.
    pub params: u64,
    /// Those of them that training changes: all but a `lora` item's frozen weight and bias.
    pub trainable: u64,
    /// Multiply-accumulates of one forward pass; element-wise work is not counted, as is usual.
    pub macs: u64,
    /// Numbers that the items of one forward pass give out, which training keeps for the way back.
    pub activations: u64,
    /// Numbers that a [`KvCache`](crate::decode::KvCache) keeps of that pass: keys and values of each attention.
    pub kv_cache: u64,
}

impl Cost {
    /// Nothing.
    pub const ZERO: Cost = Cost { params: 0, trainable: 0, macs: 0, activations: 0, kv_cache: 0 };

    /// Bytes of the activations with elements of type `E`.
    pub const fn activation_bytes<E>(&self) -> u64 {
        self.activations * size_of::<E>() as u64
    }

    /// Bytes of the weights with elements of type `E`.
    pub const fn weight_bytes<E>(&self) -> u64 {
        self.params * size_of::<E>() as u64
    }

    /// Bytes of the weights, of the gradients of those that train, and of what an optimizer remembers of these, `remembered`
    /// numbers for each (2 for Adam), with elements of type `E`. Activations and buffers come on top.
    ///
    /// ```
    /// use tensor_core::prelude::*;
    ///
    /// layer! { pub struct Adapted: [64] -> [64] { hidden: lora(64 -> 64, rank: 4, alpha: 8) } }
    /// const COST: Cost = Adapted::cost([64]);
    /// assert_eq!(COST.training_bytes::<f32>(2), 4 * (64 * 64 + 4 * (64 + 64)) + 3 * 4 * (4 * (64 + 64)));
    /// ```
    pub const fn training_bytes<E>(&self, remembered: u64) -> u64 {
        (self.params + self.trainable * (1 + remembered)) * size_of::<E>() as u64
    }

    pub(super) const fn plus(self, other: Cost) -> Cost {
        Cost {
            params: self.params.saturating_add(other.params),
            trainable: self.trainable.saturating_add(other.trainable),
            macs: self.macs.saturating_add(other.macs),
            activations: self.activations.saturating_add(other.activations),
            kv_cache: self.kv_cache.saturating_add(other.kv_cache),
        }
    }

    const fn times(self, count: u64) -> Cost {
        Cost {
            params: self.params.saturating_mul(count),
            trainable: self.trainable.saturating_mul(count),
            macs: self.macs.saturating_mul(count),
            activations: self.activations.saturating_mul(count),
            kv_cache: self.kv_cache.saturating_mul(count),
        }
    }
}

impl Plan {
    /// Numbers in the weights.
    pub const fn params(&self) -> u64 {
        self.cost(self.input).params
    }

    /// What one forward pass on a tensor with these axes costs, leading ones included.
    ///
    /// # Panics
    /// If the network does not take such a tensor.
    #[track_caller]
    pub const fn cost_at(&self, sizes: &[usize]) -> Cost {
        let axes = Axes::of_sizes(sizes).with_ids(self.input.are_ids());
        if !axes.ends_in(&self.input) {
            let text = Text::new().quoted(self.name).str(" takes axes that end in ").axes(&self.input);
            fail(text.str(", not ").axes(&axes))
        }
        self.cost(axes)
    }

    /// What one forward pass on `axes` costs (leading axes included; a runtime axis counts as 1).
    pub const fn cost(&self, axes: Axes) -> Cost {
        cost_of(self.body, axes.entering(&self.input), self.sides)
    }
}

#[inline]
pub(super) const fn cost_of(body: &[Item], mut axes: Axes, sides: &[Side]) -> Cost {
    let mut cost = Cost::ZERO;
    let mut i = 0;
    while i < body.len() {
        cost = cost.plus(body[i].node.cost(axes, sides));
        axes = body[i].node.output(axes);
        i += 1;
    }
    cost
}

impl Node {
    pub(super) const fn cost(&self, axes: Axes, sides: &[Side]) -> Cost {
        match self {
            Node::Op(op) => {
                let (params, frozen) = (op.params(), op.frozen_params());
                let activations = op.output(axes).elements();
                let kv_cache = match op {
                    Op::Attention(op) => op.kv_cache(&axes),
                    _ => 0,
                };
                Cost {
                    params,
                    trainable: params - frozen,
                    macs: op.macs(&axes, sides),
                    activations,
                    kv_cache,
                }
            }
            Node::Residual { body } => {
                let sum = output_of(body, axes).elements();
                cost_of(body, axes, sides).plus(Cost { activations: sum, ..Cost::ZERO })
            }
            Node::Fork { branches, .. } => {
                let mut cost = Cost { activations: self.output(axes).elements(), ..Cost::ZERO };
                let mut i = 0;
                while i < branches.len() {
                    cost = cost.plus(cost_of(branches[i].body, axes, sides));
                    i += 1;
                }
                cost
            }
            Node::Network { plan, count, .. } => plan.cost(axes).times(*count as u64),
        }
    }
}
