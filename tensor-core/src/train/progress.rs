//! How far a long piece of work has come.

use std::{
    fmt::{self, Display},
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// A bar in a terminal; elsewhere (a file, a pipe, a CI log) a plain line for each tenth of the work.
///
/// Both show what is done, the message, the steps per second and the time left, on standard error, so that standard
/// output stays free for results. A step costs a clock reading: messages are formatted only when they are shown.
///
/// ```
/// use tensor_core::train::Progress;
///
/// let mut progress = Progress::new("training", 300);
/// for epoch in 0..300 {
///     let loss = 1.0 / f64::from(epoch + 1);
///     progress.step(format_args!("loss {loss:.4}"));
/// }
/// progress.finish();
/// ```
pub struct Progress {
    label: String,
    total: u64,
    done: u64,
    started: Instant,
    output: Output,
}

enum Output {
    Bar { bar: ProgressBar, shown: Instant },
    Lines { out: Box<dyn Write + Send>, tenths: u64 },
}

/// Eyes follow no more than some twenty changes a second.
const BETWEEN_FRAMES: Duration = Duration::from_millis(50);

impl Progress {
    /// Progress of `total` steps of something called `label`, on standard error.
    pub fn new(label: impl Into<String>, total: u64) -> Self {
        if io::stderr().is_terminal() {
            let bar = ProgressBar::new(total).with_style(style());
            let now = Instant::now();
            // A frame's length ago, so that the first step is shown; where the clock can't go back, the second is.
            let shown = now.checked_sub(BETWEEN_FRAMES).unwrap_or(now);
            Self::with_output(label.into(), total, Output::Bar { bar, shown })
        } else {
            Self::lines(label, total, io::stderr())
        }
    }

    /// Plain lines into `out`, whatever that is.
    pub fn lines(label: impl Into<String>, total: u64, out: impl Write + Send + 'static) -> Self {
        Self::with_output(label.into(), total, Output::Lines { out: Box::new(out), tenths: 0 })
    }

    fn with_output(label: String, total: u64, output: Output) -> Self {
        if let Output::Bar { bar, .. } = &output {
            bar.set_prefix(label.clone());
        }
        Self { label, total, done: 0, started: Instant::now(), output }
    }

    /// Counts one step as done and shows `message` if it is time to.
    ///
    /// Nothing is reported if a line can't be written: progress must not stop the work.
    pub fn step(&mut self, message: impl Display) {
        self.done += 1;
        let pace = self.pace();
        let last = self.done == self.total;
        match &mut self.output {
            Output::Bar { bar, shown } if last || shown.elapsed() >= BETWEEN_FRAMES => {
                *shown = Instant::now();
                bar.set_message(format!("{message}  {pace}"));
                bar.set_position(self.done);
            }
            Output::Lines { out, tenths } => {
                let reached = (10 * self.done).checked_div(self.total).unwrap_or(10).min(10);
                if reached > *tenths {
                    *tenths = reached;
                    let (label, done, total) = (&self.label, self.done, self.total);
                    let _ = writeln!(out, "{label} {done}/{total}  {message}  {pace}");
                }
            }
            Output::Bar { .. } => {}
        }
    }

    /// Ends the work; a bar stays as it is. Dropping does the same.
    pub fn finish(self) {}

    fn pace(&self) -> Pace {
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = self.done as f64 / seconds.max(1e-9);
        Pace { rate, left: self.total.saturating_sub(self.done) as f64 / rate }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Output::Bar { bar, .. } = &self.output {
            bar.abandon();
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Progress({} {}/{})", self.label, self.done, self.total)
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} {bar:20} {pos}/{len}  {wide_msg}")
        .expect("the template is well formed")
}

/// Steps per second and seconds left.
struct Pace {
    rate: f64,
    left: f64,
}

impl Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.rate < 10.0 { 1 } else { 0 };
        write!(f, "{:.digits$}/s", self.rate)?;
        match self.left {
            0.0 => Ok(()),
            left if left < 60.0 => write!(f, ", {left:.1} s left"),
            left => {
                let left = left.round() as u64;
                let (hours, minutes, seconds) = (left / 3600, left / 60 % 60, left % 60);
                if hours > 0 {
                    write!(f, ", {hours}:{minutes:02}:{seconds:02} left")
                } else {
                    write!(f, ", {minutes}:{seconds:02} left")
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines_of(total: u64, steps: u64) -> Vec<String> {
        let page = Page::default();
        let mut progress = Progress::lines("work", total, page.clone());
        (0..steps).for_each(|step| progress.step(format_args!("loss {step}")));
        progress.finish();
        let text = page.0.lock().unwrap().clone();
        String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_line_for_each_tenth() {
        for total in [10, 11, 99, 100, 1234] {
            let lines = lines_of(total, total);
            assert_eq!(lines.len(), 10, "{lines:?}");
            assert!(
                lines[9].starts_with(&format!("work {total}/{total}  loss {}  ", total - 1)),
                "{lines:?}"
            );
            assert!(!lines[9].contains("left") && lines[0].ends_with(" s left"), "{lines:?}");
        }
    }

    #[test]
    fn little_work_and_wrong_totals_are_no_matter() {
        assert_eq!(lines_of(3, 3).len(), 3);
        assert_eq!(lines_of(0, 3).len(), 1);
        assert_eq!(lines_of(2, 5).len(), 2);
        assert_eq!(lines_of(5, 0).len(), 0);
    }

    #[test]
    fn time_is_readable() {
        assert_eq!(Pace { rate: 2.5, left: 7203.4 }.to_string(), "2.5/s, 2:00:03 left");
        assert_eq!(Pace { rate: 1500.2, left: 61.0 }.to_string(), "1500/s, 1:01 left");
        assert_eq!(Pace { rate: 1500.2, left: 0.25 }.to_string(), "1500/s, 0.2 s left");
    }
}
