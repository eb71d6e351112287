//! Checkpoints: going on with the same bits, and every way in which they can't be used.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use tensor_core::data::{Batches, Loader};
use tensor_core::io::LoadError;
use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{AdamW, Optimizer, Sgd};
use tensor_core::prelude::*;
use tensor_core::train::{
    ByEpochs, CheckpointError, Checkpoints, Cosine, Every, Goal, Outcome, Plateau, TrainError, Trainer,
};

use crate::nets::{Small, TwoLayer, sequences};
use crate::support::example::Scratch;

/// Trains a small transformer; where `fails_at` says, a closure fails.
pub fn train(
    net: &mut Small,
    checkpoints: Option<Checkpoints>,
    fails_at: u64,
) -> Result<Outcome, TrainError> {
    let device = Cpu::default();
    Trainer::new(net, Optimizer::new(AdamW::default()).clip_norm(1.0))
        .schedule(Cosine { peak: 0.01, floor: 0.0, steps: 60 })
        .steps(60)
        .seed(5)
        .accumulate(2)
        .average(0.9)
        .evaluate(Every::Steps(7), |look| {
            let (ids, next) = sequences(&[100, 101, 102], &Cpu::default());
            look.classify(ids, &next)
        })
        .best(Goal::lowest("validation/loss"))
        .resume(checkpoints)
        .fit(Batches::new(62, 8, 1).unwrap(), |step, chosen| {
            if step.number() == fails_at {
                return Err("enough".into());
            }
            let (ids, next) = sequences(&chosen, &device);
            step.learn(ids, CrossEntropy(&next))?;
            Ok(())
        })
}

fn fresh() -> Small {
    Small::new(&Cpu::seed_from_u64(1))
}

fn files(folder: &Scratch) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(&**folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_training_that_stops_anywhere_goes_on_with_the_same_bits() {
    let mut whole = fresh();
    let run = train(&mut whole, None, 1000).unwrap();
    for (every, stops) in [(Every::Steps(4), [9, 30, 59]), (Every::Epochs(1), [5, 21, 40])] {
        let folder = Scratch::new();
        let checkpoints = || Some(Checkpoints::new(&*folder).every(every));
        for stop in stops {
            // Whatever weights it begins with.
            let mut net = Small::new(&Cpu::seed_from_u64(stop));
            let net = if stop == stops[0] { &mut fresh() } else { &mut net };
            train(net, checkpoints(), stop).unwrap_err();
        }
        let mut net = Small::new(&Cpu::seed_from_u64(99));
        let again = train(&mut net, checkpoints(), 1000).unwrap();
        assert!(again.resumed.is_some());
        assert_eq!(net.save_bytes().unwrap(), whole.save_bytes().unwrap());
        assert_eq!(again.best, run.best);
        for name in ["train/loss", "validation/loss", "epoch/loss"] {
            assert_eq!(again.history.curve(name), run.history.curve(name), "{name}");
        }
        assert_eq!(files(&folder).len(), 3);

        // It is done.
        let mut net = fresh();
        assert_eq!(train(&mut net, checkpoints(), 0).unwrap().resumed, Some(60));
        assert_eq!(net.save_bytes().unwrap(), whole.save_bytes().unwrap());
    }
}

/// What a `Plateau` has seen is in the checkpoint.
#[test]
fn a_plateau_goes_on_with_the_same_bits() {
    let train = |net: &mut Small, checkpoints: Option<Checkpoints>, fails_at: u64| {
        Trainer::new(net, Optimizer::new(AdamW::default()))
            .schedule(Plateau::new(0.03, 0.5, 0))
            .steps(40)
            .seed(5)
            .evaluate(Every::Steps(3), |look| {
                let (ids, next) = sequences(&[100, 101, 102], &Cpu::default());
                look.classify(ids, &next)
            })
            .resume(checkpoints)
            .fit(Batches::new(62, 8, 1).unwrap(), |step, chosen| {
                if step.number() == fails_at {
                    return Err("enough".into());
                }
                let (ids, next) = sequences(&chosen, &Cpu::default());
                step.learn(ids, CrossEntropy(&next))?;
                Ok(())
            })
    };
    let (mut whole, folder) = (fresh(), Scratch::new());
    let run = train(&mut whole, None, 1000).unwrap();
    let rates = run.history.values("train/learning_rate");
    assert!(rates[39] < rates[0], "{rates:?}"); // else nothing is tested
    let checkpoints = || Some(Checkpoints::new(&*folder).every(Every::Steps(4)));
    for stop in [7, 18, 34] {
        train(&mut fresh(), checkpoints(), stop).unwrap_err();
    }
    let mut net = fresh();
    let again = train(&mut net, checkpoints(), 1000).unwrap();
    assert_eq!(again.resumed, Some(32));
    assert_eq!(again.history.values("train/learning_rate"), rates);
    assert_eq!(net.save_bytes().unwrap(), whole.save_bytes().unwrap());

    // One that remembers nothing would go on in another way.
    let error = Trainer::new(&mut net, Optimizer::new(AdamW::default()))
        .schedule(Cosine { peak: 0.01, floor: 0.0, steps: 60 })
        .steps(60)
        .seed(5)
        .checkpoints(checkpoints().unwrap())
        .fit(Batches::new(62, 8, 1).unwrap(), |_, _| Ok(()))
        .unwrap_err();
    let told = "a schedule that remembers so many numbers: 3, but this one has 0";
    assert!(error.to_string().ends_with(told), "{error}");
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_told() {
    let (mut whole, folder) = (fresh(), Scratch::new());
    train(&mut whole, None, 1000).unwrap();
    let checkpoints = || Checkpoints::new(&*folder).every(Every::Steps(4));
    train(&mut fresh(), Some(checkpoints()), 30).unwrap_err();
    let newest = files(&folder).pop().unwrap();
    let mut bytes = fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&newest, &bytes).unwrap();

    let told = RefCell::new(Vec::new());
    let mut net = fresh();
    let run = Trainer::new(&mut net, Optimizer::new(AdamW::default()))
        .steps(1)
        .seed(5)
        .accumulate(2)
        .average(0.9)
        .evaluate(Every::Epochs(1000), |_| Ok(()))
        .best(Goal::lowest("validation/loss"))
        .checkpoints(checkpoints())
        .warnings(|warning| told.borrow_mut().push(warning.to_owned()))
        .fit(Batches::new(62, 8, 1).unwrap(), |_, _| Ok(()));
    assert_eq!(run.unwrap().resumed, Some(24));
    assert_eq!(told.borrow().len(), 1);
    assert!(told.borrow()[0].contains("step-000000000028.checkpoint` is damaged: the checksum"), "{told:?}");

    let mut net = fresh();
    assert_eq!(train(&mut net, Some(checkpoints()), 1000).unwrap().resumed, Some(24));
    assert_eq!(net.save_bytes().unwrap(), whole.save_bytes().unwrap());

    for file in files(&folder) {
        fs::write(file, "").unwrap();
    }
    let error = train(&mut net, Some(checkpoints()), 1000).unwrap_err();
    assert!(matches!(error, TrainError::Checkpoint(CheckpointError::NoneWhole { .. })), "{error}");
}

#[test]
fn a_checkpoint_of_another_training_is_refused_and_nothing_changes() {
    let folder = Scratch::new();
    let checkpoints = || Checkpoints::new(&*folder).every(Every::Steps(4));
    train(&mut fresh(), Some(checkpoints()), 9).unwrap_err();

    let mut other = TwoLayer::new(&Cpu::default());
    let before = other.save_bytes().unwrap();
    let mut trainer =
        Trainer::new(&mut other, Optimizer::new(AdamW::default())).epochs(1).checkpoints(checkpoints());
    let error = trainer.fit(Batches::new(62, 8, 1).unwrap(), |_, _| Ok(())).unwrap_err();
    let said = error.to_string();
    let TrainError::Checkpoint(CheckpointError::Network { source, .. }) = error else { panic!("{said}") };
    let LoadError::Mismatch(mismatch) = *source else { panic!("{said}") };
    assert_eq!(mismatch.missing.len(), 4);
    assert!(
        said.contains("is of another network: ") && said.contains("missing       hidden.weight [8, 4]"),
        "{said}"
    );
    drop(trainer);
    assert_eq!(other.save_bytes().unwrap(), before);

    let mut net = fresh();
    let before = net.save_bytes().unwrap();
    let mut refused = |seed, accumulate, rows| {
        let error = Trainer::new(&mut net, Optimizer::new(AdamW::default()))
            .epochs(1)
            .seed(seed)
            .accumulate(accumulate)
            .checkpoints(checkpoints())
            .fit(Batches::new(rows, 8, 1).unwrap(), |_, _| Ok(()));
        error.unwrap_err().to_string()
    };
    assert!(refused(6, 2, 62).contains("a training with the seed 5, but this one has 6"));
    assert!(refused(5, 1, 62).contains("gathered batches: 2, but this one has 1"));
    assert!(refused(5, 2, 90).contains("batches in an epoch: 8, but this one has 12"));
    assert!(refused(5, 2, 62).contains("averages of the decay 0.9, but this one has none"));
    let optimizer = Optimizer::new(Sgd::default());
    let error = Trainer::new(&mut net, optimizer)
        .epochs(1)
        .seed(5)
        .accumulate(2)
        .average(0.9)
        .checkpoints(checkpoints())
        .fit(Batches::new(62, 8, 1).unwrap(), |_, _| Ok(()));
    let error = error.unwrap_err();
    assert!(matches!(error, TrainError::Checkpoint(CheckpointError::OtherTraining { .. })), "{error}");
    assert!(
        error.to_string().contains("an optimizer that remembers exp_avg and exp_avg_sq, but this one has"),
        "{error}"
    );
    assert_eq!(net.save_bytes().unwrap(), before);
}

#[test]
fn a_folder_that_can_not_be_used_is_told_before_any_step() {
    let folder = Scratch::new();
    fs::write(folder.join("file"), "").unwrap();
    for path in [folder.join("file"), folder.join("file/below")] {
        let error = train(&mut fresh(), Some(Checkpoints::new(path)), 0).unwrap_err();
        assert!(matches!(error, TrainError::Checkpoint(CheckpointError::Folder { .. })), "{error}");
    }
}

/// Where a checkpoint can't be written, the training stops; when it can, it goes on as if nothing had been.
#[test]
fn a_folder_that_goes_away_stops_the_training_until_it_is_back() {
    let (mut whole, mut net, folder) = (fresh(), fresh(), Scratch::new());
    train(&mut whole, None, 1000).unwrap();
    let (device, inner) = (Cpu::default(), folder.join("inner"));
    let mut trainer = Trainer::new(&mut net, Optimizer::new(AdamW::default()).clip_norm(1.0))
        .schedule(Cosine { peak: 0.01, floor: 0.0, steps: 60 })
        .steps(60)
        .seed(5)
        .accumulate(2)
        .average(0.9)
        .evaluate(Every::Steps(7), |look| {
            let (ids, next) = sequences(&[100, 101, 102], &Cpu::default());
            look.classify(ids, &next)
        })
        .best(Goal::lowest("validation/loss"))
        .checkpoints(Checkpoints::new(&inner).every(Every::Steps(4)));
    let mut runs = 0;
    loop {
        let run = trainer.fit(Batches::new(62, 8, 1).unwrap(), |step, chosen| {
            if step.number() == 10 && runs == 0 && inner.is_dir() {
                fs::remove_dir_all(&inner)?;
            }
            let (ids, next) = sequences(&chosen, &device);
            step.learn(ids, CrossEntropy(&next))?;
            Ok(())
        });
        runs += 1;
        let Err(error) = run else { break };
        assert!(matches!(error, TrainError::Checkpoint(CheckpointError::Write { .. })), "{error}");
        fs::create_dir(&inner).unwrap();
    }
    assert_eq!(runs, 2);
    drop(trainer);
    assert_eq!(net.save_bytes().unwrap(), whole.save_bytes().unwrap());
}

/// What is read ahead on a thread is not lost where a training stops.
#[test]
fn batches_that_are_read_ahead() {
    let batches = || Batches::new(62, 8, 1).unwrap();
    let train = |net: &mut Small, folder: Option<&Scratch>, fails_at: u64| {
        let read = |rows: &[usize]| Ok::<Vec<usize>, std::io::Error>(rows.to_vec());
        let source = ByEpochs(Loader::new(batches(), read, 3));
        Trainer::new(net, Optimizer::new(AdamW::default()))
            .epochs(4)
            .seed(5)
            .resume(folder.map(|folder| Checkpoints::new(&**folder).every(Every::Steps(3))))
            .fit(source, |step, chosen| {
                if step.number() == fails_at {
                    return Err("enough".into());
                }
                let (ids, next) = sequences(&chosen?, &Cpu::default());
                step.learn(ids, CrossEntropy(&next))
            })
    };
    let (mut whole, mut read, mut parts, folder) = (fresh(), fresh(), fresh(), Scratch::new());
    let run = Trainer::new(&mut whole, Optimizer::new(AdamW::default())).epochs(4).seed(5).fit(
        batches(),
        |step, chosen| {
            let (ids, next) = sequences(&chosen, &Cpu::default());
            step.learn(ids, CrossEntropy(&next))
        },
    );
    assert_eq!(run.unwrap().steps, 32);
    train(&mut read, None, 1000).unwrap();
    train(&mut parts, Some(&folder), 20).unwrap_err();
    assert_eq!(train(&mut parts, Some(&folder), 1000).unwrap().resumed, Some(18));
    assert_eq!(read.save_bytes().unwrap(), whole.save_bytes().unwrap());
    assert_eq!(parts.save_bytes().unwrap(), whole.save_bytes().unwrap());
}
