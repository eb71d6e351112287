//! The example `vision`: a photograph's patches, digits, and files that are absent or lie.

use crate::support::example::{Scratch, number, result, run, shown};

#[test]
fn a_quick_run_cuts_a_photograph_and_reads_digits() {
    let folder = Scratch::new();
    let output = folder.text();
    let shown = shown(&run("vision", &["--quick", "--data", "digits", "--output", output]));
    assert_eq!((result(&shown, "patches"), result(&shown, "patch_numbers")), ("196", "768"));
    assert_eq!(result(&shown, "patch_difference"), "0");
    let accuracy = number(&shown, "test_accuracy");
    assert!(accuracy >= 0.9, "{shown}");
    for name in ["patches", "misread", "embedding", "places", "loss"] {
        assert!(folder.join(name).with_extension("png").is_file(), "{name}");
    }
}

#[test]
fn absent_and_lying_files_are_named() {
    let folder = Scratch::new();
    let fashion = folder.join("fashion");
    let path = |path: &std::path::Path| path.to_str().expect("the path is text").to_owned();
    let said = || {
        let output = run("vision", &["--fashion", &path(&fashion), "--output", &path(&folder)]);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).expect("examples write UTF-8")
    };
    let absent = said();
    assert!(absent.contains("run `python3 examples/data/fetch_fashion_mnist.py`"), "{absent}");
    assert!(absent.contains("`--data digits`"), "{absent}");

    std::fs::create_dir_all(&fashion).expect("it can be made");
    let images = fashion.join("train-images-idx3-ubyte.gz");
    std::fs::write(&images, "no gzip").expect("it can be written");
    let damaged = said();
    assert!(damaged.contains("train-images-idx3-ubyte.gz` can't be unpacked"), "{damaged}");
}
