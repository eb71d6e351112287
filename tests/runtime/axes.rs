//! Which tensors networks take, and what they give for each.

use tensor_core::prelude::*;

use crate::nets::{Everything, Head, Picture, TwoLayer};
use crate::support::net::{normal, tensor};

fn sample<S: Shape>(shape: S) -> Tensor<S, f64, Cpu> {
    let device = Cpu::seed_from_u64(1);
    tensor(&device, shape, &normal(&device, shape.num_elements()))
}

fn two_layer() -> TwoLayer<f64, Cpu> {
    TwoLayer::build(&Cpu::seed_from_u64(2))
}

/// Rows one by one give what they give together.
#[track_caller]
fn assert_rows<S: Shape, O: Shape>(net: &TwoLayer<f64, Cpu>, x: Tensor<S, f64, Cpu>, y: Tensor<O, f64, Cpu>) {
    let (x, y) = (x.as_vec(), y.as_vec());
    assert_eq!((x.len() / 4, x.len() % 4), (y.len() / 3, y.len() % 3));
    for (x, y) in x.as_chunks::<4>().0.iter().zip(y.as_chunks::<3>().0) {
        let alone = net.forward(Cpu::default().tensor(*x)).array();
        assert!(
            alone.iter().zip(y).all(|(a, b)| (a - b).abs() < 1e-14),
            "{alone:?} alone, {y:?} with others"
        );
    }
}

#[test]
fn one_row() {
    let y: Tensor<Rank1<3>, f64, Cpu> = two_layer().forward(sample((Const::<4>,)));
    assert_eq!(y.array().len(), 3);
}

#[test]
fn leading_axes_of_each_kind_come_out_as_they_went_in() {
    let net = two_layer();
    let x = sample((Const::<5>, Const::<4>));
    let y: Tensor<Rank2<5, 3>, f64, Cpu> = net.forward(x.clone());
    assert_rows(&net, x, y);
    let x = sample((5, Const::<4>));
    let y: Tensor<(usize, Const<3>), f64, Cpu> = net.forward(x.clone());
    assert_rows(&net, x, y);
    let x = sample((Const::<2>, 5, Const::<4>));
    let y: Tensor<(Const<2>, usize, Const<3>), f64, Cpu> = net.forward(x.clone());
    assert_eq!(*y.shape(), (Const, 5, Const));
    assert_rows(&net, x, y);
    let x = sample((2, Const::<5>, Const::<4>));
    let y: Tensor<(usize, Const<5>, Const<3>), f64, Cpu> = net.forward(x.clone());
    assert_rows(&net, x, y);
    let x = sample((2, 3, 5, Const::<4>));
    let y: Tensor<(usize, usize, usize, Const<3>), f64, Cpu> = net.forward(x.clone());
    assert_eq!(*y.shape(), (2, 3, 5, Const));
    assert_rows(&net, x, y);
    let x = sample((Const::<2>, Const::<3>, Const::<5>, Const::<4>));
    let y: Tensor<Rank4<2, 3, 5, 3>, f64, Cpu> = net.forward(x.clone());
    assert_rows(&net, x, y);
}

#[test]
fn training_and_traced_inputs_have_the_same_types() {
    let net = two_layer();
    let x = sample((Const::<2>, 5, Const::<4>));
    let _: Tensor<(Const<2>, usize, Const<3>), f64, Cpu, OwnedTape<f64, Cpu>> = net.forward(x.leaky_trace());
    let _: Tensor<(Const<2>, usize, Const<3>), f64, Cpu, OwnedTape<f64, Cpu>> =
        net.forward_train(x, net.alloc_grads());
}

#[test]
fn a_runtime_axis_keeps_the_type_that_the_tensor_has() {
    let net = Head::<f64, _>::build(&Cpu::default());
    let y: Tensor<(usize, Const<2>), f64, Cpu> = net.forward(sample((9, Const::<6>)));
    assert_eq!(y.shape().0, 9);
    let _: Tensor<Rank2<9, 2>, f64, Cpu> = net.forward(sample((Const::<9>, Const::<6>)));
    let _: Tensor<(usize, Const<9>, Const<2>), f64, Cpu> = net.forward(sample((7, Const::<9>, Const::<6>)));
    let y: Tensor<(Const<7>, usize, Const<2>), f64, Cpu> = net.forward(sample((Const::<7>, 9, Const::<6>)));
    assert_eq!(y.shape().1, 9);
}

#[test]
fn flatten_joins_the_declared_axes_only() {
    let net = Picture::<f64, _>::build(&Cpu::default());
    let x = sample((Const::<2>, 3, Const::<3>, Const::<4>, Const::<5>));
    let y: Tensor<(Const<2>, usize, Const<2>), f64, Cpu> = net.forward(x.clone());
    let flat: Tensor<Rank2<6, 60>, f64, _> = tensor(&Cpu::default(), Default::default(), &x.as_vec());
    let weight = net.fc.weight.tensor().clone().permute::<Rank2<60, 2>, _>();
    let expected = flat.relu().matmul(weight) + net.fc.bias.tensor().clone().broadcast::<Rank2<6, 2>, _>();
    let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-14;
    assert!(y.as_vec().iter().zip(&expected.as_vec()).all(close));
}

/// A permuted tensor is read in its logical order, and so is its gradient.
#[test]
fn permuted_inputs() {
    let net = two_layer();
    let turned: Tensor<Rank3<2, 5, 4>, f64, _> =
        sample((Const::<4>, Const::<2>, Const::<5>)).permute::<_, Axes3<1, 2, 0>>();
    let straight: Tensor<Rank3<2, 5, 4>, f64, _> =
        tensor(&Cpu::default(), Default::default(), &turned.as_vec());
    assert_eq!(net.forward(turned.clone()).array(), net.forward(straight.clone()).array());
    let slope =
        |x: &Tensor<Rank3<2, 5, 4>, f64, Cpu>| net.forward(x.leaky_trace()).square().mean().backward();
    assert_eq!(slope(&turned).get(&turned).array(), slope(&straight).get(&straight).array());
}

#[test]
fn broadcast_inputs() {
    let net = two_layer();
    let row = sample((Const::<4>,));
    let rows: Tensor<Rank2<5, 4>, f64, _> = row.clone().broadcast();
    let y = net.forward(rows.clone()).array();
    let alone = net.forward(row.clone()).array();
    assert!(y.iter().flatten().zip(alone.iter().cycle()).all(|(a, b)| (a - b).abs() < 1e-15));

    // Through the broadcast the row's gradient is the sum over the five rows.
    let five = net.forward(row.leaky_trace().broadcast::<Rank2<5, 4>, _>()).square().sum().backward();
    let one = net.forward(row.leaky_trace()).square().sum().backward();
    let (five, one) = (five.get(&row).array(), one.get(&row).array());
    assert!(five.iter().zip(one).all(|(five, one)| (five - 5.0 * one).abs() < 1e-14));
}

#[test]
fn no_rows_give_no_rows() {
    let device = Cpu::seed_from_u64(1);
    let net = Everything::new(&device);
    let none = |batch: usize, seq: usize| device.zeros_like(&(batch, seq, Const::<4>));
    for (batch, seq) in [(0, 3), (3, 0), (0, 0)] {
        let y: Tensor<(usize, usize, Const<2>), f32, Cpu> = net.forward(none(batch, seq));
        assert_eq!(*y.shape(), (batch, seq, Const));
        let y = net.forward_train(none(batch, seq), net.alloc_grads());
        assert_eq!(*y.shape(), (batch, seq, Const));
    }
    let y = Picture::new(&device).forward(device.zeros_like(&(0, Const::<3>, Const::<4>, Const::<5>)));
    assert_eq!(*y.shape(), (0, Const::<2>));
}

#[test]
fn no_rows_leave_gradients_as_they_are() {
    let device = Cpu::seed_from_u64(1);
    let net = TwoLayer::new(&device);
    let x: Tensor<(usize, Const<4>), f32, _> = device.zeros_like(&(0, Const));
    // dfdx's own `sum` divides by zero on it, so that only the tape goes on
    let slopes = |gradients| {
        let (_, tape) = net.forward(x.trace(gradients)).split_tape();
        device.tensor(1.0).put_tape(tape).backward()
    };
    assert_eq!(slopes(net.alloc_grads()).get(net.output.bias.tensor()).array(), [0.0; 3]);
    assert_eq!(slopes(Gradients::leaky()).get(&x).shape().0, 0);
}
