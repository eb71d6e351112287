//! Losses on the GPU are those of the CPU, with their gradients.

use tensor_core::loss::{CrossEntropy, Loss, MeanSquares};
use tensor_core::prelude::*;

use crate::{assert_close, both};

#[test]
fn of_both_devices_agree() {
    let (here, there) = both(1, (6, 4));
    let (target_here, target_there) = both(2, (6, 4));
    let labels = [0, 3, 1, 2, 2, 1];
    let cpu = |loss: Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>| {
        (loss.array(), loss.backward().get(&here).as_vec())
    };
    let gpu = |loss: Tensor<Rank0, f32, Cuda, OwnedTape<f32, Cuda>>| {
        (loss.array(), loss.backward().get(&there).as_vec())
    };
    let pairs = [
        (
            cpu(CrossEntropy(&labels).of(here.leaky_trace()).unwrap()),
            gpu(CrossEntropy(&labels).of(there.leaky_trace()).unwrap()),
        ),
        (
            cpu(MeanSquares(&target_here).of(here.leaky_trace()).unwrap()),
            gpu(MeanSquares(&target_there).of(there.leaky_trace()).unwrap()),
        ),
    ];
    for ((a, of_a), (b, of_b)) in pairs {
        assert_close("loss", &[a], &[b], 1e-5);
        assert_close("gradient", &of_a, &of_b, 1e-5);
    }
}
