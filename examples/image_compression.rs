//! A photograph as a matrix, and the nearest matrices of low rank: how few numbers still look like it.
//!
//! `cargo run --release --features linalg,vision --example image_compression -- --help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    linalg::{ANY, LinalgError, LowRank, Matrix, Randomised, Svd},
    picture::{Image, Sheet},
    train::{Chart, Pictures, Progress},
};

mod support;

/// A picture's size is known when it is read.
type Channel = Matrix<ANY, ANY>;

/// Compresses photographs by singular values, and shows them at several ranks beside the original.
#[derive(Parser, Debug)]
struct Options {
    /// Seed of the random combinations, by which --randomised finds singular values, and all runs compare that way
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The grey photograph alone
    #[arg(long)]
    quick: bool,
    /// A picture of one's own, PNG or JPEG, grey or coloured, instead of the two photographs
    #[arg(long, value_name = "FILE", conflicts_with = "quick")]
    image: Option<PathBuf>,
    /// How many singular values to keep
    #[arg(long, value_delimiter = ',', default_value = "10,20,50,100", value_parser = rank)]
    ranks: Vec<usize>,
    /// Find only as many singular values as are kept, from random combinations of the columns
    #[arg(long)]
    randomised: bool,
    /// Where to put pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/image_compression"))]
    output: PathBuf,
}

fn rank(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("a rank is 1 or more".into()),
        Ok(rank) => Ok(rank),
        Err(error) => Err(format!("{error}")),
    }
}

/// A picture and how its results are called.
struct Task {
    title: &'static str,
    file: &'static str,
    prefix: &'static str,
    path: PathBuf,
}

fn main() -> ExitCode {
    support::end(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let photograph = |title, file, prefix, name| {
        let path = support::repository("examples/data").join(name);
        Task { title, file, prefix, path }
    };
    let mut tasks = vec![photograph("A photograph at low rank", "grey", "", "camera.png")];
    if !options.quick {
        tasks.push(photograph("Colours at low rank", "colour", "colour_", "chelsea.jpg"));
    }
    if let Some(path) = &options.image {
        tasks = vec![Task { title: "A picture at low rank", file: "image", prefix: "", path: path.clone() }];
    }
    let results = tasks.iter().map(|task| compress(task, options)).collect::<Result<Vec<_>, _>>()?;
    for line in results.iter().flatten() {
        println!("result {line}");
    }
    Ok(())
}

/// Shows a picture at all ranks; its results.
fn compress(task: &Task, options: &Options) -> Result<Vec<String>, Box<dyn Error>> {
    let image = Image::read(&task.path)?;
    let (height, width, channels) = (image.height(), image.width(), image.channels());
    let kind = if channels == 1 { "grey" } else { "red, green and blue apart" };
    println!("{}: {height} × {width}, {kind}", task.path.display());
    let most = height.min(width);
    if let Some(rank) = options.ranks.iter().find(|&&rank| rank > most) {
        return Err(format!("rank {rank} is asked for, but this picture has {most} singular values").into());
    }
    let largest = options.ranks.iter().copied().max().ok_or("no rank is asked for")?;
    let parts = decompose(&image, largest, options.randomised, options.seed)?;

    let numbers = channels * height * width;
    let mut sheet =
        Sheet::new(task.title).columns(3).image(format!("original: {numbers} numbers"), image.clone());
    let mut results = Vec::new();
    println!("  rank     PSNR   numbers  of the original");
    for &rank in &options.ranks {
        let (near, stored) = at_rank(&parts, rank, &image)?;
        let psnr = psnr(image.numbers(), &near);
        let share = stored as f64 / numbers as f64;
        println!("  {rank:4}  {psnr:4.1} dB  {stored:8}  {:6.1} %", 100.0 * share);
        results.push(format!("{}psnr_rank_{rank}={psnr:.3}", task.prefix));
        results.push(format!("{}storage_rank_{rank}={stored}", task.prefix));
        let near = near.into_iter().map(|number| number as f32).collect();
        let near = if channels == 1 {
            Image::grey(height, width, near)?
        } else {
            Image::colour(height, width, near)?
        };
        sheet =
            sheet.image(format!("rank {rank}: {psnr:.1} dB, {:.0} % of the numbers", 100.0 * share), near);
    }
    if !options.randomised {
        let drawn = decompose(&image, largest, true, options.seed)?;
        let psnr = psnr(image.numbers(), &at_rank(&drawn, largest, &image)?.0);
        println!("  {largest:4}  {psnr:4.1} dB  by random combinations of the columns");
        results.push(format!("{}psnr_rank_{largest}_randomised={psnr:.3}", task.prefix));
    }
    say(&sheet.save(options.output.join(task.file))?);
    say(&curve(task.title, &parts).save(options.output.join(format!("{}_singular_values", task.file)))?);
    println!();
    Ok(results)
}

/// The singular values and vectors of each channel: all of them, or only the `largest` ones, from random combinations.
fn decompose(
    image: &Image,
    largest: usize,
    randomised: bool,
    seed: u64,
) -> Result<Vec<LowRank<ANY, ANY>>, LinalgError> {
    let mut progress = Progress::new("decomposing", image.channels() as u64);
    let planes = image.numbers().chunks_exact(image.height() * image.width());
    let parts = planes.map(|plane| {
        let numbers = plane.iter().map(|&number| f64::from(number)).collect();
        let matrix: Channel = Matrix::from_vec(image.height(), image.width(), numbers)?;
        let part = if randomised {
            let how = Randomised { seed, ..Randomised::default() };
            LowRank::randomised_of(&matrix, largest, &how)?
        } else {
            let svd = Svd::thin(&matrix)?;
            svd.low_rank_of(svd.values().len())?
        };
        progress.step("");
        Ok(part)
    });
    let parts = parts.collect::<Result<_, _>>()?;
    progress.finish();
    Ok(parts)
}

/// The channels with so many singular values, and how many numbers they are made of.
fn at_rank(
    parts: &[LowRank<ANY, ANY>],
    rank: usize,
    image: &Image,
) -> Result<(Vec<f64>, usize), LinalgError> {
    let (mut numbers, mut stored) = (Vec::with_capacity(image.numbers().len()), 0);
    for part in parts {
        let part = part.first(rank)?;
        stored += part.storage();
        numbers.extend(part.to_matrix().into_numbers());
    }
    Ok((numbers, stored))
}

/// Peak signal to noise ratio, 10·log10(1 / mean square of the difference), white being 1.
fn psnr(image: &[f32], near: &[f64]) -> f64 {
    let squares = image.iter().zip(near).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum::<f64>();
    -10.0 * (squares / image.len() as f64).log10()
}

/// How the singular values fall.
fn curve(title: &str, parts: &[LowRank<ANY, ANY>]) -> Chart {
    let names: &[&str] = if parts.len() == 1 { &["grey"] } else { &["red", "green", "blue"] };
    let chart = Chart::new(format!("{title}: its singular values"))
        .horizontal("number")
        .vertical("log10 of singular value by the largest");
    parts.iter().zip(names).fold(chart, |chart, (part, name)| {
        let logarithms = part.values().iter().map(|value| (value / part.values()[0]).log10());
        chart.curve(*name, (1..).map(f64::from).zip(logarithms))
    })
}

fn say(pictures: &Pictures) {
    println!("picture: {}, {}", pictures.svg.display(), pictures.png.display());
}
