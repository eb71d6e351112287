use super::*;
use dfdx::nn::tensor_collection::{ModuleVisitor, TensorOptions};
use dfdx::nn::{Module, modules};
use dfdx::prelude::*;

type Traced<S> = Tensor<S, f64, Cpu, OwnedTape<f64, Cpu>>;
type Dense = modules::Linear<5, 3, f64, Cpu>;

fn dense(device: &Cpu) -> Dense {
    device.build_module::<builders::Linear<5, 3>, f64>()
}

/// `x · factor_seen` forward, with the gradient of `x · factor_told`.
fn scaled<S: Shape>(x: Traced<S>, seen: f64, told: f64) -> Traced<S> {
    let (x, mut tape) = x.split_tape();
    let y = x.clone() * seen;
    let (from, to) = (y.clone(), x);
    tape.add_backward_op(move |gradients| {
        let upstream = gradients.get_or_alloc_mut(&from)?.to_vec();
        for (to, from) in gradients.get_or_alloc_mut(&to)?.iter_mut().zip(upstream) {
            *to += told * from;
        }
        Ok(())
    });
    y.put_tape(tape)
}

#[test]
fn linear_and_gelu_pass() {
    let device = Cpu::seed_from_u64(1);
    let x: Tensor<Rank2<4, 5>, f64, _> = device.sample_normal();
    let mut net = dense(&device);
    let before = (net.weight.array(), net.bias.array());
    let report = gradcheck(&mut net, &x, |net: &Dense, x| net.forward(x).fast_gelu()).unwrap();
    report.assert_below(1e-9);
    assert_eq!(report.tensors.iter().map(|t| t.elements).collect::<Vec<_>>(), [20, 15, 3]);
    assert_eq!((net.weight.array(), net.bias.array()), before, "every element is put back");
}

/// dfdx 0.13 leaves out a factor 1/√2: its gradient is Φ(x) + √2·x·φ(x), where PyTorch has Φ(x) + x·φ(x).
#[test]
fn the_wrong_gradient_of_accurate_gelu_is_found() {
    let device = Cpu::default();
    let x = device.tensor([-1.0, 0.0, 1.0]);
    let report = gradcheck(&mut (), &x, |_: &(), x| x.accurate_gelu()).unwrap();
    let worst = &report.worst().unwrap().worst;
    assert_eq!(worst.index, [0]);
    // Of the normal distribution at -1.
    let (cdf, density) = (0.158_655_253_931_457_05, 0.241_970_724_519_143_37);
    let ratio = (cdf - std::f64::consts::SQRT_2 * density) / (cdf - density);
    assert!((worst.analytic / worst.numeric - ratio).abs() < 1e-9, "{report}");
}

#[test]
fn a_wrong_input_gradient_is_found() {
    let device = Cpu::seed_from_u64(2);
    let x: Tensor<Rank2<4, 5>, f64, _> = device.sample_normal();
    let report =
        gradcheck(&mut dense(&device), &x, |net: &Dense, x| net.forward(scaled(x, 1.0, 1.01))).unwrap();
    let worst = report.worst().unwrap();
    assert_eq!(worst.name, "input");
    assert!((worst.relative_error - 0.01 / 1.01).abs() < 1e-6, "{report}");
    let others = report.tensors.iter().filter(|t| t.name != "input");
    assert!(others.into_iter().all(|t| t.relative_error < 1e-9), "{report}");
}

/// One parameter, of which a single element has a wrong gradient.
#[test]
fn the_wrong_element_is_named() {
    let device = Cpu::seed_from_u64(3);
    let x: Tensor<Rank2<4, 5>, f64, _> = device.sample_normal();
    let forward = |net: &Dense, x: Traced<Rank2<4, 5>>| {
        let y = net.forward(x);
        let (y, mut tape) = y.split_tape();
        let weight = net.weight.clone();
        tape.add_backward_op(move |gradients| {
            gradients.get_or_alloc_mut(&weight)?[2 * 5 + 3] += 0.01;
            Ok(())
        });
        y.put_tape(tape)
    };
    let report = gradcheck(&mut dense(&device), &x, forward).unwrap();
    let worst = report.worst().unwrap();
    assert_eq!((worst.name.as_str(), worst.worst.index.as_slice()), ("weight", [2, 3].as_slice()));
    assert!((worst.worst.analytic - worst.worst.numeric - 0.01).abs() < 1e-9, "{report}");
    let panic = std::panic::catch_unwind(|| report.assert_below(1e-6)).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.starts_with("gradient of `weight` at [2, 3] is off by"), "{text}");
    assert!(text.contains("\ninput ") && text.contains("\nbias "), "{text}");
}

#[test]
fn permuted_tensors_keep_their_indices() {
    let device = Cpu::seed_from_u64(4);
    let x: Tensor<Rank2<5, 4>, f64, _> = device.sample_normal();
    let transposed: Tensor<Rank2<5, 3>, f64, _> = device.sample_normal();
    let mut net = Dense { weight: transposed.permute(), bias: device.sample_normal() };
    let x = x.permute::<Rank2<4, 5>, _>();
    gradcheck(&mut net, &x, |net: &Dense, x| net.forward(x).tanh()).unwrap().assert_below(1e-8);

    // Element [0, 1] of the weight lies at place 3 of its storage.
    let forward = |net: &Dense, x: Traced<Rank2<4, 5>>| {
        let (y, mut tape) = net.forward(x).split_tape();
        let weight = net.weight.clone();
        tape.add_backward_op(move |gradients| {
            gradients.get_or_alloc_mut(&weight)?[3] += 1.0;
            Ok(())
        });
        y.put_tape(tape)
    };
    let report = gradcheck(&mut net, &x, forward).unwrap();
    assert_eq!(report.worst().unwrap().worst.index, [0, 1]);
    assert_eq!(net.weight.array()[0][1], net.weight.as_vec()[1]);
}

#[test]
fn broadcast_input_counts_once() {
    let device = Cpu::seed_from_u64(5);
    let row: Tensor<Rank1<5>, f64, _> = device.sample_normal();
    let x = row.broadcast::<Rank2<4, 5>, _>();
    let report = gradcheck(&mut dense(&device), &x, |net: &Dense, x| net.forward(x).sin()).unwrap();
    report.assert_below(1e-8);
    assert_eq!((report.tensors[0].elements, report.tensors[0].checked), (20, 5));
}

#[test]
fn samples_are_seeded() {
    let device = Cpu::seed_from_u64(6);
    let x: Tensor<Rank2<4, 5>, f64, _> = device.sample_normal();
    let mut net = dense(&device);
    let mut run = |seed| {
        let check = Gradcheck::new().max_elements(4).seed(seed);
        check.run(&mut net, &x, |net: &Dense, x| net.forward(x).exp()).unwrap()
    };
    let report = run(1);
    report.assert_below(1e-8);
    assert_eq!(report.tensors.iter().map(|t| t.checked).collect::<Vec<_>>(), [4, 4, 3]);
    assert_eq!(report, run(1));
    assert_ne!(report, run(2));
}

/// A scale that is trained and a shift that isn't.
struct Affine {
    shift: Tensor<Rank1<5>, f64, Cpu>,
    scale: Tensor<Rank1<5>, f64, Cpu>,
}

impl TensorCollection<f64, Cpu> for Affine {
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f64, Cpu>>(visitor: &mut V) -> Result<Option<()>, V::Err> {
        let zeros = |t: &mut Tensor<Rank1<5>, f64, Cpu>| t.try_fill_with_zeros();
        visitor.visit_fields(
            (
                Self::tensor("shift", |s| &s.shift, |s| &mut s.shift, TensorOptions::detached(zeros)),
                Self::tensor("scale", |s| &s.scale, |s| &mut s.scale, TensorOptions::reset_with(zeros)),
            ),
            |_| (),
        )
    }
}

#[test]
fn frozen_parameters_are_listed() {
    let device = Cpu::seed_from_u64(7);
    let mut net = Affine { shift: device.sample_normal(), scale: device.sample_normal() };
    let x: Tensor<Rank1<5>, f64, _> = device.sample_normal();
    let report =
        gradcheck(&mut net, &x, |net: &Affine, x| x * net.scale.clone() + net.shift.clone()).unwrap();
    report.assert_below(1e-9);
    assert_eq!(report.tensors.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["input", "scale"]);
    assert_eq!(report.frozen, ["shift"]);
    assert!(report.to_string().ends_with("\nfrozen, not checked: shift"));
}

#[test]
fn gradients_that_cancel_pass() {
    let device = Cpu::seed_from_u64(8);
    let x: Tensor<Rank2<3, 5>, f64, _> = device.sample_normal();
    // The bias shifts all logits of a row alike, so its gradient is zero but for rounding.
    let forward = |net: &modules::Linear<5, 1, f64, Cpu>, x: Traced<Rank2<3, 5>>| {
        let bias = net.bias.clone().retaped::<OwnedTape<f64, Cpu>>();
        (x + bias.reshape::<Rank0>().broadcast::<Rank2<3, 5>, _>()).softmax::<Axis<1>>()
    };
    let mut net = device.build_module::<builders::Linear<5, 1>, f64>();
    let report = gradcheck(&mut net, &x, forward).unwrap();
    report.assert_below(1e-6);
    assert!(report.tensors[2].worst.analytic.abs() < 1e-12, "{report}");
}

#[test]
fn small_variances_and_large_logits_pass() {
    let device = Cpu::seed_from_u64(9);
    let x: Tensor<Rank2<3, 5>, f64, _> = device.sample_normal();
    let mut norm = device.build_module::<builders::LayerNorm1D<5>, f64>();
    let small = x.clone() * 1e-2;
    let run = gradcheck(&mut norm, &small, |net: &modules::LayerNorm1D<5, f64, Cpu>, x| net.forward(x));
    run.unwrap().assert_below(1e-7);
    let large = x * 300.0;
    gradcheck(&mut dense(&device), &large, |net: &Dense, x| net.forward(x).softmax::<Axis<1>>())
        .unwrap()
        .assert_below(1e-6);
}

#[test]
fn kinks_nearby_pass() {
    let device = Cpu::seed_from_u64(10);
    let mut net = dense(&device);
    let x = device.tensor([1e-5, -1e-4, 3e-4, 1.0, -1.0]);
    gradcheck(&mut net, &x, |net: &Dense, x| net.forward(x.relu())).unwrap().assert_below(1e-7);
    let at_the_kink = device.tensor([0.0, 0.5, 0.5, 1.0, -1.0]);
    let report = gradcheck(&mut net, &at_the_kink, |net: &Dense, x| net.forward(x.relu())).unwrap();
    assert_eq!(report.worst().unwrap().worst.index, [0]);
}

#[test]
fn values_that_are_not_finite_are_named() {
    let device = Cpu::seed_from_u64(11);
    let x: Tensor<Rank1<5>, f64, _> = device.sample_normal();
    let found = |net: &mut Dense,
                 x: &Tensor<Rank1<5>, f64, Cpu>,
                 forward: fn(Traced<Rank1<3>>) -> Traced<Rank1<3>>| {
        let run = gradcheck(net, x, |net: &Dense, x| forward(net.forward(x)));
        let Err(GradcheckError::NonFinite { tensor, index, place, .. }) = run else { panic!("{run:?}") };
        (tensor, index, place)
    };
    let mut net = dense(&device);
    assert_eq!(found(&mut net, &x, |y| (-y.abs()).sqrt()), ("output".to_owned(), vec![0], Place::Value));
    assert_eq!(found(&mut net, &x, |y| scaled(y, 1.0, f64::INFINITY)).2, Place::Gradient);
    net.weight[[1, 2]] = f64::INFINITY;
    assert_eq!(found(&mut net, &x, |y| y), ("weight".to_owned(), vec![1, 2], Place::Value));
    // `sqrt` has no value left of 0, and the tape's gradient there is told to be finite.
    let mut net = Affine { shift: device.zeros(), scale: device.ones() };
    let run = gradcheck(&mut net, &device.zeros::<Rank1<5>>(), |_: &Affine, x: Traced<Rank1<5>>| {
        let (x, mut tape) = x.split_tape();
        let (from, to) = (x.clone().sqrt(), x);
        let y = from.clone();
        tape.add_backward_op(move |gradients| {
            gradients.get_or_alloc_mut(&from)?;
            gradients.get_or_alloc_mut(&to).map(|_| ())
        });
        y.put_tape(tape)
    });
    assert!(matches!(run, Err(GradcheckError::NonFinite { place: Place::Difference, .. })), "{run:?}");
}

#[test]
fn random_networks_are_refused() {
    let device = Cpu::seed_from_u64(12);
    let x: Tensor<Rank1<5>, f64, _> = device.sample_normal();
    let run = gradcheck(&mut dense(&device), &x, |net: &Dense, x| net.forward(x.dropout(0.5)));
    assert!(matches!(run, Err(GradcheckError::NotDeterministic { .. })), "{run:?}");
}

#[test]
fn runtime_axes_and_empty_inputs() {
    let device = Cpu::seed_from_u64(13);
    let x: Tensor<(usize, Const<5>), f64, _> = device.sample_normal_like(&(2, Const));
    gradcheck(&mut dense(&device), &x, |net: &Dense, x| net.forward(x).tanh()).unwrap().assert_below(1e-8);
    gradcheck(&mut (), &x, |_: &(), x| x.square()).unwrap().assert_below(1e-8);
    let nothing = Report { tensors: vec![], frozen: vec![] };
    assert!(std::panic::catch_unwind(|| nothing.assert_below(1.0)).is_err());
}
