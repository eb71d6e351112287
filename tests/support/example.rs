//! Runs an example as its user does.
//!
//! `cargo test` builds the examples before it runs the tests. `cargo test --test <name>` doesn't, and would run whatever
//! was built before: put `cargo build --example <name>` in front of it.

use std::{
    env,
    path::Path,
    process::{Command, Output},
};

/// What an example does with these arguments.
#[track_caller]
pub fn run(name: &str, arguments: &[&str]) -> Output {
    // Tests lie in target/<profile>/deps, examples in target/<profile>/examples.
    let test = env::current_exe().expect("a test knows where it lies");
    let example =
        test.parent().and_then(Path::parent).expect("tests lie in deps").join("examples").join(name);
    Command::new(example.with_extension(env::consts::EXE_EXTENSION)).args(arguments).output().unwrap_or_else(
        |_| panic!("run `cargo build --example {name}` first: a test alone doesn't build the example"),
    )
}

/// Standard output of a run that has to succeed.
#[track_caller]
pub fn shown(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Standard error of a run that has to fail without a result.
#[track_caller]
pub fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    assert!(!text(&output.stdout).contains("result "), "{output:?}");
    text(&output.stderr)
}

/// The value of the line `result name=value`.
#[track_caller]
pub fn result<'a>(shown: &'a str, name: &str) -> &'a str {
    let value = |line: &'a str| line.strip_prefix("result ")?.strip_prefix(name)?.strip_prefix('=');
    shown.lines().find_map(value).unwrap_or_else(|| panic!("no result `{name}` in {shown}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("examples write UTF-8")
}
