//! The example `image_compression`: the signal to noise ratios that NumPy's decomposition has.

use crate::support::example::{Scratch, number, refused, result, run, shown};

#[track_caller]
fn assert_psnr(shown: &str, name: &str, expected: f64) {
    let found = number(shown, name);
    assert!((found - expected).abs() <= 0.1, "{name}: {found}, but {expected} is expected");
}

#[test]
fn the_photograph_is_as_near_as_numpys() {
    let folder = Scratch::new();
    let shown = shown(&run("image_compression", &["--quick", "--output", folder.text()]));
    for (rank, psnr) in [(10, 22.082), (20, 24.586), (50, 28.626), (100, 32.797)] {
        assert_psnr(&shown, &format!("psnr_rank_{rank}"), psnr);
        assert_eq!(result(&shown, &format!("storage_rank_{rank}")), (rank * 1025).to_string());
    }
    for name in ["grey.png", "grey.svg", "grey_singular_values.png", "grey_singular_values.svg"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
}

#[test]
fn a_coloured_picture_of_ones_own() {
    let folder = Scratch::new();
    let output = folder.text();
    let picture = "examples/data/chelsea.jpg";
    let exact =
        shown(&run("image_compression", &["--image", picture, "--ranks", "10,50", "--output", output]));
    assert_psnr(&exact, "psnr_rank_10", 25.541);
    assert_psnr(&exact, "psnr_rank_50", 33.789);
    assert_eq!(result(&exact, "storage_rank_50"), (3 * 50 * (300 + 451 + 1)).to_string());
    let arguments = ["--image", picture, "--ranks", "10", "--randomised", "--output", output];
    assert_psnr(&shown(&run("image_compression", &arguments)), "psnr_rank_10", 25.541);
}

#[test]
fn what_is_no_picture_or_no_rank_is_refused() {
    let said = refused(&run("image_compression", &["--image", "examples/data/iris.csv"]));
    assert!(said.starts_with("error: can't read `examples/data/iris.csv`: "), "{said}");
    let said = refused(&run("image_compression", &["--quick", "--ranks", "600"]));
    assert_eq!(said, "error: rank 600 is asked for, but this picture has 512 singular values\n");
    let said = refused(&run("image_compression", &["--ranks", "0"]));
    assert!(said.contains("a rank is 1 or more"), "{said}");
}
