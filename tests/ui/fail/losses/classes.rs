//! Probabilities of four classes for a network of three.

use tensor_core::loss::soft_cross_entropy;
use tensor_core::prelude::*;

layer! { pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }

fn main() {
    let device = Cpu::default();
    let x: Tensor<Rank2<6, 4>, f32, _> = device.ones();
    let target: Tensor<Rank2<6, 4>, f32, _> = device.ones();
    soft_cross_entropy(TwoLayer::new(&device).forward(x), &target);
}
