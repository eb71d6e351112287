//! NaN and infinities go through a network; they are never turned into numbers.

use tensor_core::prelude::*;

use crate::nets::{Everything, TwoLayer};
use crate::support::net::randomise;

#[test]
fn nan_in_a_row_makes_that_row_nan_and_no_other() {
    let device = Cpu::seed_from_u64(1);
    let mut net = Everything::new(&device);
    randomise(&mut net, 1);
    let mut x: Tensor<Rank2<3, 4>, f32, _> = device.sample_normal();
    let mut values = x.array();
    values[1][2] = f32::NAN;
    x.copy_from(values.as_flattened());
    let y = net.forward(x).array();
    assert!(y[1].iter().all(|value| value.is_nan()), "{y:?}");
    assert!(y[0].iter().chain(&y[2]).all(|value| value.is_finite()), "{y:?}");
}

#[test]
fn nan_in_a_weight_reaches_the_output() {
    let device = Cpu::seed_from_u64(1);
    let mut net = TwoLayer::new(&device);
    net.output.bias.tensor_mut().copy_from(&[0.0, f32::NAN, f32::INFINITY]);
    let [first, second, third] = net.forward(device.sample_normal::<Rank1<4>>()).array();
    assert!(first.is_finite() && second.is_nan() && third == f32::INFINITY);
}

macro_rules! odd {
    ($($op:ident($input:expr) => $expected:expr),+ $(,)?) => {$(
        #[test]
        fn $op() {
            layer! { struct Net: [3] -> [3] { $op } }
            let device = Cpu::default();
            let y = Net::<f64, _>::build(&device).forward(device.tensor($input)).array();
            let expected: [f64; 3] = $expected;
            let same = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan();
            assert!(y.iter().zip(&expected).all(same), "{:?} gives {y:?}, not {expected:?}", $input);
        }
    )+};
}

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

// What PyTorch gives.
odd! {
    relu([NAN, INF, -INF]) => [NAN, INF, 0.0],
    gelu([NAN, INF, -INF]) => [NAN, INF, NAN],
    gelu_tanh([NAN, INF, -INF]) => [NAN, INF, NAN],
    silu([NAN, INF, -INF]) => [NAN, INF, NAN],
    tanh([NAN, INF, -INF]) => [NAN, 1.0, -1.0],
    sigmoid([NAN, INF, -INF]) => [NAN, 1.0, 0.0],
    softmax([NAN, 1.0, 2.0]) => [NAN, NAN, NAN],
    log_softmax([0.0, NAN, 2.0]) => [NAN, NAN, NAN],
}

/// As in PyTorch: at 0 the gradient is 0, and of NaN it is the cotangent.
#[test]
fn relu_at_zero_and_at_nan() {
    layer! { struct Net: [4] -> [4] { relu } }
    let device = Cpu::default();
    let x = device.tensor([0.0, -0.0, NAN, 2.0]);
    let y = Net::<f64, _>::build(&device).forward(x.leaky_trace());
    assert_eq!(y.sum().backward().get(&x).array(), [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn softmax_of_huge_numbers_does_not_overflow() {
    layer! { struct Net: [3] -> [3] { softmax } }
    layer! { struct Logs: [3] -> [3] { log_softmax } }
    let device = Cpu::default();
    let x = device.tensor([1000.0_f32, -1000.0, 1000.0]);
    assert_eq!(Net::new(&device).forward(x.clone()).array(), [0.5, 0.0, 0.5]);
    let y = Logs::new(&device).forward(x).array();
    assert!((y[0] + std::f32::consts::LN_2).abs() < 1e-4 && (y[1] + 2000.0).abs() < 1.0, "{y:?}");
}

#[test]
fn norms_of_equal_numbers_are_finite() {
    layer! { struct Layers: [4] -> [4] { norm: layer_norm } }
    layer! { struct Rms: [4] -> [4] { norm: rms_norm } }
    let device = Cpu::default();
    assert_eq!(Layers::new(&device).forward(device.tensor([2.0_f32; 4])).array(), [0.0; 4]);
    assert_eq!(Rms::new(&device).forward(device.tensor([0.0_f32; 4])).array(), [0.0; 4]);
}
