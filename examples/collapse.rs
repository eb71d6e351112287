//! Many linear layers are one matrix, W₃·W₂·W₁; a ReLU between them is what makes depth count.
//!
//! `cargo run --release --features vision --example collapse -- --help` lists the options.
//!
//! Two networks of three layers learn to tell the middle one of Fisher's three species of iris from the others by its
//! petals. Without a nonlinearity the first can only draw a straight line, however deep it is.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    data::{Batches, Schema, Standardiser, Table},
    loss::CrossEntropy,
    optim::{Adam, Optimizer},
    picture::{Image, Sheet},
    prelude::*,
    train::{Progress, accuracy},
};

mod support;
use support::Common;

layer! {
    /// Two layers too many: the compiler warns of each, and is told that here it's meant so.
    pub struct Deep: [2] -> [2] {
        first: linear(2 -> 16),
        #[allow(deprecated)]
        second: linear(16 -> 16),
        #[allow(deprecated)]
        third: linear(16 -> 2),
    }
}

layer! {
    /// The same with something nonlinear in between.
    pub struct Bent: [2] -> [2] {
        first: linear(2 -> 16),
        relu,
        second: linear(16 -> 16),
        relu,
        third: linear(16 -> 2),
    }
}

layer! {
    /// What `Deep` comes to.
    pub struct One: [2] -> [2] { only: linear(2 -> 2) }
}

const PETALS: Schema<2, 3> = Schema {
    features: ["petal_length", "petal_width"],
    class: "species",
    classes: ["setosa", "versicolor", "virginica"],
};
/// The species in the middle.
const VERSICOLOR: usize = 1;
const QUICK_EPOCHS: u32 = 60;
/// Pixels of a picture's side, and how many standard deviations it shows on each side of the mean.
const SIDE: usize = 240;
const REACH: f32 = 2.2;

/// Shows that W₃·W₂·W₁ is one matrix, and what a ReLU changes.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    /// How often to go through the data
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Adam's step size
    #[arg(long, default_value_t = 0.01, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// A CSV file with the columns petal_length, petal_width (in cm) and species
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/iris.csv"))]
    data: PathBuf,
    /// Where to put the pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/collapse"))]
    output: PathBuf,
}

fn main() -> ExitCode {
    support::end(support::on_device!(&Options::parse(), compare))
}

/// Flowers, as the networks see them.
struct Flowers {
    /// Standardised length and width of their petals.
    table: Table<2, 3>,
    /// 1 for versicolor, 0 for the others.
    middle: Vec<usize>,
}

fn compare<D: Device<f32>>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    let table = PETALS.read_csv(&options.data)?;
    let table = Standardiser::fit(table.rows())?.standardised(&table);
    let middle = table.labels().iter().map(|&label| usize::from(label == VERSICOLOR)).collect();
    let flowers = Flowers { table, middle };

    let mut deep = Deep::new(device);
    fit("three linear layers", &mut deep, &flowers, options, device)?;
    let mut bent = Bent::new(device);
    fit("with ReLU between them", &mut bent, &flowers, options, device)?;
    let one = collapsed(&deep, device);
    println!("W₃·W₂·W₁ = {:?}, row by row", one.only.weight.as_vec());
    println!("{} parameters are as good as {}\n", Deep::PARAMS, One::PARAMS);

    // On the flowers, and all over the pictures.
    let pixels = pixels();
    let (by_deep, by_one, by_bent) =
        (scores(&deep, &pixels, device)?, scores(&one, &pixels, device)?, scores(&bent, &pixels, device)?);
    let difference = support::largest_difference(&by_deep, &by_one).max(support::largest_difference(
        &scores(&deep, flowers.table.rows(), device)?,
        &scores(&one, flowers.table.rows(), device)?,
    ));
    let accuracy_of =
        |scores: &[f32]| Ok::<f64, String>(accuracy(&support::classes(scores, 2)?, &flowers.middle));
    let linear = accuracy_of(&scores(&one, flowers.table.rows(), device)?)?;
    let nonlinear = accuracy_of(&scores(&bent, flowers.table.rows(), device)?)?;

    let pictures = Sheet::new("Versicolor (orange) or another iris (blue)?")
        .columns(3)
        .image("three linear layers", draw(&by_deep, &flowers)?)
        .image("their product, one matrix", draw(&by_one, &flowers)?)
        .image("ReLU between the layers", draw(&by_bent, &flowers)?)
        .save(options.output.join("regions"))?;
    println!("regions: {}, {}\n", pictures.svg.display(), pictures.png.display());
    println!("result largest_difference={difference:.1e}");
    println!("result linear_accuracy={linear:.4}");
    println!("result relu_accuracy={nonlinear:.4}");
    Ok(())
}

/// What a network of two features takes, and one of two scores gives.
type Pairs<D> = Tensor<(usize, Const<2>), f32, D>;

fn fit<N, D: Device<f32>>(
    label: &str,
    net: &mut N,
    flowers: &Flowers,
    options: &Options,
    device: &D,
) -> Result<(), Box<dyn Error>>
where
    N: Layer<f32, D> + Module<Pairs<D>>,
{
    let epochs = if options.common.quick { options.epochs.min(QUICK_EPOCHS) } else { options.epochs };
    let mut batches = Batches::new(flowers.table.len(), 16, options.common.seed)?;
    let mut optimizer = Optimizer::new(Adam { learning_rate: options.learning_rate, ..Adam::default() });
    let mut progress = Progress::new(label, epochs.into());
    for epoch in 1..=epochs {
        let mut sum = 0.0;
        for rows in batches.epoch() {
            let labels: Vec<usize> = rows.iter().map(|&row| flowers.middle[row]).collect();
            let petals = flowers.table.select(rows).features(device);
            sum += f64::from(optimizer.train_step(net, petals, CrossEntropy(&labels))?) * labels.len() as f64;
        }
        let loss = support::finite(sum / flowers.table.len() as f64, format_args!("epoch {epoch}"))?;
        progress.step(format_args!("loss {loss:.4}"));
    }
    progress.finish();
    Ok(())
}

/// The one layer that does what three do: W₃·W₂·W₁·x + W₃·(W₂·b₁ + b₂) + b₃.
fn collapsed<D: Device<f32>>(deep: &Deep<f32, D>, device: &D) -> One<f32, D> {
    let (w1, b1) = (deep.first.weight.tensor().clone(), deep.first.bias.tensor().clone());
    let (w2, b2) = (deep.second.weight.tensor().clone(), deep.second.bias.tensor().clone());
    let (w3, b3) = (deep.third.weight.tensor().clone(), deep.third.bias.tensor().clone());
    let mut one = One::new(device);
    // Vectors stand on the left here, as rows: b·Wᵀ.
    *one.only.bias.tensor_mut() = (b1.matmul(w2.clone().permute::<_, Axes2<1, 0>>()) + b2)
        .matmul(w3.clone().permute::<_, Axes2<1, 0>>())
        + b3;
    *one.only.weight.tensor_mut() = w3.matmul(w2).matmul(w1);
    one
}

/// Two scores for each pair of features.
fn scores<N, D: Device<f32>>(net: &N, rows: &[[f32; 2]], device: &D) -> Result<Vec<f32>, Box<dyn Error>>
where
    N: Module<Pairs<D>, Output = Pairs<D>, Error = tensor_core::Error>,
{
    let x = device.tensor_from_vec(rows.as_flattened().to_vec(), (rows.len(), Const));
    Ok(net.try_forward(x)?.as_vec())
}

/// The features at each pixel: length to the right, width upwards.
fn pixels() -> Vec<[f32; 2]> {
    let place = |pixel: usize| REACH * (2.0 * pixel as f32 / (SIDE - 1) as f32 - 1.0);
    (0..SIDE * SIDE).map(|pixel| [place(pixel % SIDE), -place(pixel / SIDE)]).collect()
}

/// Orange where the second score is the larger one, blue elsewhere; the flowers on top, in darker colours.
fn draw(scores: &[f32], flowers: &Flowers) -> Result<Image, Box<dyn Error>> {
    const BLUE: [f32; 3] = [0.74, 0.84, 0.95];
    const ORANGE: [f32; 3] = [1.0, 0.84, 0.66];
    const DARK_BLUE: [f32; 3] = [0.08, 0.3, 0.6];
    const DARK_ORANGE: [f32; 3] = [0.8, 0.35, 0.0];
    let mut colours: Vec<[f32; 3]> = scores
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[other, middle]| if middle > other { ORANGE } else { BLUE })
        .collect();
    let pixel = |x: f32| ((x / REACH + 1.0) / 2.0 * (SIDE - 1) as f32).round() as isize;
    for (&[length, width], &middle) in flowers.table.rows().iter().zip(&flowers.middle) {
        let (x, y) = (pixel(length), pixel(-width));
        for (dx, dy) in (-2..=2).flat_map(|dx| (-2..=2).map(move |dy| (dx, dy))) {
            let (x, y) = (x + dx, y + dy);
            let side = 0..SIDE as isize;
            if dx * dx + dy * dy <= 5 && side.contains(&x) && side.contains(&y) {
                colours[y as usize * SIDE + x as usize] = if middle == 1 { DARK_ORANGE } else { DARK_BLUE };
            }
        }
    }
    let plane = |channel: usize| colours.iter().map(move |colour| colour[channel]);
    Ok(Image::colour(SIDE, SIDE, (0..3).flat_map(plane).collect())?)
}
