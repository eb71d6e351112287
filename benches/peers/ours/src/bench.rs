//! Timing: warm up, take the median, print one JSON line for each task.

use std::hint::black_box;
use std::time::Instant;

const FRAMEWORK: &str = concat!("tensor-dsl ", env!("CARGO_PKG_VERSION"));

/// The tasks that the command line asks for; all, if it names none.
pub struct Bench {
    only: Vec<String>,
}

impl Bench {
    pub fn new() -> Self {
        Bench { only: std::env::args().skip(1).collect() }
    }

    pub fn wants(&self, task: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == task)
    }

    /// Times `work`, the drop of its result included: 5 calls and 0.3 s to warm up, then about 2 s.
    pub fn run<R>(&self, task: &str, most: usize, mut work: impl FnMut() -> R) {
        if !self.wants(task) {
            return;
        }
        let mut once = || {
            let started = Instant::now();
            drop(black_box(work()));
            started.elapsed().as_secs_f64()
        };
        let warm = Instant::now();
        let (mut calls, mut fastest) = (0, f64::MAX);
        while calls < 5 || (warm.elapsed().as_secs_f64() < 0.3 && calls < most) {
            fastest = fastest.min(once());
            calls += 1;
        }
        let count = ((2.0 / fastest) as usize).clamp(15, most);
        let mut seconds: Vec<f64> = (0..count).map(|_| once()).collect();
        seconds.sort_by(f64::total_cmp);
        let (median, least) = (seconds[count / 2] * 1e3, seconds[0] * 1e3);
        println!(
            r#"{{"framework":"{FRAMEWORK}","task":"{task}","ms":{median:.5},"min_ms":{least:.5},"n":{count}}}"#
        );
    }

    /// Evidence that the steps trained something.
    pub fn loss(&self, task: &str, loss: f32) {
        eprintln!("{FRAMEWORK} {task}: last loss {loss:.4}");
    }

    /// The peak of resident memory, where a single task was asked for.
    pub fn finish(&self) {
        let [task] = &self.only[..] else { return };
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib =
            line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or(f64::NAN);
        println!(r#"{{"framework":"{FRAMEWORK}","task":"{task}_peak_rss_mb","mb":{:.1}}}"#, kib / 1024.0);
    }
}
