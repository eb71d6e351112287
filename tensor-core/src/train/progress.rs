//! How far a long piece of work has come.

use std::{
    fmt::{self, Display},
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::{
    log::{LogError, Record, Sink},
    number::short,
};

/// A bar in a terminal; elsewhere (a file, a pipe, a CI log) a plain line for each tenth of the work, and one a minute where a
/// tenth takes longer.
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
///
/// It is also a [`Sink`]: what a record holds is the message, and its step is what is done.
pub struct Progress {
    label: String,
    total: u64,
    done: u64,
    /// What was done when this began, before a resume.
    before: u64,
    started: Instant,
    output: Output,
}

enum Output {
    Bar { bar: ProgressBar, shown: Instant },
    Lines { out: Box<dyn Write + Send>, tenths: u64, written: Instant },
}

/// Eyes follow no more than some twenty changes a second.
const BETWEEN_FRAMES: Duration = Duration::from_millis(50);

/// A line so often tells whoever reads a log that the work goes on.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

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
        let output = Output::Lines { out: Box::new(out), tenths: 0, written: Instant::now() };
        Self::with_output(label.into(), total, output)
    }

    fn with_output(label: String, total: u64, output: Output) -> Self {
        if let Output::Bar { bar, .. } = &output {
            bar.set_prefix(label.clone());
        }
        Self { label, total, done: 0, before: 0, started: Instant::now(), output }
    }

    /// The same, where `done` steps were done before, as by a run that is resumed: the pace is that of the steps from here on.
    pub fn resumed(mut self, done: u64) -> Self {
        self.resume_at(done);
        self
    }

    /// Counts one step as done and shows `message` if it is time to.
    ///
    /// Nothing is reported if a line can't be written: progress must not stop the work.
    pub fn step(&mut self, message: impl Display) {
        self.set(self.done + 1, message);
    }

    /// Counts `done` steps as done, from the first on, and shows `message` if it is time to.
    pub fn set(&mut self, done: u64, message: impl Display) {
        self.done = done;
        let pace = self.pace();
        let last = self.done == self.total;
        match &mut self.output {
            Output::Bar { bar, shown } if last || shown.elapsed() >= BETWEEN_FRAMES => {
                *shown = Instant::now();
                bar.set_message(format!("{message}  {pace}"));
                bar.set_position(self.done);
            }
            Output::Lines { out, tenths, written } => {
                let reached = tenths_of(self.done, self.total);
                if reached > *tenths || written.elapsed() >= BETWEEN_LINES {
                    (*tenths, *written) = (reached, Instant::now());
                    let (label, done, total) = (&self.label, self.done, self.total);
                    let _ = writeln!(out, "{label} {done}/{total}  {message}  {pace}");
                }
            }
            Output::Bar { .. } => {}
        }
    }

    fn resume_at(&mut self, done: u64) {
        (self.done, self.before, self.started) = (done, done, Instant::now());
        match &mut self.output {
            Output::Bar { bar, .. } => bar.set_position(done),
            Output::Lines { tenths, .. } => *tenths = tenths_of(done, self.total),
        }
    }

    /// Ends the work; a bar stays as it is. Dropping does the same.
    pub fn finish(self) {}

    fn pace(&self) -> Pace {
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = self.done.saturating_sub(self.before) as f64 / seconds.max(1e-9);
        Pace { rate, left: self.total.saturating_sub(self.done) as f64 / rate }
    }
}

/// How many whole tenths are done; of nothing all.
fn tenths_of(done: u64, total: u64) -> u64 {
    done.saturating_mul(10).checked_div(total).unwrap_or(10).min(10)
}

/// The first values of a record: a line holds no more.
const SHOWN: usize = 4;

impl Sink for Progress {
    fn record(&mut self, record: &Record<'_>) -> Result<(), LogError> {
        let shown = fmt::from_fn(|f| {
            for (place, (name, value)) in record.values.iter().take(SHOWN).enumerate() {
                let gap = if place > 0 { "  " } else { "" };
                write!(f, "{gap}{name} {}", short(*value))?;
            }
            Ok(())
        });
        self.set(record.step, shown);
        Ok(())
    }

    fn resume(&mut self, step: u64) -> Result<(), LogError> {
        self.resume_at(step);
        Ok(())
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
            left if left == 0.0 || !left.is_finite() => Ok(()),
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
    fn records_are_shown_and_a_resume_counts_from_its_step() {
        let page = Page::default();
        let mut progress = Progress::lines("work", 100, page.clone()).resumed(50);
        for step in [55, 60, 60, 100] {
            let values = [("train/loss", 0.123456), ("train/learning_rate", 3e-4)];
            progress.record(&Record { step, epoch: 0.0, seconds: 0.0, values: &values }).unwrap();
        }
        assert!(progress.pace().rate > 0.0 && progress.before == 50);
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("work 60/100  train/loss 0.1235  train/learning_rate 3e-4  "), "{text}");
    }

    #[test]
    fn time_is_readable() {
        assert_eq!(Pace { rate: 2.5, left: 7203.4 }.to_string(), "2.5/s, 2:00:03 left");
        assert_eq!(Pace { rate: 1500.2, left: 61.0 }.to_string(), "1500/s, 1:01 left");
        assert_eq!(Pace { rate: 1500.2, left: 0.25 }.to_string(), "1500/s, 0.2 s left");
    }
}
