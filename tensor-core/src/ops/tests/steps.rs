//! Which ops run step by step, and which give the very tensor that they take.

use crate::exec::Mode;
use crate::ops::testing::ATTENTION;
use crate::ops::*;

#[test]
fn ops_that_look_at_later_positions_refuse_steps() {
    let attention =
        AttentionOp { width: 4, outputs: 4, w_q: [4, 4], w_k: [4, 4], w_v: [4, 4], w_o: None, ..ATTENTION };
    let refused = [
        Op::Flatten(Flatten),
        Op::Pool(PoolOp { kind: Pool::First, masked: false }),
        Op::ClassToken(ClassTokenOp { width: 4 }),
        Op::Patches(PatchesOp { size: 2 }),
        Op::Pool2d(Pool2dOp { size: 2, kind: Pool2d::Max }),
        Op::Attention(attention),
        Op::Attention(AttentionOp { mask: Mask::Padding, ..attention }),
    ];
    let taken = [
        Op::Linear(LinearOp { inputs: 4, outputs: 4, bias: true }),
        Op::Activation(Activation::Softmax),
        Op::Embedding(EmbeddingOp { vocabulary: 4, width: 4, of: None, add: None }),
        Op::Positional(PositionalOp { most: 4, width: 4, kind: Positions::Learned }),
        Op::Attention(AttentionOp { mask: Mask::Causal, ..attention }),
        Op::Attention(AttentionOp { mask: Mask::Window(2), ..attention }),
        Op::Attention(AttentionOp { context: Some("seen"), ..attention }),
    ];
    assert!(refused.iter().all(|op| op.refuses_steps().is_some()));
    assert!(taken.iter().all(|op| op.refuses_steps().is_none()));
}

#[test]
fn dropout_keeps_its_tensor_in_use_alone() {
    let dropout = Op::Dropout(Dropout { probability: 0.5 });
    assert!(dropout.keeps_tensor(Mode::Inference) && !dropout.keeps_tensor(Mode::Training));
    assert!(Op::Flatten(Flatten).keeps_tensor(Mode::Training));
    assert!(!Op::Activation(Activation::Relu).keeps_tensor(Mode::Training));
}
