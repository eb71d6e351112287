//! What optimizers promise. That they are PyTorch's, `tests/parity/optimizers.rs` shows.

use tensor_core::layer::Layer;
use tensor_core::loss::{CrossEntropy, MeanSquares};
use tensor_core::optim::{Adam, AdamW, Group, Optimizer, Sgd};
use tensor_core::prelude::*;

use crate::nets::{Block, TwoLayer};
use crate::support::{fixture::Difference, net::weights};

/// Groups see the names of saved files, also after an item whose key has dots in it.
#[test]
fn weights_are_named_as_in_files() {
    layer! { struct Renamed: [4] -> [3] { a: linear(4 -> 5, rename: "body.fc.one"), relu, b: linear(5 -> 3) } }
    let mut net = Renamed::new(&Cpu::default());
    let expected: Vec<String> = net.state_dict().into_iter().map(|tensor| tensor.name).collect();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let names = seen.clone();
    let mut optimizer: Optimizer<Adam> = Optimizer::new(Adam::default()).with_groups(move |weight| {
        names.lock().unwrap().push(weight.name.to_owned());
        Group::default()
    });
    optimizer.watch(&mut net);
    assert_eq!(*seen.lock().unwrap(), expected);
}

/// Without gradients only decay changes weights.
fn decays(groups: Option<fn(&tensor_core::optim::WeightInfo<'_>) -> Group>) -> Vec<String> {
    let mut net = Block::<4, 8>::new(&Cpu::seed_from_u64(1));
    net.norm.bias.tensor_mut().fill_with_ones();
    let before = weights(&net);
    let mut optimizer = Optimizer::new(AdamW { learning_rate: 0.1, weight_decay: 0.5, ..AdamW::default() });
    if let Some(groups) = groups {
        optimizer = optimizer.with_groups(groups);
    }
    let mut gradients = net.alloc_grads();
    optimizer.step(&mut net, &mut gradients).unwrap();
    let changed = before.into_iter().zip(weights(&net)).filter(|(before, after)| before != after);
    changed.map(|((name, _), _)| name).collect()
}

#[test]
fn norms_and_biases_do_not_decay_unless_told() {
    assert_eq!(decays(None), ["up.weight", "down.weight"]);
    assert_eq!(decays(Some(|_| Group::default())).len(), 6);
    let but_down = |weight: &tensor_core::optim::WeightInfo<'_>| Group {
        rate: if weight.name == "down.weight" { 0.0 } else { 1.0 },
        decay: 1.0,
    };
    assert!(!decays(Some(but_down)).contains(&"down.weight".to_owned()));
}

#[test]
fn an_update_leaves_the_gradients() {
    let device = Cpu::seed_from_u64(4);
    let (mut stepped, labels) = (TwoLayer::new(&device), [0, 1, 2, 0, 1]);
    let mut updated = stepped.clone();
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let found = || cross_entropy(stepped.forward_train(x.clone(), stepped.alloc_grads()), &labels).backward();
    let (mut zeroed, mut kept) = (found(), found());
    let of_bias = |net: &TwoLayer, found: &Gradients<f32, Cpu>| found.get(net.output.bias.tensor()).array();
    let gradient = of_bias(&stepped, &kept);
    assert_ne!(gradient, [0.0; 3]);

    Optimizer::new(Adam::default()).step(&mut stepped, &mut zeroed).unwrap();
    assert_eq!(of_bias(&stepped, &zeroed), [0.0; 3]);
    Optimizer::new(Adam::default()).update(&mut updated, &mut kept).unwrap();
    assert_eq!(of_bias(&updated, &kept), gradient);
    assert_eq!(weights(&stepped), weights(&updated));
}

#[test]
fn the_weights_follow_whoever_changes_them() {
    let device = Cpu::seed_from_u64(3);
    let mut net = TwoLayer::new(&device);
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let labels = [0, 1, 2, 0, 1];
    let mut gradients = net.alloc_grads();
    let (mut ours, mut theirs) =
        (Optimizer::new(Adam::default()), dfdx::optim::Adam::new(&net, dfdx::optim::AdamConfig::default()));
    for step in 0..6 {
        gradients = cross_entropy(net.forward_train(x.clone(), gradients), &labels).backward();
        let before = net.clone();
        match step % 3 {
            0 => ours.step(&mut net, &mut gradients).unwrap(),
            1 => {
                dfdx::optim::Optimizer::update(&mut theirs, &mut net, &gradients).unwrap();
                net.zero_grads(&mut gradients);
            }
            _ => net.hidden.weight.tensor_mut().fill_with_ones(),
        }
        assert_ne!(before.hidden.weight.array(), net.hidden.weight.array(), "step {step}");
        // What the executor reads is what the tensors say.
        let wide = net.to_dtype::<f64>().forward(x.clone().to_dtype::<f64>()).array();
        for (found, expected) in net.forward(x.clone()).array().as_flattened().iter().zip(wide.as_flattened())
        {
            assert!((f64::from(*found) - expected).abs() < 1e-5, "step {step}");
        }
    }
}

#[test]
fn weights_in_another_order_are_trained_as_well() {
    let device = Cpu::seed_from_u64(5);
    let turned: Tensor<Rank2<4, 8>, f32, _> = device.sample_normal();
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let straight = TwoLayer::new(&device);
    let train = |turned_weight: bool| {
        let mut net = straight.clone();
        let weight = turned.clone().permute::<Rank2<8, 4>, _>();
        net.hidden.weight = if turned_weight { weight } else { weight.contiguous() }.into();
        let mut optimizer = Optimizer::new(Sgd { learning_rate: 0.1, ..Sgd::default() });
        let mut gradients = net.alloc_grads();
        for _ in 0..3 {
            gradients = cross_entropy(net.forward_train(x.clone(), gradients), &[0, 1, 2, 0, 1]).backward();
            optimizer.step(&mut net, &mut gradients).unwrap();
        }
        weights(&net)
    };
    for ((key, found), (_, expected)) in train(true).iter().zip(train(false).iter()) {
        Difference::assert_close(key, found, expected, 1e-6, 1e-6);
    }
}

#[test]
fn training_goes_on_from_a_saved_state() {
    let device = Cpu::seed_from_u64(7);
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let step = |net: &mut TwoLayer, optimizer: &mut Optimizer<Adam>| {
        let mut gradients =
            cross_entropy(net.forward_train(x.clone(), net.alloc_grads()), &[0, 1, 2, 0, 1]).backward();
        optimizer.step(net, &mut gradients).unwrap();
    };
    let (mut net, mut optimizer) = (TwoLayer::new(&device), Optimizer::new(Adam::default()));
    (0..5).for_each(|_| step(&mut net, &mut optimizer));
    let (saved, state) = (net.clone(), optimizer.save_bytes().unwrap());
    (0..5).for_each(|_| step(&mut net, &mut optimizer));

    let (mut again, mut resumed) = (saved, Optimizer::new(Adam::default()));
    resumed.watch(&mut again);
    resumed.load_bytes(&state).unwrap();
    (0..5).for_each(|_| step(&mut again, &mut resumed));
    assert_eq!(weights(&again), weights(&net));

    let mut other: Optimizer<Sgd> = Optimizer::new(Sgd { momentum: 0.9, ..Sgd::default() });
    other.watch(&mut again);
    assert!(other.load_bytes(&state).unwrap_err().to_string().contains("hidden.weight/momentum_buffer"));
    assert!(resumed.load_bytes(b"no safetensors").is_err());
    let mut plain: Optimizer<Sgd> = Optimizer::new(Sgd::default());
    assert!(plain.load_bytes(&state).unwrap_err().to_string().contains("call `watch(&mut net)`"));
    plain.watch(&mut again);
    let error = plain.load_bytes(&state).unwrap_err().to_string();
    assert!(error.contains("/exp_avg") && error.contains("does not keep"), "{error}");
}

#[test]
fn another_network_is_refused() {
    let mut optimizer: Optimizer<Adam> = Optimizer::new(Adam::default());
    let mut net = TwoLayer::new(&Cpu::default());
    let mut gradients = net.alloc_grads();
    optimizer.step(&mut net, &mut gradients).unwrap();
    let mut block = Block::<4, 8>::new(&Cpu::default());
    let mut gradients = block.alloc_grads();
    let error = optimizer.step(&mut block, &mut gradients).unwrap_err().to_string();
    assert_eq!(
        error,
        "the optimizer remembers `hidden.weight [8, 4]`, but the network has `weight [4]` there; begin with a new one"
    );
}

/// Fewer weights of the same sizes are another network too, and nothing of it changes.
#[test]
fn a_network_with_fewer_weights_is_refused() {
    layer! { struct Twice: [4] -> [4] { first: linear(4 -> 4), tanh, second: linear(4 -> 4) } }
    layer! { struct Once: [4] -> [4] { first: linear(4 -> 4) } }
    let device = Cpu::seed_from_u64(2);
    let (mut twice, mut once) = (Twice::new(&device), Once::new(&device));
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let mut optimizer: Optimizer<Adam> = Optimizer::new(Adam::default());
    optimizer.train_step(&mut twice, x.clone(), MeanSquares(&x)).unwrap();
    let before = weights(&once);
    let expected = "the optimizer remembers `second.weight [4, 4]`, but the network has `none` there; begin with a new one";
    let error = optimizer.train_step(&mut once, x.clone(), MeanSquares(&x)).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let mut gradients = once.alloc_grads();
    assert_eq!(optimizer.step(&mut once, &mut gradients).unwrap_err().to_string(), expected);
    assert_eq!((weights(&once), optimizer.steps()), (before, 1));
}

/// What a rule begins to remember begins with zeros; what it forgets is gone.
#[test]
fn settings_change_between_steps() {
    let device = Cpu::seed_from_u64(6);
    let mut net = TwoLayer::new(&device);
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let mut optimizer = Optimizer::new(Sgd { learning_rate: 0.1, ..Sgd::default() });
    let step = |net: &mut TwoLayer, optimizer: &mut Optimizer<Sgd>| {
        let before = weights(net);
        optimizer.train_step(net, x.clone(), CrossEntropy(&[0, 1, 2, 0, 1])).unwrap();
        assert_ne!(weights(net), before, "step {}", optimizer.steps());
    };
    step(&mut net, &mut optimizer);
    assert_eq!(optimizer.remembered(), 0);
    optimizer.rule.momentum = 0.9;
    step(&mut net, &mut optimizer);
    assert_eq!(optimizer.remembered(), optimizer.trained());
    let state = optimizer.save_bytes().unwrap();
    let mut resumed = Optimizer::new(Sgd { learning_rate: 0.1, ..Sgd::default() });
    resumed.watch(&mut net);
    resumed.rule.momentum = 0.9;
    resumed.load_bytes(&state).unwrap();
    assert_eq!(resumed.save_bytes().unwrap(), state);
    optimizer.rule.momentum = 0.0;
    step(&mut net, &mut optimizer);
    assert_eq!(optimizer.remembered(), 0);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let device = Cpu::seed_from_u64(6);
    let mut net = TwoLayer::new(&device);
    let (x, before): (Tensor<Rank2<5, 4>, f32, _>, _) = (device.sample_normal(), weights(&net));
    let mut told = |mut optimizer: Optimizer<Adam>| {
        let error = optimizer.train_step(&mut net, x.clone(), CrossEntropy(&[0; 5])).unwrap_err();
        let mut gradients = net.alloc_grads();
        assert_eq!(optimizer.step(&mut net, &mut gradients).unwrap_err(), error);
        error.to_string()
    };
    for most in [0.0, -1.0, f64::NAN] {
        let expected = format!("the optimizer's `clip_norm` is {most}, but it takes a number above 0");
        assert_eq!(told(Optimizer::new(Adam::default()).clip_norm(most)), expected);
    }
    let rate = Adam { learning_rate: f64::NAN, ..Adam::default() };
    let expected = "the optimizer's `learning_rate` is NaN, but it takes a number from 0 on";
    assert_eq!(told(Optimizer::new(rate)), expected);
    let beta = Adam { betas: [0.9, 1.0], ..Adam::default() };
    let expected = "the optimizer's `betas[1]` is 1, but it takes a number from 0 to below 1";
    assert_eq!(told(Optimizer::new(beta)), expected);
    assert_eq!(weights(&net), before);
}

/// A step at once beside the same by hand, both on `net`.
fn both<N: Clone + Layer<f32, Cpu>>(
    net: &N,
    steps: usize,
    mut at_once: impl FnMut(&mut N, &mut Optimizer<Adam>) -> f32,
    by_hand: impl Fn(&N, Gradients<f32, Cpu>) -> Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>,
) {
    let rule = Adam { learning_rate: 0.01, ..Adam::default() };
    let (mut ours, mut theirs) = (net.clone(), net.clone());
    let (mut optimizer, mut other) =
        (Optimizer::new(rule).clip_norm(0.5), Optimizer::new(rule).clip_norm(0.5));
    for _ in 0..steps {
        let found = at_once(&mut ours, &mut optimizer);
        let loss = by_hand(&theirs, theirs.alloc_grads());
        assert!((found - loss.array()).abs() < 1e-5 * loss.array().abs(), "{found} and {}", loss.array());
        other.step(&mut theirs, &mut loss.backward()).unwrap();
    }
    for ((key, found), (_, expected)) in weights(&ours).iter().zip(weights(&theirs).iter()) {
        Difference::assert_close(key, found, expected, 1e-5, 1e-4);
    }
}

#[test]
fn a_step_at_once_is_a_step_by_hand() {
    let device = Cpu::seed_from_u64(11);
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let labels = [0, 1, 2, 0, 1];
    both(
        &TwoLayer::new(&device),
        20,
        |net, optimizer| optimizer.train_step(net, x.clone(), CrossEntropy(&labels)).unwrap(),
        |net, gradients| cross_entropy(net.forward_train(x.clone(), gradients), &labels),
    );
    let x: Tensor<Rank3<3, 7, 4>, f32, _> = device.sample_normal();
    let target: Tensor<Rank3<3, 7, 4>, f32, _> = device.sample_normal();
    both(
        &Block::<4, 8>::new(&device),
        20,
        |net, optimizer| optimizer.train_step(net, x.clone(), MeanSquares(&target)).unwrap(),
        |net, gradients| mse_loss(net.forward_train(x.clone(), gradients), target.clone()),
    );
    layer! {
        struct Reader: (x: [n, 4], context: [m, 4], mask: [n]) -> [3] {
            residual { cross: attention(heads: 2, context: context, bias: false) },
            pool(mean), output: linear(4 -> 3),
        }
    }
    let context: Tensor<Rank2<6, 4>, f32, _> = device.sample_normal();
    let mask = device.tensor([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]).broadcast::<Rank2<3, 7>, _>();
    both(
        &Reader::new(&device),
        20,
        |net, optimizer| {
            let inputs = (x.clone(), context.clone(), mask.clone());
            optimizer.train_step(net, inputs, CrossEntropy(&labels[..3])).unwrap()
        },
        |net, gradients| {
            let y = net.forward_train(x.clone(), context.clone(), mask.clone(), gradients);
            cross_entropy(y, &labels[..3])
        },
    );
}

#[test]
fn a_step_that_fails_changes_nothing() {
    let device = Cpu::seed_from_u64(13);
    let (mut net, mut optimizer) = (TwoLayer::new(&device), Optimizer::new(Adam::default()));
    let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    let before = weights(&net);
    let error = optimizer.train_step(&mut net, x.clone(), CrossEntropy(&[0, 1, 2, 0, 3])).unwrap_err();
    assert!(matches!(error, tensor_core::Error::Label { row: 4, label: 3, classes: 3 }));
    let target: Tensor<Rank2<5, 4>, f32, _> = device.zeros();
    let error = optimizer.train_step(&mut net, x, MeanSquares(&target)).unwrap_err().to_string();
    assert_eq!(error, "the target has 20 numbers, [5, 4], but the network gave 15");
    assert_eq!(weights(&net), before);
}
