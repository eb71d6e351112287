//! The example `semantic_search`: questions find the passages that answer them.

use crate::support::example::{Scratch, fetched, number, refused, result, run, shown};

#[test]
fn eight_of_ten_questions_find_their_passage_first() {
    let folder = Scratch::new();
    let shown = shown(&run("semantic_search", &["--words", "--output", folder.text()]));
    let number = |name| result(&shown, name).parse::<usize>().expect("a number");
    assert_eq!(number("questions"), 10);
    assert!(number("first") >= 8, "{shown}");
    assert!(folder.join("found.png").exists());
}

#[test]
fn a_quick_run_takes_a_part_that_the_seed_draws() {
    let folder = Scratch::new();
    let passages = |options: &[&str]| {
        let shown =
            shown(&run("semantic_search", &[&["--words", "--output", folder.text()], options].concat()));
        assert!(number(&shown, "first_share_from") < number(&shown, "first_share_to"), "{shown}");
        number(&shown, "passages")
    };
    let (all, some) = (passages(&[]), passages(&["--quick"]));
    assert!(some < 0.7 * all, "{some} of {all}"); // of few passages many answer
    assert_eq!(some, passages(&["--quick", "--seed", "0"]));
    assert!(["1", "2", "3"].iter().any(|seed| passages(&["--quick", "--seed", seed]) != some));
    let shown = shown(&run("semantic_search", &["--words", "--seed", "1", "Who may coin money?"]));
    assert!(shown.contains("`--seed` changes nothing here"), "{shown}");
}

#[test]
fn a_question_of_ones_own_is_answered() {
    let shown = shown(&run("semantic_search", &["--words", "Who may coin money?"]));
    assert!(shown.contains("Article I, Section"), "{shown}");
    let said = refused(&run("semantic_search", &["--words", "?!"]));
    assert!(said.contains("no word of `?!` has a vector"), "{said}");
}

#[test]
fn a_text_of_something_else_is_refused() {
    let said = refused(&run("semantic_search", &["--words", "--text", "examples/data/iris.csv"]));
    assert!(said.contains("iris.csv` has no passage under a heading"), "{said}");
    let said = refused(&run("semantic_search", &["--words", "--known", "examples/data/iris.csv"]));
    assert!(said.contains("iris.csv`, line 1: there is no `|`"), "{said}");
}

#[test]
fn what_is_not_fetched_is_named_with_its_script() {
    let said = refused(&run("semantic_search", &["--model", "no/such/folder"]));
    assert!(said.contains("`no/such/folder/model.safetensors` is not there"), "{said}");
    assert!(said.contains("python3 examples/data/fetch_minilm.py"), "{said}");
}

#[test]
fn the_published_encoder_finds_passages() {
    if fetched("minilm/model.safetensors", "fetch_minilm.py").is_none() {
        return;
    }
    let folder = Scratch::new();
    let shown = shown(&run("semantic_search", &["--output", folder.text()]));
    let number = |name| result(&shown, name).parse::<usize>().expect("a number");
    assert!(number("first") + number("other_first") >= 19, "{shown}");
}
