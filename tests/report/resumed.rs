//! The log of a trainer that was stopped and goes on from a checkpoint before.

use std::fs;

use tensor_core::{
    loss::CrossEntropy,
    optim::{Optimizer, Sgd},
    prelude::*,
    train::{Checkpoints, Every, JsonLines, Records, Trainer},
};

use crate::folder;

layer! {
    pub struct Sign: [1] -> [2] { scores: linear(1 -> 2) }
}

#[test]
fn each_step_is_logged_once() {
    let folder = folder().join("resumed");
    let _ = fs::remove_dir_all(&folder);
    let train = |steps| {
        let device = Cpu::seed_from_u64(0);
        let x: Tensor<Rank2<8, 1>, f32, _> = device.sample_normal();
        let signs = x.array().map(|[x]| usize::from(x > 0.0));
        let mut net = Sign::new(&device);
        Trainer::new(&mut net, Optimizer::new(Sgd::default()))
            .steps(steps)
            .checkpoints(Checkpoints::new(folder.join("checkpoints")).every(Every::Steps(15)))
            .sink(JsonLines::append(folder.join("log.jsonl")).unwrap())
            .fit((0..).map(|_| x.clone()), |step, x| step.learn(x, CrossEntropy(&signs)))
            .unwrap()
    };
    train(40);
    // As if it had been killed before the last checkpoint, when the log was ahead.
    fs::remove_file(folder.join("checkpoints/step-000000000040.checkpoint")).unwrap();
    assert_eq!(train(50).resumed, Some(30));
    let records = Records::read(folder.join("log.jsonl")).unwrap();
    let steps: Vec<u64> = records.curve("train/loss").map(|measured| measured.step).collect();
    assert_eq!(steps, (1..=50).collect::<Vec<_>>());
}
