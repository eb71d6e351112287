//! What is measured, averaged and chosen, and when a training ends.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use tensor_core::data::Batches;
use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{Optimizer, Sgd};
use tensor_core::prelude::*;
use tensor_core::train::{
    Every, Goal, LogError, OnAnomaly, Place, Plateau, Record, Sink, Step, Stopped, TrainError, Trainer,
    Warmup,
};

use crate::nets::{Small, TwoLayer, rows, select};

fn sgd() -> Optimizer<Sgd> {
    Optimizer::new(Sgd { learning_rate: 0.1, ..Sgd::default() }).clip_norm(f64::INFINITY)
}

/// What was recorded: the step, the epoch, the names.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<Line>>>);

type OnCpu<'t> = Trainer<'t, Small, Sgd, f32, Cpu>;

/// Step, epoch, and the names of what was measured.
type Line = (u64, f64, Vec<String>);

impl Sink for Page {
    fn record(&mut self, record: &Record<'_>) -> Result<(), LogError> {
        let names = record.values.iter().map(|value| value.0.to_owned()).collect();
        self.0.borrow_mut().push((record.step, record.epoch, names));
        Ok(())
    }
}

#[test]
fn measures_go_to_the_history_and_to_sinks() {
    let (data, device, page) = (rows(20, 1), Cpu::default(), Page::default());
    let mut net = TwoLayer::new(&device);
    let run = Trainer::new(&mut net, sgd())
        .epochs(2)
        .log_every(2)
        .sink(page.clone())
        .evaluate(Every::Epochs(1), |look| {
            let (x, labels) = select(&data, &[0, 1, 2, 3, 4, 5], &device);
            look.classify(x, &labels)?;
            look.note("answer", 42.0);
            Ok(())
        })
        .fit(Batches::new(20, 5, 0).unwrap(), |step, chosen| {
            let (x, labels) = select(&data, &chosen, &device);
            let loss = step.learn(x, CrossEntropy(&labels))?;
            step.note("twice", 2.0 * loss);
            Ok(())
        });
    let run = run.unwrap();
    let pages = page.0.borrow();
    let steps: Vec<(u64, f64)> = pages.iter().map(|page| (page.0, page.1)).collect();
    assert_eq!(steps, [(2, 0.5), (4, 1.0), (4, 1.0), (4, 1.0), (6, 1.5), (8, 2.0), (8, 2.0), (8, 2.0)]);
    assert_eq!(
        pages[0].2,
        ["train/gradient_norm", "train/loss", "train/twice", "train/learning_rate", "train/rows_per_second"]
    );
    assert_eq!(pages[2].2[..2], ["epoch/loss", "epoch/twice"]);
    assert_eq!(
        pages[3].2,
        ["validation/accuracy", "validation/answer", "validation/loss", "validation/perplexity"]
    );
    let last = |name| run.history.last(name).unwrap();
    assert!((last("validation/perplexity") - last("validation/loss").exp()).abs() < 1e-9);
    assert!((last("epoch/twice") - 2.0 * last("epoch/loss")).abs() < 1e-9);
    assert_eq!(run.history.curve("train/loss").len(), 4);
    assert_eq!(last("train/learning_rate"), 0.1);
    assert!(last("train/gradient_norm") > 0.0);
}

/// The rate of each step is that of a `Plateau` which is told by hand what the evaluations found; where the rate falls is
/// compared with PyTorch's where `Plateau` is.
#[test]
fn a_plateau_goes_by_the_evaluations() {
    let (data, device) = (rows(20, 1), Cpu::default());
    let values = [5.0, 4.0, 4.0, 4.0, 3.9999, 3.9999, 3.9999, 2.0, 2.0, 2.0, f64::NAN, 1.0];
    let plateau = || Plateau::new(0.1, 0.5, 1).watching("validation/error");
    let mut net = TwoLayer::new(&device);
    let run = Trainer::new(&mut net, sgd())
        .schedule(plateau())
        .evaluate(Every::Steps(3), |look| {
            look.note("error", values[look.step() as usize / 3 - 1]);
            Ok(())
        })
        .evaluate(Every::Steps(2), |look| {
            look.note("other", 0.0);
            Ok(())
        })
        .fit((0..36).map(|at| at % 15), |step, at| {
            let (x, labels) = select(&data, &[at, at + 5], &device);
            step.learn(x, CrossEntropy(&labels))
        });
    let mut by_hand = plateau();
    let told = values
        .iter()
        .flat_map(|&value| [by_hand.rate(), by_hand.rate(), by_hand.rate(), by_hand.look(value)]);
    let expected: Vec<f64> =
        told.collect::<Vec<_>>().chunks(4).flat_map(|rates| rates[..3].to_vec()).collect();
    assert_eq!(run.unwrap().history.values("train/learning_rate"), expected);
    assert!((expected[35] - 0.0125).abs() < 1e-12);
}

#[test]
fn a_plateau_without_its_measure_is_told() {
    let (data, device) = (rows(20, 1), Cpu::default());
    let mut net = TwoLayer::new(&device);
    let mut learn = |step: &mut Step<'_, '_, _, Sgd, f32, Cpu>, at: usize| {
        let (x, labels) = select(&data, &[at, at + 5], &device);
        step.learn(x, CrossEntropy(&labels))
    };
    let plateau = Plateau::new(0.1, 0.5, 1);
    let error = Trainer::new(&mut net, sgd()).schedule(plateau).fit(0..4, &mut learn).unwrap_err();
    assert_eq!(error.to_string(), "the schedule goes by what `evaluate` measures, which is missing");
    let error = Trainer::new(&mut net, sgd())
        .schedule(Warmup { steps: 2, then: plateau })
        .evaluate(Every::Steps(2), |look| {
            look.note("accuracy", 1.0);
            Ok(())
        })
        .fit(0..4, &mut learn)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "nothing measured `validation/loss`; what was measured is `validation/accuracy`"
    );
}

#[test]
fn averages_follow_the_weights() {
    let (data, device) = (rows(20, 1), Cpu::default());
    let start = TwoLayer::new(&device);
    let (mut by_hand, mut average) = (start.clone(), start.output.bias.array());
    let mut optimizer = sgd();
    for at in 0..10 {
        let (x, labels) = select(&data, &[at, at + 5], &device);
        optimizer.train_step(&mut by_hand, x, CrossEntropy(&labels)).unwrap();
        let now = by_hand.output.bias.array();
        average.iter_mut().zip(now).for_each(|(average, now)| *average = *average * 0.8 + now * 0.2);
    }
    let (mut net, seen) = (start.clone(), RefCell::new([0.0; 3]));
    let run = Trainer::new(&mut net, sgd())
        .average(0.8)
        .evaluate(Every::Steps(10), |look| {
            *seen.borrow_mut() = look.net().output.bias.array();
            Ok(())
        })
        .fit(0..10, |step, at| {
            let (x, labels) = select(&data, &[at, at + 5], &device);
            step.learn(x, CrossEntropy(&labels))?;
            Ok(())
        });
    run.unwrap();
    let near = |a: [f32; 3], b: [f32; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(near(net.output.bias.array(), average), "{:?} {average:?}", net.output.bias.array());
    assert_eq!(*seen.borrow(), net.output.bias.array());
}

/// The measure is the step's distance from 7, so that the state after step 7 is the best.
#[test]
fn the_best_state_is_kept_and_patience_ends() {
    let (data, device) = (rows(20, 1), Cpu::default());
    let mut net = TwoLayer::new(&device);
    let states = RefCell::new(Vec::new());
    let run = Trainer::new(&mut net, sgd())
        .epochs(100)
        .evaluate(Every::Steps(1), |look| {
            look.note("distance", (look.step() as f64 - 7.0).abs());
            states.borrow_mut().push(look.net().save_bytes()?);
            Ok(())
        })
        .best(Goal::lowest("validation/distance"))
        .patience(4)
        .fit(Batches::new(20, 5, 0).unwrap(), |step, chosen| {
            let (x, labels) = select(&data, &chosen, &device);
            step.learn(x, CrossEntropy(&labels))?;
            Ok(())
        });
    let run = run.unwrap();
    assert_eq!((run.stopped, run.steps), (Stopped::NoImprovement, 11));
    assert_eq!(run.best.unwrap().step, 7);
    assert_eq!(net.save_bytes().unwrap(), states.borrow()[6]);
    assert_ne!(net.save_bytes().unwrap(), states.borrow()[10]);
}

#[test]
fn a_callback_can_end_it() {
    let (data, device, seen) = (rows(20, 1), Cpu::default(), RefCell::new(Vec::new()));
    let mut net = TwoLayer::new(&device);
    let run = Trainer::new(&mut net, sgd())
        .each(Every::Steps(2), |now| {
            seen.borrow_mut().push(now.step);
            assert!(now.history.last("train/loss").is_some());
            if now.step == 6 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .fit(0.., |step, at| {
            let (x, labels) = select(&data, &[at % 20], &device);
            step.learn(x, CrossEntropy(&labels))?;
            Ok(())
        });
    assert_eq!(run.unwrap().stopped, Stopped::Asked);
    assert_eq!(*seen.borrow(), [2, 4, 6]);
}

#[test]
fn what_is_not_finite_stops_before_the_weights_change() {
    let (data, device) = (rows(20, 1), Cpu::default());
    let mut net = TwoLayer::new(&device);
    let mut states = Vec::new();
    let mut trainer = Trainer::new(&mut net, sgd());
    let error = trainer.fit(0..5, |step, at| {
        states.push(step.net().save_bytes()?);
        let (x, labels) = select(&data, &[at], &device);
        step.learn(if at == 3 { x * f32::NAN } else { x }, CrossEntropy(&labels))?;
        Ok(())
    });
    let error = error.unwrap_err();
    drop(trainer);
    assert!(matches!(error, TrainError::NotFinite { what: "loss", step: 4, .. }), "{error}");
    let said = error.to_string();
    assert!(
        said.starts_with("the loss became NaN in step 4: try a smaller learning rate (step 4: "),
        "{said}"
    );
    let TrainError::NotFinite { anomaly: Some(anomaly), .. } = error else { panic!("{said}") };
    assert_eq!(anomaly.place, Place::Input { name: "the input".into() });
    assert_eq!(net.save_bytes().unwrap(), states[3]);

    let mut net = TwoLayer::new(&device);
    let mut told = Vec::new();
    let run = Trainer::new(&mut net, sgd())
        .on_anomaly(OnAnomaly::SkipStep)
        .warnings(|warning| told.push(warning.to_owned()))
        .fit(0..5, |step, at| {
            let (x, labels) = select(&data, &[at], &device);
            step.learn(if at == 3 { x * f32::NAN } else { x }, CrossEntropy(&labels))
        });
    let run = run.unwrap();
    assert_eq!(told, ["the loss became NaN in step 4, which is left out"]);
    assert_eq!((run.steps, run.skipped), (4, 1));
    assert!(net.output.bias.array().iter().all(|x| x.is_finite()));
}

#[test]
fn it_goes_on_where_a_closure_failed() {
    let (data, device) = (rows(40, 1), Cpu::default());
    let start = TwoLayer::new(&device);
    let train = |fails: bool| {
        let (mut net, mut seen) = (start.clone(), 0);
        let mut trainer = Trainer::new(&mut net, sgd()).epochs(2).accumulate(2);
        let mut learn = |trainer: &mut Trainer<'_, _, _, _, _>| {
            trainer.fit(Batches::new(40, 5, 0).unwrap(), |step, chosen| {
                seen += 1;
                if fails && seen == 12 {
                    return Err("the disk went away".into());
                }
                let (x, labels) = select(&data, &chosen, &device);
                step.learn(x, CrossEntropy(&labels))?;
                Ok(())
            })
        };
        let mut run = learn(&mut trainer);
        if fails {
            let error = run.unwrap_err();
            assert!(matches!(error, TrainError::Yours { step: 6, .. }), "{error:?}");
            assert_eq!(error.to_string(), "the disk went away");
            run = learn(&mut trainer);
        }
        assert_eq!(run.unwrap().steps, 8);
        drop(trainer);
        net.save_bytes().unwrap()
    };
    assert_eq!(train(false), train(true));
}

#[test]
fn settings_that_make_no_sense_get_a_sentence() {
    let device = Cpu::default();
    let mut net = Small::new(&device);
    let refused = |change: fn(OnCpu<'_>) -> OnCpu<'_>| {
        let mut net = Small::new(&Cpu::default());
        let mut trainer = change(Trainer::new(&mut net, sgd()));
        let error = trainer.fit(Batches::new(4, 2, 0).unwrap(), |_, _| Ok(())).unwrap_err();
        error.to_string()
    };
    for (said, sentence) in [
        (refused(|trainer| trainer), "the training has no end"),
        (refused(|trainer| trainer.epochs(1).accumulate(0)), "gradients of 0 batches"),
        (refused(|trainer| trainer.epochs(1).log_every(0)), "there is no mean of 0 steps"),
        (refused(|trainer| trainer.epochs(1).average(1.0)), "the decay of averages"),
        (refused(|trainer| trainer.epochs(1).patience(1)), "`best` has to say what that is"),
        (
            refused(|trainer| trainer.epochs(1).best(Goal::lowest("x"))),
            "`evaluate` measures, which is missing",
        ),
        (refused(|trainer| trainer.epochs(1).evaluate(Every::Steps(0), |_| Ok(()))), "never happens"),
        (refused(|trainer| trainer.epochs(1).checkpoints("nowhere")), "`Small` has dropout"),
    ] {
        assert!(said.contains(sentence), "{said}");
    }
    let error = Trainer::new(&mut net, sgd())
        .evaluate(Every::Steps(1), |look| {
            look.note("loss", 1.0);
            Ok(())
        })
        .best(Goal::lowest("validation/los"))
        .steps(1)
        .fit(0.., |step, at| {
            let (ids, next) = crate::nets::sequences(&[at], &device);
            step.learn(ids, CrossEntropy(&next))?;
            Ok(())
        });
    let said = error.unwrap_err().to_string();
    assert_eq!(said, "nothing measured `validation/los`; what was measured is `validation/loss`");
}
