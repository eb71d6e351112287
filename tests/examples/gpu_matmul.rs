//! The example `gpu_matmul`: all ways give the same product, and the kernels are faster than the plain loops.

use crate::support::example::{Scratch, number, run, shown};

#[test]
fn all_ways_agree() {
    let folder = Scratch::new();
    let shown = shown(&run("gpu_matmul", &["--quick", "--output", folder.text()]));
    let number = |name| number(&shown, name);
    assert!(number("largest_difference") < 1e-3, "{shown}");
    assert!(number("fused_gflops") > number("plain_gflops"), "{shown}");
    assert!(number("share_of_limit") > 0.0);
    assert!(folder.join("gflops.png").exists());
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_gpu_needs_its_feature() {
    let said = crate::support::example::refused(&run("gpu_matmul", &["--device", "cuda"]));
    assert!(said.contains("build it with `--features cuda`"), "{said}");
}
