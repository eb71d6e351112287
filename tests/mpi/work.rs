//! What the ranks do.

use std::{env, error::Error, fs, path::PathBuf};

use tensor_core::{
    loss::CrossEntropy,
    optim::{AdamW, Optimizer, Sgd},
    parallel::{ParallelError, World},
    prelude::*,
    train::{Checkpoints, Every, Trainer},
};

const CONTEXT: usize = 12;
const CLASSES: usize = 11;
const ROWS: usize = 7;
const STEPS: usize = 12;

// Keys without a bias: its gradient is 0 but for rounding, which Adam would make steps of.
layer! {
    pub struct Block: [n, 16] -> [n, 16] {
        residual {
            norm_1: layer_norm,
            attend: attention(heads: 2, mask: causal, dropout: 0.1, bias: false),
            dropout(0.2),
        },
        residual { norm_2: layer_norm, up: linear(64), gelu, down: linear(16) },
    }
}

layer! {
    pub struct Writer: ids[n] -> [n, CLASSES] {
        tokens: embedding(CLASSES -> 16),
        places: positional(CONTEXT),
        blocks: [Block; 2],
        norm: layer_norm,
        unembed(CLASSES, tie: tokens),
    }
}

layer! { pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }

type Done = Result<(), Box<dyn Error>>;

/// Bytes of a bucket: these networks are small, and should have several.
const BUCKET: usize = 1024;

pub fn rank() {
    println!(); // after what the test harness began to write
    let options = env::var("RANK_OPTIONS").unwrap_or_default();
    let options: Vec<&str> = options.split(',').collect();
    let mut world =
        World::start().expect("MPI starts").bucket_bytes(BUCKET).overlaps(!options.contains(&"after"));
    let done = match env::var("RANK_WORK").as_deref() {
        Ok("train") => train(&mut world, &options),
        Ok("trainer") => trainer(&mut world, &options),
        Ok("late") => late(&mut world),
        Ok("twice") => twice(&mut world),
        Ok("composed") => composed(&mut world),
        Ok("refuse") => refuse(&mut world),
        Ok("fail") if options == ["leave"] => match fail(world, "leave") {
            Ok(()) => std::process::exit(0),
            Err(error) => panic!("{error}"),
        },
        Ok("fail") => return fail(world, options[0]).expect("it failed before"),
        other => Err(format!("no such work: {other:?}").into()),
    };
    world.end(done).expect("the work is done");
}

fn folder() -> PathBuf {
    env::var_os("RANK_FOLDER").expect("the test says where").into()
}

/// The ids of all rows of a step, and what comes next.
fn batch(step: usize) -> (Vec<usize>, Vec<usize>) {
    let id = |place: usize| (place * place * 7 + step * 3 + place / 5) % CLASSES;
    let places = || (0..ROWS * CONTEXT).map(move |place| place + step * ROWS * CONTEXT);
    (places().map(id).collect(), places().map(|place| id(place + 1)).collect())
}

fn train(world: &mut World, options: &[&str]) -> Done {
    let device = Cpu::seed_from_u64(5);
    let mut net = Writer::new(&device);
    let mut optimizer: Optimizer<_> =
        Optimizer::new(AdamW { learning_rate: 3e-3, ..AdamW::default() }).clip_norm(0.5);
    if options.contains(&"divide") {
        world.divide(&mut optimizer);
    }
    optimizer.watch(&mut net);
    if options.contains(&"resume") {
        net.load(folder().join("net"))?;
        optimizer.load(folder().join("state"))?;
    }
    if world.rank() > 0 {
        net.norm.bias.tensor_mut().fill_with_ones(); // what rank 0 doesn't have
    }
    world.broadcast(&mut net)?;
    let done = optimizer.steps() as usize;
    for _ in 0..done {
        // A pass draws once for its dropout.
        let ids = device.tensor_from_vec(vec![0; CONTEXT], (1, CONTEXT));
        net.forward_train(ids, Gradients::leaky());
    }
    let stop = options.iter().find_map(|option| option.strip_prefix("stop=")?.parse().ok()).unwrap_or(STEPS);
    let mut gradients = net.alloc_grads();
    for step in done..stop {
        let (ids, next) = batch(step);
        let part = world.part(ROWS)?;
        let own = device.tensor_from_vec(part.take(&ids).to_vec(), (part.rows(), CONTEXT));
        let loss = try_cross_entropy(net.try_forward_train(own, gradients)?, part.take(&next))?;
        let (mean, found) = world.backward(&mut net, loss, part.weight())?;
        gradients = found;
        assert!(mean.is_finite());
        let report = world.report();
        if world.size() > 1 {
            assert!(report.buckets > 5 && !report.again, "{report:?}");
            assert_eq!(report.early > 5, !options.contains(&"after"), "{report:?}");
        }
        world.step(&mut optimizer, &mut net, &mut gradients)?;
    }
    assert!(world.agrees(&mut net)?, "ranks have other weights");
    if let Some(state) = world.state(&optimizer)? {
        fs::write(folder().join("state"), state)?;
        net.save(folder().join("net"))?;
        fs::write(folder().join("weights"), weights(&mut net))?;
        println!("result remembered={}", optimizer.remembered());
    }
    Ok(())
}

/// The same by a trainer, which gathers two batches for a step, and by its own pass where the options say so.
fn trainer(world: &mut World, options: &[&str]) -> Done {
    let device = Cpu::seed_from_u64(5);
    let mut net = Writer::new(&device);
    let mut optimizer: Optimizer<_> =
        Optimizer::new(AdamW { learning_rate: 3e-3, ..AdamW::default() }).clip_norm(0.5);
    if options.contains(&"divide") {
        world.divide(&mut optimizer);
    }
    let stop: u64 = if options.contains(&"stop") { 3 } else { STEPS as u64 / 2 };
    let by_tape = options.contains(&"tape");
    let kept =
        options.contains(&"keep").then(|| Checkpoints::new(folder().join("kept")).every(Every::Steps(3)));
    let (is_first, alone) = (world.is_first(), world.size() == 1);
    let mut trainer = Trainer::new(&mut net, optimizer).steps(stop).accumulate(2).seed(3).resume(kept);
    if !alone {
        trainer = trainer.parallel(world);
    }
    let run = trainer.fit((0..).map(batch), |step, (ids, next)| {
        let part = step.part(ROWS)?;
        let own = device.tensor_from_vec(part.take(&ids).to_vec(), (part.rows(), CONTEXT));
        let labels = part.take(&next);
        if by_tape {
            return step.learn_by(part.rows(), |net, gradients| {
                try_cross_entropy(net.try_forward_train(own, gradients)?, labels)
            });
        }
        step.learn(own, CrossEntropy(labels))
    })?;
    drop(trainer);
    if !alone {
        assert!(world.agrees(&mut net)?, "ranks have other weights");
        let report = world.report();
        assert!((report.early > 0) != options.contains(&"after") && !report.again, "{report:?}");
    }
    if is_first {
        let losses = run.history.values("train/loss");
        println!("result loss={}", losses[losses.len() - 1]);
        println!("result resumed={}", run.resumed.unwrap_or(0));
        fs::write(folder().join("weights"), weights(&mut net))?;
    }
    Ok(())
}

/// The numbers of all weights.
fn weights<N: Layer<f32, Cpu>>(net: &mut N) -> Vec<u8> {
    use tensor_core::param::{AnyParam, Role, WeightVisitor};
    struct All(Vec<u8>);
    impl WeightVisitor<f32, Cpu> for All {
        fn weight(&mut self, _: &str, _: Role, weight: &mut dyn AnyParam<f32, Cpu>) {
            let numbers = weight.numbers().expect("they lie in order");
            numbers.iter().for_each(|number| self.0.extend(number.to_le_bytes()));
        }
    }
    let mut all = All(Vec::new());
    net.visit_weights(&mut all);
    all.0
}

/// A network, and four rows with their labels.
fn two_layer(device: &Cpu) -> (TwoLayer, Vec<f32>, [usize; 4]) {
    let net = TwoLayer::new(device);
    let x: Tensor<Rank2<4, 4>, f32, _> = device.sample_normal();
    (net, x.as_vec(), [0, 2, 1, 2])
}

/// What must come out: gradients of all rows at once.
#[track_caller]
fn same(net: &TwoLayer, found: &Gradients<f32, Cpu>, right: &Gradients<f32, Cpu>) {
    let close = |a: Vec<f32>, b: Vec<f32>| a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(close(
        found.get(net.hidden.weight.tensor()).as_vec(),
        right.get(net.hidden.weight.tensor()).as_vec()
    ));
    assert!(close(
        found.get(net.hidden.bias.tensor()).as_vec(),
        right.get(net.hidden.bias.tensor()).as_vec()
    ));
    assert!(close(
        found.get(net.output.weight.tensor()).as_vec(),
        right.get(net.output.weight.tensor()).as_vec()
    ));
    assert!(close(
        found.get(net.output.bias.tensor()).as_vec(),
        right.get(net.output.bias.tensor()).as_vec()
    ));
}

/// A penalty on a weight, made before the pass, so that the way back comes to it after the network's.
fn late(world: &mut World) -> Done {
    let device = Cpu::seed_from_u64(1);
    let (mut net, x, labels) = two_layer(&device);
    let part = world.part(4)?;
    let loss = |net: &TwoLayer, x: &[f32], labels: &[usize], gradients| {
        let penalty = net.output.weight.tensor().clone().traced(gradients).square().sum::<Rank0, _>();
        let x = device.tensor_from_vec(x.to_vec(), (labels.len(), Const::<4>));
        let (penalty, tape) = penalty.split_tape();
        let loss = cross_entropy(net.forward(x.put_tape(tape)), labels);
        loss + penalty
    };
    let right = loss(&net, &x, &labels, net.alloc_grads()).backward();
    let own = loss(&net, part.take(&x), part.take(&labels), net.alloc_grads());
    let (_, found) = world.backward(&mut net, own, part.weight())?;
    assert!(world.report().again, "{:?}", world.report());
    same(&net, &found, &right);
    Ok(())
}

/// One network twice in one loss.
fn twice(world: &mut World) -> Done {
    let device = Cpu::seed_from_u64(2);
    let (mut net, x, labels) = two_layer(&device);
    let part = world.part(4)?;
    let loss = |net: &TwoLayer, x: &[f32], labels: &[usize], gradients| {
        let x = device.tensor_from_vec(x.to_vec(), (labels.len(), Const::<4>));
        let first = cross_entropy(net.forward_train(x.clone(), gradients), labels);
        let second = cross_entropy(net.forward_train(x * 2.0, Gradients::leaky()), labels);
        first + second
    };
    let right = loss(&net, &x, &labels, net.alloc_grads()).backward();
    let own = loss(&net, part.take(&x), part.take(&labels), net.alloc_grads());
    let (_, found) = world.backward(&mut net, own, part.weight())?;
    assert!(!world.report().again, "{:?}", world.report());
    same(&net, &found, &right);
    Ok(())
}

/// A weight that lies transposed, which dfdx's ops run.
fn composed(world: &mut World) -> Done {
    let device = Cpu::seed_from_u64(3);
    let (mut net, x, labels) = two_layer(&device);
    let turned: Tensor<Rank2<4, 8>, f32, _> = device.sample_normal();
    *net.hidden.weight.tensor_mut() = turned.permute::<Rank2<8, 4>, _>();
    let part = world.part(4)?;
    let loss = |net: &TwoLayer, x: &[f32], labels: &[usize]| {
        let x = device.tensor_from_vec(x.to_vec(), (labels.len(), Const::<4>));
        cross_entropy(net.forward_train(x, net.alloc_grads()), labels)
    };
    let right = loss(&net, &x, &labels).backward();
    let own = loss(&net, part.take(&x), part.take(&labels));
    let (_, found) = world.backward(&mut net, own, part.weight())?;
    assert_eq!(world.report().early, 0, "{:?}", world.report());
    same(&net, &found, &right);

    let mut found = loss(&net, part.take(&x), part.take(&labels)).backward();
    world.average(&mut net, &mut found, part.weight())?;
    same(&net, &found, &right);
    Ok(())
}

/// What is no use is told as an error, by all ranks.
fn refuse(world: &mut World) -> Done {
    assert!(matches!(World::start(), Err(ParallelError::AlreadyStarted)));
    let few = world.part(1).expect_err("a row for two ranks");
    assert_eq!(few.to_string(), "1 rows can't be shared out among 2 ranks: each needs at least one");

    let device = Cpu::seed_from_u64(4);
    let (mut net, x, labels) = two_layer(&device);
    let x = device.tensor_from_vec(x, (4, Const::<4>));
    let loss = cross_entropy(net.forward_train(x, net.alloc_grads()), &labels);
    let wrong = world.backward(&mut net, loss, 1.0).expect_err("each rank has all of the batch");
    assert!(wrong.to_string().starts_with("the ranks' shares of the batch add up to 2, not to 1"), "{wrong}");

    let mut optimizer: Optimizer<Sgd> = Optimizer::new(Sgd::default());
    world.divide(&mut optimizer);
    let parted = optimizer.save_bytes().expect_err("a part alone");
    assert!(parted.to_string().contains("of 2 keeps a part of the optimizer's state"), "{parted}");

    let other =
        if world.is_first() { world.broadcast(&mut net) } else { world.broadcast(&mut Writer::new(&device)) };
    let other = other.expect_err("other networks");
    assert_eq!(
        other.to_string(),
        "rank 1 has another network than rank 0: the sizes of their weights differ"
    );

    let mut bytes = if world.is_first() { b"checkpoint".to_vec() } else { Vec::new() };
    world.share_bytes(&mut bytes);
    assert_eq!(bytes, b"checkpoint");
    assert_eq!(world.mean(world.rank() as f64, 1.0 + 2.0 * world.rank() as f64), 0.75);
    Ok(())
}

/// Rank 1 fails in the fourth step.
fn fail(mut world: World, how: &str) -> Done {
    let device = Cpu::seed_from_u64(6);
    let (mut net, x, labels) = two_layer(&device);
    let mut optimizer: Optimizer<Sgd> = Optimizer::new(Sgd::default());
    let part = world.part(4)?;
    for step in 0..1000 {
        if step == 3 && world.rank() == 1 {
            match how {
                "error" => return Ok(world.end(Err::<(), _>("the disk is full"))?),
                "panic" => panic!("on purpose"),
                "leave" => return Ok(()),
                _ => {
                    _ = std::process::Command::new("kill")
                        .args(["-9", &std::process::id().to_string()])
                        .status()?
                }
            }
        }
        let own = device.tensor_from_vec(part.take(&x).to_vec(), (part.rows(), Const::<4>));
        let loss = cross_entropy(net.forward_train(own, net.alloc_grads()), part.take(&labels));
        let (_, mut gradients) = world.backward(&mut net, loss, part.weight())?;
        optimizer.step(&mut net, &mut gradients)?;
    }
    Ok(world.end(Ok::<(), String>(()))?)
}
