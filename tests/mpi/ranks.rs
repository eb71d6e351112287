//! Starts this program several times by `mpirun`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What ranks did.
pub struct Run {
    /// Where rank 0 left its results.
    folder: PathBuf,
    pub ended_well: bool,
    shown: String,
    /// On standard error.
    pub said: String,
}

/// Lets so many ranks do this; 0 is one process without `mpirun`.
#[track_caller]
pub fn run(ranks: usize, work: &str, options: &str) -> Run {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = env::temp_dir().join(format!("tensor-dsl-mpi-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    start(folder, ranks, work, options)
}

#[track_caller]
fn start(folder: PathBuf, ranks: usize, work: &str, options: &str) -> Run {
    let program = env::current_exe().expect("a test knows where it lies");
    let output = output(ranks, &program, |command| {
        command.args(["rank", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
        command.env("RANK_WORK", work).env("RANK_OPTIONS", options).env("RANK_FOLDER", &folder);
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (shown, said) = (text(&output.stdout), text(&output.stderr));
    Run { folder, ended_well: output.status.success(), shown, said }
}

/// Lets so many ranks run a program, one after another, since ranks that wait take cores away from others.
#[track_caller]
fn output(ranks: usize, program: &Path, with: impl FnOnce(&mut Command)) -> Output {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(if ranks == 0 { program.as_os_str() } else { "mpirun".as_ref() });
    if ranks > 0 {
        // More ranks than cores, in a container, whose user may be root.
        command.args(["--allow-run-as-root", "--oversubscribe", "-n", &ranks.to_string()]).arg(program);
    }
    with(&mut command);
    command.env("RAYON_NUM_THREADS", "1").env("OMPI_MCA_btl_vader_single_copy_mechanism", "none");
    command.output().unwrap_or_else(|error| panic!("`mpirun` can't be started: {error}"))
}

/// What the example `parallel` shows on so many ranks.
#[track_caller]
pub fn example(ranks: usize, arguments: &[&str]) -> Run {
    // Tests lie in target/<profile>/deps, examples in target/<profile>/examples.
    let test = env::current_exe().expect("a test knows where it lies");
    let example = test.parent().and_then(Path::parent).expect("tests lie in deps").join("examples/parallel");
    assert!(example.is_file(), "run `cargo build --features mpi --example parallel` first");
    let folder = env::temp_dir().join(format!("tensor-dsl-mpi-{}-example-{ranks}", std::process::id()));
    let output = output(ranks, &example, |command| {
        command.args(arguments).arg("--output").arg(&folder);
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (shown, said) = (text(&output.stdout), text(&output.stderr));
    Run { folder, ended_well: output.status.success(), shown, said }
}

impl Run {
    /// Itself, if it ended well.
    #[track_caller]
    pub fn shown(self) -> Self {
        assert!(self.ended_well, "{}\n{}", self.shown, self.said);
        self
    }

    /// Goes on in the same folder.
    #[track_caller]
    pub fn go_on(&self, ranks: usize, options: &str) -> Run {
        let folder = self.folder.with_extension(format!("on_{ranks}"));
        fs::create_dir_all(&folder).expect("it can be made");
        for file in ["net", "state"] {
            fs::copy(self.folder.join(file), folder.join(file)).expect("the first run left it");
        }
        start(folder, ranks, "train", options)
    }

    /// Does something in the same folder.
    #[track_caller]
    pub fn again(&self, ranks: usize, work: &str, options: &str) -> Run {
        let folder = self.folder.with_extension(format!("again_{ranks}"));
        fs::rename(&self.folder, &folder).expect("it can be renamed");
        start(folder, ranks, work, options)
    }

    #[track_caller]
    pub fn bytes(&self, file: &str) -> Vec<u8> {
        fs::read(self.folder.join(file)).unwrap_or_else(|error| panic!("`{file}`: {error}"))
    }

    /// The weights of rank 0.
    #[track_caller]
    pub fn weights(&self) -> Vec<f32> {
        self.bytes("weights").as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }

    #[track_caller]
    pub fn number(&self, name: &str) -> f64 {
        let value =
            |line: &str| line.strip_prefix("result ")?.strip_prefix(name)?.strip_prefix('=')?.parse().ok();
        self.shown.lines().find_map(value).unwrap_or_else(|| panic!("no `{name}` in {}", self.shown))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
