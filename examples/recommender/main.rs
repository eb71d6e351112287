//! Films that a person will like: a vector for each person, a vector for each film, their product is a rating.
//!
//! A rating is predicted as the mean, plus how generous the person is, plus how good the film is, plus the product of two
//! vectors of 32 numbers, which are learned from 90,000 ratings of MovieLens. It is measured on 10,000 others, beside the
//! same without vectors; then it names ten films for a person, or for somebody who likes the films that you name.
//!
//! `python3 examples/data/fetch_movielens.py` gets the ratings; then
//! `cargo run --release --example recommender -- --likes "Toy Story" "Finding Nemo"`; `--help` lists the options.

use std::{collections::BTreeMap, error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    data::Batches,
    loss::MeanSquares,
    optim::{Adam, Group, Optimizer},
    prelude::*,
    train::{Chart, Every, Outcome, Trainer, WarmupCosine},
};

mod films;
#[path = "../support/mod.rs"]
mod support;
use films::{FILMS, Films, PEOPLE};
use support::{Common, Resume};

/// Numbers in a person's and in a film's vector.
const FACTORS: usize = 32;

layer! {
    /// How generous a person is, and how good a film is.
    pub struct Level: (people: ids[n], films: ids[n]) -> [n, 1] {
        fork(add) {
            person: { person: embedding(PEOPLE -> 1) },
            film: { film: embedding(FILMS -> 1, of: films) },
        },
    }
}
layer! {
    /// The same, and how well they suit each other: the product of their vectors.
    pub struct Ratings: (people: ids[n], films: ids[n]) -> [n, 1] {
        fork(add) {
            alone: { level: Level },
            together: {
                fork(mul) {
                    person: { tastes: embedding(PEOPLE -> FACTORS) },
                    film: { traits: embedding(FILMS -> FACTORS, of: films) },
                },
                sum: linear(FACTORS -> 1, bias: false),      // of ones, which stay
            },
        },
    }
}

const TEST_FRACTION: f64 = 0.1;
const QUICK_EPOCHS: u32 = 6;
/// How many films are named.
const NAMED: usize = 10;

/// Learns to predict ratings of films, and names films that somebody will like.
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    resume: Resume,
    /// Seed of the split into a training and a test part
    #[arg(long, default_value_t = 0)]
    split_seed: u64,
    /// How often to go through the ratings
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Ratings in a mini-batch
    #[arg(long, default_value_t = 2048)]
    batch_size: usize,
    /// Adam's largest step size
    #[arg(long, default_value_t = 0.015, value_parser = support::learning_rate)]
    learning_rate: f64,
    /// How strongly vectors are drawn to zero
    #[arg(long, default_value_t = 3e-4)]
    decay: f64,
    /// How strongly a person's and a film's level are drawn to zero
    #[arg(long, default_value_t = 5e-5)]
    level_decay: f64,
    /// Name films for this person, from 1 to 671
    #[arg(long, default_value_t = 213)]
    user: usize,
    /// Name films for somebody who likes these: `--likes "Toy Story" Babe`
    #[arg(long, value_name = "TITLE", num_args = 1.., conflicts_with = "user")]
    likes: Vec<String>,
    /// Name only films that so many people have rated
    #[arg(long, default_value_t = 20)]
    least_ratings: usize,
    /// The folder with ratings.csv and movies.csv of MovieLens
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/data/movielens"))]
    data: PathBuf,
    /// Where to put weights and pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/recommender"))]
    output: PathBuf,
}

impl Options {
    fn epochs(&self) -> u32 {
        if self.common.quick { self.epochs.min(QUICK_EPOCHS) } else { self.epochs }
    }
}

fn main() -> ExitCode {
    support::end(support::on_device!(&Options::parse(), recommend))
}

/// Ratings less their mean, of people and films by their places.
#[derive(Default)]
struct Set {
    people: Vec<usize>,
    films: Vec<usize>,
    above_mean: Vec<f32>,
}

impl Set {
    fn push(&mut self, person: usize, film: usize, above_mean: f32) {
        self.people.push(person);
        self.films.push(film);
        self.above_mean.push(above_mean);
    }

    fn select(&self, rows: &[usize]) -> Set {
        let mut set = Set::default();
        rows.iter().for_each(|&row| set.push(self.people[row], self.films[row], self.above_mean[row]));
        set
    }

    fn inputs<D: Device<f32>>(&self, device: &D) -> (Ids<D>, Ids<D>) {
        let ids = |ids: &[usize]| device.tensor_from_vec(ids.to_vec(), (ids.len(),));
        (ids(&self.people), ids(&self.films))
    }
}

type Ids<D> = Tensor<(usize,), usize, D>;
type Predicted<D> = Tensor<(usize, Const<1>), f32, D>;

fn recommend<D: Device<f32>>(options: &Options, device: &D) -> Result<(), Box<dyn Error>> {
    let films = Films::read(&options.data)?;
    let liked = options.likes.iter().map(|title| films.find(title)).collect::<Result<Vec<_>, _>>()?;
    let whom = if liked.is_empty() { films.person(options.user)? } else { PEOPLE - 1 };
    let (train, test, mean) = split(&films, &liked, options)?;
    println!("{} ratings to learn from, {} to test\n", train.above_mean.len(), test.above_mean.len());

    let work = Work { train: &train, test: &test, mean, options, device };
    let deviation = |set: &Set| rmse(&vec![0.0; set.above_mean.len()], set, mean);
    let mut level = Level::new(device);
    let alone = work.fit("levels alone", &mut level)?;
    let mut net = Ratings::new(device);
    net.sum.weight.tensor_mut().fill_with_ones();
    println!("\n{}\n", net.summary());
    let with = work.fit("with vectors", &mut net)?;

    println!("\nroot of the mean squared error on the test ratings, in stars");
    println!("  the mean alone        {:.4}", deviation(&test));
    println!("  levels                {:.4}", error(&alone));
    println!("  levels and vectors    {:.4}\n", error(&with));
    name_films(&net, &films, (whom, &liked), &work)?;
    draw([&alone, &with], options)?;
    net.save(options.output.join("ratings.safetensors"))?;
    println!("result mean_rmse={:.4}", deviation(&test));
    println!("result biases_rmse={:.4}", error(&alone));
    println!("result test_rmse={:.4}", error(&with));
    println!("result seconds={:.1}", with.seconds);
    Ok(())
}

/// A part to learn from, to which the films that somebody likes belong, one to test on, and the mean rating.
fn split(films: &Films, liked: &[usize], options: &Options) -> Result<(Set, Set, f32), Box<dyn Error>> {
    let count = films.ratings.len();
    let mut shuffled = Batches::new(count, count, options.split_seed)?;
    let order = shuffled.epoch().next().unwrap_or_default().to_vec();
    let (test, train) = order.split_at((count as f64 * TEST_FRACTION) as usize);
    let sum: f64 = train.iter().map(|&row| f64::from(films.ratings[row].stars)).sum();
    let mean = (sum / train.len() as f64) as f32;
    let set = |rows: &[usize]| {
        let mut set = Set::default();
        for rating in rows.iter().map(|&row| &films.ratings[row]) {
            set.push(rating.person, rating.film, rating.stars - mean);
        }
        set
    };
    let mut train = set(train);
    liked.iter().for_each(|&film| train.push(PEOPLE - 1, film, films::MOST - mean));
    Ok((train, set(test), mean))
}

/// Learning from a set, and measuring on another.
struct Work<'w, D> {
    train: &'w Set,
    test: &'w Set,
    mean: f32,
    options: &'w Options,
    device: &'w D,
}

impl<D: Device<f32>> Work<'_, D> {
    /// Trains with Adam, and measures the test error after each epoch.
    fn fit<N>(&self, what: &str, net: &mut N) -> Result<Outcome, Box<dyn Error>>
    where
        N: Layer<f32, D> + Module<(Ids<D>, Ids<D>), Output = Predicted<D>, Error = tensor_core::Error>,
    {
        let Options { decay, level_decay, learning_rate: peak, .. } = *self.options;
        let (count, epochs) = (self.train.above_mean.len(), self.options.epochs());
        let batches = Batches::new(count, self.options.batch_size, self.options.common.seed)?;
        let steps = batches.per_epoch() * epochs as usize;
        // Decay goes into the gradient, as a prior of each number would; what the groups say is all of it.
        let rule = Adam { weight_decay: 1.0, ..Adam::default() };
        let optimizer = Optimizer::new(rule).with_groups(move |weight| match weight.name {
            "sum.weight" => Group { rate: 0.0, decay: 0.0 },
            "tastes.weight" | "traits.weight" => Group { rate: 1.0, decay },
            _ => Group { rate: 1.0, decay: level_decay },
        });
        let run = Trainer::new(net, optimizer)
            .schedule(WarmupCosine { peak, floor: peak / 50.0, warmup: 1, steps })
            .epochs(epochs.into())
            .evaluate(Every::Epochs(1), |look| {
                let predicted = look.net().try_forward(self.test.inputs(self.device))?.as_vec();
                look.group("test").note("error", rmse(&predicted, self.test, self.mean));
                Ok(())
            })
            .resume(self.options.resume.of(what))
            .progress(what)
            .fit(batches, |step, rows| {
                let batch = self.train.select(&rows);
                let target = self.device.tensor_from_vec(batch.above_mean.clone(), (rows.len(), Const::<1>));
                step.learn(batch.inputs(self.device), MeanSquares(&target))
            })?;
        Ok(run)
    }
}

/// The test error at the end of a training.
fn error(run: &Outcome) -> f64 {
    run.history.last("test/error").unwrap_or(f64::NAN)
}

/// The root of the mean squared error of predictions, which can't be more or less than stars can be.
fn rmse(above_mean: &[f32], set: &Set, mean: f32) -> f64 {
    let squares = above_mean.iter().zip(&set.above_mean).map(|(predicted, actual)| {
        let predicted = (predicted + mean).clamp(films::LEAST, films::MOST);
        f64::from(predicted - mean - actual).powi(2)
    });
    (squares.sum::<f64>() / set.above_mean.len() as f64).sqrt()
}

/// Says what a person likes, and which films that person has not rated are predicted to be liked most.
fn name_films<D: Device<f32>>(
    net: &Ratings<f32, D>,
    films: &Films,
    (whom, liked): (usize, &[usize]),
    work: &Work<'_, D>,
) -> Result<(), Box<dyn Error>> {
    let mut seen: BTreeMap<usize, f32> = liked.iter().map(|&film| (film, films::MOST)).collect();
    seen.extend(films.ratings.iter().filter(|rating| rating.person == whom).map(|r| (r.film, r.stars)));
    let mut favourites: Vec<(usize, f32)> = seen.iter().map(|(&film, &stars)| (film, stars)).collect();
    favourites.sort_by(|a, b| b.1.total_cmp(&a.1).then(films.counts[b.0].cmp(&films.counts[a.0])));
    if liked.is_empty() {
        println!("person {} has rated {} films; the best:", work.options.user, seen.len());
    } else {
        println!("somebody likes:");
    }
    favourites.iter().take(NAMED).for_each(|&(film, stars)| println!("  {stars:.1}  {}", films.name(film)));

    let wanted =
        |&film: &usize| !seen.contains_key(&film) && films.counts[film] >= work.options.least_ratings;
    let candidates: Vec<usize> = (0..films.counts.len()).filter(wanted).collect();
    if candidates.is_empty() {
        return Err("no film is left to be named: try a smaller --least-ratings".into());
    }
    let (what, scores) = if liked.is_empty() {
        let mut set = Set::default();
        candidates.iter().for_each(|&film| set.push(whom, film, 0.0));
        let (people, ids) = set.inputs(work.device);
        let above_mean = net.try_forward(people, ids)?.as_vec();
        ("predicted stars", above_mean.into_iter().map(|above| above + work.mean).collect())
    } else {
        // A few likes say little of how many stars, but which way to look.
        (
            "cosine of their vectors with these films'",
            cosines(&net.traits.weight.as_vec(), liked, &candidates),
        )
    };
    let mut ranked: Vec<(usize, f32)> = candidates.into_iter().zip(scores).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    println!("\nand will like, by the {what}:");
    for &(film, score) in ranked.iter().take(NAMED) {
        println!("  {:.2}  {}", score.min(films::MOST), films.name(film));
    }
    println!();
    Ok(())
}

/// The cosine of each candidate's vector with the mean direction of the liked films' vectors.
fn cosines(traits: &[f32], liked: &[usize], candidates: &[usize]) -> Vec<f32> {
    let unit = |film: usize| -> Vec<f32> {
        let row = &traits[film * FACTORS..][..FACTORS];
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        row.iter().map(|x| x / norm).collect()
    };
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let mut mean = vec![0.0; FACTORS];
    liked.iter().for_each(|&film| mean.iter_mut().zip(unit(film)).for_each(|(sum, x)| *sum += x));
    let norm = dot(&mean, &mean).sqrt().max(f32::MIN_POSITIVE);
    candidates.iter().map(|&film| dot(&mean, &unit(film)) / norm).collect()
}

/// Test errors over the epochs.
fn draw([alone, with]: [&Outcome; 2], options: &Options) -> Result<(), Box<dyn Error>> {
    let curve = |run: &Outcome| (1..).map(f64::from).zip(run.history.values("test/error"));
    let pictures = Chart::new("Predicting ratings of films")
        .horizontal("epoch")
        .vertical("test error in stars")
        .curve("levels", curve(alone))
        .curve("levels and vectors", curve(with))
        .save(options.output.join("error"))?;
    println!("curves: {}, {}\n", pictures.svg.display(), pictures.png.display());
    Ok(())
}
