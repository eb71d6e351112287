//! The table of a network.

use tensor_core::prelude::*;

use crate::nets::{Everything, TwoLayer};

const DECLARED: &str = "\
item             op                               axes                 parameters  multiply-accumulates
───────────────────────────────────────────────────────────────────────────────────────────────────────
embed            linear(4 -> 6, bias: false)      [seq, 4] → [seq, 6]          24                    24
residual         x + f(x)                         [seq, 6] → [seq, 6]
  norm           rms_norm                         [seq, 6] → [seq, 6]           6                     0
  tanh           tanh                             [seq, 6] → [seq, 6]           0                     0
  dropout        dropout(0.1)                     [seq, 6] → [seq, 6]           0                     0
  fc             linear(6 -> 6)                   [seq, 6] → [seq, 6]          42                    36
blocks           [Block; 2]                       [seq, 6] → [seq, 6]         348                   288
fork             fork(mul)                        [seq, 6] → [seq, 3]
  gate
    w_gate       linear(6 -> 3)                   [seq, 6] → [seq, 3]          21                    18
    sigmoid      sigmoid                          [seq, 3] → [seq, 3]           0                     0
  up
    w_up         lora(6 -> 3, rank: 2, alpha: 4)  [seq, 6] → [seq, 3]          36                    36
fork             fork(concat)                     [seq, 3] → [seq, 6]
  same
    silu         silu                             [seq, 3] → [seq, 3]           0                     0
  small
    fork         fork(add)                        [seq, 3] → [seq, 3]
      one
        w_one    linear(3 -> 3)                   [seq, 3] → [seq, 3]          12                     9
      two
        softmax  softmax                          [seq, 3] → [seq, 3]           0                     0
    gelu_tanh    gelu_tanh                        [seq, 3] → [seq, 3]           0                     0
last             layer_norm                       [seq, 6] → [seq, 6]          12                     0
head             Head                             [seq, 6] → [seq, 2]          14                    12
───────────────────────────────────────────────────────────────────────────────────────────────────────
total            Everything                       [seq, 4] → [seq, 2]         515                   423
trainable parameters: 497, 96.5 % of all; frozen: 18
weights, gradients and Adam's averages in f32: 8.0 kB; 8.2 kB if all were trained
";

const FOR_A_BATCH: &str = "\
item             op                               axes                         parameters  multiply-accumulates
───────────────────────────────────────────────────────────────────────────────────────────────────────────────
embed            linear(4 -> 6, bias: false)      [32, 100, 4] → [32, 100, 6]          24                76 800
residual         x + f(x)                         [32, 100, 6] → [32, 100, 6]
  norm           rms_norm                         [32, 100, 6] → [32, 100, 6]           6                     0
  tanh           tanh                             [32, 100, 6] → [32, 100, 6]           0                     0
  dropout        dropout(0.1)                     [32, 100, 6] → [32, 100, 6]           0                     0
  fc             linear(6 -> 6)                   [32, 100, 6] → [32, 100, 6]          42               115 200
blocks           [Block; 2]                       [32, 100, 6] → [32, 100, 6]         348               921 600
fork             fork(mul)                        [32, 100, 6] → [32, 100, 3]
  gate
    w_gate       linear(6 -> 3)                   [32, 100, 6] → [32, 100, 3]          21                57 600
    sigmoid      sigmoid                          [32, 100, 3] → [32, 100, 3]           0                     0
  up
    w_up         lora(6 -> 3, rank: 2, alpha: 4)  [32, 100, 6] → [32, 100, 3]          36               115 200
fork             fork(concat)                     [32, 100, 3] → [32, 100, 6]
  same
    silu         silu                             [32, 100, 3] → [32, 100, 3]           0                     0
  small
    fork         fork(add)                        [32, 100, 3] → [32, 100, 3]
      one
        w_one    linear(3 -> 3)                   [32, 100, 3] → [32, 100, 3]          12                28 800
      two
        softmax  softmax                          [32, 100, 3] → [32, 100, 3]           0                     0
    gelu_tanh    gelu_tanh                        [32, 100, 3] → [32, 100, 3]           0                     0
last             layer_norm                       [32, 100, 6] → [32, 100, 6]          12                     0
head             Head                             [32, 100, 6] → [32, 100, 2]          14                38 400
───────────────────────────────────────────────────────────────────────────────────────────────────────────────
total            Everything                       [32, 100, 4] → [32, 100, 2]         515             1 353 600
trainable parameters: 497, 96.5 % of all; frozen: 18
weights, gradients and Adam's averages in f32: 8.0 kB; 8.2 kB if all were trained
";

#[test]
fn axes_are_those_of_the_declaration() {
    assert_eq!(Everything::new(&Cpu::default()).summary().to_string(), DECLARED);
}

#[test]
fn axes_of_a_batch_are_counted() {
    assert_eq!(Everything::new(&Cpu::default()).summary().at([32, 100, 4]).to_string(), FOR_A_BATCH);
}

#[test]
#[should_panic(expected = "`TwoLayer` takes axes that end in [4], not [32, 5]")]
fn axes_must_fit() {
    let _ = TwoLayer::new(&Cpu::default()).summary().at([32, 5]);
}
