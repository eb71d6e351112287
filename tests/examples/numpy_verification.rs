//! The example `numpy_verification` as its user meets it: every number it prints is NumPy's.

use std::{fs, path::Path};

use safetensors::SafeTensors;

use crate::support::example::{Scratch, number, refused, run, shown};

/// One line of a table: NumPy's number, and the network's in double and in single precision.
type Line = [f64; 3];

fn fixture() -> Vec<u8> {
    let path = "examples/numpy_verification/numpy.safetensors";
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// An array of the committed file.
fn numpy(name: &str) -> Vec<f64> {
    let bytes = fixture();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let data = tensors.tensor(name).unwrap().data().to_vec();
    data.as_chunks().0.iter().copied().map(f64::from_le_bytes).collect()
}

/// The table under the line that starts with `title`, with its places checked.
fn table(shown: &str, title: &str, columns: usize) -> Vec<Line> {
    let lines = shown.lines().skip_while(|line| !line.starts_with(title)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('['));
    rows.enumerate()
        .map(|(place, line)| {
            let (index, numbers) = line.split_once(']').unwrap();
            assert_eq!(index, format!("[{}, {}", place / columns, place % columns), "{line}");
            let [numpy, double, single] = *numbers.split_whitespace().collect::<Vec<_>>() else {
                panic!("three numbers in {line}")
            };
            let single: f32 = single.parse().unwrap();
            [numpy.parse().unwrap(), double.parse().unwrap(), f64::from(single)]
        })
        .collect()
}

fn largest_difference(lines: &[Line], column: usize) -> f64 {
    lines.iter().map(|line| (line[column] - line[0]).abs()).fold(0.0, f64::max)
}

#[test]
fn the_numbers_are_numpys() {
    let shown = shown(&run("numpy_verification", &[]));
    for (name, array, columns) in [("network", "network.y", 3), ("attention", "attention.output", 4)] {
        let lines = table(&shown, &format!("{name}: "), columns);
        let expected = numpy(array);
        assert_eq!(lines.iter().map(|line| line[0]).collect::<Vec<_>>(), expected, "{shown}");
        assert_eq!(lines.len(), 5 * columns);
        let difference = |suffix| number(&shown, &format!("{name}_{suffix}"));
        let (double, single) = (difference("difference"), difference("difference_f32"));
        assert!(double <= 1e-12 && single <= 1e-5, "{shown}");
        assert_eq!(double, largest_difference(&lines, 1), "{shown}");
        assert_eq!(single, largest_difference(&lines, 2), "{shown}");
        assert!(single > 0.0, "single precision rounds: {shown}");
    }
    let last: Vec<&str> = shown.lines().rev().take(4).map(|line| line.split_once('=').unwrap().0).collect();
    assert_eq!(
        last,
        [
            "result attention_difference_f32",
            "result network_difference_f32",
            "result attention_difference",
            "result network_difference"
        ]
    );
}

/// The file is that of seed 42, whose first numbers are known, and the second program goes on with the stream.
#[test]
fn the_file_is_that_of_the_seed() {
    assert_eq!(numpy("network.x")[..2], [0.4967141530112327, -0.13826430117118466]);
    assert_ne!(numpy("attention.x")[..2], numpy("network.x")[..2]);
}

#[test]
fn other_numbers_and_other_files_get_one_sentence() {
    let folder = Scratch::new();
    let path = folder.join("arrays.safetensors");
    let refusal = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        refused(&run("numpy_verification", &["--arrays", path.to_str().unwrap()]))
    };

    // The last array is `network.y`: its last number becomes 0.
    let mut wrong = fixture();
    let end = wrong.len();
    wrong[end - 8..].fill(0);
    assert_eq!(
        refusal(&wrong),
        "error: the network differs from NumPy by 7.3e0 in f64; 1e-12 would be rounding\n"
    );
    let text = refusal(b"no arrays");
    assert!(text.contains("` is not a safetensors file: ") && text.lines().count() == 1, "{text}");

    let text = refused(&run("numpy_verification", &["--arrays", "absent.safetensors"]));
    assert!(text.starts_with("error: can't read `absent.safetensors`: "), "{text}");
}

/// Nothing is drawn here and nothing can be smaller, so that there is no option for it.
#[test]
fn only_options_that_do_something_exist() {
    assert!(shown(&run("numpy_verification", &["--help"])).contains("--arrays"));
    for option in ["--seed=1", "--quick", "--device=cpu"] {
        assert!(refused(&run("numpy_verification", &[option])).contains("unexpected argument"), "{option}");
    }
}
