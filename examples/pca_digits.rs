//! Handwritten digits of 64 pixels along their principal components: in two dimensions, with 95 % of what varies, and
//! rid of noise.
//!
//! `cargo run --release --features linalg,vision --example pca_digits -- --help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    data::Table,
    linalg::{ANY, Matrix, Pca, Rows},
    picture::{Image, Sheet},
    prelude::*,
    train::{Chart, Pictures},
};

mod support;
use support::digits::{CLASSES, DIGITS, PIXELS, TEST_FRACTION};

/// Pixels of a side.
const SIDE: usize = 8;
/// The brightest pixel.
const WHITE: f64 = 16.0;
/// Shares of variance whose components are counted.
const SHARES: [f64; 4] = [0.5, 0.8, 0.9, 0.95];
/// Digits in the pictures of noise.
const SHOWN: usize = 10;

/// Reduces digits to a few numbers by principal components, and takes noise away with them.
#[derive(Parser, Debug)]
struct Options {
    /// Seed of the noise and of the split into training and test part
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The same work with fewer dots in the map
    #[arg(long)]
    quick: bool,
    /// Deviation of the noise, white being 16
    #[arg(long, default_value_t = 4.0, value_parser = support::learning_rate)]
    noise: f64,
    /// Share of the noisy digits' variance that is kept to take the noise away
    #[arg(long, default_value_t = 0.5)]
    keep: f64,
    /// A CSV file with 64 columns of pixels from 0 to 16, named by row and column (00 … 77), and the column digit
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/digits.csv"))]
    data: PathBuf,
    /// Where to put the components and pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/pca_digits"))]
    output: PathBuf,
}

fn main() -> ExitCode {
    support::end(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let digits = DIGITS.read_csv(&options.data)?;
    let rows: Rows<PIXELS> = Rows::from_rows(digits.rows())?;
    let pca = Pca::<PIXELS>::fit(&rows)?;
    println!("{} digits of {PIXELS} pixels", digits.len());
    for share in SHARES {
        println!("{:3} components explain {:.0} % of the variance", pca.number_for(share)?, 100.0 * share);
    }
    println!();
    say(&explained(&pca).save(options.output.join("explained"))?);
    say(&components(&pca)?.save(options.output.join("components"))?);

    // Two components, a number in the type: what `transform` gives has two columns.
    let two: Pca![PIXELS, 2] = pca.first()?;
    let places: Matrix<ANY, 2> = two.transform(&rows)?;
    let share = two.explained();
    println!("two of them explain {:.1} %", 100.0 * share);
    let every = if options.quick { 4 } else { 1 };
    say(&map(&digits, &places, every).save(options.output.join("map"))?);
    two.save(options.output.join("two_components.safetensors"))?;

    let (before, after, kept) = denoise(options, &digits)?;
    println!("result components_95={}", pca.number_for(0.95)?);
    println!("result explained_by_two={share:.6}");
    println!("result components_of_noisy={kept}");
    println!("result noise_before={before:.4}");
    println!("result noise_after={after:.4}");
    Ok(())
}

/// How much so many components explain together.
fn explained(pca: &Pca<PIXELS>) -> Chart {
    let sums = pca.ratio().into_iter().scan(0.0, |sum, ratio| {
        *sum += ratio;
        Some(*sum)
    });
    let points: Vec<(f64, f64)> = (1..).map(f64::from).zip(sums).collect();
    Chart::new("Variance of digits that components explain")
        .horizontal("components")
        .vertical("share")
        .curve("explained", points)
        .curve("95 %", [(1.0, 0.95), (PIXELS as f64, 0.95)])
}

/// Mean and first components as pictures, grey being 0.
fn components(pca: &Pca<PIXELS>) -> Result<Sheet, Box<dyn Error>> {
    let mean = picture(pca.mean().iter().map(|pixel| pixel / WHITE))?;
    let sheet = Sheet::new("The mean digit and the first components").image("mean", mean);
    (0..9).try_fold(sheet, |sheet, at| {
        let component = pca.components().row(at);
        let most = component.iter().fold(0.0_f64, |most, number| most.max(number.abs()));
        let image = picture(component.iter().map(|number| 0.5 + 0.5 * number / most))?;
        Ok(sheet.image(format!("{}: {:.1} %", at + 1, 100.0 * pca.ratio()[at]), image))
    })
}

/// The digits at their places along two components, each kind's name in the middle of its dots.
fn map(digits: &Table<PIXELS, CLASSES>, places: &Matrix<ANY, 2>, every: usize) -> Chart {
    let chart = Chart::new("Digits along two principal components")
        .map()
        .horizontal("first component")
        .vertical("second component");
    let of_class = |class: usize| -> Vec<(f64, f64)> {
        let rows = digits.labels().iter().enumerate().filter(|&(_, &label)| label == class);
        rows.map(|(row, _)| (places[(row, 0)], places[(row, 1)])).collect()
    };
    let chart = (0..CLASSES).fold(chart, |chart, class| {
        chart.dots(DIGITS.classes[class], of_class(class).into_iter().step_by(every))
    });
    let middle = |class: usize| {
        let dots = of_class(class);
        let mean = |along: fn(&(f64, f64)) -> f64| dots.iter().map(along).sum::<f64>() / dots.len() as f64;
        (DIGITS.classes[class], (mean(|dot| dot.0), mean(|dot| dot.1)))
    };
    chart.words("middles", (0..CLASSES).map(middle))
}

/// Learns components from noisy digits alone, and brings other noisy digits back to the space that they span. The root of
/// the mean square of the noise before and after, and how many components there are.
fn denoise(options: &Options, digits: &Table<PIXELS, CLASSES>) -> Result<(f64, f64, usize), Box<dyn Error>> {
    let (train, test) = digits.split(TEST_FRACTION, options.seed)?;
    let device = Cpu::seed_from_u64(options.seed);
    let noisy = |table: &Table<PIXELS, CLASSES>| -> Result<Rows<PIXELS>, Box<dyn Error>> {
        let noise: Tensor<(usize, Const<PIXELS>), f32, _> = device.sample_normal_like(&(table.len(), Const));
        Ok(Rows::from_tensor(&(table.features(&device) + noise * options.noise as f32))?)
    };
    let (learnt_from, given) = (noisy(&train)?, noisy(&test)?);
    let pca = Pca::<PIXELS>::fit(&learnt_from)?.share(options.keep)?;
    let restored = pca.inverse(&pca.transform(&given)?)?;
    let clean: Rows<PIXELS> = Rows::from_rows(test.rows())?;
    let away = |from: &Rows<PIXELS>| -> Result<f64, Box<dyn Error>> {
        Ok(from.minus(&clean)?.norm() / (clean.numbers().len() as f64).sqrt())
    };
    let (before, after) = (away(&given)?, away(&restored)?);
    let kept = pca.components().rows();
    println!(
        "\nnoise of {before:.2} becomes {after:.2} on {} other digits, by {kept} components learnt from noisy ones",
        test.len()
    );
    let title = format!("Digits, with noise, and what {kept} components leave of it");
    let mut sheet = Sheet::new(title).columns(SHOWN);
    for rows in [&clean, &given, &restored] {
        for row in 0..SHOWN.min(rows.rows()) {
            sheet = sheet.image("", picture(rows.row(row).iter().map(|pixel| pixel / WHITE))?);
        }
    }
    say(&sheet.save(options.output.join("denoised"))?);
    Ok((before, after, kept))
}

/// 64 numbers as a picture.
fn picture(pixels: impl Iterator<Item = f64>) -> Result<Image, Box<dyn Error>> {
    Ok(Image::grey(SIDE, SIDE, pixels.map(|pixel| pixel as f32).collect())?)
}

fn say(pictures: &Pictures) {
    println!("picture: {}, {}", pictures.svg.display(), pictures.png.display());
}
