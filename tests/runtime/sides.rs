//! Side inputs: masks, contexts, ids beside numbers.

use tensor_core::prelude::*;

use crate::support::net::{array, gradients, normal, randomise, tensor};

layer! {
    pub struct Encoder: (x: [n, 6], mask: [n]) -> [6] {
        residual { norm: layer_norm, attend: attention(heads: 2, mask: padding) }, pool(mean),
    }
}
layer! {
    pub struct Block: (x: [n, 6], context: [m, 4], mask: [n]) -> [n, 6] {
        residual { cross: attention(heads: 2, context: context) },
        residual { attend: attention(heads: 3, mask: padding) },
    }
}
layer! {
    pub struct Named: (x: [n, 6], memory: [m, 4], mask: [n]) -> [n, 6] {
        first: Block(context: memory), others: [Block; 2](context: memory, rename: "rest"),
    }
}
layer! { pub struct Plain: (x: [n, 6], mask: [n], context: [m, 4]) -> [n, 6] { only: Block } }

fn sample<S: Shape>(shape: S, seed: u64) -> Tensor<S, f64, Cpu> {
    tensor(&Cpu::default(), shape, &normal(&Cpu::seed_from_u64(seed), shape.num_elements()))
}

fn mask<S: Shape>(values: &[f64], shape: S) -> Tensor<S, f64, Cpu> {
    tensor(&Cpu::default(), shape, values)
}

fn built<N: tensor_core::io::StateDict<f64, Cpu>>(mut net: N) -> N {
    randomise(&mut net, 1);
    net
}

#[track_caller]
fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} for {expected:?}");
}

#[test]
fn padded_sequences_give_what_they_give_alone() {
    let net = built(Encoder::<f64, _>::build(&Cpu::default()));
    let x = sample((2, 5, Const::<6>), 3);
    let counts = mask(&[1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0], (2, 5));
    let together = net.forward(x.clone(), counts).as_vec();
    for (index, length) in [3, 5].into_iter().enumerate() {
        let rows = x.as_vec()[index * 30..index * 30 + length * 6].to_vec();
        let alone = net.forward(
            tensor(&Cpu::default(), (length, Const::<6>), &rows),
            mask(&vec![1.0; length], (length,)),
        );
        assert_near(&together[index * 6..][..6], &alone.as_vec());
    }
}

#[test]
fn nested_networks_get_them_by_name() {
    let (x, context) = (sample((2, 3, Const::<6>), 3), sample((2, 4, Const::<4>), 4));
    let counts = mask(&[1.0, 1.0, 0.0, 1.0, 1.0, 1.0], (2, 3));
    let plain = built(Plain::<f64, _>::build(&Cpu::default()));
    let y = plain.forward(x.clone(), counts.clone(), context.clone());
    assert_eq!(y.as_vec(), plain.only.forward(x.clone(), context.clone(), counts.clone()).as_vec());

    let named = built(Named::<f64, _>::build(&Cpu::default()));
    let mut y = named.first.forward(x.clone(), context.clone(), counts.clone());
    for block in named.others.iter() {
        y = block.forward(y, context.clone(), counts.clone());
    }
    assert_eq!(named.forward(x.clone(), context.clone(), counts.clone()).as_vec(), y.as_vec());
    assert_eq!(Module::forward(&named, (x, context, counts)).as_vec(), y.as_vec());
}

#[test]
fn one_without_leading_axes_is_there_for_the_whole_batch() {
    layer! { pub struct Cross: (x: [n, 6], context: [m, 4]) -> [n, 6] { cross: attention(heads: 2, context: context) } }
    let net = built(Cross::<f64, _>::build(&Cpu::default()));
    let (x, shared) = (sample((3, 2, Const::<6>), 3), sample((4, Const::<4>), 4));
    let each: Tensor<(usize, usize, Const<4>), f64, _> =
        tensor(&Cpu::default(), (3, 4, Const), &shared.as_vec().repeat(3));
    let y = net.forward(x.clone(), shared.clone());
    assert_eq!(y.as_vec(), net.forward(x.clone(), each.clone()).as_vec());
    // Its gradient is the sum over the batch.
    let apart =
        net.forward(x.leaky_trace(), each.clone()).square().sum::<Rank0, _>().backward().get(&each).as_vec();
    let sum: Vec<f64> = (0..16).map(|i| (0..3).map(|row| apart[row * 16 + i]).sum()).collect();
    let together = net.forward(x.leaky_trace(), shared.clone()).square().sum::<Rank0, _>().backward();
    assert_near(&together.get(&shared).as_vec(), &sum);
}

#[test]
fn a_context_in_another_order_keeps_its_gradient() {
    layer! { pub struct Cross: (x: [n, 6], context: [m, 4]) -> [n, 6] { cross: attention(heads: 2, context: context) } }
    let net = built(Cross::<f64, _>::build(&Cpu::default()));
    let (x, context) = (sample((2, 5, Const::<6>), 3), sample((2, 3, Const::<4>), 4));
    let loss = |y: Tensor<_, f64, Cpu, OwnedTape<f64, Cpu>>| y.square().sum::<Rank0, _>();
    let plain = loss(net.forward(x.leaky_trace(), context.clone())).backward().get(&context).as_vec();
    // The same context, whose first two axes were swapped and are swapped back on the tape.
    let swapped: Tensor<(usize, usize, Const<4>), f64, _> =
        context.permute::<_, Axes3<1, 0, 2>>().contiguous();
    let back = swapped.leaky_trace().permute::<(usize, usize, Const<4>), Axes3<1, 0, 2>>();
    let gradient = loss(net.forward(x.leaky_trace(), back)).backward().get(&swapped);
    assert_near(&gradient.permute::<(usize, usize, Const<4>), Axes3<1, 0, 2>>().as_vec(), &plain);
}

#[test]
fn an_encoder_learns_through_the_context_of_a_decoder() {
    layer! { pub struct Enc: [m, 4] -> [m, 4] { fc: linear(4 -> 4), tanh } }
    layer! { pub struct Dec: (x: [n, 6], context: [m, 4]) -> [n, 6] { cross: attention(heads: 2, context: context), dropout(0.0) } }
    let (encoder, decoder) =
        (built(Enc::<f64, _>::build(&Cpu::default())), built(Dec::<f64, _>::build(&Cpu::default())));
    let (source, x) = (sample((2, 3, Const::<4>), 3), sample((2, 5, Const::<6>), 4));
    let loss = |encoder: &Enc<f64, Cpu>| {
        let memory = encoder.forward_train(source.clone(), encoder.alloc_grads());
        decoder.forward_train(x.clone(), memory, decoder.alloc_grads()).square().sum::<Rank0, _>()
    };
    let found = gradients(&encoder, &loss(&encoder).backward()).remove(0).1.values;
    let at = |step: f64| {
        let mut moved = encoder.clone();
        let mut weight = moved.fc.weight.as_vec();
        weight[5] += step;
        moved.fc.weight.tensor_mut().copy_from(&weight);
        array(&loss(&moved)).values[0]
    };
    let expected = (at(1e-5) - at(-1e-5)) / 2e-5;
    assert!((found[5] - expected).abs() < 1e-6 * expected.abs().max(1.0), "{} for {expected}", found[5]);
}

#[test]
fn what_does_not_fit_is_told() {
    let net = Encoder::<f64, _>::build(&Cpu::default());
    let x = || sample((2, 3, Const::<6>), 3);
    let said = |values: &[f64], shape: (usize, usize)| {
        net.try_forward(x(), mask(values, shape)).map(drop).expect_err("it does not fit").to_string()
    };
    assert_eq!(
        said(&[1.0; 8], (2, 4)),
        "the side input `mask` of `Encoder` takes [2, 3], but was given [2, 4]"
    );
    assert_eq!(
        said(&[1.0; 9], (3, 3)),
        "the side input `mask` of `Encoder` takes [2, 3], but was given [3, 3]"
    );
    assert_eq!(
        said(&[1.0, 1.0, 1.0, 1.0, 0.5, 1.0], (2, 3)),
        "a mask is 1 where a position counts and 0 elsewhere, but `mask` of `attend` holds 0.5 at [1, 1]"
    );
    assert_eq!(
        said(&[1.0, 1.0, 1.0, 0.0, 0.0, 0.0], (2, 3)),
        "`attend` has nothing to work on: `mask` leaves no position of sequence 1"
    );
}
