//! The example `smollm2` beside llama.cpp and transformers on the same file (`tests/fixtures/make_smollm2.py`), where it was
//! fetched, and what it says where it was not.

use std::{error::Error, fs, path::PathBuf};

use serde_json::Value;

use crate::support::example::{Scratch, fetched, number, refused, run, shown};

#[cfg(target_os = "linux")]
mod blank;
#[cfg(target_os = "linux")]
mod terminal;

#[path = "../../examples/smollm2/model.rs"]
#[allow(dead_code, reason = "the example uses the rest")]
mod model;
#[path = "../../examples/smollm2/network.rs"]
mod network;
#[path = "../../examples/smollm2/tokenizer.rs"]
#[allow(dead_code, reason = "the example uses the rest")]
mod tokenizer;

use model::{Bits, Model};
use network::VOCABULARY;
use tokenizer::{Characters, Tokenizer};

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The file, if it was fetched.
fn file() -> Option<PathBuf> {
    fetched("smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "fetch_smollm2.py")
}

fn reference() -> Value {
    let path = repository("tests/fixtures/smollm2/reference.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the fixture is here")).expect("it is JSON")
}

fn tokens(value: &Value) -> Vec<usize> {
    value.as_array().expect("tokens").iter().map(|token| token.as_u64().expect("a token") as usize).collect()
}

#[test]
fn texts_have_the_tokens_of_llama_cpp_and_come_back() -> Result<(), Box<dyn Error>> {
    let Some(path) = file() else { return Ok(()) };
    let tokenizer = Tokenizer::new(network::open(&path)?.metadata())?;
    let reference = reference();
    let text = fs::read_to_string(repository("examples/data/constitution.txt"))?;
    let passage = tokens(&reference["passage"]);
    assert_eq!(tokenizer.encode(&text)?[..passage.len()], passage);
    for sentence in reference["sentences"].as_array().expect("sentences") {
        let text = sentence["text"].as_str().expect("a text");
        let found = tokenizer.encode(text)?;
        assert_eq!(found, tokens(&sentence["tokens"]), "{text:?}");
        // As they come out, token by token: never a part of a character.
        let mut characters = Characters::default();
        let mut back: String = found.iter().map(|&token| characters.push(tokenizer.bytes(token))).collect();
        back.push_str(&characters.finish());
        assert_eq!(back, text);
    }
    Ok(())
}

#[test]
fn characters_are_shown_when_all_of_their_bytes_have_come() {
    let mut characters = Characters::default();
    let shown: Vec<String> = "aß€😀".bytes().map(|byte| characters.push(&[byte])).collect();
    assert_eq!(shown, ["a", "", "ß", "", "", "€", "", "", "", "😀"]);
    assert_eq!(characters.push(b"\xffb\xe2\x82"), "\u{fffd}b");
    assert_eq!(characters.push(b"c"), "\u{fffd}c");
    assert_eq!(characters.push(b"\xf0\x9f"), "");
    assert_eq!(characters.finish(), "\u{fffd}");
}

/// exp of the mean cost of all tokens but the first.
fn perplexity(logits: &[f32], tokens: &[usize]) -> f64 {
    let cost = |(row, &token): (&[f32], &usize)| log_sum(row) - f64::from(row[token]);
    let costs = logits.chunks(VOCABULARY).zip(&tokens[1..]).map(cost);
    (costs.sum::<f64>() / (tokens.len() - 1) as f64).exp()
}

fn log_sum(row: &[f32]) -> f64 {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter().map(|x| f64::from(x - largest).exp()).sum::<f64>().ln() + f64::from(largest)
}

#[test]
fn a_passage_is_foretold_as_by_others() -> Result<(), Box<dyn Error>> {
    let Some(path) = file() else { return Ok(()) };
    let (file, reference) = (network::open(&path)?, reference());
    let passage = tokens(&reference["passage"]);
    let by = |name: &str| reference["perplexity"][name].as_f64().expect("a number");
    let wanted = tokens(&reference["logits"]["tokens"]);
    for (bits, off) in [(Bits::All, 2e-3), (Bits::Eight, 1.5)] {
        let logits = Model::new(&file, bits, passage.len())?.read_each(&passage)?;
        for row in reference["logits"]["rows"].as_array().expect("rows") {
            let position = row["position"].as_u64().expect("a position") as usize;
            let logits = &logits[position * VOCABULARY..][..VOCABULARY];
            let values = row["values"].as_array().expect("values").iter();
            let values = values.map(|value| value.as_f64().expect("a logit"));
            let expected: Vec<f64> = values.chain(row["log_sum"].as_f64()).collect();
            let found = wanted.iter().map(|&token| f64::from(logits[token])).chain([log_sum(logits)]);
            for (at, (found, expected)) in found.zip(expected).enumerate() {
                assert!((found - expected).abs() < off, "{bits:?} {position} {at}: {found} {expected}");
            }
        }
        let found = perplexity(&logits[..(passage.len() - 1) * VOCABULARY], &passage);
        let exact = if bits == Bits::All { 1e-4 } else { 0.01 };
        assert!((found / by("transformers") - 1.0).abs() < exact, "{bits:?} {found}");
        assert!((found / by("llama_cpp") - 1.0).abs() < 0.01, "{bits:?} {found}");
    }
    Ok(())
}

#[test]
fn it_answers_goes_on_and_foretells() {
    if file().is_none() {
        return;
    }
    let options = ["--quick", "--temperature", "0"];
    let answer = shown(&run("smollm2", &[&options[..], &["What is the capital of France?"]].concat()));
    assert!(answer.contains("Paris"), "{answer}");
    assert!(number(&answer, "tokens_per_second") > 0.0 && number(&answer, "tokens") <= 24.0);
    assert!(number(&answer, "weights_mb") < 150.0);
    let again = ["--quick", "--seed", "7", "--temperature", "1", "--raw", "We the People of the"];
    let [first, second] = [(); 2].map(|()| shown(&run("smollm2", &again)));
    let text = |shown: &str| shown.split("\nresult ").next().map(str::to_owned);
    assert_eq!(text(&first), text(&second));
    let data = repository("examples/data/constitution.txt");
    let data = data.to_str().expect("the path is text");
    let foretold = shown(&run("smollm2", &["--quick", "--perplexity", data]));
    assert!((number(&foretold, "perplexity") / 7.04 - 1.0).abs() < 0.01, "{foretold}");
    assert_eq!(number(&foretold, "foretold"), 1023.0);
    for (arguments, sentence) in [
        (&["--temperature=-1", "a"][..], "the temperature must be a number above 0"),
        (&["--top-p", "0", "a"], "`top_p` must be above 0"),
        (&["--context", "1024", &"a ".repeat(2000)], "there is room for 1024"),
        (&["--perplexity", "no such file"], "can't read `no such file`"),
    ] {
        let said = refused(&run("smollm2", arguments));
        assert!(said.contains(sentence), "{arguments:?}: {said}");
    }
}

#[test]
fn without_the_file_it_says_how_to_get_it() {
    let folder = Scratch::new();
    let path = folder.join("absent.gguf");
    let path = path.to_str().expect("the path is text");
    let said = refused(&run("smollm2", &["--model", path, "Hello"]));
    assert!(said.contains(path) && said.contains("`python3 examples/data/fetch_smollm2.py`"), "{said}");
    let other = repository("tests/fixtures/gguf/blocks.gguf");
    let said = refused(&run("smollm2", &["--model", other.to_str().expect("the path is text"), "Hello"]));
    assert!(said.contains("its architecture is blocks, where llama is declared"), "{said}");
    let said = refused(&run("smollm2", &["--model", "Cargo.toml", "Hello"]));
    assert!(said.contains("`Cargo.toml` is not a sound GGUF file: its first four bytes"), "{said}");
}
