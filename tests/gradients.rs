//! The gradients of declared networks are those of finite differences: every op, every structure, random networks.

mod support;

use support::fixture::Array;
use support::net::{Place, Traced, array, normal, place, randomise, tensor};
use tensor_core::gradcheck::Gradcheck;
use tensor_core::io::StateDtype;
use tensor_core::prelude::*;

/// The largest relative error of a gradient.
const GRADIENT: f64 = 1e-6;
/// How far `f32` may be off, relative to the largest output (and absolutely below 1).
const SINGLE: f64 = 1e-4;

/// The tests of a `Net` in scope, on inputs of a shape.
macro_rules! tests {
    (with dropout, $Shape:ty) => {
        #[test]
        fn gradients() {
            gradients_hold::<_, $Shape, _>(Net::build(&Cpu::default()), |net, x| net.forward(x));
        }

        #[test]
        fn f32_agrees_with_f64() {
            let mut net = Net::<f64, _>::build(&Cpu::default());
            randomise(&mut net, 1);
            let x = input::<$Shape>(1);
            let narrow: Net<f32, Place> = net.to_dtype::<f32>().to_device(&place());
            let (wide, narrow) = (array(&net.forward(x.clone())), array(&narrow.forward(there(&x))));
            assert_eq!(wide.shape, narrow.shape);
            assert_single("the output", &wide.values, &narrow.values);
        }

        /// In `f32` the fused executor runs, in `f64` the composed one.
        #[test]
        fn f32_gradients_agree_with_f64() {
            let mut net = Net::<f64, _>::build(&Cpu::default());
            randomise(&mut net, 1);
            let x = input::<$Shape>(1);
            let narrow: Net<f32, Place> = net.to_dtype::<f32>().to_device(&place());
            let wide = gradients_of(&net, &x, |net, x| net.forward(x));
            let narrow = gradients_of(&narrow, &there(&x), |net, x| net.forward(x));
            assert_eq!(wide.len(), narrow.len());
            for ((key, wide), (_, narrow)) in wide.iter().zip(&narrow) {
                assert_single(key, &wide.values, &narrow.values);
            }
        }
    };
    (without dropout, $Shape:ty) => {
        tests!(with dropout, $Shape);

        #[test]
        fn training_computes_the_same() {
            let mut net = Net::<f64, _>::build(&Cpu::default());
            randomise(&mut net, 1);
            let x = input::<$Shape>(1);
            let trained = net.forward_train(x.clone(), net.alloc_grads());
            assert_eq!(array(&trained), array(&net.forward(x.clone())));
            assert_eq!(array(&trained), array(&net.forward(x.leaky_trace())));
        }
    };
}

#[allow(deprecated)] // two matrices in a row, which the random networks are free to have
mod random_networks;

macro_rules! networks {
    ($($name:ident($($shape:ty),*): [$($input:tt)*] -> [$($output:tt)*] { $($body:tt)* })*) => {$(
        mod $name {
            use super::*;
            layer! { pub struct Net: [$($input)*] -> [$($output)*] { $($body)* } }
            tests!(without dropout, ($($shape,)*));
        }
    )*};
}

networks! {
    linear(Const<5>, Const<3>): [3] -> [4] { fc: linear(3 -> 4) }
    linear_one_row(Const<3>): [3] -> [4] { fc: linear(3 -> 4) }
    linear_leading_axes(Const<2>, Const<5>, Const<3>): [3] -> [4] { fc: linear(3 -> 4) }
    linear_no_bias(Const<2>, Const<5>, Const<3>): [3] -> [4] { fc: linear(3 -> 4, bias: false) }
    linear_to_one(Const<5>, Const<3>): [3] -> [1] { fc: linear(3 -> 1) }
    linear_of_one(Const<5>, Const<1>): [1] -> [3] { fc: linear(1 -> 3) }
    linear_on_runtime_axis(Const<2>, Const<5>, Const<3>): [seq, 3] -> [seq, 4] { fc: linear(3 -> 4) }
    relu(Const<2>, Const<5>, Const<3>): [3] -> [3] { relu }
    gelu(Const<2>, Const<5>, Const<3>): [3] -> [3] { gelu }
    gelu_tanh(Const<2>, Const<5>, Const<3>): [3] -> [3] { gelu_tanh }
    silu(Const<2>, Const<5>, Const<3>): [3] -> [3] { silu }
    tanh(Const<2>, Const<5>, Const<3>): [3] -> [3] { tanh }
    sigmoid(Const<2>, Const<5>, Const<3>): [3] -> [3] { sigmoid }
    softmax(Const<2>, Const<5>, Const<3>): [3] -> [3] { softmax }
    log_softmax(Const<2>, Const<5>, Const<3>): [3] -> [3] { log_softmax }
    layer_norm(Const<2>, Const<5>, Const<7>): [7] -> [7] { norm: layer_norm }
    layer_norm_large_eps(Const<5>, Const<7>): [7] -> [7] { norm: layer_norm(eps: 0.5) }
    rms_norm(Const<2>, Const<5>, Const<7>): [7] -> [7] { norm: rms_norm }
    rms_norm_large_eps(Const<5>, Const<7>): [7] -> [7] { norm: rms_norm(eps: 0.5) }
    dropout_of_nothing(Const<5>, Const<3>): [3] -> [3] { dropout(0.0) }
    flatten(Const<2>, Const<3>, Const<4>, Const<5>): [3, 4, 5] -> [2] { flatten, fc: linear(60 -> 2) }
    flatten_two_axes(Const<3>, Const<2>, Const<4>, Const<5>): [4, 5] -> [20] { flatten }
    lora(Const<2>, Const<5>, Const<6>): [6] -> [4] { fc: lora(6 -> 4, rank: 3, alpha: 5) }
    lora_in_attention(Const<2>, Const<4>, Const<6>): [n, 6] -> [n, 6] {
        attend: attention(heads: 2, lora: qv, rank: 2, alpha: 3)
    }
    lora_in_grouped_attention(Const<4>, Const<8>): [n, 8] -> [n, 8] {
        attend: attention(
            heads: 4, kv_heads: 2, mask: causal, rope: 100.0, bias: false, lora: qkvo, rank: 3, alpha: 2
        )
    }
    residual(Const<2>, Const<5>, Const<3>): [3] -> [3] {
        residual { norm: layer_norm, up: linear(3 -> 7), gelu, down: linear(7 -> 3) }
    }
    residual_of_one_op(Const<5>, Const<3>): [3] -> [3] { residual { tanh } }
    residual_without_an_op(Const<5>, Const<3>): [3] -> [3] { residual { dropout(0.0) } }
    residual_in_residual(Const<5>, Const<3>): [3] -> [3] {
        residual { residual { a: linear(3 -> 3), tanh }, residual { b: linear(3 -> 4), silu, c: linear(4 -> 3) } }
    }
    fork_add(Const<2>, Const<5>, Const<3>): [3] -> [4] {
        fork(add) { left: { a: linear(3 -> 4), tanh }, right: { b: linear(3 -> 4) } }
    }
    fork_mul(Const<2>, Const<5>, Const<3>): [3] -> [4] {
        fork(mul) { left: { a: linear(3 -> 4), silu }, right: { b: linear(3 -> 4) } }
    }
    fork_concat(Const<2>, Const<5>, Const<3>): [3] -> [10] {
        fork(concat) { left: { a: linear(3 -> 2) }, middle: { tanh }, right: { b: linear(3 -> 5), tanh } }
    }
    fork_of_equals(Const<5>, Const<3>): [3] -> [3] { fork(mul) { left: { tanh }, middle: { tanh }, right: { tanh } } }
    fork_with_idle_branches(Const<5>, Const<3>): [3] -> [3] {
        fork(mul) { left: { dropout(0.0) }, middle: { dropout(0.0) }, right: { tanh } }
    }
    fork_concat_of_one_tensor(Const<5>, Const<3>): [3] -> [6] {
        fork(concat) { left: { dropout(0.0) }, right: { dropout(0.0) } }
    }
    fork_in_fork(Const<5>, Const<3>): [3] -> [6] {
        fork(concat) {
            left: { fork(add) { a1: { a: linear(3 -> 2) }, a2: { b: linear(3 -> 2), tanh } } },
            right: { residual { c: linear(3 -> 3), gelu }, d: linear(3 -> 4) },
        }
    }
}

#[path = "gradients/sequences.rs"]
mod sequences;

mod nested {
    use super::*;

    layer! { pub struct Inner: [3] -> [4] { fc: linear(3 -> 4), tanh } }
    layer! { pub struct Net: [seq, 3] -> [seq, 2] { inner: Inner, out: linear(4 -> 2) } }

    tests!(without dropout, (Const<2>, Const<5>, Const<3>));
}

mod nested_with_other_axes {
    use super::*;

    layer! { pub struct Inner: [4, 3] -> [5] { flatten, fc: linear(12 -> 5) } }
    layer! { pub struct Net: [2, 4, 3] -> [2, 1] { inner: Inner, silu, out: linear(5 -> 1) } }

    tests!(without dropout, (Const<6>, Const<2>, Const<4>, Const<3>));
}

mod stack {
    use super::*;

    layer! { pub struct Block<const D: usize>: [D] -> [D] { residual { norm: rms_norm, fc: linear(D -> D), silu } } }
    layer! { pub struct Net: [3] -> [3] { blocks: [Block<3>; 4] } }

    tests!(without dropout, (Const<2>, Const<5>, Const<3>));
}

#[test]
fn the_frozen_matrix_of_lora_is_listed_and_has_no_gradient() {
    let mut net = lora::Net::<f64, _>::build(&Cpu::default());
    randomise(&mut net, 1);
    let x = input::<Rank2<5, 6>>(1);
    let report = Gradcheck::new().run(&mut net, &x, |net, x| net.forward(x)).unwrap();
    assert_eq!(report.frozen, ["fc.weight"]);
    let checked: Vec<_> = report.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(checked, ["input", "fc.lora_a", "fc.lora_b"]);
}

#[test]
fn the_frozen_matrices_of_an_attention_have_no_gradient() {
    let mut net = lora_in_grouped_attention::Net::<f64, _>::build(&Cpu::default());
    randomise(&mut net, 1);
    let x = input::<Rank2<4, 8>>(1);
    let report = Gradcheck::new().run(&mut net, &x, |net, x| net.forward(x)).unwrap();
    assert_eq!(
        report.frozen,
        ["attend.w_q.weight", "attend.w_k.weight", "attend.w_v.weight", "attend.w_o.weight"]
    );
    assert_eq!(report.tensors.len(), 1 + 8);
}

/// `f32` is as near to `f64` as rounding lets it.
#[track_caller]
fn assert_single(what: &str, wide: &[f64], narrow: &[f64]) {
    let largest = wide.iter().fold(1.0, |largest: f64, value| largest.max(value.abs()));
    for (wide, narrow) in wide.iter().zip(narrow) {
        assert!((wide - narrow).abs() <= SINGLE * largest, "{what}: f64 gives {wide}, f32 {narrow}");
    }
}

/// The gradients of Σ y·c, with the input's first; c goes from −1 to 1.
fn gradients_of<N, S: Shape, O: Shape, E: Element + StateDtype, D: Device<E>>(
    net: &N,
    x: &Tensor<S, E, D>,
    forward: impl Fn(&N, Traced<S, E, D>) -> Traced<O, E, D>,
) -> Vec<(String, Array<f64>)>
where
    N: StateDict<E, D>,
{
    let y = forward(net, x.leaky_trace());
    let count = y.shape().num_elements();
    let weights: Vec<f64> = (0..count).map(|i| ((i * 37 + 11) % 41) as f64 / 20.0 - 1.0).collect();
    let cotangent = tensor(x.device(), *y.shape(), &weights);
    let found = (y * cotangent).sum::<Rank0, _>().backward();
    let mut all = vec![("x".to_owned(), array(&found.get(x)))];
    all.extend(support::net::gradients(net, &found));
    all
}

/// The same numbers in `f32`, where the networks under test run.
fn there<S: ConstShape>(x: &Tensor<S, f64, Cpu>) -> Tensor<S, f32, Place> {
    tensor(&place(), *x.shape(), &x.as_vec())
}

/// Numbers of the normal distribution.
fn input<S: ConstShape>(seed: u64) -> Tensor<S, f64, Cpu> {
    let shape = S::default();
    let device = Cpu::seed_from_u64(seed);
    tensor(&device, shape, &normal(&device, shape.num_elements()))
}

fn gradients_hold<N, S: ConstShape, O: Shape>(
    mut net: N,
    forward: impl Fn(&N, Traced<S, f64>) -> Traced<O, f64>,
) where
    N: StateDict<f64, Cpu>,
{
    randomise(&mut net, 1);
    let report = Gradcheck::new().max_elements(40).run(&mut net, &input::<S>(1), forward).unwrap();
    assert_eq!(report.tensors.len(), 1 + net.state_dict().len() - report.frozen.len());
    report.assert_below(GRADIENT);
}
