//! An `attention` whose matrices are adapted: each as a `lora` item would be.

use super::AttentionOp;
use crate::ops::LoraOp;
use crate::plan::Text;

/// Which matrices of an `attention` item are frozen, with a pair of low rank beside each that trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionLora {
    /// Rows of each A and columns of each B.
    pub rank: usize,
    /// The updates are scaled by alpha / rank.
    pub alpha: usize,
    /// Whether `w_q`, `w_k`, `w_v` and `w_o` are adapted.
    pub on: [bool; AttentionOp::MATRICES],
}

impl AttentionLora {
    /// `, lora: qv, rank: 8, alpha: 16`
    pub(super) const fn write(&self, text: Text) -> Text {
        const LETTERS: [&str; AttentionOp::MATRICES] = ["q", "k", "v", "o"];
        let mut text = text.str(", lora: ");
        let mut which = 0;
        while which < AttentionOp::MATRICES {
            text = if self.on[which] { text.str(LETTERS[which]) } else { text };
            which += 1;
        }
        text.str(", rank: ").number(self.rank).str(", alpha: ").number(self.alpha)
    }
}

impl AttentionOp {
    /// w_q, w_k, w_v and w_o, by which they are told apart here.
    pub(crate) const MATRICES: usize = 4;

    /// The sizes `[in, out]` of a matrix, if the item has it.
    pub(crate) const fn matrix(&self, which: usize) -> Option<[usize; 2]> {
        match which {
            0 => Some(self.w_q),
            1 => Some(self.w_k),
            2 => Some(self.w_v),
            _ => self.w_o,
        }
    }

    /// A matrix as the `lora` item that it is, if it is adapted.
    pub(crate) const fn adapted(&self, which: usize) -> Option<LoraOp> {
        match (self.matrix(which), &self.lora) {
            (Some([inputs, outputs]), Some(AttentionLora { rank, alpha, on })) if on[which] => {
                Some(LoraOp { inputs, outputs, rank: *rank, alpha: *alpha, bias: self.bias })
            }
            _ => None,
        }
    }

    /// The adapted ones in order.
    pub(crate) fn all_adapted(&self) -> impl Iterator<Item = LoraOp> {
        (0..Self::MATRICES).filter_map(|which| self.adapted(which))
    }

    /// Numbers that a row is multiplied with to go through a matrix: its own, and those of the pair beside it.
    #[inline]
    pub(super) const fn multiplies(&self, which: usize) -> u64 {
        let own = match self.matrix(which) {
            Some([inputs, outputs]) => (inputs as u64).saturating_mul(outputs as u64),
            None => 0,
        };
        match self.adapted(which) {
            Some(op) => own.saturating_add(op.factors()),
            None => own,
        }
    }

    pub(in crate::ops) const fn frozen_params(&self) -> u64 {
        let mut sum: u64 = 0;
        let mut which = 0;
        while which < Self::MATRICES {
            if let Some(op) = self.adapted(which) {
                sum = sum.saturating_add(op.frozen_params());
            }
            which += 1;
        }
        sum
    }
}
