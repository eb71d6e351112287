//! The example `two_layer` as its user meets it: options, results, and one sentence for each mistake.

use std::{fs, process::Output};

use crate::support::example::{Scratch, number, refused, run_in, shown, text};

/// Runs the example in this folder.
fn run(folder: &Scratch, arguments: &[&str]) -> Output {
    let pictures: &[&str] = if arguments.contains(&"--output") { &[] } else { &["--output", "pictures"] };
    run_in(folder, "two_layer", &[arguments, pictures].concat())
}

/// Writes the table `text` and returns what the example says about it on standard error.
fn refusal(folder: &Scratch, text: &str) -> String {
    fs::write(folder.join("bad.csv"), text).unwrap();
    refused(&run(folder, &["--data", "bad.csv"]))
}

fn accuracy(shown: &str) -> f64 {
    number(shown, "test_accuracy")
}

/// What each progress line says of loss and accuracy, without the times that follow.
fn course(output: &Output) -> Vec<String> {
    let progress = text(&output.stderr);
    progress.lines().map(|line| line.split("  ").take(3).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn it_learns() {
    for seed in ["0", "1", "9"] {
        let shown = shown(&run(&Scratch::new(), &["--seed", seed]));
        assert!(accuracy(&shown) >= 0.93, "seed {seed}: {shown}");
    }
}

#[test]
fn it_shows_what_it_learnt() {
    let scratch = Scratch::new();
    let shown = shown(&run(&scratch, &[]));
    for part in [
        "120 flowers to train on, 30 to test",
        "TwoLayer        [4] → [3]          67",
        r"actual \ predicted  setosa  versicolor  virginica",
        "read back, same answers",
    ] {
        assert!(shown.contains(part), "`{part}` is missing in {shown}");
    }
    let in_words = |line: &&str| line.contains(" cm sepal, ") && line.contains(" cm petal: ");
    assert_eq!(shown.lines().filter(in_words).count(), 5, "{shown}");
    let last: Vec<&str> = shown.lines().rev().take(2).collect();
    assert!(
        last[1].starts_with("result test_accuracy=") && last[0].starts_with("result seconds="),
        "{shown}"
    );
    for file in ["loss.svg", "loss.png", "report.html", "two_layer.safetensors"] {
        assert!(scratch.join("pictures").join(file).metadata().unwrap().len() > 0, "{file}");
    }
}

#[test]
fn progress_outside_a_terminal_is_a_few_plain_lines() {
    let progress = text(&run(&Scratch::new(), &[]).stderr);
    assert!((2..=12).contains(&progress.lines().count()), "{progress}");
    assert!(progress.lines().all(|line| line.starts_with("training ")), "{progress}");
    assert!(!progress.contains('\u{1b}') && !progress.contains('\r'), "{progress:?}");
}

#[test]
fn the_seed_decides() {
    let [first, again, other] =
        ["5", "5", "6"].map(|seed| run(&Scratch::new(), &["--quick", "--seed", seed]));
    let lines = |output: &Output| -> Vec<String> {
        shown(output).lines().filter(|line| !line.starts_with("result seconds")).map(str::to_owned).collect()
    };
    assert_eq!(course(&first), course(&again));
    assert_eq!(lines(&first), lines(&again));
    assert_ne!(course(&first), course(&other));
}

/// Ten epochs, and ten more in another process, are twenty.
#[test]
fn it_goes_on_where_it_was() {
    let (whole, parts) = (Scratch::new(), Scratch::new());
    shown(&run(&whole, &["--epochs", "20"]));
    for epochs in ["10", "20", "20"] {
        shown(&run(&parts, &["--epochs", epochs, "--resume", "state"]));
    }
    let weights = |folder: &Scratch| fs::read(folder.join("pictures/two_layer.safetensors")).unwrap();
    assert!(weights(&whole) == weights(&parts));

    let error = refused(&run(&parts, &["--batch-size", "20", "--resume", "state"]));
    assert!(error.contains("batches in an epoch: 8, but this one has 6"), "{error}");
}

#[test]
fn bad_tables_get_one_sentence() {
    const HEADER: &str = "sepal_length,sepal_width,petal_length,petal_width,species\n";
    const ROW: &str = "5.1,3.5,1.4,0.2,setosa\n";
    let scratch = Scratch::new();
    for (rows, sentence) in [
        (
            format!("{ROW}{ROW}5.1,wide,1.4,0.2,setosa\n"),
            "line 4: column `sepal_width` holds `wide`, which is not a number",
        ),
        (format!("{ROW}5.1,3.5,,0.2,setosa\n"), "line 3: column `petal_length` is empty"),
        (
            "5.1,3.5,1.4,NaN,setosa\n".into(),
            "line 2: column `petal_width` holds `NaN`, which is not a finite number in single precision",
        ),
        (
            format!("{ROW}5.1,3.5,1.4,0.2,setossa\n"),
            "line 3: `setossa` is not a known class; the classes are `setosa`, `versicolor`, `virginica`; \
             was `setosa` meant?",
        ),
        (format!("{ROW}\n5.1,3.5,1.4\n"), "line 4: the header has 5 cells, but this line has 3"),
    ] {
        assert_eq!(refusal(&scratch, &format!("{HEADER}{rows}")), format!("error: `bad.csv`, {sentence}\n"));
    }
    assert_eq!(refusal(&scratch, HEADER), "error: `bad.csv` has no rows\n");
    assert_eq!(
        refusal(&scratch, &format!("{HEADER}{ROW}")),
        "error: a test part of 0.2 takes 0 of the 1 rows of class `setosa`: both parts need at least one\n"
    );
    assert_eq!(
        refusal(&scratch, &HEADER.replace("petal_width", "petal_witdh")),
        "error: `bad.csv` has no column `petal_width`; its columns are `sepal_length`, `sepal_width`, \
         `petal_length`, `petal_witdh`, `species`; was `petal_witdh` meant?\n"
    );
    let error = refused(&run(&scratch, &["--data", "absent.csv"]));
    assert!(error.starts_with("error: can't read `absent.csv`: ") && error.lines().count() == 1, "{error}");
}

#[test]
fn bad_options_are_refused() {
    let scratch = Scratch::new();
    for (option, value, part) in [
        ("--batch-size", "0", "error: a batch must have at least one row\n"),
        ("--epochs", "0", "invalid value '0' for '--epochs <EPOCHS>'"),
        ("--learning-rate", "NaN", "it must be above 0 and finite"),
        ("--device", "abacus", "possible values: cpu, cuda"),
        ("--learning-rate", "1e30", "try a smaller learning rate"),
    ] {
        let error = refused(&run(&scratch, &[option, value]));
        assert!(error.contains(part) && !error.contains("panicked"), "{option} {value}: {error}");
    }
    #[cfg(not(feature = "cuda"))]
    assert_eq!(
        refused(&run(&scratch, &["--device", "cuda"])),
        "error: this example was built without GPU support: build it with `--features cuda`\n"
    );
    fs::write(scratch.join("file"), "").unwrap();
    let error = refused(&run(&scratch, &["--quick", "--output", "file"]));
    assert!(error.contains("error: can't create `file`: "), "{error}");
}

#[test]
fn help_names_every_option() {
    let help = shown(&run(&Scratch::new(), &["--help"]));
    for option in [
        "seed",
        "split-seed",
        "quick",
        "device",
        "epochs",
        "batch-size",
        "learning-rate",
        "data",
        "output",
        "resume",
        "help",
    ] {
        assert!(help.contains(&format!("--{option}")), "--{option} is missing in {help}");
    }
}
