//! Runs an example as its user does.
//!
//! `cargo test` builds the examples before it runs the tests. `cargo test --test examples` doesn't, and would run whatever
//! was built before: put `cargo build --example <name>` in front of it.

use std::{
    env, fs,
    ops::Deref,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
};

/// An empty folder of its own for each run, because tests run side by side; removed at the end.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("tensor-dsl-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        Self(folder)
    }

    /// Its path as an argument.
    pub fn text(&self) -> &str {
        self.0.to_str().expect("the path is text")
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What an example does with these arguments.
#[track_caller]
pub fn run(name: &str, arguments: &[&str]) -> Output {
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), name, arguments)
}

/// A file below `target/data`, if the script of this name fetched it; without it a test is left out, and says so.
pub fn fetched(file: &str, script: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/data").join(file);
    if !path.is_file() {
        eprintln!("SKIPPED: `{file}` is absent; get it by `python3 examples/data/{script}`");
        return None;
    }
    Some(path)
}

/// Where an example lies.
pub fn path_of(name: &str) -> PathBuf {
    // Tests lie in target/<profile>/deps, examples in target/<profile>/examples.
    let test = env::current_exe().expect("a test knows where it lies");
    let example =
        test.parent().and_then(Path::parent).expect("tests lie in deps").join("examples").join(name);
    example.with_extension(env::consts::EXE_EXTENSION)
}

/// What it does where its user works in this folder.
#[track_caller]
pub fn run_in(folder: &Path, name: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(path_of(name));
    command.args(arguments).current_dir(folder).output().unwrap_or_else(|_| {
        panic!("run `cargo build --example {name}` first: a test alone doesn't build the example")
    })
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

/// [`result`] as a number.
#[track_caller]
pub fn number(shown: &str, name: &str) -> f64 {
    result(shown, name).parse().unwrap_or_else(|error| panic!("`{name}` is no number, {error}: {shown}"))
}

/// What it wrote.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("examples write UTF-8")
}
