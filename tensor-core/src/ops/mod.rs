//! The ops: one file each, with its sizes, its shape rule, its cost, its weights and its composed form.
//!
//! # How to add an op
//! 1. Write `ops/<op>.rs`: a struct of its sizes with the `const fn`s that [`Op`] names and the method `composed`, and
//!    its weights if it has some.
//! 2. Name it in the list at the end of this file.
//! 3. Say in `exec/fused/lower/` which steps it takes, and compare them with `composed` in `exec/fused/tests.rs`.
//!
//! The other side is `tensor-macros/src/ops/`.

#![allow(
    clippy::result_large_err,
    clippy::large_enum_variant,
    reason = "a refusal holds its words, in constant evaluation alone"
)]

mod activation;
mod attention;
mod class_token;
mod conv2d;
mod dropout;
mod embedding;
mod flatten;
pub(crate) mod image;
mod linear;
mod lora;
pub(crate) mod mask;
mod norm;
mod patches;
mod pool;
mod pool2d;
mod positional;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod unembed;
mod weight_shapes;

pub use activation::Activation;
pub(crate) use attention::QK_EPS;
pub use attention::{Absent, Attention, AttentionLora, AttentionOp, Mask};
pub use class_token::{ClassToken, ClassTokenOp};
pub use conv2d::{Conv2d, Conv2dNoBias, Conv2dOp};
pub use dropout::Dropout;
pub use embedding::{Embedding, EmbeddingOp};
pub use flatten::Flatten;
pub use linear::{Linear, LinearNoBias, LinearOp};
pub use lora::{Lora, LoraOp, LoraWithBias};
pub use norm::{LayerNorm, LayerNormOp, RmsNorm, RmsNormOp};
pub use patches::PatchesOp;
pub use pool::{Pool, PoolOp};
pub use pool2d::{Pool2d, Pool2dOp};
pub use positional::{Positional, PositionalOp, Positions};
pub use unembed::UnembedOp;
pub use weight_shapes::{WeightShape, WeightShapes};

use dfdx::prelude::{Device, Tape};

use crate::Error;
use crate::exec::{Mode, Rows, Run};
use crate::param::Element;
use crate::plan::{Axes, Side, Text};

/// Why an op does not take the axes that flow into it.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    /// It takes another number of features.
    Features {
        /// The number it takes.
        takes: usize,
    },
    /// It needs sizes that the compiler knows, and an axis is a runtime one.
    RuntimeAxis,
    /// What the message says after the item's name, and what its help line says if it is not empty.
    Says {
        /// The sentence.
        text: Text,
        /// What to write.
        help: Text,
    },
}

impl Refusal {
    /// The item takes numbers, and ids flow in.
    const fn ids() -> Self {
        let text = Text::new().str("takes numbers, but ids flow in");
        let help = Text::new().str("let an `embedding` take the ids first");
        Refusal::Says { text, help }
    }
}

macro_rules! ops {
    ($($(#[$meta:meta])* $Variant:ident($Sizes:ty),)+) => {
        /// An op with its sizes.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Op {
            $($(#[$meta])* $Variant($Sizes),)+
        }

        impl Op {
            /// The word that stands in a declaration.
            pub const fn keyword(&self) -> &'static str {
                match self { $(Op::$Variant(op) => op.keyword(),)+ }
            }

            /// Whether the op takes `axes`.
            #[inline]
            pub const fn check(&self, axes: &Axes, sides: &[Side]) -> Result<(), Refusal> {
                if axes.are_ids() && !self.takes_ids() {
                    return Err(Refusal::ids());
                }
                match self { $(Op::$Variant(op) => op.check(axes, sides),)+ }
            }

            /// The axes it gives for `axes`; after a refusal those that it declares.
            pub const fn output(&self, axes: Axes) -> Axes {
                match self { $(Op::$Variant(op) => op.output(axes),)+ }
            }

            /// Numbers in its weights.
            pub const fn params(&self) -> u64 {
                match self { $(Op::$Variant(op) => op.params(),)+ }
            }

            /// Its weights in the order of its fields.
            pub const fn weights(&self) -> WeightShapes {
                match self { $(Op::$Variant(op) => op.weights(),)+ }
            }

            /// Those of them that training does not change.
            pub const fn frozen_params(&self) -> u64 {
                match self { $(Op::$Variant(op) => op.frozen_params(),)+ }
            }

            /// Whether it gives the axes that it takes, whatever they are.
            pub const fn keeps_axes(&self) -> bool {
                match self { $(Op::$Variant(op) => op.keeps_axes(),)+ }
            }

            /// Multiply-accumulates on `axes`; a runtime axis counts as 1.
            pub const fn macs(&self, axes: &Axes, sides: &[Side]) -> u64 {
                match self { $(Op::$Variant(op) => op.macs(axes, sides),)+ }
            }

            /// Adds the op as one writes it, with `inputs` in place of its own number.
            pub const fn write(&self, text: Text, inputs: Option<usize>) -> Text {
                match self { $(Op::$Variant(op) => op.write(text, inputs),)+ }
            }

            /// The op by dfdx's ops, on rows that stand for `axes`.
            pub(crate) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
                &self,
                x: Rows<E, D, T>,
                axes: &Axes,
                run: &mut Run<'_, E, D>,
            ) -> Result<Rows<E, D, T>, Error> {
                match self { $(Op::$Variant(op) => op.composed(x, axes, run),)+ }
            }
        }
    };
}

ops! {
    /// `linear(I -> O)`
    Linear(LinearOp),
    /// `relu`, `gelu`, … `softmax`
    Activation(Activation),
    /// `layer_norm`
    LayerNorm(LayerNormOp),
    /// `rms_norm`
    RmsNorm(RmsNormOp),
    /// `dropout(p)`
    Dropout(Dropout),
    /// `flatten`
    Flatten(Flatten),
    /// `lora(I -> O, rank: R, alpha: A)`
    Lora(LoraOp),
    /// `embedding(V -> D)`
    Embedding(EmbeddingOp),
    /// `unembed(V, tie: name)`
    Unembed(UnembedOp),
    /// `positional(N)`
    Positional(PositionalOp),
    /// `attention(heads: H)`
    Attention(AttentionOp),
    /// `pool(mean)`
    Pool(PoolOp),
    /// `class_token`
    ClassToken(ClassTokenOp),
    /// `patches(P)`
    Patches(PatchesOp),
    /// `conv2d(I -> O, kernel: K)`
    Conv2d(Conv2dOp),
    /// `max_pool2d(K)`, `avg_pool2d(K)`
    Pool2d(Pool2dOp),
}

impl Op {
    /// Whether ids flow into it, and not numbers.
    pub(crate) const fn takes_ids(&self) -> bool {
        matches!(self, Op::Embedding(EmbeddingOp { add: None, .. }))
    }

    /// Whether it gives the very tensor that it takes.
    pub(crate) fn keeps_tensor(&self, mode: Mode) -> bool {
        match self {
            Op::Dropout(_) => mode == Mode::Inference,
            Op::Flatten(_) | Op::Patches(_) => true,
            _ => false,
        }
    }

    /// Why it can't run step by step, if it can't: what it gives at a position depends on later ones, or it changes
    /// which positions there are.
    pub(crate) const fn refuses_steps(&self) -> Option<&'static str> {
        match self {
            Op::Flatten(_) | Op::Pool(_) => Some("it mixes positions"),
            Op::ClassToken(_) => Some("it adds a position before the first"),
            Op::Patches(_) | Op::Conv2d(_) | Op::Pool2d(_) => Some("it takes images"),
            Op::Attention(op) => op.refuses_steps(),
            _ => None,
        }
    }
}

impl std::fmt::Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Op::Dropout(op) => write!(f, "dropout({})", op.probability),
            _ => f.write_str(self.write(Text::new(), None).as_str()),
        }
    }
}

/// The counts of an op without weights and multiplications.
macro_rules! no_weights {
    ($Op:ty) => {
        impl $Op {
            pub(super) const fn params(&self) -> u64 {
                0
            }

            pub(super) const fn weights(&self) -> $crate::ops::WeightShapes {
                $crate::ops::WeightShapes::NONE
            }

            pub(super) const fn frozen_params(&self) -> u64 {
                0
            }

            pub(super) const fn macs(&self, _: &Axes, _: &[Side]) -> u64 {
                0
            }
        }
    };
}
use no_weights;

/// A refusal in its own words.
const fn says(text: Text, help: Text) -> Result<(), Refusal> {
    Err(Refusal::Says { text, help })
}

/// The shape rule of ops that take `[n, features]`.
#[inline]
const fn check_sequence(axes: &Axes) -> Result<(), Refusal> {
    if axes.len() - axes.leading() >= 2 {
        return Ok(());
    }
    let text = Text::new().str("takes sequences, `[n, features]`, but what flows in has the axes ");
    says(text.axes(axes), Text::new().str("let the network take a sequence, as in `[n, 8] -> …`"))
}

/// How many sequences rows of `[…, n, features]` stand for, and n.
fn sequences_of(axes: &Axes) -> (usize, usize) {
    let n = axes.from_end(2).size().unwrap_or(1);
    (axes.without_last(2).elements() as usize, n)
}

/// The shape rule of ops that take a given number of features.
#[inline]
const fn check_features(takes: usize, axes: &Axes) -> Result<(), Refusal> {
    match axes.features() {
        Some(features) if features == takes => Ok(()),
        _ => Err(Refusal::Features { takes }),
    }
}

/// The rows of axes: the product of all but the features.
const fn rows(axes: &Axes) -> u64 {
    axes.without_last(1).elements()
}
