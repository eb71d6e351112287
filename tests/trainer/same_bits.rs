//! A loop by hand, moved into the trainer line by line, gives the same bits.

use tensor_core::data::Batches;
use tensor_core::loss::{CrossEntropy, MeanSquares};
use tensor_core::optim::{Adam, AdamW, Lion, Optimizer};
use tensor_core::prelude::*;
use tensor_core::train::{Cosine, Schedule, Trainer, WarmupCosine, seeded, step_seed};

use crate::nets::{Small, TwoLayer, rows, select, sequences};

const SCHEDULE: WarmupCosine = WarmupCosine { peak: 0.02, floor: 0.001, warmup: 5, steps: 60 };

fn adamw() -> Optimizer<AdamW> {
    Optimizer::new(AdamW { weight_decay: 0.1, ..AdamW::default() }).clip_norm(0.5)
}

fn batches() -> Batches {
    Batches::new(50, 8, 3).unwrap()
}

/// Both networks begin alike.
fn device() -> Cpu {
    Cpu::seed_from_u64(7)
}

#[test]
fn two_layers_by_train_step() {
    let data = rows(50, 1);
    let (device, mut by_hand) = (device(), TwoLayer::new(&device()));
    let (mut optimizer, mut batches_by_hand, mut step) = (adamw(), batches(), 0);
    let mut losses = Vec::new();
    for _ in 0..6 {
        for chosen in batches_by_hand.epoch() {
            let (x, labels) = select(&data, chosen, &device);
            optimizer.set_learning_rate(SCHEDULE.rate(step));
            let loss = optimizer.train_step(&mut by_hand, x, CrossEntropy(&labels)).unwrap();
            losses.push(f64::from(loss));
            step += 1;
        }
    }

    let mut net = TwoLayer::new(&self::device());
    let mut trainer = Trainer::new(&mut net, adamw()).schedule(SCHEDULE).epochs(6);
    let run = trainer.fit(batches(), |step, chosen| {
        let (x, labels) = select(&data, &chosen, &device);
        step.learn(x, CrossEntropy(&labels))?;
        Ok(())
    });
    let run = run.unwrap();
    assert_eq!((run.steps, run.epochs), (42, 6));
    assert_eq!(trainer.optimizer().save_bytes().unwrap(), optimizer.save_bytes().unwrap());
    drop(trainer);
    assert_eq!(net.save_bytes().unwrap(), by_hand.save_bytes().unwrap());
    let kept = run.history.values("train/loss");
    assert!(kept.iter().zip(&losses).all(|(a, b)| (a - b).abs() < 1e-12), "{kept:?} {losses:?}");
}

#[test]
fn two_layers_by_the_tape() {
    let data = rows(50, 1);
    let (device, mut by_hand) = (device(), TwoLayer::new(&device()));
    let (mut optimizer, mut batches_by_hand, mut step) = (adamw(), batches(), 0);
    let mut gradients = by_hand.alloc_grads();
    for _ in 0..3 {
        for chosen in batches_by_hand.epoch() {
            let (x, labels) = select(&data, chosen, &device);
            let loss = cross_entropy(by_hand.forward_train(x, gradients), &labels);
            gradients = loss.backward();
            optimizer.set_learning_rate(SCHEDULE.rate(step));
            optimizer.step(&mut by_hand, &mut gradients).unwrap();
            step += 1;
        }
    }

    let mut net = TwoLayer::new(&self::device());
    let run = Trainer::new(&mut net, adamw()).schedule(SCHEDULE).epochs(3).fit(batches(), |step, chosen| {
        let (x, labels) = select(&data, &chosen, &device);
        step.learn_by(chosen.len(), |net, gradients| {
            try_cross_entropy(net.try_forward_train(x, gradients)?, &labels)
        })?;
        Ok(())
    });
    assert_eq!(run.unwrap().steps, 21);
    assert_eq!(net.save_bytes().unwrap(), by_hand.save_bytes().unwrap());
}

/// Dropout draws from the device, as by hand.
#[test]
fn a_transformer_with_dropout() {
    let (by_hand_device, device) = (device(), device());
    let (mut by_hand, mut net) = (Small::new(&by_hand_device), Small::new(&device));
    let (mut optimizer, mut batches_by_hand) = (adamw(), batches());
    for _ in 0..3 {
        for chosen in batches_by_hand.epoch() {
            let (ids, next) = sequences(chosen, &by_hand_device);
            optimizer.train_step(&mut by_hand, ids, CrossEntropy(&next)).unwrap();
        }
    }
    let run = Trainer::new(&mut net, adamw()).epochs(3).fit(batches(), |step, chosen| {
        let (ids, next) = sequences(&chosen, &device);
        step.learn(ids, CrossEntropy(&next))?;
        Ok(())
    });
    run.unwrap();
    assert_eq!(net.save_bytes().unwrap(), by_hand.save_bytes().unwrap());

    let mut gradients = by_hand.alloc_grads();
    let mut optimizer = Optimizer::new(Lion::default());
    for start in 0..9 {
        let (ids, next) = sequences(&[start, 2 * start], &by_hand_device);
        let loss = cross_entropy(by_hand.forward_train(ids, gradients), &next);
        gradients = loss.backward();
        optimizer.step(&mut by_hand, &mut gradients).unwrap();
    }
    let run = Trainer::new(&mut net, Optimizer::new(Lion::default())).fit(0..9, |step, start| {
        let (ids, next) = sequences(&[start, 2 * start], &device);
        step.learn_by(2, |net, gradients| try_cross_entropy(net.try_forward_train(ids, gradients)?, &next))?;
        Ok(())
    });
    assert_eq!(run.unwrap().steps, 9);
    assert_eq!(net.save_bytes().unwrap(), by_hand.save_bytes().unwrap());
}

/// Dropout draws from the seed, whatever was drawn on the device.
#[test]
fn a_transformer_with_a_seed() {
    let device = device();
    let mut by_hand = Small::new(&device);
    let mut net = by_hand.clone();
    let (mut optimizer, mut batches_by_hand, mut batch) = (adamw(), batches(), 0);
    for _ in 0..3 {
        for chosen in batches_by_hand.epoch() {
            let (ids, next) = sequences(chosen, &device);
            seeded(step_seed(11, batch), || optimizer.train_step(&mut by_hand, ids, CrossEntropy(&next)))
                .unwrap();
            batch += 1;
        }
    }
    let train = |net: &mut Small, seed| {
        let run = Trainer::new(net, adamw()).epochs(3).seed(seed).fit(batches(), |step, chosen| {
            let (ids, next) = sequences(&chosen, &device);
            step.learn(ids, CrossEntropy(&next))?;
            Ok(())
        });
        run.unwrap();
    };
    let mut other = net.clone();
    train(&mut net, 11);
    train(&mut other, 12);
    assert_eq!(net.save_bytes().unwrap(), by_hand.save_bytes().unwrap());
    assert_ne!(other.save_bytes().unwrap(), by_hand.save_bytes().unwrap());
}

/// By the composed executor.
#[test]
fn in_f64() {
    let device = device();
    let mut by_hand = TwoLayer::<f64, Cpu>::build(&device);
    let mut net = by_hand.clone();
    let mut optimizer = Optimizer::new(Adam::default()).clip_norm(0.1);
    let batch = |seed| {
        let device = Cpu::seed_from_u64(seed);
        let [x, y] = [device.sample_normal::<Rank2<6, 4>>(), device.sample_normal()];
        (x, y.slice((.., ..3)).realize::<Rank2<6, 3>>())
    };
    for seed in 0..20 {
        let (x, y) = batch(seed);
        optimizer.train_step(&mut by_hand, x, MeanSquares(&y)).unwrap();
    }
    let optimizer = Optimizer::new(Adam::default()).clip_norm(0.1);
    let run = Trainer::new(&mut net, optimizer).fit(0..20, |step, seed| {
        let (x, y) = batch(seed);
        step.learn(x, MeanSquares(&y))?;
        Ok(())
    });
    assert_eq!(run.unwrap().steps, 20);
    assert_eq!(net.save_bytes().unwrap(), by_hand.save_bytes().unwrap());
}

#[test]
fn gradients_of_several_batches() {
    let data = rows(48, 1);
    let (device, mut by_hand) = (device(), TwoLayer::new(&device()));
    let (mut optimizer, mut batches_by_hand) = (adamw(), Batches::new(48, 8, 3).unwrap());
    let mut gradients = by_hand.alloc_grads();
    let schedule = Cosine { peak: 0.02, floor: 0.0, steps: 6 };
    for step in 0..2 {
        for (at, chosen) in batches_by_hand.epoch().enumerate() {
            let (x, labels) = select(&data, chosen, &device);
            let loss = cross_entropy(by_hand.forward_train(x, gradients), &labels);
            gradients = (loss * 0.5).backward();
            if at % 2 == 1 {
                optimizer.set_learning_rate(schedule.rate(3 * step + at / 2));
                optimizer.step(&mut by_hand, &mut gradients).unwrap();
            }
        }
    }
    let train = |by_tape| {
        let mut net = TwoLayer::new(&self::device());
        let mut trainer = Trainer::new(&mut net, adamw()).schedule(schedule).accumulate(2).epochs(2);
        let run = trainer.fit(Batches::new(48, 8, 3).unwrap(), |step, chosen| {
            let (x, labels) = select(&data, &chosen, &device);
            if by_tape {
                step.learn_by(8, |net, gradients| {
                    try_cross_entropy(net.try_forward_train(x, gradients)?, &labels)
                })?;
            } else {
                step.learn(x, CrossEntropy(&labels))?;
            }
            Ok(())
        });
        assert_eq!(run.unwrap().steps, 6);
        drop(trainer);
        net
    };
    assert_eq!(train(true).save_bytes().unwrap(), by_hand.save_bytes().unwrap());
    // The kernels' cross-entropy rounds otherwise than dfdx's.
    let (found, expected) = (train(false).hidden.weight.as_vec(), by_hand.hidden.weight.as_vec());
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?} {expected:?}");
}

/// A step by the tape leaves nothing to one without it.
#[test]
fn both_ways_in_turn() {
    let data = rows(40, 1);
    let (device, mut by_hand) = (device(), TwoLayer::new(&device()));
    let mut optimizer = adamw();
    let mut gradients = by_hand.alloc_grads();
    let batch = |at: usize| select(&data, &[at, at + 10, at + 20], &device);
    for at in 0..10 {
        let (x, labels) = batch(at);
        if at % 3 == 0 {
            gradients = cross_entropy(by_hand.forward_train(x, gradients), &labels).backward();
            optimizer.step(&mut by_hand, &mut gradients).unwrap();
        } else {
            optimizer.train_step(&mut by_hand, x, CrossEntropy(&labels)).unwrap();
        }
    }
    let mut net = TwoLayer::new(&self::device());
    let run = Trainer::new(&mut net, adamw()).fit(0..10, |step, at| {
        let (x, labels) = batch(at);
        if at % 3 != 0 {
            return step.learn(x, CrossEntropy(&labels));
        }
        step.learn_by(3, |net, gradients| try_cross_entropy(net.try_forward_train(x, gradients)?, &labels))
    });
    run.unwrap();
    assert_eq!(net.save_bytes().unwrap(), by_hand.save_bytes().unwrap());
}
