//! Questions find the passages that answer them, by what words mean: `soldiers … stay in my house` finds a passage that
//! says `quartered`.
//!
//! `cargo run --release --features search --example semantic_search -- --help` lists the options.
//!
//! A text becomes one vector, the weighted mean of its words' ([`encoder`]); an index finds the passages of nearest
//! vectors. A mean blurs, so these are then ordered by their words too: how near each word of the question comes to some
//! word of the passage.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::{
    search::{Index, Metric},
    train::Chart,
};

mod encoder;
mod passages;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/words.rs"]
mod words;

use encoder::Encoder;
use passages::{Passage, Question};
use words::{WIDTH, Words};

/// How much the cosine of the means counts beside the words.
const SHARE_OF_MEAN: f32 = 0.3;

/// Finds the passages of the constitution of the United States that answer questions.
#[derive(Parser, Debug)]
struct Options {
    /// Nothing here is drawn at random; every seed gives the same
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Takes a second as it is
    #[arg(long)]
    quick: bool,
    /// A question of your own
    #[arg(long, value_name = "TEXT")]
    ask: Option<String>,
    /// The text: paragraphs under headings
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/constitution.txt"))]
    text: PathBuf,
    /// Questions with the headings of their answers
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/questions.txt"))]
    questions: PathBuf,
    /// A safetensors file of words, as examples/data/make_glove.py writes it
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
    let words = Words::read(&options.vectors)?;
    let passages = passages::read(&options.text)?;
    let library = Library::new(&words, &passages)?;
    println!("{} passages\n", passages.len());
    if let Some(question) = &options.ask {
        for found in library.search(question)?.iter().take(3) {
            println!("{:.3}  {}\n       {}\n", found.score, found.passage.heading, found.passage.text);
        }
        return Ok(());
    }
    let questions = passages::questions(&options.questions, &passages)?;
    let (test, chosen_by) = questions.split_at(passages::TEST.min(questions.len()));
    let found = library.places(test, true)?;
    println!("\nThe other questions, by which the weights were chosen:");
    let other = library.places(chosen_by, false)?;

    let within = |places: &[usize]| {
        let count = |n: usize| places.iter().filter(|&&place| place <= n).count();
        let share: Vec<_> = (1..=20).map(|n| (n as f64, count(n) as f64 / places.len() as f64)).collect();
        share
    };
    let pictures = Chart::new("Ten questions: is the right passage among the first n?")
        .horizontal("n")
        .vertical("share of the questions")
        .curve("means and words", within(&found.by_words))
        .curve("means alone", within(&found.by_mean))
        .save(options.output.join("found"))?;
    println!("\ncurves: {}, {}\n", pictures.svg.display(), pictures.png.display());

    let first = |places: &[usize]| places.iter().filter(|&&place| place == 1).count();
    println!("result passages={}", passages.len());
    println!("result questions={}", test.len());
    println!("result first={}", first(&found.by_words));
    println!("result first_by_mean={}", first(&found.by_mean));
    println!("result other_questions={}", chosen_by.len());
    println!("result other_first={}", first(&other.by_words));
    Ok(())
}

/// Passages, to be searched.
struct Library<'a> {
    passages: &'a [Passage],
    encoder: Encoder<'a>,
    index: Index<WIDTH>,
}

/// A passage that is found.
struct Found<'a> {
    passage: &'a Passage,
    score: f32,
}

/// At which place each question's passage is found, from 1.
struct Places {
    by_words: Vec<usize>,
    by_mean: Vec<usize>,
}

impl<'a> Library<'a> {
    fn new(words: &'a Words, passages: &'a [Passage]) -> Result<Self, Box<dyn Error>> {
        let encoder = Encoder::new(words, passages.iter().map(|passage| &passage.text[..]));
        let mut index = Index::new(Metric::Cosine);
        for passage in passages {
            index.push(&encoder.encode(&passage.text), &passage.heading)?;
        }
        Ok(Library { passages, encoder, index })
    }

    /// All passages with the cosine of their vector and the question's.
    fn by_mean(&self, question: &str) -> Result<Vec<Found<'a>>, Box<dyn Error>> {
        let vector = self.encoder.encode(question);
        if vector == [0.0; WIDTH] {
            return Err(format!("no word of `{question}` has a vector here").into());
        }
        let hits = self.index.search(&vector, self.passages.len())?;
        Ok(hits.iter().map(|hit| Found { passage: &self.passages[hit.row], score: hit.score }).collect())
    }

    /// All passages, by their vector and by their words.
    fn search(&self, question: &str) -> Result<Vec<Found<'a>>, Box<dyn Error>> {
        let mut found = self.by_mean(question)?;
        for Found { passage, score } in &mut found {
            *score = SHARE_OF_MEAN * *score + self.encoder.closeness(question, &passage.text);
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        Ok(found)
    }

    fn places(&self, questions: &[Question], show: bool) -> Result<Places, Box<dyn Error>> {
        let place = |found: &[Found<'_>], question: &Question| {
            1 + found.iter().take_while(|found| found.passage.heading != question.heading).count()
        };
        let mut places = Places { by_words: Vec::new(), by_mean: Vec::new() };
        for question in questions {
            let found = self.search(&question.text)?;
            let at = place(&found, question);
            println!("{at:>4}  {}", question.text);
            if show {
                let Passage { heading, text } = found[0].passage;
                println!("      {heading}: {}", passages::beginning(text, 96));
            }
            places.by_words.push(at);
            places.by_mean.push(place(&self.by_mean(&question.text)?, question));
        }
        Ok(places)
    }
}
