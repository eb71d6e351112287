//! `patches`, `conv2d`, `max_pool2d`, `avg_pool2d`.

use dfdx::prelude::*;

use crate::ops::testing::{N, NoWeights, build, check_gradients, plan, plan_of, refusal, run, size, tensor};
use crate::ops::{Conv2d, Conv2dNoBias, Conv2dOp, Op, PatchesOp, Pool2d, Pool2dOp};
use crate::plan::Axes;

type Image = Tensor<(usize, usize, usize), f64, Cpu>;
type Images = Tensor<(usize, usize, usize, usize), f64, Cpu>;

fn counting<S: Shape>(shape: S) -> Tensor<S, f64, Cpu> {
    Cpu::default().tensor_from_vec((0..shape.num_elements()).map(|i| i as f64).collect(), shape)
}

#[test]
fn patches_go_row_by_row_with_the_channels_first() {
    let net = plan_of(&[size(2), size(2), size(4)], &[], Op::Patches(PatchesOp { size: 2 }));
    assert_eq!(net.output.to_string(), "[2, 8]");
    let y: Tensor<(usize, usize), f64, _> = run(net, &NoWeights, counting((2, 2, 4)), &[]).expect("it runs");
    let first = [0.0, 1.0, 4.0, 5.0, 8.0, 9.0, 12.0, 13.0];
    assert_eq!(y.as_vec(), [first, first.map(|value| value + 2.0)].concat());
    let inexact = refusal(Op::Patches(PatchesOp { size: 3 }), &Axes::of_sizes(&[1, 6, 8]), &[]);
    assert_eq!(inexact.as_deref(), Some("cuts 8 columns into patches of 3, which leaves a remainder of 2"));
}

/// A convolution by its definition.
fn convolved(op: &Conv2dOp, x: &Images, weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let (images, channels, height, width) = *x.shape();
    let (x, k) = (x.as_vec(), op.kernel);
    let out = |length: usize| (length + 2 * op.padding - k) / op.stride + 1;
    let mut y = Vec::new();
    for (image, o) in (0..images).flat_map(|image| (0..op.outputs).map(move |o| (image, o))) {
        for (row, column) in (0..out(height)).flat_map(|row| (0..out(width)).map(move |column| (row, column)))
        {
            let mut sum = bias[o];
            for (c, i, j) in (0..channels).flat_map(|c| (0..k * k).map(move |at| (c, at / k, at % k))) {
                let (r, s) = (row * op.stride + i, column * op.stride + j);
                let inside = (op.padding..height + op.padding).contains(&r)
                    && (op.padding..width + op.padding).contains(&s);
                if inside {
                    let at = ((image * channels + c) * height + r - op.padding) * width + s - op.padding;
                    sum += weight[((o * channels + c) * k + i) * k + j] * x[at];
                }
            }
            y.push(sum);
        }
    }
    y
}

#[test]
fn a_convolution_follows_the_definition() {
    for (stride, padding) in [(1, 0), (1, 1), (2, 0), (2, 2), (3, 1)] {
        let op = Conv2dOp { inputs: 2, outputs: 3, kernel: 3, stride, padding, bias: true };
        let net = plan_of(&[size(2), size(5), size(4)], &[], Op::Conv2d(op));
        let mut weights: Conv2d<2, 3, 3, f64, Cpu> = build();
        let x = tensor((2, 2, 5, 4), 20);
        let y: Images = run(net, &weights, x.clone(), &[]).expect("it runs");
        let expected = convolved(&op, &x, &weights.weight.as_vec(), &weights.bias.as_vec());
        assert_eq!(y.shape().num_elements(), expected.len());
        for (a, b) in y.as_vec().iter().zip(expected) {
            assert!((a - b).abs() < 1e-12, "{a} and {b}");
        }
        check_gradients::<(usize, usize, usize, usize), _, _>(net, &mut weights, &x, &[]);
        assert_eq!(op.macs(&Axes::of_sizes(&[2, 2, 5, 4]), &[]), y.shape().num_elements() as u64 * 18);
    }
    let op = Conv2dOp { inputs: 1, outputs: 1, kernel: 1, stride: 1, padding: 0, bias: false };
    let net = plan_of(&[size(1), size(2), size(2)], &[], Op::Conv2d(op));
    check_gradients::<(usize, usize, usize), _, _>(
        net,
        &mut build::<Conv2dNoBias<1, 1, 1, f64, Cpu>>(),
        &tensor((1, 2, 2), 21),
        &[],
    );
}

#[test]
fn convolutions_refuse_what_does_not_fit() {
    let op = Conv2dOp { inputs: 3, outputs: 4, kernel: 5, stride: 1, padding: 0, bias: true };
    let says = |op, axes: &Axes| refusal(Op::Conv2d(op), axes, &[]).unwrap_or_default();
    assert_eq!(says(op, &Axes::of_sizes(&[1, 8, 8])), "takes 3 channels, but 1 flow in");
    assert_eq!(says(op, &Axes::of_sizes(&[3, 8, 4])), "moves a filter of 5 columns over 4");
    let padded = Conv2dOp { kernel: 8, padding: 1, ..op };
    assert_eq!(
        says(padded, &Axes::of_sizes(&[3, 5, 8])),
        "moves a filter of 8 rows over 7, padding included"
    );
    assert_eq!(says(op, &Axes::new(&[size(3), N, size(8)])), "a runtime axis");
    assert!(says(op, &Axes::of_sizes(&[8, 8])).starts_with("takes images"));
    let nothing = Conv2dOp { kernel: 0, stride: 0, ..op };
    assert_eq!(says(nothing, &Axes::of_sizes(&[3, 8, 8])), "");
    assert_eq!(op.output(Axes::of_sizes(&[3, 8, 9])).to_string(), "[4, 4, 5]");
    assert_eq!(op.params(), 4 * 3 * 25 + 4);
}

#[test]
fn pools_make_one_value_of_each_square() {
    let x = counting((2, 2, 4));
    for (kind, offset) in [(Pool2d::Max, 5.0), (Pool2d::Avg, 2.5)] {
        let op = Op::Pool2d(Pool2dOp { size: 2, kind });
        let net = plan_of(&[size(2), size(2), size(4)], &[], op);
        assert_eq!(net.output.to_string(), "[2, 1, 2]");
        let y: Image = run(net, &NoWeights, x.clone(), &[]).expect("it runs");
        assert_eq!(y.as_vec(), [0.0, 2.0, 8.0, 10.0].map(|start| start + offset));
        let inexact = refusal(op, &Axes::of_sizes(&[1, 7, 8]), &[]);
        assert_eq!(inexact.as_deref(), Some("cuts 7 rows into squares of 2, which leaves a remainder of 1"));

        let convolution =
            Op::Conv2d(Conv2dOp { inputs: 1, outputs: 2, kernel: 2, stride: 1, padding: 0, bias: true });
        let net = plan(&[size(1), size(5), size(7)], false, &[], &[("c", convolution), ("p", op)]);
        let mut weights: Conv2d<1, 2, 2, f64, Cpu> = build();
        check_gradients::<(usize, usize, usize, usize), _, _>(
            net,
            &mut weights,
            &tensor((2, 1, 5, 7), 22),
            &[],
        );
    }
}

#[test]
fn the_first_of_the_largest_gets_the_gradient_and_nan_stays() {
    let net = plan_of(&[size(1), size(2), size(2)], &[], Op::Pool2d(Pool2dOp { size: 2, kind: Pool2d::Max }));
    let x = Cpu::default().tensor_from_vec(vec![1.0, 4.0, 4.0, 4.0], (1, 2, 2));
    let y: Tensor<(usize, usize, usize), f64, _, _> =
        run(net, &NoWeights, x.leaky_trace(), &[]).expect("it runs");
    assert_eq!(y.sum().backward().get(&x).as_vec(), [0.0, 1.0, 0.0, 0.0]);
    let x = Cpu::default().tensor_from_vec(vec![1.0, f64::NAN, 4.0, 4.0], (1, 2, 2));
    let y: Image = run(net, &NoWeights, x, &[]).expect("it runs");
    assert!(y.as_vec()[0].is_nan());
}
