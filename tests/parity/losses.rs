//! Losses give PyTorch's values and gradients: on dfdx's tape, by the kernels of the CPU, and in a whole step of training,
//! which has kernels of its own on a GPU.

use tensor_core::loss::*;
use tensor_core::optim::{Optimizer, Sgd};
use tensor_core::prelude::*;

use crate::support::fixture::{Array, Difference, Fixture};
use crate::support::net::{Place, array, file, place, weights};

type Rows<E> = Tensor<(usize, usize), E, Place>;

/// How far values and gradients may be off, relative to PyTorch's `f64`.
const F64: f64 = 1e-12;
const F32: f64 = 2e-5;

layer! { struct Output<const ROWS: usize>: [ROWS] -> [5] { rows: linear(ROWS -> 5, bias: false) } }

fn fixture() -> Fixture {
    Fixture::open("losses/losses")
}

fn rows<E: Element>(array: &Array<f64>) -> Rows<E>
where
    Place: Device<E>,
{
    let values = array.values.iter().map(|&value| E::of(value)).collect();
    place().tensor_from_vec(values, (array.shape[0], array.shape[1]))
}

fn labels(key: &str) -> Vec<usize> {
    fixture().i64(key).values.iter().map(|&label| label as usize).collect()
}

/// The loss and its gradient, on dfdx's tape.
fn composed<E: Element>(y: &Array<f64>, loss: &impl Loss<E, Place>) -> (f64, Array<f64>)
where
    Place: Device<E>,
{
    let y: Rows<E> = rows(y);
    let loss = loss.of(y.leaky_trace()).unwrap();
    let value = loss.as_vec()[0].to_f64().unwrap();
    (value, array(&loss.backward().get(&y)))
}

/// The same by the kernel of the CPU.
fn fused(y: &Array<f64>, loss: &impl Loss<f32, Place>) -> (f64, Array<f64>) {
    let numbers: Vec<f32> = y.values.iter().map(|&x| x as f32).collect();
    let mut gradient = vec![f32::NAN; numbers.len()];
    let value = loss.of_rows(&numbers, y.shape[1], &mut gradient).unwrap();
    (f64::from(value), Array::new(&y.shape, gradient.into_iter().map(f64::from).collect()))
}

/// The same in a step of training: what a network gives for the rows of the identity is its weight, which a step of plain
/// gradient descent changes by the gradient.
fn at_once<const ROWS: usize>(y: &Array<f64>, loss: &impl Loss<f32, Place>) -> (f64, Array<f64>) {
    const RATE: f64 = 1024.0; // so that what the weight was hardly rounds the gradient
    let turned = |array: &Array<f64>| {
        let (rows, columns) = (array.shape[0], array.shape[1]);
        let numbers = (0..columns).flat_map(|column| (0..rows).map(move |row| (row, column)));
        let numbers = numbers.map(|(row, column)| array.values[row * columns + column]).collect();
        Array::new(&[columns, rows], numbers)
    };
    let mut net: Output<ROWS, f32, Place> = Output::build(&place());
    net.load_bytes(&file([("rows.weight", &turned(y))])).unwrap();
    let identity = (0..ROWS * ROWS).map(|at| if at % (ROWS + 1) == 0 { 1.0 } else { 0.0 }).collect();
    let identity: Tensor<Rank2<ROWS, ROWS>, f32, _> = place().tensor_from_vec(identity, (Const, Const));
    let before = turned(&weights(&net)[0].1);
    let mut optimizer = Optimizer::new(Sgd { learning_rate: RATE, ..Sgd::default() });
    let value = optimizer.train_step(&mut net, identity, loss).unwrap();
    let after = turned(&weights(&net)[0].1);
    let gradient = before.values.iter().zip(&after.values).map(|(before, after)| (before - after) / RATE);
    (f64::from(value), Array::new(&y.shape, gradient.collect()))
}

#[track_caller]
fn is_pytorchs(case: &str, (value, gradient): (f64, Array<f64>), tolerance: f64) {
    let fixture = fixture();
    let expected = fixture.f64(&format!("{case}.loss")).values[0];
    assert!(
        (value - expected).abs() <= tolerance * expected.abs(),
        "{case}: {value}, PyTorch has {expected}"
    );
    let expected = fixture.f64(&format!("{case}.gradient"));
    Difference::assert_close(case, &gradient, expected, 0.1 * tolerance, tolerance);
}

/// All ways, in both number types where there are two.
macro_rules! agrees {
    ($case:literal, $y:literal, $fixture:ident, |$E:ident| $loss:expr) => {{
        let $fixture = fixture();
        let y = $fixture.f64($y);
        {
            #[allow(dead_code, reason = "class numbers have no number type")]
            type $E = f64;
            is_pytorchs($case, composed::<f64>(y, &$loss), F64);
        }
        #[allow(dead_code, reason = "class numbers have no number type")]
        type $E = f32;
        is_pytorchs($case, composed::<f32>(y, &$loss), F32);
        is_pytorchs($case, fused(y, &$loss), F32);
        is_pytorchs($case, at_once::<6>(y, &$loss), F32);
    }};
}

#[test]
fn cross_entropies_are_pytorchs() {
    let (all, some) = (labels("labels"), labels("some"));
    let weights = fixture().f64("weights").values.clone();
    let with = |labels, weights, smoothing, ignore| CrossEntropyWith {
        labels,
        options: ClassOptions { weights, smoothing, ignore },
    };
    agrees!("ids", "y", f, |E| CrossEntropy(&all));
    agrees!("ids", "y", f, |E| with(&all, None, 0.0, None));
    agrees!("weighted", "y", f, |E| with(&all, Some(&weights[..]), 0.0, None));
    agrees!("smoothed", "y", f, |E| with(&all, None, 0.1, None));
    agrees!("ignored", "y", f, |E| with(&some, None, 0.0, Some(99)));
    agrees!("class_ignored", "y", f, |E| with(&all, None, 0.2, Some(2)));
    agrees!("all_options", "y", f, |E| with(&some, Some(&weights[..]), 0.3, Some(99)));
}

#[test]
fn soft_targets_are_pytorchs() {
    let weights = fixture().f64("weights").values.clone();
    agrees!("soft", "y", f, |E| SoftCrossEntropy::new(&rows::<E>(f.f64("soft"))));
    agrees!("soft_options", "y", f, |E| SoftCrossEntropy {
        target: &rows::<E>(f.f64("soft")),
        smoothing: 0.2,
        weights: Some(&weights),
    });
    agrees!("kl", "logarithms", f, |E| KlDivergence(&rows::<E>(f.f64("soft"))));
}

#[test]
fn answers_and_numbers_are_pytorchs() {
    let positive = fixture().f64("positive").values.clone();
    agrees!("binary", "zero", f, |E| BinaryCrossEntropy {
        target: &rows::<E>(f.f64("answers")),
        positive: None,
    });
    agrees!("positive", "zero", f, |E| BinaryCrossEntropy {
        target: &rows::<E>(f.f64("answers")),
        positive: Some(&positive),
    });
    agrees!("squares", "y", f, |E| MeanSquares(&rows::<E>(f.f64("target"))));
    agrees!("absolute", "y", f, |E| MeanAbsolute(&rows::<E>(f.f64("target"))));
    agrees!("huber", "y", f, |E| Huber { target: &rows::<E>(f.f64("target")), delta: 0.75 });
}

#[test]
fn cosines_are_pytorchs() {
    let alike: Vec<bool> = fixture().i64("signs").values.iter().map(|&sign| sign > 0).collect();
    agrees!("cosine", "first", f, |E| CosineEmbedding {
        with: &rows::<E>(f.f64("second")),
        alike: &alike,
        margin: 0.2,
    });
    agrees!("info_nce", "first", f, |E| InfoNce { keys: &rows::<E>(f.f64("second")), temperature: 0.1 });
}

/// The gradients of both sides.
#[test]
fn both_sides_of_pairs_get_pytorchs_gradients() {
    let f = fixture();
    let (first, second): (Rows<f64>, Rows<f64>) = (rows(f.f64("first")), rows(f.f64("second")));
    let alike: Vec<bool> = f.i64("signs").values.iter().map(|&sign| sign > 0).collect();
    let traced = || (first.leaky_trace(), second.leaky_trace());
    let cosine = cosine_embedding(traced().0, traced().1, &alike, 0.2);
    let info_nce = info_nce(traced().0, traced().1, 0.1);
    for (case, loss) in [("cosine", cosine), ("info_nce", info_nce)] {
        let gradients = loss.backward();
        for (side, key) in [(&first, "gradient"), (&second, "gradient1")] {
            Difference::assert_close(
                case,
                &array(&gradients.get(side)),
                f.f64(&format!("{case}.{key}")),
                1e-13,
                1e-12,
            );
        }
    }
    // As rows of one output, which is how one network encodes both.
    let joined =
        |a: &Array<f64>, b: &Array<f64>| Array::new(&[12, 5], [&a.values[..], &b.values[..]].concat());
    let y = joined(f.f64("first"), f.f64("second"));
    for (case, both_ways) in [("info_nce", false), ("both_ways", true)] {
        let loss = InfoNcePairs { temperature: 0.1, both_ways };
        let value = f.f64(&format!("{case}.loss")).values[0];
        let gradient = joined(f.f64(&format!("{case}.gradient")), f.f64(&format!("{case}.gradient1")));
        let found = [
            (composed::<f64>(&y, &loss), F64),
            (composed::<f32>(&y, &loss), F32),
            (fused(&y, &loss), F32),
            (at_once::<12>(&y, &loss), F32),
        ];
        for ((loss, found), tolerance) in found {
            assert!((loss - value).abs() < tolerance * value, "{case}: {loss}, PyTorch has {value}");
            Difference::assert_close(case, &found, &gradient, tolerance, tolerance);
        }
    }
}
