//! The example `analogies`: queen comes first.

use crate::support::example::{Scratch, number, refused, result, run, shown};

#[test]
fn queen_comes_first() {
    let folder = Scratch::new();
    let shown = shown(&run("analogies", &["--quick", "--output", folder.text()]));
    assert_eq!(result(&shown, "queen_place"), "1", "{shown}");
    let number = |name| number(&shown, name);
    assert!(number("first") >= 12.0 && number("analogies") == 14.0, "{shown}");
    assert!(number("control_share_first") < 0.5, "{shown}");
    assert!(number("map_share_of_variance") > 0.2, "{shown}");
    let svg = std::fs::read_to_string(folder.join("map.svg")).expect("the map is written");
    assert!(["violin", "denmark", "animals"].iter().all(|word| svg.contains(word)));
}

#[test]
fn the_seed_draws_the_control() {
    let folder = Scratch::new();
    let share = |seed| {
        let shown = shown(&run("analogies", &["--seed", seed, "--output", folder.text()]));
        result(&shown, "control_share_first").to_owned()
    };
    let shares = ["0", "1", "2", "3"].map(share);
    assert_eq!(shares[0], share("0"));
    assert!(shares.iter().any(|other| other != &shares[0]), "{shares:?}");
}

#[test]
fn an_analogy_of_ones_own_is_solved() {
    let shown = shown(&run("analogies", &["--words", "Germany", "Berlin", "England"]));
    assert!(shown.contains("    london "), "{shown}");
    let said = refused(&run("analogies", &["--words", "king", "qqqq", "queen"]));
    assert!(said.contains("`qqqq` is not among the"), "{said}");
    let said = refused(&run("analogies", &["--words", "king", "man", "queen", "--seed", "1"]));
    assert!(said.contains("cannot be used with"), "{said}");
}

#[test]
fn a_file_of_something_else_is_refused() {
    let said = refused(&run("analogies", &["--data", "examples/data/iris.csv"]));
    assert!(said.contains("iris.csv` holds no word vectors"), "{said}");
    let said = refused(&run("analogies", &["--data", "absent.safetensors"]));
    assert!(said.starts_with("error: can't read `absent.safetensors`"), "{said}");
}
