//! What a training leaves behind, read by those for whom it is written: the report by a browser, the event files by TensorBoard.
//!
//! Reports, logs and pictures lie in `target/report` afterwards.

mod board;
mod page;
mod resumed;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Where this test writes, `target/report`.
fn folder() -> PathBuf {
    repository("target/report")
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs a script that ends with 77 where what it needs is not installed; such a test is left out, and says so.
#[track_caller]
fn checked_by(script: &str, arguments: &[&Path]) {
    let Ok(output) = Command::new("python3").arg(repository(script)).args(arguments).output() else {
        eprintln!("SKIPPED: `{script}` needs python3");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(0) => println!("{said}"),
        Some(77) => eprintln!("{said}"),
        _ => panic!("{script}: {said}{}", String::from_utf8_lossy(&output.stderr)),
    }
}
