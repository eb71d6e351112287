//! Questions find the passages that answer them, by what they mean: `soldiers … stay in my house` finds a passage that says
//! `quartered`.
//!
//! The published sentence encoder all-MiniLM-L6-v2, declared in `layer!` ([`minilm`]), makes a vector of each of 3,595
//! passages of four books on Rust, and of a question; an index finds the nearest. The vectors are kept beside the text, so
//! that later questions are answered at once.
//!
//! ```sh
//! python3 examples/data/fetch_minilm.py && python3 examples/data/fetch_rust_books.py
//! cargo run --release --features search,text --example semantic_search -- "How do threads share data?"
//! ```
//! Without a question it measures itself: 24 questions to the American constitution. `--words` does so with averaged word
//! vectors, for which nothing needs to be fetched. `--help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tensor_core::{prelude::*, train::Chart};

mod by_sentences;
mod by_words;
mod mean;
#[path = "../support/minilm/mod.rs"]
mod minilm;
mod passages;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/words.rs"]
mod words;

use by_sentences::BySentences;
use by_words::ByWords;
use passages::{Passage, Question};
use words::Words;

/// How often questions are drawn to judge a share by.
const RESAMPLES: usize = 2000;

/// Finds the passages of a text that answer questions.
#[derive(Parser, Debug)]
struct Options {
    /// Questions to the text; without any, those of a file are asked, whose answers are known
    questions: Vec<String>,
    /// Seed of what is drawn: the passages of --quick, and the questions by which a measured share is judged [default: 0]
    #[arg(long)]
    seed: Option<u64>,
    /// Only a quarter of the passages, drawn at random, and those that answer the questions of a file
    #[arg(long)]
    quick: bool,
    /// How many passages to show for a question
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    top: u16,
    /// The text: paragraphs under headings [default: target/data/rust-books.txt for questions of yours, else
    /// examples/data/constitution.txt]
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,
    /// Questions with the headings of their answers
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/questions.txt"))]
    known: PathBuf,
    /// The encoder's folder, as examples/data/fetch_minilm.py makes it
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/data/minilm"))]
    model: PathBuf,
    /// Only saves the encoder as this safetensors file, under the names that PyTorch's transformers give it
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// By averaged word vectors in place of the encoder
    #[arg(long)]
    words: bool,
    /// For `--words`: a safetensors file of words, as examples/data/make_glove.py writes it
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/glove.safetensors"))]
    vectors: PathBuf,
    /// Where to put the pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/semantic_search"))]
    output: PathBuf,
}

fn main() -> ExitCode {
    support::end(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    if let Some(path) = &options.save {
        minilm::published(&minilm::read(&options.model, &Cpu::default())?)?.save(path)?;
        println!("{}", path.display());
        return Ok(());
    }
    let text = text(options)?;
    let mut passages = passages::read(&text)?;
    let known = match options.questions.is_empty() {
        true => passages::questions(&options.known, &passages)?,
        false => Vec::new(),
    };
    let seed = options.seed.unwrap_or(0);
    if options.quick {
        passages = passages::quarter(passages, &known, seed);
    } else if options.seed.is_some() && known.is_empty() {
        println!("`--seed` changes nothing here: without `--quick`, an answer has nothing drawn in it");
    }
    println!("{} passages of {}\n", passages.len(), text.display());
    let words;
    let library: Box<dyn Library> = if options.words {
        words = Words::read(&options.vectors)?;
        Box::new(ByWords::new(&words, &passages)?)
    } else {
        Box::new(BySentences::new(&options.model, &text, &passages)?)
    };
    if options.questions.is_empty() {
        measure(options, &*library, &passages, &known)
    } else {
        answer(options, &*library, &passages)
    }
}

/// Passages that can be searched.
trait Library {
    /// All passages, the one that answers the question best first, each with its score.
    fn search(&self, question: &str) -> Result<Vec<(usize, f32)>, Box<dyn Error>>;
}

fn text(options: &Options) -> Result<PathBuf, String> {
    if let Some(text) = &options.text {
        return Ok(text.clone());
    }
    if options.questions.is_empty() || options.words {
        return Ok(support::repository("examples/data/constitution.txt"));
    }
    let books = support::repository("target/data/rust-books.txt");
    if !books.exists() {
        return Err(format!(
            "`{}` is not there: get it with `python3 examples/data/fetch_rust_books.py`, or name a text by `--text`",
            books.display()
        ));
    }
    Ok(books)
}

fn answer(options: &Options, library: &dyn Library, passages: &[Passage]) -> Result<(), Box<dyn Error>> {
    for question in &options.questions {
        println!("{question}\n");
        for (row, score) in library.search(question)?.into_iter().take(options.top.into()) {
            println!("{score:.3}  {}\n       {}\n", passages[row].heading, passages[row].text);
        }
    }
    println!("result passages={}", passages.len());
    println!("result questions={}", options.questions.len());
    Ok(())
}

/// Asks what the answers are known of.
fn measure(
    options: &Options,
    library: &dyn Library,
    passages: &[Passage],
    questions: &[Question],
) -> Result<(), Box<dyn Error>> {
    let (test, others) = questions.split_at(passages::TEST.min(questions.len()));
    let places = places(library, test, passages, true)?;
    println!("\nThe other questions, by which the weights of words were chosen:");
    let other_places = self::places(library, others, passages, false)?;

    let within = |n: usize| places.iter().filter(|&&place| place <= n).count() as f64 / places.len() as f64;
    let pictures = Chart::new("Ten questions: is the right passage among the first n?")
        .horizontal("n")
        .vertical("share of the questions")
        .curve(
            if options.words { "means and words" } else { "all-MiniLM-L6-v2" },
            (1..=20).map(|n| (n as f64, within(n))),
        )
        .save(options.output.join("found"))?;
    println!("\ncurve: {}, {}\n", pictures.svg.display(), pictures.png.display());

    let first = |places: &[usize]| places.iter().filter(|&&place| place == 1).count();
    let [least, most] = judged(&places, options.seed.unwrap_or(0));
    println!("{} questions are few: others like them would give {least:.2} to {most:.2}\n", test.len());
    println!("result passages={}", passages.len());
    println!("result questions={}", test.len());
    println!("result first={}", first(&places));
    println!("result first_share_from={least:.2}");
    println!("result first_share_to={most:.2}");
    println!("result other_questions={}", others.len());
    println!("result other_first={}", first(&other_places));
    Ok(())
}

/// Between which shares of first places 95 % of the samples lie that are drawn from these with replacement (the bootstrap's
/// percentile interval).
fn judged(places: &[usize], seed: u64) -> [f64; 2] {
    let mut random = StdRng::seed_from_u64(seed);
    let mut share = || {
        let drawn = (0..places.len()).map(|_| places[random.gen_range(0..places.len())]);
        drawn.filter(|&place| place == 1).count() as f64 / places.len() as f64
    };
    let mut shares: Vec<f64> = (0..RESAMPLES).map(|_| share()).collect();
    shares.sort_by(f64::total_cmp);
    [0.025, 0.975].map(|quantile| shares[(quantile * RESAMPLES as f64) as usize])
}

/// At which place each question's passage is found, from 1.
fn places(
    library: &dyn Library,
    questions: &[Question],
    passages: &[Passage],
    show: bool,
) -> Result<Vec<usize>, Box<dyn Error>> {
    let mut places = Vec::new();
    for question in questions {
        let found = library.search(&question.text)?;
        let is_right = |&(row, _): &(usize, f32)| passages[row].heading == question.heading;
        let place = 1 + found.iter().position(is_right).unwrap_or(found.len());
        println!("{place:>4}  {}", question.text);
        if show {
            let Passage { heading, text } = &passages[found[0].0];
            println!("      {heading}: {}", passages::beginning(text, 96));
        }
        places.push(place);
    }
    Ok(places)
}
