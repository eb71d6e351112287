//! Notes the compiler's version, for reports of trainings.

use std::{env, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let version = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    println!("cargo::rustc-env=TENSOR_CORE_RUSTC={}", version.as_deref().unwrap_or("rustc, unknown").trim());
}
