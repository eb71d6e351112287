//! dfdx's tuples stop at six fields, and at six times six where they are nested once.

use tensor_core::prelude::*;

layer! {
    struct Seven: [2] -> [2] {
        a: layer_norm, b: layer_norm, c: layer_norm, d: layer_norm, e: layer_norm, f: layer_norm, g: layer_norm,
    }
}

layer! {
    struct Many: [2] -> [2] {
        a0: rms_norm, a1: rms_norm, a2: rms_norm, a3: rms_norm, a4: rms_norm, a5: rms_norm, a6: rms_norm,
        b0: rms_norm, b1: rms_norm, b2: rms_norm, b3: rms_norm, b4: rms_norm, b5: rms_norm, b6: rms_norm,
        c0: rms_norm, c1: rms_norm, c2: rms_norm, c3: rms_norm, c4: rms_norm, c5: rms_norm, c6: rms_norm,
        d0: rms_norm, d1: rms_norm, d2: rms_norm, d3: rms_norm, d4: rms_norm, d5: rms_norm, d6: rms_norm,
        e0: rms_norm, e1: rms_norm, e2: rms_norm, e3: rms_norm, e4: rms_norm, e5: rms_norm, e6: rms_norm,
        f0: rms_norm, f1: rms_norm, f2: rms_norm, f3: rms_norm, f4: rms_norm, f5: rms_norm, f6: rms_norm,
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    assert_eq!((Seven::PARAMS, Many::PARAMS), (7 * 4, 42 * 2));
    let _: Tensor<Rank1<2>, f32, _> = Seven::new(&device).forward(device.zeros::<Rank1<2>>());
    let _: Tensor<Rank1<2>, f32, _> = Many::new(&device).forward(device.zeros::<Rank1<2>>());
}
