//! Declared networks, losses and optimizers give what PyTorch gives: values, gradients, training.

#[path = "../support/mod.rs"]
mod support;

mod losses;
mod optimizers;
mod sequences;

use support::fixture::{Array, Difference, Fixture};
use support::net::{Place, array, file, gradients, place, tensor, weights};
use tensor_core::io::StateDtype;
use tensor_core::prelude::*;

type Traced<S, E> = support::net::Traced<S, E, Place>;

/// How far values and gradients may be off, absolutely and relative to PyTorch's `f64`.
const F64: f64 = 1e-13;
const F32: f64 = 1e-5;

/// A declaration, its fixture, and the shape of the fixture's input.
macro_rules! parity {
    ($($case:ident($($shape:tt)*): [$($input:tt)*] -> [$($output:tt)*] { $($body:tt)* })*) => {
        $(mod $case {
            use super::*;

            layer! { pub struct Net: [$($input)*] -> [$($output)*] { $($body)* } }

            const WRITTEN: &str = stringify!([$($input)*] -> [$($output)*] { $($body)* });

            #[test]
            fn the_declaration_is_the_fixtures() {
                assert_eq!(dense(WRITTEN), dense(Fixture::open(stringify!($case)).metadata("network")));
            }

            parity!(@tests $case($($shape)*));
        })*

        /// The fixtures that have a test here.
        const CASES: &[&str] = &[$(stringify!($case)),*];
    };
    (@tests $case:ident($($shape:tt)*)) => {
        #[test]
        fn f64_agrees() {
            let net = Net::<f64, _>::build(&place());
            let (forward, train) = (|net: &Net<_, Place>, x| net.forward(x), |net: &Net<_, Place>, x, g| net.forward_train(x, g));
            check(stringify!($case), ($($shape)*), F64, net, |net, x| net.forward(x), forward, train);
        }

        #[test]
        fn f32_agrees() {
            let net = Net::new(&place());
            let (forward, train) = (|net: &Net<f32, Place>, x| net.forward(x), |net: &Net<f32, Place>, x, g| net.forward_train(x, g));
            check(stringify!($case), ($($shape)*), F32, net, |net, x| net.forward(x), forward, train);
        }
    };
}

parity! {
    linear(Const::<6>, Const::<5>): [5] -> [7] { fc: linear(5 -> 7) }
    linear_no_bias(3, Const::<5>): [5] -> [7] { fc: linear(5 -> 7, bias: false) }
    linear_leading_axes(Const::<2>, 3, Const::<5>): [5] -> [7] { fc: linear(5 -> 7) }
    linear_one_row(Const::<5>,): [5] -> [7] { fc: linear(5 -> 7) }
    layer_norm(4, Const::<9>): [9] -> [9] { norm: layer_norm(eps: 1e-5) }
    rms_norm(4, Const::<9>): [9] -> [9] { norm: rms_norm(eps: 1e-6) }
    flatten(2, Const::<3>, Const::<4>, Const::<5>): [3, 4, 5] -> [2] { flatten, fc: linear(60 -> 2) }
    residual(3, Const::<6>): [6] -> [6] {
        residual { norm: layer_norm, up: linear(6 -> 11), gelu, down: linear(11 -> 6) }
    }
    fork_add(3, Const::<6>): [6] -> [6] {
        fork(add) { gate: { w_gate: linear(6 -> 10), silu }, up: { w_up: linear(6 -> 10) } }, down: linear(10 -> 6)
    }
    fork_mul(3, Const::<6>): [6] -> [6] {
        fork(mul) { gate: { w_gate: linear(6 -> 10), silu }, up: { w_up: linear(6 -> 10) } }, down: linear(10 -> 6)
    }
    fork_concat(3, Const::<6>): [6] -> [8] {
        fork(concat) { narrow: { w_narrow: linear(6 -> 3) }, wide: { w_wide: linear(6 -> 5) } }
    }
    lora(3, Const::<6>): [6] -> [4] { fc: lora(6 -> 4, rank: 2, alpha: 8) }
    lora_bias(3, Const::<6>): [6] -> [4] { fc: lora(6 -> 4, rank: 3, alpha: 2, bias: true) }
    two_layer(5, Const::<4>): [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) }
    deep(8, Const::<20>): [20] -> [10] {
        fc1: linear(20 -> 16), relu, fc2: linear(16 -> 12), relu, fc3: linear(12 -> 10)
    }
    relu(4, Const::<7>): [7] -> [7] { relu }
    gelu(4, Const::<7>): [7] -> [7] { gelu }
    gelu_tanh(4, Const::<7>): [7] -> [7] { gelu_tanh }
    silu(4, Const::<7>): [7] -> [7] { silu }
    tanh(4, Const::<7>): [7] -> [7] { tanh }
    sigmoid(4, Const::<7>): [7] -> [7] { sigmoid }
    softmax(4, Const::<7>): [7] -> [7] { softmax }
    log_softmax(4, Const::<7>): [7] -> [7] { log_softmax }
}

mod stack {
    use super::*;

    layer! {
        pub struct Block: [6] -> [6] {
            residual { norm: layer_norm, up: linear(6 -> 11), gelu, down: linear(11 -> 6) }
        }
    }
    layer! { pub struct Net: [6] -> [6] { blocks: [Block; 3] } }

    parity!(@tests stack(3, Const::<6>));
}

#[test]
fn every_fixture_is_used() {
    let others = ["stack", "gpt", "adam_two_layer"];
    let mut used: Vec<_> = CASES.iter().chain(sequences::CASES).copied().chain(others).collect();
    used.sort_unstable();
    assert_eq!(Fixture::cases(), used);
}

/// A declaration without spaces and trailing commas, which neither side writes the same way.
fn dense(declaration: &str) -> String {
    declaration.split_whitespace().collect::<String>().replace(",}", "}")
}

/// Sets the fixture's weights through the loader, and compares in use, in use with a traced input, and in training.
fn check<N, S: Shape, O: Shape, E: Element + StateDtype>(
    case: &str,
    shape: S,
    tolerance: f64,
    mut net: N,
    used: impl Fn(&N, Tensor<S, E, Place>) -> Tensor<O, E, Place>,
    forward: impl Fn(&N, Traced<S, E>) -> Traced<O, E>,
    train: impl Fn(&N, Tensor<S, E, Place>, Gradients<E, Place>) -> Traced<O, E>,
) where
    N: StateDict<E, Place>,
    Place: Device<E>,
{
    let fixture = Fixture::open(case);
    net.load_bytes(&file(fixture.parameters())).expect("the fixture fits the declaration");
    let close = |name: &str, found: &Array<f64>, expected: &Array<f64>| {
        Difference::assert_close(&format!("{case}: {name}"), found, expected, tolerance, tolerance);
    };
    let x: Tensor<S, E, Place> = tensor(&place(), shape, &fixture.f64("x").values);
    assert_eq!(x.shape().concrete().as_ref(), fixture.f64("x").shape);
    let backward = |y: Traced<O, E>| {
        close("y", &array(&y), fixture.f64("y"));
        let cotangent = tensor(&place(), *y.shape(), &fixture.f64("cotangent").values);
        (y * cotangent).sum::<Rank0, _>().backward()
    };
    let compare = |found: &Gradients<E, Place>| {
        let found = gradients(&net, found);
        assert_eq!(found.len(), fixture.gradients().count());
        for (key, gradient) in found {
            close(&key, &gradient, fixture.f64(&format!("grad.{key}")));
        }
    };

    close("y in use", &array(&used(&net, x.clone())), fixture.f64("y"));

    let traced = backward(forward(&net, x.leaky_trace()));
    close("x's gradient", &array(&traced.get(&x)), fixture.f64("grad.x"));
    compare(&traced);

    compare(&backward(train(&net, x, net.alloc_grads())));
}

/// `[rows, classes]` with a 1 at each row's label.
fn one_hot<E: Element, const CLASSES: usize>(labels: &Array<i64>) -> Tensor<(usize, Const<CLASSES>), E, Place>
where
    Place: Device<E>,
{
    let rows = labels.values.iter();
    let values: Vec<f64> = rows
        .flat_map(|&label| (0..CLASSES as i64).map(move |class| f64::from(u8::from(class == label))))
        .collect();
    tensor(&place(), (labels.values.len(), Const), &values)
}

#[test]
fn cross_entropy_of_deep() {
    let fixture = Fixture::open("deep");
    let mut net = deep::Net::<f64, _>::build(&place());
    net.load_bytes(&file(fixture.parameters())).unwrap();
    let x = tensor(&place(), (8, Const::<20>), &fixture.f64("x").values);
    let y = net.forward_train(x, net.alloc_grads());
    let loss = cross_entropy_with_logits_loss(y, one_hot(fixture.i64("labels")));
    Difference::assert_close("loss", &array(&loss), fixture.f64("loss"), F64, F64);
    for (key, gradient) in gradients(&net, &loss.backward()) {
        Difference::assert_close(&key, &gradient, fixture.f64(&format!("grad.{key}")), F64, F64);
    }
}

/// dfdx adds eps outside the root of the corrected second moment, as PyTorch does, so that the steps are the same ones.
#[test]
fn twenty_steps_of_adam_in_f64() {
    adam::<f64>(two_layer::Net::build(&place()), |net, x, g| net.forward_train(x, g), 1e-13);
}

#[test]
fn twenty_steps_of_adam_in_f32() {
    adam::<f32>(two_layer::Net::build(&place()), |net, x, g| net.forward_train(x, g), 1e-5);
}

fn adam<E: Element + StateDtype>(
    mut net: two_layer::Net<E, Place>,
    train: impl Fn(
        &two_layer::Net<E, Place>,
        Tensor<(usize, Const<4>), E, Place>,
        Gradients<E, Place>,
    ) -> Traced<(usize, Const<3>), E>,
    tolerance: f64,
) where
    Place: Device<E>,
{
    let fixture = Fixture::open("adam_two_layer");
    net.load_bytes(&file(fixture.under("initial."))).unwrap();
    let x = tensor(&place(), (12, Const::<4>), &fixture.f64("x").values);
    let labels = one_hot(fixture.i64("labels"));
    let config = AdamConfig { lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weight_decay: None };
    let mut adam = Adam::new(&net, config);
    let mut losses = Vec::new();
    for _ in 0..20 {
        let loss = cross_entropy_with_logits_loss(train(&net, x.clone(), net.alloc_grads()), labels.clone());
        losses.extend(array(&loss).values);
        adam.update(&mut net, &loss.backward()).unwrap();
    }
    Difference::assert_close(
        "losses",
        &Array::new(&[20], losses),
        fixture.f64("losses"),
        tolerance,
        tolerance,
    );
    for (key, weight) in weights(&net) {
        Difference::assert_close(&key, &weight, fixture.f64(&format!("final.{key}")), tolerance, tolerance);
    }
}
