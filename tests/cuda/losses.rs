//! Losses in a step of training are those of the CPU, with their gradients, in sizes that no fixture has; the same bits twice;
//! what is wrong is told in the same words. `tests/parity/losses.rs` compares them with PyTorch.

use tensor_core::loss::*;
use tensor_core::optim::{Optimizer, Sgd};
use tensor_core::prelude::*;

use crate::support::net::place;
use crate::{assert_close, both};

// What it gives for the rows of the identity is its weight, turned.
layer! {
    struct Output<const ROWS: usize, const WIDTH: usize>: [ROWS] -> [WIDTH] {
        rows: linear(ROWS -> WIDTH, bias: false)
    }
}

/// A loss of `y` and its gradient, by the change of the weight in a step of plain gradient descent.
fn step<const ROWS: usize, const WIDTH: usize>(
    y: &[f32],
    loss: &impl Loss<f32, Cuda>,
) -> Result<(f32, Vec<f32>), Error> {
    const RATE: f32 = 1024.0; // so that what the weight was hardly rounds the gradient
    let gpu = place();
    let mut net: Output<ROWS, WIDTH, f32, Cuda> = Output::build(&gpu);
    let numbers = (0..ROWS * WIDTH).map(|at| y[at % ROWS * WIDTH + at / ROWS]).collect::<Vec<_>>();
    net.rows.weight = gpu.tensor_from_vec(numbers.clone(), (Const::<WIDTH>, Const::<ROWS>)).into();
    let identity = (0..ROWS * ROWS).map(|at| if at % (ROWS + 1) == 0 { 1.0 } else { 0.0 }).collect();
    let identity = gpu.tensor_from_vec(identity, (Const::<ROWS>, Const::<ROWS>));
    let mut optimizer = Optimizer::new(Sgd { learning_rate: f64::from(RATE), ..Sgd::default() });
    let found = optimizer.train_step(&mut net, identity, loss);
    let after = net.rows.weight.tensor().as_vec();
    if found.is_err() {
        assert_eq!(after, numbers, "a step that fails changes nothing");
    }
    let gradient = (0..ROWS * WIDTH).map(|at| {
        let turned = at % WIDTH * ROWS + at / WIDTH;
        (numbers[turned] - after[turned]) / RATE
    });
    Ok((found?, gradient.collect()))
}

/// The same by the kernel of the CPU.
fn kernel(y: &[f32], width: usize, loss: &impl Loss<f32, Cpu>) -> Result<(f32, Vec<f32>), Error> {
    let mut gradient = vec![f32::NAN; y.len()];
    let value = loss.of_rows(y, width, &mut gradient)?;
    Ok((value, gradient))
}

/// Both from the same expression: `target` and others in it are those of the place.
macro_rules! each {
    ($check:ident($y:expr): $([$($name:ident: $here:expr, $there:expr),*] $loss:expr),+ $(,)?) => {$({
        let on_cpu = { $(let $name = &$here;)* kernel($y, WIDTH, &$loss) };
        let on_gpu = || { $(let $name = &$there;)* step::<ROWS, WIDTH>($y, &$loss) };
        $check(stringify!($loss), on_cpu, on_gpu);
    })+};
}

type Found = Result<(f32, Vec<f32>), Error>;

fn agree(name: &str, cpu: Found, gpu: impl Fn() -> Found) {
    let ((a, of_a), (b, of_b)) = (cpu.unwrap(), gpu().unwrap());
    assert_close(name, &[a], &[b], 3e-5);
    let largest = of_a.iter().fold(1e-30f32, |most, g| most.max(g.abs()));
    let scaled = |gradient: &[f32]| gradient.iter().map(|g| g / largest).collect::<Vec<_>>();
    assert_close(&format!("gradient of {name}"), &scaled(&of_a), &scaled(&of_b), 1e-4);
    let (again, of_again) = gpu().unwrap();
    assert_eq!(again.to_bits(), b.to_bits(), "{name} has the same bits twice");
    assert!(of_again.iter().zip(&of_b).all(|(a, b)| a.to_bits() == b.to_bits()), "{name}: its gradient");
}

fn all_agree<const ROWS: usize, const WIDTH: usize>() {
    let (y, _) = both(1, (ROWS, WIDTH));
    let (target, on_gpu) = both(2, (ROWS, WIDTH));
    let (y, moved) = (&y.as_vec()[..], |x: &Tensor<(usize, usize), f32, Cpu>| {
        place().tensor_from_vec(x.as_vec(), *x.shape())
    });
    let (soft, yes) = (target.clone().softmax::<Axis<1>>(), target.clone().sigmoid());
    let (soft_there, yes_there) = (moved(&soft), moved(&yes));
    let labels: Vec<usize> = (0..ROWS).map(|row| (7 * row + row / 3) % WIDTH).collect();
    let weights: Vec<f64> = (0..WIDTH).map(|class| 0.5 + (class % 5) as f64).collect();
    let alike: Vec<bool> = (0..ROWS).map(|row| row % 3 != 0).collect();
    let mut some = labels.clone();
    some[ROWS / 2] = WIDTH + 7;
    let options = ClassOptions { weights: Some(&weights), smoothing: 0.1, ignore: Some(WIDTH + 7) };
    let plain = ClassOptions { weights: Some(&weights), ..ClassOptions::default() };
    each! { agree(y):
        [] CrossEntropy(&labels),
        [] CrossEntropyWith { labels: &labels, options: plain },
        [t: soft, soft_there] SoftCrossEntropy { target: t, smoothing: 0.1, weights: Some(&weights) },
        [t: yes, yes_there] BinaryCrossEntropy { target: t, positive: Some(&weights) },
        [t: yes, yes_there] BinaryCrossEntropy { target: t, positive: None },
        [t: target, on_gpu] MeanSquares(t),
        [t: target, on_gpu] MeanAbsolute(t),
        [t: target, on_gpu] Huber { target: t, delta: 0.5 },
        [t: soft, soft_there] KlDivergence(t),
        [t: target, on_gpu] CosineEmbedding { with: t, alike: &alike, margin: 0.05 },
        [t: target, on_gpu] InfoNce { keys: t, temperature: 0.2 },
    }
    if ROWS > 1 {
        each! { agree(y): [] CrossEntropyWith { labels: &some, options } }
    }
    if ROWS.is_multiple_of(2) {
        each! { agree(y):
            [] InfoNcePairs { temperature: 0.2, both_ways: false },
            [] InfoNcePairs { temperature: 0.2, both_ways: true },
        }
    }
}

#[test]
fn of_both_devices_agree() {
    all_agree::<1, 3>();
    all_agree::<2, 7>();
    all_agree::<17, 33>();
    all_agree::<600, 65>();
    all_agree::<8, 5000>();
}

fn is_nan(name: &str, cpu: Found, gpu: impl Fn() -> Found) {
    for (loss, gradient) in [cpu.unwrap(), gpu().unwrap()] {
        // The gradient of this one is the target's share, whatever the output.
        assert!(
            loss.is_nan() && (gradient[1].is_nan() || name.starts_with("KlDivergence")),
            "{name}: {loss}"
        );
    }
}

#[test]
fn nan_is_passed_on() {
    const ROWS: usize = 2;
    const WIDTH: usize = 3;
    let y = &[0.5, f32::NAN, -1.0, 1.0, 2.0, 3.0][..];
    let ones = |value: f32| {
        let numbers = vec![value; 6];
        let here: Tensor<_, f32, Cpu> = Cpu::default().tensor_from_vec(numbers.clone(), (2, 3));
        (here, place().tensor_from_vec(numbers, (2, 3)))
    };
    let ((one, one_there), (third, third_there)) = (ones(1.0), ones(1.0 / 3.0));
    let options = ClassOptions { smoothing: 0.1, ..ClassOptions::default() };
    each! { is_nan(y):
        [] CrossEntropy(&[0, 1]),
        [] CrossEntropyWith { labels: &[0, 1], options },
        [] CrossEntropyWith { labels: &[0, 1], options: ClassOptions::default() },
        [t: third, third_there] SoftCrossEntropy::new(t),
        [t: third, third_there] KlDivergence(t),
        [t: one, one_there] BinaryCrossEntropy { target: t, positive: None },
        [t: one, one_there] MeanSquares(t),
        [t: one, one_there] MeanAbsolute(t),
        [t: one, one_there] Huber { target: t, delta: 0.5 },
        [t: one, one_there] CosineEmbedding { with: t, alike: &[false, false], margin: 0.1 },
        [t: one, one_there] InfoNce { keys: t, temperature: 0.2 },
    }
}

fn refused(name: &str, cpu: Found, gpu: impl Fn() -> Found) {
    assert_eq!(cpu.unwrap_err().to_string(), gpu().unwrap_err().to_string(), "{name}");
}

#[test]
fn mistakes_are_told_as_on_the_cpu() {
    const ROWS: usize = 2;
    const WIDTH: usize = 2;
    let y = &[0.5, 0.25, 1.0, 2.0][..];
    let given = |numbers: &[f32], sizes: (usize, usize)| {
        let here: Tensor<_, f32, Cpu> = Cpu::default().tensor_from_vec(numbers.to_vec(), sizes);
        (here, place().tensor_from_vec(numbers.to_vec(), sizes))
    };
    let (negative, negative_there) = given(&[0.5, 0.5, 1.2, -0.2], (2, 2));
    let (less, less_there) = given(&[0.5, 0.5, 0.5, 0.2], (2, 2));
    let (nan, nan_there) = given(&[0.5, 0.5, f32::NAN, 0.5], (2, 2));
    let (six, six_there) = given(&[0.0; 6], (2, 3));
    let plain = ClassOptions::default();
    let ignores = ClassOptions { ignore: Some(1), ..plain };
    let too_much = ClassOptions { smoothing: 1.5, ..plain };
    let heavy = ClassOptions { weights: Some(&[1.0, f64::NAN]), ..plain };
    each! { refused(y):
        [] CrossEntropy(&[0, 2]),
        [] CrossEntropy(&[0]),
        [] CrossEntropyWith { labels: &[0, 2], options: plain },
        [] CrossEntropyWith { labels: &[1, 1], options: ignores },
        [] CrossEntropyWith { labels: &[0, 1], options: too_much },
        [] CrossEntropyWith { labels: &[0, 1], options: heavy },
        [t: negative, negative_there] SoftCrossEntropy::new(t),
        [t: less, less_there] SoftCrossEntropy::new(t),
        [t: nan, nan_there] KlDivergence(t),
        [t: less, less_there] KlDivergence(t),
        [t: negative, negative_there] BinaryCrossEntropy { target: t, positive: None },
        [t: less, less_there] BinaryCrossEntropy { target: t, positive: Some(&[1.0, -2.0]) },
        [t: six, six_there] MeanSquares(t),
        [t: six, six_there] MeanAbsolute(t),
        [t: less, less_there] Huber { target: t, delta: 0.0 },
        [t: less, less_there] CosineEmbedding { with: t, alike: &[true], margin: 0.0 },
        [t: less, less_there] CosineEmbedding { with: t, alike: &[true; 2], margin: 1.5 },
        [t: less, less_there] InfoNce { keys: t, temperature: 0.0 },
    }
}

/// An odd number of rows makes no pairs.
#[test]
fn odd_rows_are_refused() {
    let pairs = InfoNcePairs { temperature: 0.1, both_ways: true };
    let (y, _) = both(4, (3, 2));
    let cpu = kernel(&y.as_vec(), 2, &pairs);
    refused("pairs", cpu, || step::<3, 2>(&y.as_vec(), &pairs));
}
