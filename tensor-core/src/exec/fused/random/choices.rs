//! Random networks.

use crate::ops::{
    Activation, AttentionLora, AttentionOp, ClassTokenOp, Flatten, LayerNormOp, LinearOp, LoraOp, Mask, Op,
    Pool, PoolOp, PositionalOp, Positions, RmsNormOp,
};
use crate::plan::{Branch, Item, Join, Key, Node};

/// Choices from numbers that proptest draws, and can make simpler.
pub(super) struct Choices<'c> {
    pub(super) left: &'c [u16],
    /// Positions of the sequences, until they are flattened or pooled.
    pub(super) positions: Option<usize>,
    /// Whether the plan has them as a number, so that they can be flattened.
    pub(super) known: bool,
    /// The sizes of the weights in order.
    pub(super) weights: Vec<Vec<usize>>,
}

impl Choices<'_> {
    /// A number below `count`; 0 where no numbers are left.
    pub(super) fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.left.split_first() else { return 0 };
        self.left = rest;
        usize::from(*first) % count
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A width, odd ones and 1 among them.
    pub(super) fn width(&mut self) -> usize {
        self.of(&[6, 1, 2, 3, 5, 8, 13, 17, 33, 40])
    }

    pub(super) fn body(&mut self, mut width: usize, depth: usize) -> (&'static [Item], usize) {
        let count = 1 + self.below(4);
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            let (node, gives) = self.other_rows(width, depth).unwrap_or_else(|| self.node(width, depth));
            items.push(Item { name: "item", key: Key::None, node });
            width = gives;
        }
        (Box::leak(items.into_boxed_slice()), width)
    }

    /// What makes other rows of the sequences; not within residuals and forks.
    fn other_rows(&mut self, width: usize, depth: usize) -> Option<(Node, usize)> {
        let positions = self.positions.filter(|_| depth == 0)?;
        let (op, gives) = match self.below(8) {
            0 | 1 if self.known && positions * width <= 100 => {
                self.positions = None;
                (Op::Flatten(Flatten), positions * width)
            }
            2 => {
                self.positions = None;
                let kind = self.of(&[Pool::Mean, Pool::Max, Pool::First, Pool::Last]);
                (Op::Pool(PoolOp { kind, masked: false }), width)
            }
            3 => {
                self.positions = Some(positions + 1);
                self.weights.push(vec![width]);
                (Op::ClassToken(ClassTokenOp { width }), width)
            }
            _ => return None,
        };
        Some((Node::Op(op), gives))
    }

    fn node(&mut self, width: usize, depth: usize) -> (Node, usize) {
        let nested = if depth < 2 { self.below(4) } else { 3 };
        match nested {
            0 => {
                let (body, gives) = self.body(width, depth + 1);
                (Node::Residual { body: self.and_back(body, gives, width) }, width)
            }
            1 => self.fork(width, depth),
            _ => self.op(width),
        }
    }

    /// A body, and what brings its features back to `width`.
    fn and_back(&mut self, body: &'static [Item], gives: usize, width: usize) -> &'static [Item] {
        if gives == width {
            return body;
        }
        let back = Item { name: "back", key: Key::None, node: Node::Op(self.linear(gives, width)) };
        Box::leak([body, &[back]].concat().into_boxed_slice())
    }

    fn fork(&mut self, width: usize, depth: usize) -> (Node, usize) {
        let join = self.of(&[Join::Add, Join::Mul, Join::Concat]);
        let (first, gives) = self.body(width, depth + 1);
        let (second, other) = self.body(width, depth + 1);
        let (second, gives) = match join {
            Join::Concat => (second, gives + other),
            Join::Add | Join::Mul => (self.and_back(second, other, gives), gives),
        };
        let branches = [Branch { name: "first", body: first }, Branch { name: "second", body: second }];
        (Node::Fork { join, branches: Box::leak(Box::new(branches)) }, gives)
    }

    fn linear(&mut self, inputs: usize, outputs: usize) -> Op {
        let bias = self.below(3) != 0;
        self.weights.push(vec![outputs, inputs]);
        self.weights.extend(bias.then(|| vec![outputs]));
        Op::Linear(LinearOp { inputs, outputs, bias })
    }

    fn op(&mut self, width: usize) -> (Node, usize) {
        let activations = [
            Activation::Relu,
            Activation::Gelu,
            Activation::GeluTanh,
            Activation::Silu,
            Activation::Tanh,
            Activation::Sigmoid,
            Activation::Softmax,
            Activation::LogSoftmax,
        ];
        let (op, gives) = match self.below(8) {
            0 | 1 => {
                let outputs = self.width();
                (self.linear(width, outputs), outputs)
            }
            2 | 3 => (Op::Activation(self.of(&activations)), width),
            // Of few numbers that are near to each other it makes 1 / √eps as much, and of their errors too.
            4 if width > 3 => {
                self.weights.extend([vec![width], vec![width]]);
                (Op::LayerNorm(LayerNormOp { width, eps: 1e-5 }), width)
            }
            4 | 5 => {
                self.weights.push(vec![width]);
                (Op::RmsNorm(RmsNormOp { width, eps: 1e-5 }), width)
            }
            6 => self.other(width),
            _ if self.positions.is_some() => self.attention(width),
            _ => (self.linear(width, width), width),
        };
        (Node::Op(op), gives)
    }

    fn other(&mut self, width: usize) -> (Op, usize) {
        if self.below(2) == 0 || self.positions.is_none() {
            let (outputs, rank, bias) = (self.width(), 1 + self.below(3), self.below(2) == 0);
            self.weights.push(vec![outputs, width]);
            self.weights.extend(bias.then(|| vec![outputs]));
            self.weights.extend([vec![rank, width], vec![outputs, rank]]);
            return (Op::Lora(LoraOp { inputs: width, outputs, rank, alpha: 4, bias }), outputs);
        }
        let kind = if width.is_multiple_of(2) && self.below(2) == 0 {
            Positions::Sinusoidal
        } else {
            self.weights.push(vec![40, width]);
            Positions::Learned
        };
        (Op::Positional(PositionalOp { most: 40, width, kind }), width)
    }

    fn attention(&mut self, width: usize) -> (Op, usize) {
        let (kv_heads, groups) = (1 + self.below(3), 1 + self.below(2));
        let (head_dim, value_dim) = (2 * (1 + self.below(4)), 1 + self.below(9));
        let (heads, bias, qk_norm) = (kv_heads * groups, self.below(2) == 0, self.below(3) == 0);
        let mask = self.of(&[Mask::None, Mask::Causal, Mask::Window(2)]);
        let rope = (self.below(2) == 0).then_some(100.0);
        let (w_q, w_k, w_v) =
            ([width, heads * head_dim], [width, kv_heads * head_dim], [width, kv_heads * value_dim]);
        let outputs = self.width();
        let w_o = [heads * value_dim, outputs];
        let (rank, alpha, on) = (1 + self.below(3), 1 + self.below(8), [(); 4].map(|()| self.below(2) == 0));
        let lora = (self.below(3) == 0).then_some(AttentionLora { rank, alpha, on });
        for (which, [inputs, outputs]) in [w_q, w_k, w_v, w_o].into_iter().enumerate() {
            self.weights.push(vec![outputs, inputs]);
            self.weights.extend(bias.then(|| vec![outputs]));
            if lora.is_some_and(|lora| lora.on[which]) {
                self.weights.extend([vec![rank, inputs], vec![outputs, rank]]);
            }
        }
        if qk_norm {
            self.weights.extend([vec![head_dim], vec![head_dim]]);
        }
        let w_o = Some(w_o);
        let (context, dropout) = (None, 0.0);
        let op = AttentionOp {
            width,
            outputs,
            heads,
            kv_heads,
            w_q,
            w_k,
            w_v,
            w_o,
            mask,
            context,
            rope,
            dropout,
            bias,
            qk_norm,
            lora,
        };
        (Op::Attention(op), outputs)
    }
}
