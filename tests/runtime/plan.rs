//! What is known without weights, at compile time, beside a count of the real tensors.

use tensor_core::prelude::*;

use crate::nets::{Block, Everything, Head, Picture, TwoLayer};

const BLOCK: u64 = (6 + 6) + (6 * 12 + 12) + (12 * 6 + 6);
const EVERYTHING: u64 = 4 * 6 // embed
    + 6 + (6 * 6 + 6) // norm, fc
    + 2 * BLOCK
    + (6 * 3 + 3) + (6 * 3 + 2 * 6 + 3 * 2) // w_gate, w_up
    + (3 * 3 + 3) // w_one
    + (6 + 6) // last
    + (6 * 2 + 2); // head
const ROW: u64 = 4 * 6 + 6 * 6 + 2 * (6 * 12 + 12 * 6) + 6 * 3 + (6 * 3 + 2 * 6 + 3 * 2) + 3 * 3 + 6 * 2;

const _: () = assert!(TwoLayer::PARAMS == (4 * 8 + 8) + (8 * 3 + 3));
const _: () = assert!(TwoLayer::macs([4]) == 4 * 8 + 8 * 3);
const _: () = assert!(TwoLayer::macs([10, 32, 4]) == 320 * (4 * 8 + 8 * 3));
const _: () = assert!(TwoLayer::cost([32, 4]).activation_bytes::<f32>() == 32 * (8 + 8 + 3) * 4);
const _: () = assert!(TwoLayer::cost([32, 4]).weight_bytes::<f64>() == 8 * TwoLayer::PARAMS);
const _: () = assert!(Block::<6, 12>::PARAMS == BLOCK);
const _: () = assert!(Block::<768, 1536>::PARAMS == 2 * 768 * 1536 + 1536 + 3 * 768);
const _: () = assert!(Head::macs([9, 6]) == 9 * 12);
const _: () = assert!(Everything::PARAMS == EVERYTHING);
const _: () = assert!(Everything::cost([1, 4]).trainable == EVERYTHING - 18);
const _: () = assert!(Everything::macs([1, 4]) == ROW);
const _: () = assert!(Everything::macs([7, 5, 4]) == 35 * ROW);
const _: () = assert!(Picture::PARAMS == 60 * 2 + 2);
const _: () = assert!(Picture::macs([9, 3, 4, 5]) == 9 * 120);

fn numbers(net: &impl StateDict<f32, Cpu>) -> u64 {
    net.state_dict().iter().map(|tensor| tensor.shape.iter().product::<usize>() as u64).sum()
}

macro_rules! counts {
    ($($name:ident: [$($input:tt)*] -> [$($output:tt)*] { $($body:tt)* } has $params:expr, $macs:expr, $given:expr;)*) => {$(
        #[test]
        fn $name() {
            layer! { struct Net: [$($input)*] -> [$($output)*] { $($body)* } }
            const COST: Cost = Net::cost([5, 6]);
            assert_eq!((COST.params, COST.macs, COST.activations), ($params, 5 * $macs, 5 * $given));
            assert_eq!(numbers(&Net::new(&Cpu::default())), $params);
        }
    )*};
}

counts! {
    linear: [6] -> [4] { fc: linear(6 -> 4) } has 28, 24, 4;
    linear_no_bias: [6] -> [4] { fc: linear(6 -> 4, bias: false) } has 24, 24, 4;
    lora: [6] -> [4] { fc: lora(6 -> 4, rank: 2, alpha: 3) } has 24 + 20, 24 + 20, 4;
    lora_with_bias: [6] -> [4] { fc: lora(6 -> 4, rank: 2, alpha: 3, bias: true) } has 24 + 4 + 20, 24 + 20, 4;
    layer_norm: [6] -> [6] { norm: layer_norm } has 12, 0, 6;
    rms_norm: [6] -> [6] { norm: rms_norm } has 6, 0, 6;
    activation: [6] -> [6] { gelu, softmax } has 0, 0, 12;
    dropout: [6] -> [6] { dropout(0.5) } has 0, 0, 6;
    residual: [6] -> [6] { residual { a: linear(6 -> 6) } } has 42, 36, 6 + 6;
    fork_add: [6] -> [4] { fork(add) { l: { a: linear(6 -> 4) }, r: { b: linear(6 -> 4) } } } has 56, 48, 4 + 4 + 4;
    fork_concat: [6] -> [5] { fork(concat) { l: { a: linear(6 -> 4) }, r: { b: linear(6 -> 1) } } } has 35, 30, 10;
    stack: [6] -> [6] { blocks: [Block<6, 12>; 3] } has 3 * BLOCK, 3 * 144, 3 * (6 + 12 + 12 + 6 + 6);
    runtime_axis: [seq, 6] -> [seq, 4] { fc: linear(6 -> 4) } has 28, 24, 4;
}

#[test]
fn flatten() {
    layer! { struct Net: [5, 6] -> [2] { flatten, fc: linear(30 -> 2) } }
    assert_eq!((Net::PARAMS, Net::macs([5, 6])), (62, 60));
    assert_eq!(numbers(&Net::new(&Cpu::default())), 62);
}

#[test]
fn whole_networks() {
    let device = Cpu::default();
    assert_eq!(numbers(&TwoLayer::new(&device)), TwoLayer::PARAMS);
    assert_eq!(numbers(&Block::<6, 12>::new(&device)), Block::<6, 12>::PARAMS);
    assert_eq!(numbers(&Everything::new(&device)), Everything::PARAMS);
    assert_eq!(numbers(&Picture::new(&device)), Picture::PARAMS);
}
