//! The example `semantic_search`: questions find the passages that answer them.

use crate::support::example::{Scratch, refused, result, run, shown};

#[test]
fn eight_of_ten_questions_find_their_passage_first() {
    let folder = Scratch::new();
    let shown = shown(&run("semantic_search", &["--quick", "--output", folder.text()]));
    let number = |name| result(&shown, name).parse::<usize>().expect("a number");
    assert_eq!(number("questions"), 10);
    assert!(number("first") >= 8, "{shown}");
    assert!(number("first") >= number("first_by_mean"), "{shown}");
    assert!(folder.join("found.png").exists());
}

#[test]
fn a_question_of_ones_own_is_answered() {
    let shown = shown(&run("semantic_search", &["--ask", "Who may coin money?"]));
    assert!(shown.contains("Article I, Section"), "{shown}");
    let said = refused(&run("semantic_search", &["--ask", "?!"]));
    assert!(said.contains("no word of `?!` has a vector"), "{said}");
}

#[test]
fn a_text_of_something_else_is_refused() {
    let said = refused(&run("semantic_search", &["--text", "examples/data/iris.csv"]));
    assert!(said.contains("iris.csv` has no passage under a heading"), "{said}");
    let said = refused(&run("semantic_search", &["--questions", "examples/data/iris.csv"]));
    assert!(said.contains("iris.csv`, line 1: there is no `|`"), "{said}");
}
