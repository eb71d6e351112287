//! A target whose axes are those of the output the other way round.

use tensor_core::loss::mean_squares;
use tensor_core::prelude::*;

fn main() {
    let device = Cpu::default();
    let y: Tensor<Rank2<6, 4>, f32, _> = device.ones();
    let target: Tensor<Rank2<4, 6>, f32, _> = device.ones();
    mean_squares(y, &target);
}
