//! Losses: composed and fused, against finite differences, mistakes. That they are PyTorch's, `tests/parity/losses.rs` shows.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
use tensor_core::gradcheck::Gradcheck;
use tensor_core::loss::*;
use tensor_core::prelude::*;

use crate::support::fixture::{Array, Difference};

type Rows<E, T = NoneTape> = Tensor<(usize, usize), E, Cpu, T>;

fn rows<E: Element>(array: &Array<f64>) -> Rows<E>
where
    Cpu: Device<E>,
{
    let values = array.values.iter().map(|&value| E::of(value)).collect();
    Cpu::default().tensor_from_vec(values, (array.shape[0], array.shape[1]))
}

/// The loss and its gradient, on dfdx's tape.
fn composed<E: Element>(y: &Array<f64>, loss: &impl Loss<E, Cpu>) -> (f64, Array<f64>)
where
    Cpu: Device<E>,
{
    let y: Rows<E> = rows(y);
    let loss = loss.of(y.leaky_trace()).unwrap();
    let value = loss.as_vec()[0].to_f64().unwrap();
    let gradient = loss.backward().get(&y).as_vec();
    let gradient = gradient.into_iter().map(|g| g.to_f64().unwrap()).collect();
    (value, Array::new(&[y.shape().0, y.shape().1], gradient))
}

/// The same by the fused kernel.
fn fused(y: &Array<f64>, loss: &impl Loss<f32, Cpu>) -> (f64, Array<f64>) {
    let numbers: Vec<f32> = y.values.iter().map(|&x| x as f32).collect();
    let mut gradient = vec![f32::NAN; numbers.len()];
    let value = loss.of_rows(&numbers, y.shape[1], &mut gradient).unwrap();
    (f64::from(value), Array::new(&y.shape, gradient.into_iter().map(f64::from).collect()))
}

/// A module without weights, for the checker.
#[derive(Clone)]
struct Nothing;

impl<E: Dtype, D: Device<E>> TensorCollection<E, D> for Nothing {
    type To<E2: Dtype, D2: Device<E2>> = Nothing;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Nothing>, V::Err> {
        visitor.visit_fields((), |()| Nothing)
    }
}

/// A loss of a traced output.
type LossOf<'l> = dyn Fn(Rows<f64, OwnedTape<f64, Cpu>>) -> Tensor<Rank0, f64, Cpu, OwnedTape<f64, Cpu>> + 'l;

/// The slopes are the differences'.
#[test]
fn gradients_are_those_of_finite_differences() {
    let device = Cpu::seed_from_u64(3);
    let x: Rows<f64> = device.sample_normal_like(&(6, 5));
    let target: Rows<f64> = device.sample_normal_like(&(6, 5));
    let soft = target.clone().softmax::<Axis<1>>();
    let yes = target.clone().sigmoid();
    let weights = [1.0, 0.5, 2.0, 0.25, 3.0];
    let labels = [0, 4, 2, 99, 1, 2];
    let options = ClassOptions { weights: Some(&weights), smoothing: 0.2, ignore: Some(99) };
    let alike = [true, false, true, false, true, false];
    let check = |name: &str, loss: &LossOf| {
        let report = Gradcheck::new().run(&mut Nothing, &x, |_, x| loss(x)).unwrap();
        println!("{name}\n{report}");
        report.assert_below(1e-7);
    };
    check("cross_entropy_with", &|x| cross_entropy_with(x, &labels, &options));
    check("soft_cross_entropy", &|x| soft_cross_entropy(x, &soft));
    let all = SoftCrossEntropy { target: &soft, smoothing: 0.1, weights: Some(&weights) };
    check("soft_cross_entropy with options", &|x| all.of(x).unwrap());
    check("binary_cross_entropy", &|x| binary_cross_entropy(x, &yes, None));
    check("binary_cross_entropy weighted", &|x| binary_cross_entropy(x, &yes, Some(&weights)));
    check("mean_squares", &|x| mean_squares(x, &target));
    check("mean_absolute", &|x| mean_absolute(x, &target));
    check("huber", &|x| huber(x, &target, 1.0));
    check("kl_divergence", &|x| kl_divergence(x, &soft));
    check("cosine_embedding", &|x| cosine_embedding(x, target.clone(), &alike, 0.0));
    check("info_nce", &|x| info_nce(x, target.clone(), 0.2));
    for both_ways in [false, true] {
        check("pairs", &|x| InfoNcePairs { temperature: 0.2, both_ways }.of(x).unwrap());
    }
}

/// Fused and composed agree on sizes at which work is shared among threads, and on those of no whole vector.
#[test]
fn fused_is_composed() {
    let device = Cpu::seed_from_u64(5);
    for (rows, width) in [(1, 1), (3, 1), (2, 7), (17, 9), (64, 33), (600, 64), (8, 5000)] {
        let y: Rows<f32> = device.sample_normal_like(&(rows, width));
        let target: Rows<f32> = device.sample_normal_like(&(rows, width));
        let soft = target.clone().softmax::<Axis<1>>();
        let yes = target.clone().sigmoid();
        let labels: Vec<usize> = (0..rows).map(|row| (7 * row + row / 3) % width).collect();
        let weights: Vec<f64> = (0..width).map(|class| 0.5 + (class % 5) as f64).collect();
        let alike: Vec<bool> = (0..rows).map(|row| row % 3 != 0).collect();
        let options = ClassOptions { weights: Some(&weights), smoothing: 0.1, ignore: None };
        let (numbers, place) =
            (Array::new(&[rows, width], y.as_vec().iter().map(|&x| x.into()).collect()), (rows, width));
        macro_rules! same {
            ($($loss:expr),+ $(,)?) => {$({
                let ((a, of_a), (b, of_b)) = (composed::<f32>(&numbers, &$loss), fused(&numbers, &$loss));
                let name = format!("{} {place:?}", stringify!($loss));
                assert!((a - b).abs() <= 3e-5 * a.abs().max(1e-2), "{name}: {a} composed, {b} fused");
                let largest = of_a.values.iter().fold(0.0f64, |most, g| most.max(g.abs()));
                Difference::assert_close(&name, &of_b, &of_a, 3e-5 * largest + 1e-7, 1e-4);
            })+};
        }
        same!(
            CrossEntropy(&labels),
            CrossEntropyWith { labels: &labels, options },
            SoftCrossEntropy { target: &soft, smoothing: 0.1, weights: Some(&weights) },
            BinaryCrossEntropy { target: &yes, positive: Some(&weights) },
            BinaryCrossEntropy { target: &yes, positive: None },
            MeanSquares(&target),
            MeanAbsolute(&target),
            Huber { target: &target, delta: 0.5 },
            KlDivergence(&soft),
        );
        if width > 1 {
            same!(
                CosineEmbedding { with: &target, alike: &alike, margin: 0.05 },
                InfoNce { keys: &target, temperature: 0.2 },
            );
        }
        if width > 1 && rows % 2 == 0 {
            same!(
                InfoNcePairs { temperature: 0.2, both_ways: false },
                InfoNcePairs { temperature: 0.2, both_ways: true },
            );
        }
    }
}

/// NaN in an output is one in the loss and in its gradient, by either way.
#[test]
fn nan_is_passed_on() {
    let device = Cpu::default();
    let y = Array::new(&[2, 3], vec![0.5, f64::NAN, -1.0, 1.0, 2.0, 3.0]);
    let target: Rows<f32> = device.ones_like(&(2, 3));
    let soft = target.clone() / 3.0;
    macro_rules! is_nan {
        ($($loss:expr),+ $(,)?) => {$({
            for (loss, gradient) in [composed::<f32>(&y, &$loss), fused(&y, &$loss)] {
                assert!(loss.is_nan() && gradient.values[1].is_nan(), "{}: {loss}", stringify!($loss));
            }
        })+};
    }
    is_nan!(
        CrossEntropy(&[0, 1]),
        CrossEntropyWith {
            labels: &[0, 1],
            options: ClassOptions { smoothing: 0.1, ..ClassOptions::default() }
        },
        SoftCrossEntropy::new(&soft),
        BinaryCrossEntropy { target: &target, positive: None },
        MeanSquares(&target),
        Huber { target: &target, delta: 0.5 },
        CosineEmbedding { with: &target, alike: &[false, false], margin: 0.1 },
        InfoNce { keys: &target, temperature: 0.2 },
    );
    // Its gradient is the target's share, whatever the output.
    assert!(
        composed::<f32>(&y, &KlDivergence(&soft)).0.is_nan() && fused(&y, &KlDivergence(&soft)).0.is_nan()
    );
}

/// The message, which both ways give.
#[track_caller]
fn refused(loss: &impl Loss<f32, Cpu>, sizes: (usize, usize), expected: &str) {
    let y: Rows<f32> = Cpu::default().ones_like(&sizes);
    let mut gradient = vec![0.0; sizes.0 * sizes.1];
    let fused = loss.of_rows(&y.as_vec(), sizes.1, &mut gradient).unwrap_err();
    assert_eq!(loss.of(y).unwrap_err(), fused);
    assert_eq!(fused.to_string(), expected);
}

#[test]
fn mistakes_in_labels_are_told() {
    let with = |labels, options| CrossEntropyWith { labels, options };
    let plain = ClassOptions::default();
    refused(&CrossEntropy(&[0, 3]), (2, 3), "the label of row 1 is 3, but there are 3 classes, from 0 to 2");
    refused(&CrossEntropy(&[0]), (2, 3), "there are 2 rows, but 1 labels");
    refused(&with(&[0, 3], plain), (2, 3), "the label of row 1 is 3, but there are 3 classes, from 0 to 2");
    refused(
        &with(&[0, 9], ClassOptions { ignore: Some(8), ..plain }),
        (2, 3),
        "the label of row 1 is 9, but there are 3 classes, from 0 to 2",
    );
    refused(
        &with(&[0, 1], ClassOptions { weights: Some(&[1.0, 2.0]), ..plain }),
        (2, 3),
        "there are 2 class weights, but 3 columns",
    );
    refused(
        &with(&[0, 1], ClassOptions { weights: Some(&[1.0, f64::NAN, 1.0]), ..plain }),
        (2, 3),
        "a class weight is finite and not negative, but that of column 1 is NaN",
    );
    refused(
        &with(&[0, 1], ClassOptions { smoothing: 1.5, ..plain }),
        (2, 3),
        "label smoothing is from 0 to 1, not 1.5",
    );
    refused(
        &with(&[2, 2], ClassOptions { ignore: Some(2), ..plain }),
        (2, 3),
        "none of the 2 rows counts: each label is the one to ignore, or a class of weight 0",
    );
    let logits: Tensor<Rank2<2, 3>, f32, _> = Cpu::default().zeros();
    let wrong = try_cross_entropy(logits, &[0, 3]).unwrap_err();
    assert_eq!(wrong, Error::Label { row: 1, label: 3, classes: 3 });
}

#[test]
fn mistakes_in_targets_are_told() {
    let device = Cpu::default();
    let given = |values: &[f32], sizes: (usize, usize)| -> Rows<f32> {
        device.tensor_from_vec(values.to_vec(), sizes)
    };
    let negative = given(&[0.5, 0.5, 1.2, -0.2], (2, 2));
    let less = given(&[0.5, 0.5, 0.5, 0.2], (2, 2));
    let nan = given(&[0.5, 0.5, f32::NAN, 0.5], (2, 2));
    let outside =
        |value| format!("a target holds probabilities, from 0 to 1, but row 1 has {value} in column 0");
    let sum = "the probabilities of a row sum up to 1, but those of row 1 of the target to 0.700000";
    refused(&SoftCrossEntropy::new(&negative), (2, 2), &outside("1.2"));
    refused(&SoftCrossEntropy::new(&less), (2, 2), sum);
    refused(&KlDivergence(&nan), (2, 2), &outside("NaN"));
    refused(&KlDivergence(&less), (2, 2), sum);
    refused(&BinaryCrossEntropy { target: &negative, positive: None }, (2, 2), &outside("1.2"));
    refused(
        &BinaryCrossEntropy { target: &less, positive: Some(&[1.0, 2.0, 3.0]) },
        (2, 2),
        "there are 3 positive weights, but 2 columns",
    );
    refused(
        &BinaryCrossEntropy { target: &less, positive: Some(&[1.0, -2.0]) },
        (2, 2),
        "a positive weight is finite and not negative, but that of column 1 is -2",
    );
    let six = given(&[0.0; 6], (2, 3));
    refused(&MeanSquares(&six), (2, 2), "the target has 6 numbers, [2, 3], but the network gave 4");
    refused(&MeanAbsolute(&six), (3, 2), "the target is [2, 3], but what the network gave is [3, 2]");
    refused(&Huber { target: &six, delta: 0.0 }, (2, 3), "Huber's delta is above 0 and finite, not 0");
    let column: Tensor<(usize,), f32, _> = device.zeros_like(&(4,));
    assert_eq!(MeanSquares(&column).of(device.ones_like(&(4, 1))).unwrap().array(), 1.0);
    refused(&MeanSquares(&column), (2, 2), "the target is [4], but what the network gave is [2, 2]");
    let (two, three) = (given(&[0.0; 4], (2, 2)), given(&[0.0; 6], (3, 2)));
    assert_eq!(
        try_mean_squares(two, &three).unwrap_err().to_string(),
        "the target is [3, 2], but what the network gave is [2, 2]"
    );
}

#[test]
fn mistakes_in_pairs_are_told() {
    let other: Rows<f32> = Cpu::default().ones_like(&(3, 2));
    let cosine = |alike, margin| CosineEmbedding { with: &other, alike, margin };
    refused(
        &cosine(&[true], 0.0),
        (3, 2),
        "there are 3 pairs of rows, but 1 of them are said to be alike or not",
    );
    refused(&cosine(&[true; 3], 1.5), (3, 2), "the margin of cosines is from -1 to 1, not 1.5");
    refused(
        &InfoNce { keys: &other, temperature: 0.0 },
        (3, 2),
        "the temperature is above 0 and finite, not 0",
    );
    refused(
        &InfoNcePairs { temperature: 0.1, both_ways: false },
        (3, 2),
        "queries, then as many keys, are an even number of rows, not 3",
    );
}

/// Losses of a whole step: the fused step is the composed one, by the weights that come out.
#[test]
fn a_step_of_training_takes_each_loss() {
    use tensor_core::optim::{Optimizer, Sgd};

    layer! { struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }

    let device = Cpu::seed_from_u64(11);
    let net = TwoLayer::new(&device);
    let x: Tensor<Rank2<6, 4>, f32, _> = device.sample_normal();
    let target: Tensor<Rank2<6, 3>, f32, _> = device.sample_normal();
    let soft = target.clone().softmax::<Axis<1>>();
    let options = ClassOptions { smoothing: 0.1, ..ClassOptions::default() };
    macro_rules! same {
        ($($loss:expr),+ $(,)?) => {$({
            let rule = Sgd { learning_rate: 0.1, ..Sgd::default() };
            let (mut a, mut b) = (net.clone(), net.clone());
            let whole = Optimizer::new(rule).train_step(&mut a, x.clone(), $loss).unwrap();
            let y = b.forward_train(x.clone(), b.alloc_grads()).reshape_like(&(6, 3));
            let loss = $loss.of(y).unwrap();
            assert!((loss.array() - whole).abs() < 1e-6);
            Optimizer::new(rule).step(&mut b, &mut loss.backward()).unwrap();
            let apart = (a.hidden.weight.tensor().clone() - b.hidden.weight.tensor().clone()).abs();
            assert!(apart.max::<Rank0, _>().array() < 1e-6, "{}", stringify!($loss));
        })+};
    }
    same!(
        CrossEntropyWith { labels: &[0, 1, 2, 0, 1, 2], options },
        SoftCrossEntropy::new(&soft),
        BinaryCrossEntropy { target: &soft, positive: None },
        MeanAbsolute(&target),
        Huber { target: &target, delta: 0.3 },
        CosineEmbedding { with: &target, alike: &[true; 6], margin: 0.0 },
        InfoNcePairs { temperature: 0.3, both_ways: true },
    );
}
