//! One matrix product, many ways: the essay's three loops, their order changed, in blocks, on all threads; by this crate's
//! kernels; by dfdx, on a GPU too. Each beside what the machine can do at most.
//!
//! `cargo run --release --example gpu_matmul -- --help` lists the options; for a GPU build it with `--features cuda`.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    prelude::*,
    train::{Chart, Progress},
};

mod fused;
mod limit;
mod loops;
#[path = "../support/mod.rs"]
mod support;

use support::{Common, Place};

/// Sides of the square matrices.
const SIDES: [usize; 4] = [128, 256, 512, 1024];
const QUICK_SIDES: [usize; 2] = [128, 256];

/// Multiplies square matrices in several ways: GFLOP/s, and the largest difference from the plain loops.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    /// Where to put the pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/gpu_matmul"))]
    output: PathBuf,
}

fn main() -> ExitCode {
    support::end(support::on_device!(&Options::parse(), compare))
}

/// A way to multiply, and what it came to on each side.
struct Way {
    name: String,
    gflops: Vec<f64>,
    largest_difference: f64,
}

/// Two square matrices, row by row, and their product by the plain loops.
struct Task {
    side: usize,
    a: Vec<f32>,
    b: Vec<f32>,
    expected: Vec<f32>,
}

/// Something that multiplies: the product, and the milliseconds that it took, at the median.
type Multiply<'m> = Box<dyn Fn(&Task) -> Result<(Vec<f32>, f64), Box<dyn Error>> + 'm>;

fn compare<D: Device<f32> + Synchronize>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    let sides = if options.common.quick { &QUICK_SIDES[..] } else { &SIDES[..] };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let limit = limit::Limit::measured(threads);
    println!(
        "At most: {:.1} GFLOP/s on one thread, {:.1} on {threads} ({})\n",
        limit.one_thread, limit.all_threads, limit.instructions
    );
    let place = if options.common.device == Place::Cuda { "GPU" } else { "processor" };
    let ways: Vec<(String, Multiply<'_>)> = vec![
        ("plain loops (i, j, k)".into(), Box::new(|task| Ok(loops::timed(task, loops::plain)))),
        ("other order (i, k, j)".into(), Box::new(|task| Ok(loops::timed(task, loops::reordered)))),
        ("in blocks".into(), Box::new(|task| Ok(loops::timed(task, loops::blocked)))),
        (
            format!("in blocks, {threads} threads"),
            Box::new(move |task| {
                Ok(loops::timed(task, |a, b, c, side| loops::on_threads(a, b, c, side, threads)))
            }),
        ),
        ("tensor-core, 1 thread".into(), Box::new(|task| fused::multiply(task, 1))),
        (format!("tensor-core, {threads} threads"), Box::new(move |task| fused::multiply(task, threads))),
        (format!("dfdx on the {place}"), Box::new(|task| by_dfdx(task, device))),
    ];
    let found = measure(&ways, sides, options.common.seed)?;
    print_table(&found, sides, &limit);
    draw(&found, sides, &limit, options)?;

    let rate = |name: &str| {
        found
            .iter()
            .find(|way| way.name.starts_with(name))
            .map_or(f64::NAN, |way| way.gflops[sides.len() - 1])
    };
    let all = format!("tensor-core, {threads}");
    println!("result side={}", sides[sides.len() - 1]);
    println!("result plain_gflops={:.2}", rate("plain"));
    println!("result fused_gflops={:.1}", rate(&all));
    println!("result share_of_limit={:.2}", rate(&all) / limit.all_threads);
    println!("result dfdx_gflops={:.1}", rate("dfdx"));
    let differences = found.iter().map(|way| way.largest_difference);
    println!("result largest_difference={:.1e}", support::largest(differences));
    Ok(())
}

fn measure(ways: &[(String, Multiply<'_>)], sides: &[usize], seed: u64) -> Result<Vec<Way>, Box<dyn Error>> {
    let cpu = Cpu::seed_from_u64(seed);
    let way =
        |(name, _): &(String, _)| Way { name: name.clone(), gflops: Vec::new(), largest_difference: 0.0 };
    let mut found: Vec<Way> = ways.iter().map(way).collect();
    let mut progress = Progress::new("multiplying", (sides.len() * ways.len()) as u64);
    for &side in sides {
        let random = || -> Vec<f32> {
            let numbers: Tensor<(usize, usize), f32, _> = cpu.sample_uniform_like(&(side, side));
            numbers.as_vec().iter().map(|x| 2.0 * x - 1.0).collect()
        };
        let (a, b) = (random(), random());
        let mut expected = vec![0.0; side * side];
        loops::plain(&a, &b, &mut expected, side);
        let task = Task { side, a, b, expected };
        for ((name, multiply), way) in ways.iter().zip(&mut found) {
            let (product, milliseconds) = multiply(&task)?;
            way.gflops.push(2.0 * (side as f64).powi(3) / milliseconds / 1e6);
            let difference = support::largest_difference(&product, &task.expected);
            way.largest_difference = way.largest_difference.max(difference);
            progress.step(format_args!("{side} × {side}, {name}"));
        }
    }
    progress.finish();
    Ok(found)
}

/// dfdx's product, on any device.
fn by_dfdx<D: Device<f32> + Synchronize>(task: &Task, device: &D) -> Result<(Vec<f32>, f64), Box<dyn Error>> {
    let shape = (task.side, task.side);
    let (a, b) =
        (device.tensor_from_vec(task.a.clone(), shape), device.tensor_from_vec(task.b.clone(), shape));
    let product = a.clone().matmul(b.clone()).as_vec();
    device.synchronize(); // a GPU works on while the program goes on
    let milliseconds = loops::milliseconds(|| {
        std::hint::black_box(a.clone().matmul(b.clone()));
        device.synchronize();
    });
    Ok((product, milliseconds))
}

fn print_table(found: &[Way], sides: &[usize], limit: &limit::Limit) {
    print!("{:<24}", "GFLOP/s");
    sides.iter().for_each(|side| print!("{:>9}", format!("{side}²")));
    println!("{:>12}{:>14}", "of limit", "difference");
    for way in found {
        print!("{:<24}", way.name);
        way.gflops.iter().for_each(|gflops| print!("{gflops:>9.2}"));
        let last = way.gflops[way.gflops.len() - 1];
        println!("{:>11.1}%{:>14.1e}", 100.0 * last / limit.all_threads, way.largest_difference);
    }
    println!();
}

fn draw(
    found: &[Way],
    sides: &[usize],
    limit: &limit::Limit,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    let mut chart = Chart::new("Square matrices, multiplied").horizontal("side").vertical("GFLOP/s");
    let level = |gflops: f64| sides.iter().map(move |&side| (side as f64, gflops));
    chart = chart.curve("limit, all threads", level(limit.all_threads));
    for way in found {
        chart =
            chart.curve(&way.name[..], sides.iter().map(|&side| side as f64).zip(way.gflops.iter().copied()));
    }
    let pictures = chart.save(options.output.join("gflops"))?;
    println!("curves: {}, {}\n", pictures.svg.display(), pictures.png.display());
    Ok(())
}
