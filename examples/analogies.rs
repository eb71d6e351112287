//! king − man + woman ≈ queen: arithmetic on word vectors, and a map of them.
//!
//! `cargo run --release --features linalg,search --example analogies -- --help` lists the options.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tensor_core::{
    linalg::{Pca, Rows},
    search::{Hit, Index, Metric, cosine},
    train::Chart,
};

mod support;
#[path = "support/words.rs"]
mod words;

use words::{Vector, WIDTH, Words};

/// "man is to king as woman is to …": the first one is the essay's.
const ANALOGIES: [[&str; 4]; 14] = [
    ["man", "king", "woman", "queen"],
    ["france", "paris", "germany", "berlin"],
    ["france", "paris", "italy", "rome"],
    ["japan", "tokyo", "russia", "moscow"],
    ["france", "french", "spain", "spanish"],
    ["brother", "sister", "uncle", "aunt"],
    ["father", "mother", "son", "daughter"],
    ["he", "his", "she", "her"],
    ["good", "better", "bad", "worse"],
    ["big", "bigger", "small", "smaller"],
    ["cat", "cats", "dog", "dogs"],
    ["go", "went", "come", "came"],
    ["walk", "walked", "play", "played"],
    ["japan", "yen", "europe", "euro"],
];
/// Words whose neighbours are shown.
const NEIGHBOURS: [&str; 4] = ["king", "river", "computer", "tuesday"];
/// Words on the map, by what they have in common.
const GROUPS: [(&str, &[&str]); 5] = [
    ("animals", &["cat", "dog", "horse", "cow", "sheep", "wolf", "lion", "duck", "rabbit"]),
    ("food", &["banana", "lemon", "grape", "potato", "tomato", "cheese", "chicken", "bread"]),
    ("family", &["mother", "father", "sister", "brother", "aunt", "uncle", "son", "daughter"]),
    ("countries", &["france", "germany", "italy", "spain", "japan", "russia", "denmark"]),
    ("music", &["piano", "violin", "cello", "flute", "trumpet", "guitar", "drum"]),
];

/// Solves analogies with word vectors: b − a + c is nearest to what is to c as b is to a.
#[derive(Parser, Debug)]
struct Options {
    /// Seed of the control, which takes differences of other analogies; the same seed gives the same result
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// One draw of the control for each analogy in place of twenty
    #[arg(long)]
    quick: bool,
    /// An analogy of your own: A is to B as C is to …; it needs no control
    #[arg(long, num_args = 3, value_names = ["A", "B", "C"], conflicts_with_all = ["seed", "quick"])]
    words: Option<Vec<String>>,
    /// A safetensors file of words, as examples/data/make_glove.py writes it
    #[arg(long, value_name = "FILE", default_value_os_t = support::repository("examples/data/glove.safetensors"))]
    data: PathBuf,
    /// Where to put the pictures
    #[arg(long, value_name = "FOLDER", default_value_os_t = support::repository("target/pictures/analogies"))]
    output: PathBuf,
}

fn main() -> ExitCode {
    support::end(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let space = Space::new(Words::read(&options.data)?)?;
    println!("{} words of {} numbers each\n", space.index.len(), WIDTH);
    if let Some(own) = &options.words {
        let [a, b, c] = [0, 1, 2].map(|i| own[i].to_lowercase());
        return space.answer(&a, &b, &c);
    }
    space.answer("man", "king", "woman")?;

    println!("\n{:>10} : {:<10} as {:>10} : {:<10} place   found", "", "", "", "");
    let (mut first, mut among_five) = (0, 0);
    let mut queen_place = 0;
    for [a, b, c, expected] in ANALOGIES {
        let hits = space.solve(a, b, c)?;
        let place = 1 + hits.iter().take_while(|hit| hit.note != expected).count();
        println!("{a:>10} : {b:<10} as {c:>10} : {expected:<10} {place:>5}   {}", hits[0].note);
        first += usize::from(place == 1);
        among_five += usize::from(place <= 5);
        if expected == "queen" {
            queen_place = place;
        }
    }

    let drawn = control(&space, options)?;
    println!("\nwith the difference of another analogy, drawn at random: {:.0} % first", 100.0 * drawn);

    println!("\nnearest neighbours");
    for word in NEIGHBOURS {
        let hits = space.index.search(space.words.known(word)?, 7)?;
        let near: Vec<String> =
            hits.iter().skip(1).map(|hit| format!("{} {:.2}", hit.note, hit.score)).collect();
        println!("{word:>10}   {}", near.join(", "));
    }

    let explained = map(&space.words, options)?;
    println!("result words={}", space.index.len());
    println!("result queen_place={queen_place}");
    println!("result analogies={}", ANALOGIES.len());
    println!("result first={first}");
    println!("result among_five={among_five}");
    println!("result control_share_first={drawn:.3}");
    println!("result map_share_of_variance={explained:.3}");
    Ok(())
}

/// Words, and how to find the nearest ones.
struct Space {
    words: Words,
    index: Index<WIDTH>,
}

impl Space {
    fn new(words: Words) -> Result<Self, Box<dyn Error>> {
        let mut index = Index::new(Metric::Cosine);
        index.extend(words.vectors(), words.words())?;
        Ok(Space { words, index })
    }

    /// All other words by their cosine with b − a + c.
    fn solve(&self, a: &str, b: &str, c: &str) -> Result<Vec<Hit<'_>>, Box<dyn Error>> {
        self.nearest(a, b, c, self.index.len())
    }

    /// The first of [`solve`](Self::solve), of so many that are looked at.
    fn nearest(&self, a: &str, b: &str, c: &str, most: usize) -> Result<Vec<Hit<'_>>, Box<dyn Error>> {
        let [from, to, other] = [a, b, c].map(|word| self.words.known(word).map(unit));
        let (from, to, other) = (from?, to?, other?);
        let wanted: Vector = std::array::from_fn(|i| to[i] - from[i] + other[i]);
        let mut hits = self.index.search(&wanted, most)?;
        // The nearest one is often c itself, which is no answer.
        hits.retain(|hit| ![a, b, c].contains(&hit.note));
        Ok(hits)
    }

    fn answer(&self, a: &str, b: &str, c: &str) -> Result<(), Box<dyn Error>> {
        println!("{a} is to {b} as {c} is to");
        for hit in self.solve(a, b, c)?.iter().take(5) {
            println!("    {:<12} {:.4}", hit.note, hit.score);
        }
        let (from, to) = (self.words.known(a)?, self.words.known(b)?);
        println!("cos({a}, {b}) = {:.4}", cosine(from, to));
        Ok(())
    }
}

/// The share of analogies whose word comes first where b − a is not theirs but another one's, drawn at random. Were it near
/// that with their own, the words would be found for lying near c, and the difference would say nothing.
fn control(space: &Space, options: &Options) -> Result<f64, Box<dyn Error>> {
    let draws = if options.quick { 1 } else { 20 };
    let mut random = StdRng::seed_from_u64(options.seed);
    let mut first = 0;
    for (place, [_, _, c, expected]) in ANALOGIES.iter().enumerate() {
        for _ in 0..draws {
            let other = (place + random.gen_range(1..ANALOGIES.len())) % ANALOGIES.len();
            let [a, b, _, _] = ANALOGIES[other];
            let found = space.nearest(a, b, c, 4)?; // three of them may be a, b and c
            first += usize::from(found.first().is_some_and(|hit| hit.note == *expected));
        }
    }
    Ok(first as f64 / (ANALOGIES.len() * draws) as f64)
}

/// A vector of length 1, so that frequent words, whose vectors are long, don't outweigh the others.
fn unit(vector: &Vector) -> Vector {
    let length = tensor_core::search::norm(vector);
    vector.map(|x| x / length)
}

/// Draws the groups; the share of their variance that two axes show.
fn map(words: &Words, options: &Options) -> Result<f64, Box<dyn Error>> {
    let mut vectors = Vec::new();
    for word in GROUPS.iter().flat_map(|(_, group)| *group) {
        vectors.push(unit(words.known(word)?));
    }
    let vectors = Rows::from_rows(&vectors)?;
    let pca = <Pca![WIDTH, 2]>::fit(&vectors)?;
    let places = pca.transform(&vectors)?;
    let mut points = (0..places.rows()).map(|row| (places.row(row)[0], places.row(row)[1]));
    let mut chart = Chart::new("Words by the two principal components of their vectors").map();
    for (name, group) in GROUPS {
        chart = chart.words(name, group.iter().copied().zip(&mut points));
    }
    let pictures = chart.save(options.output.join("map"))?;
    println!("\nmap: {}, {}\n", pictures.svg.display(), pictures.png.display());
    Ok(pca.explained())
}
