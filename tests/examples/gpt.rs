//! The example `gpt`: a quick run learns and writes, and mistakes get one sentence before any training.

use crate::support::example::{Scratch, number, refused, run, shown};

#[test]
fn a_quick_run_learns_and_writes() {
    let folder = Scratch::new();
    let output = folder.text();
    let state = folder.join("state");
    let begun = ["--quick", "--output", output, "--resume", state.to_str().expect("it is text")];
    let arguments = [&begun[..], &["--length", "150", "--prompt", "Ham.\n"]].concat();
    let [shown, again] = [(); 2].map(|()| shown(&run("gpt", &arguments)));
    assert_eq!(number(&shown, "validation_loss"), number(&again, "validation_loss"));
    // ln 65 = 4.17 is what a guess costs. A step costs some tenths of a second, so that these are few.
    let loss = number(&shown, "validation_loss");
    assert!(loss < 3.3, "{shown}");
    assert!(number(&shown, "tokens_per_second") > 0.0);
    // More characters than the context holds, so that the cache was full once.
    let written = shown.split_once("\n\nHam.\n").expect("the prompt begins the text").1;
    let written = written.split_once("\n\nweights: ").expect("the weights come next").0;
    assert_eq!(written.chars().count(), 150, "{shown}");
    for file in ["gpt.safetensors", "loss.svg", "loss.png", "report.html"] {
        assert!(folder.join(file).metadata().expect(file).len() > 0);
    }
}

#[test]
fn mistakes_get_one_sentence_and_no_training() {
    for (arguments, sentence) in [
        (&["--prompt", "Où?"][..], "the prompt: 'ù', character 1, is not one of the 65 known ones"),
        (&["--prompt", ""], "the prompt needs at least one character"),
        (&["--temperature", "0"], "the temperature must be a number above 0, but is 0"),
        (&["--data", "no such file"], "can't read `no such file`"),
        (&["--data", "README.md"], "different characters, but the network is for 65"),
        (&["--steps", "0"], "0 is not in"),
    ] {
        let said = refused(&run("gpt", arguments));
        assert!(said.contains(sentence) && !said.contains("training"), "{arguments:?}: {said}");
    }
}
