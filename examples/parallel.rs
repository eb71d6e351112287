//! A small GPT learns Hamlet on several processes, each of which takes its part of every batch.
//!
//! `mpirun -n 2 cargo run --release --features mpi --example parallel` trains on two, and without `mpirun` on one; at the same
//! batch the losses are the same but for rounding. `-- --help` lists the options; `docs/scaling.md` has what was measured.

use std::{error::Error, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use tensor_core::{
    data::Windows,
    optim::{AdamW, Optimizer},
    parallel::World,
    prelude::*,
    train::{Progress, WarmupCosine},
};

#[path = "support/gpt.rs"]
mod gpt;
mod support;

use gpt::{CONTEXT, Gpt};
use support::Common;

/// Trains a character model on Hamlet, on as many processes as `mpirun` starts.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    /// Mini-batches to train on, those before a resume among them
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Windows of 128 characters in a mini-batch, which the processes share out
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    global_batch: u32,
    /// AdamW's largest step size, reached after 20 steps
    #[arg(long, default_value_t = 3e-3, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// Kilobytes of gradients that travel at once
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    bucket: u32,
    /// Exchange gradients after the way back, not while it runs
    #[arg(long)]
    after: bool,
    /// Let each process keep a share of the optimizer's state (ZeRO, stage 1)
    #[arg(long)]
    divide: bool,
    /// Go on from what an earlier run left in the output folder, on however many processes that was
    #[arg(long)]
    resume: bool,
    /// A text of at most 65 different characters
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/hamlet.txt"))]
    data: PathBuf,
    /// Where to put weights and the optimizer's state
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/parallel"))]
    output: PathBuf,
}

/// Of the quick run.
const QUICK_STEPS: u32 = 10;

impl Options {
    fn steps(&self) -> usize {
        (if self.common.quick { self.steps.min(QUICK_STEPS) } else { self.steps }) as usize
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let world = match World::start() {
        Ok(world) => world.bucket_bytes(options.bucket as usize * 1024).overlaps(!options.after),
        Err(error) => return support::end(Err(error.into())),
    };
    let mut job = Job { options, world };
    let result = support::on_device!(&mut job, learn);
    support::end(job.world.end(result))
}

/// What a process has to do, and with whom.
struct Job {
    options: Options,
    world: World,
}

impl std::ops::Deref for Job {
    type Target = Options;

    fn deref(&self) -> &Options {
        &self.options
    }
}

fn learn<D: Device<f32>>(job: &mut Job, device: &D) -> Result<(), Box<dyn Error>> {
    let (_, ids) = gpt::read(&job.data)?;
    let (train, validation) = gpt::parts(&ids)?;

    let mut net = Gpt::new(device);
    let mut optimizer: Optimizer<_> =
        Optimizer::new(AdamW { betas: [0.9, 0.95], weight_decay: 0.1, ..AdamW::default() }).clip_norm(1.0);
    if job.divide {
        job.world.divide(&mut optimizer);
    }
    optimizer.watch(&mut net);
    if job.resume {
        net.load(job.output.join("parallel.safetensors"))?;
        optimizer.load(job.output.join("parallel.optimizer.safetensors"))?;
    }
    job.world.broadcast(&mut net)?;

    let course = fit(&mut net, &mut optimizer, train, job, device)?;
    let validation_loss = mean_loss(&net, validation, job, device)?;
    if !job.world.agrees(&mut net)? {
        return Err("the processes have different weights".into());
    }
    let state = job.world.state(&optimizer)?;
    if let Some(state) = state {
        save(&net, &state, job)?;
        println!("result ranks={}", job.world.size());
        println!("result training_loss={:.6}", course.loss);
        println!("result validation_loss={validation_loss:.6}");
        println!("result tokens_per_second={:.0}", course.tokens as f64 / course.seconds);
        println!("result milliseconds_per_step={:.2}", 1e3 * course.seconds / course.steps as f64);
        println!("result exchange_milliseconds={:.3}", 1e3 * course.exchange / course.steps as f64);
        println!("result buckets={}", course.buckets);
        println!("result early_buckets={}", course.early);
        println!("result done_early_buckets={:.2}", course.done_early);
        println!("result remembered={}", optimizer.remembered());
    }
    Ok(())
}

/// How the training went.
#[derive(Default)]
struct Course {
    steps: usize,
    loss: f32,
    tokens: usize,
    seconds: f64,
    /// Seconds for which the processes waited for gradients after their ways back.
    exchange: f64,
    buckets: usize,
    early: usize,
    done_early: f64,
}

fn fit<D: Device<f32>>(
    net: &mut Gpt<f32, D>,
    optimizer: &mut Optimizer<AdamW>,
    train: Windows<'_>,
    job: &mut Job,
    device: &D,
) -> Result<Course, Box<dyn Error>> {
    let (steps, batch, peak) = (job.steps(), job.global_batch as usize, job.learning_rate);
    let schedule = WarmupCosine { peak, floor: peak / 10.0, warmup: 20.min(steps / 5), steps };
    let done = optimizer.steps() as usize;
    if done >= steps {
        return Err(format!("{done} steps were done before, and --steps asks for {steps}").into());
    }
    let mut gradients = net.alloc_grads();
    let mut progress = job.world.is_first().then(|| Progress::new("training", (steps - done) as u64));
    let mut course =
        Course { steps: steps - done, tokens: (steps - done) * batch * CONTEXT, ..Course::default() };
    let started = Instant::now();
    let batches = train.random(batch, job.common.seed).enumerate().take(steps).skip(done);
    for (step, (ids, next)) in batches {
        let part = job.world.part(batch)?;
        let own = device.tensor_from_vec(part.take(&ids).to_vec(), (part.rows(), CONTEXT));
        let loss = try_cross_entropy(net.try_forward_train(own, gradients)?, part.take(&next))?;
        let (mean, found) = job.world.backward(net, loss, part.weight())?;
        gradients = found;
        support::finite(f64::from(mean), format_args!("step {step}"))?;
        optimizer.set_learning_rate(schedule.rate(step));
        job.world.step(optimizer, net, &mut gradients)?;

        let report = job.world.report();
        course.loss = mean;
        course.exchange += report.seconds;
        (course.buckets, course.early) = (report.buckets, report.early);
        course.done_early += report.done_early as f64 / (steps - done) as f64;
        if let Some(progress) = &mut progress {
            progress.step(format_args!("loss {mean:.4}"));
        }
    }
    course.seconds = started.elapsed().as_secs_f64();
    if let Some(progress) = progress {
        progress.finish();
    }
    Ok(course)
}

/// The mean loss over windows of the text's last tenth, which the processes share out.
fn mean_loss<D: Device<f32>>(
    net: &Gpt<f32, D>,
    windows: Windows<'_>,
    job: &Job,
    device: &D,
) -> Result<f64, Box<dyn Error>> {
    let mut windows: Vec<_> = windows.in_order().collect();
    if job.common.quick {
        windows.truncate(8);
    }
    let own = job.world.part(windows.len())?;
    let own = &windows[own.range()];
    let mut sum = 0.0;
    for batch in own.chunks(16) {
        let ids = batch.iter().flat_map(|(ids, _)| *ids).copied().collect();
        let next: Vec<usize> = batch.iter().flat_map(|(_, next)| *next).copied().collect();
        let ids: Tensor<(usize, usize), usize, D> = device.tensor_from_vec(ids, (batch.len(), CONTEXT));
        sum += f64::from(try_cross_entropy(net.try_forward(ids)?, &next)?.as_vec()[0]) * batch.len() as f64;
    }
    Ok(job.world.mean(sum / own.len() as f64, own.len() as f64))
}

/// Rank 0 alone comes here.
fn save<D: Device<f32>>(net: &Gpt<f32, D>, state: &[u8], options: &Options) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(&options.output)
        .map_err(|error| format!("can't create `{}`: {error}", options.output.display()))?;
    net.save(options.output.join("parallel.safetensors"))?;
    let path = options.output.join("parallel.optimizer.safetensors");
    std::fs::write(&path, state).map_err(|error| format!("can't write `{}`: {error}", path.display()))?;
    println!("weights and state: {}", options.output.display());
    Ok(())
}
