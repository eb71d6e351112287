//! Eigenvectors of a real covariance: the axes of a cloud of points, found by multiplying again and again.
//!
//! The petals of Fisher's irises have a length and a width; the eigenvectors of their 2 × 2 covariance are drawn over them.
//! Then the 64 pixels of handwritten digits, whose covariance no eye can follow.
//!
//! `cargo run --release --features linalg --example eigen -- --help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    data::Schema,
    linalg::{Dominant, LinalgError, Matrix, Moments, PowerIteration, Rows, SymmetricEigen},
    train::{Chart, Pictures},
};

mod support;
use support::digits::{DIGITS, PIXELS};

const IRIS: Schema<2, 3> = Schema {
    features: ["petal_length", "petal_width"],
    class: "species",
    classes: ["setosa", "versicolor", "virginica"],
};
/// Eigenvectors that are looked for among them.
const WANTED: usize = 5;
const QUICK_WANTED: usize = 2;

/// Finds eigenvectors by power iteration and draws them over the data whose covariance they belong to.
#[derive(Parser, Debug)]
struct Options {
    /// Seed of the vectors that the iteration begins with
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The same work with fewer eigenvectors
    #[arg(long)]
    quick: bool,
    /// The iteration ends when no residual |A·v − λ·v| is above this share of the largest eigenvalue
    #[arg(long, default_value_t = 1e-13)]
    tolerance: f64,
    /// A CSV file with the columns petal_length, petal_width and species
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/iris.csv"))]
    iris: PathBuf,
    /// A CSV file whose first 64 columns are pixels, below a line of names
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/digits.csv"))]
    digits: PathBuf,
    /// Where to put pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/eigen"))]
    output: PathBuf,
}

fn main() -> ExitCode {
    support::end(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let petals = IRIS.read_csv(&options.iris)?;
    let petals: Rows<2> = Rows::from_rows(petals.rows())?;
    let plane = plane(options, &petals)?;
    let many = many(options, &pixels(&options.digits)?)?;
    println!("result iterations={}", plane.iterations);
    println!("result largest={:.10}", plane.largest);
    println!("result share={:.6}", plane.share);
    println!("result iterations_of_digits={}", many.iterations);
    println!("result residual={:e}", support::largest([plane.residual, many.residual]));
    Ok(())
}

/// What was found of a covariance.
struct Found {
    iterations: usize,
    /// The largest eigenvalue.
    largest: f64,
    /// Of the variance, that lies along the first eigenvector.
    share: f64,
    /// The largest |A·v − λ·v|.
    residual: f64,
}

/// Two columns: every step can be seen.
fn plane(options: &Options, petals: &Rows<2>) -> Result<Found, Box<dyn Error>> {
    let mut moments = Moments::<2>::new();
    moments.add(petals)?;
    let covariance: Matrix<2, 2> = moments.covariance()?;
    println!("{} petals, length and width in cm; their covariance", petals.rows());
    for row in 0..2 {
        println!("    {:8.5} {:8.5}", covariance[(row, 0)], covariance[(row, 1)]);
    }

    // The plain power iteration, one vector; the other eigenvector comes with the exact decomposition.
    let plain = PowerIteration {
        extra: 0,
        tolerance: options.tolerance,
        seed: options.seed,
        ..PowerIteration::default()
    };
    let found = <Dominant![2, 1]>::by(&covariance, &plain)?;
    let exact = SymmetricEigen::of(&covariance)?;
    println!("\n  iteration  residual |A·v − λ·v|");
    for (iteration, residual) in (1..).zip(found.history()) {
        println!("  {iteration:9}  {residual:.3e}");
    }
    let [vector, value] = [found.vector(0), found.values()];
    println!("\npower iteration: λ = {:.10}, v = ({:.8}, {:.8})", value[0], vector[0], vector[1]);
    for (at, value) in exact.values().iter().enumerate() {
        let vector = exact.vector(at);
        println!("exactly:         λ = {value:.10}, v = ({:.8}, {:.8})", vector[0], vector[1]);
    }
    let share = exact.values()[0] / exact.values().iter().sum::<f64>();
    println!("the first axis holds {:.2} % of the variance\n", 100.0 * share);

    say(&drawn_over(petals, moments.mean(), &exact).save(options.output.join("petals"))?);
    say(&turning(&covariance, &exact)?.save(options.output.join("turning"))?);
    let residual = support::largest([found.residuals()[0], residual(&covariance, &exact)?]);
    Ok(Found { iterations: found.iterations(), largest: found.values()[0], share, residual })
}

/// The largest |A·v − λ·v| of all eigenvectors.
fn residual<const N: usize>(matrix: &Matrix<N, N>, eigen: &SymmetricEigen<N>) -> Result<f64, LinalgError> {
    // Rows are vectors, and the matrix is its own transpose.
    let images = eigen.vectors().times(matrix)?;
    let of_one = |(at, value): (usize, &f64)| {
        let apart = images.row(at).iter().zip(eigen.vector(at)).map(|(image, v)| (image - value * v).powi(2));
        apart.sum::<f64>().sqrt()
    };
    Ok(support::largest(eigen.values().iter().enumerate().map(of_one)))
}

/// The points, both axes two deviations long, and the ellipse that they span.
fn drawn_over(petals: &Rows<2>, mean: &[f64], eigen: &SymmetricEigen<2>) -> Chart {
    let place = |along: f64, across: f64| {
        let [a, b] = [0, 1].map(|at| 2.0 * eigen.values()[at].max(0.0).sqrt());
        let (v, w) = (eigen.vector(0), eigen.vector(1));
        (mean[0] + a * along * v[0] + b * across * w[0], mean[1] + a * along * v[1] + b * across * w[1])
    };
    let angles = (0..=120).map(|step| f64::from(step) * std::f64::consts::TAU / 120.0);
    let dots = petals.numbers().chunks_exact(2).map(|petal| (petal[0], petal[1]));
    Chart::new("Petals of irises and the eigenvectors of their covariance")
        .map()
        .horizontal("length, cm")
        .vertical("width, cm")
        .dots("150 flowers", dots)
        .curve("first eigenvector", [place(-1.0, 0.0), place(1.0, 0.0)])
        .curve("second eigenvector", [place(0.0, -1.0), place(0.0, 1.0)])
        .curve("two deviations", angles.map(|angle| place(angle.cos(), angle.sin())))
}

/// A vector that is multiplied by the matrix turns towards the first eigenvector, even one that lies almost along the
/// second: v ← A·v / |A·v|.
fn turning(covariance: &Matrix<2, 2>, exact: &SymmetricEigen<2>) -> Result<Chart, LinalgError> {
    let across = exact.vector(1);
    let angle = across[1].atan2(across[0]) - 0.002;
    let mut vector: Matrix<2, 1> = Matrix::from([[angle.cos()], [angle.sin()]]);
    let mut chart = Chart::new("Power iteration: each product turns the vector")
        .map()
        .horizontal("length")
        .vertical("width");
    for iteration in 0..4 {
        let name = if iteration == 0 { "start".into() } else { format!("after {iteration}") };
        chart = chart.curve(name, [(0.0, 0.0), (vector[(0, 0)], vector[(1, 0)])]);
        vector = covariance.times(&vector)?;
        let length = vector.norm();
        vector.numbers_mut().iter_mut().for_each(|number| *number /= length);
    }
    Ok(chart)
}

/// The pixels of a CSV file's rows.
fn pixels(path: &std::path::Path) -> Result<Rows<PIXELS>, Box<dyn Error>> {
    Ok(Rows::from_rows(DIGITS.read_csv(path)?.rows())?)
}

/// 64 columns: as many vectors as are wanted, and some more of them.
fn many(options: &Options, digits: &Rows<PIXELS>) -> Result<Found, Box<dyn Error>> {
    let mut moments = Moments::new();
    moments.add(digits)?;
    let covariance: Matrix<PIXELS, PIXELS> = moments.covariance()?;
    let wanted = if options.quick { QUICK_WANTED } else { WANTED };
    println!("\n{} digits of {PIXELS} pixels: {wanted} eigenvectors of their covariance", digits.rows());

    let how =
        PowerIteration { tolerance: options.tolerance, seed: options.seed, ..PowerIteration::default() };
    let plain = PowerIteration { extra: 0, ..how };
    let (alone, block) =
        (Dominant::by_number(&covariance, wanted, &plain)?, Dominant::by_number(&covariance, wanted, &how)?);
    let exact = SymmetricEigen::of(&covariance)?;
    println!("  λ by power iteration   λ exactly            residual");
    for (at, value) in block.values().iter().enumerate() {
        println!("  {value:20.12}   {:.12}   {:.1e}", exact.values()[at], block.residuals()[at]);
    }
    println!("{} iterations; with {} vectors more {}\n", alone.iterations(), how.extra, block.iterations());
    let logarithms = |found: &[f64]| -> Vec<(f64, f64)> {
        (1..).map(f64::from).zip(found.iter().map(|residual| residual.log10())).collect()
    };
    let chart = Chart::new("Power iteration on the pixels of digits")
        .horizontal("iteration")
        .vertical("log10 of the largest residual")
        .curve(format!("{wanted} vectors"), logarithms(alone.history()))
        .curve(
            format!("{} vectors, of which {wanted} count", wanted + how.extra),
            logarithms(block.history()),
        );
    say(&chart.save(options.output.join("residuals"))?);
    let residuals = block.residuals().iter().chain(alone.residuals()).copied();
    let residual = support::largest(residuals.chain([residual(&covariance, &exact)?]));
    let largest = block.values()[0];
    let share = largest / exact.values().iter().sum::<f64>();
    Ok(Found { iterations: block.iterations(), largest, share, residual })
}

fn say(pictures: &Pictures) {
    println!("picture: {}, {}", pictures.svg.display(), pictures.png.display());
}
