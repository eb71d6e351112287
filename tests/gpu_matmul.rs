//! The example `gpu_matmul`: all ways give the same product, and the kernels are faster than the plain loops.

mod support;
use support::example::{result, run, shown};

#[test]
fn all_ways_agree() {
    let folder = std::env::temp_dir().join(format!("gpu-matmul-{}", std::process::id()));
    let shown = shown(&run("gpu_matmul", &["--quick", "--output", folder.to_str().expect("text")]));
    let number = |name| result(&shown, name).parse::<f64>().expect("a number");
    assert!(number("largest_difference") < 1e-3, "{shown}");
    assert!(number("fused_gflops") > number("plain_gflops"), "{shown}");
    assert!(number("share_of_limit") > 0.0);
    assert!(folder.join("gflops.png").exists());
    std::fs::remove_dir_all(folder).expect("it was just written");
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_gpu_needs_its_feature() {
    let said = support::example::refused(&run("gpu_matmul", &["--device", "cuda"]));
    assert!(said.contains("build it with `--features cuda`"), "{said}");
}
