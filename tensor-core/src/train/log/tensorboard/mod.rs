//! A log as TensorBoard reads it.

mod event;
mod frame;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{LogError, Record, Sink};
use event::{Event, Histogram, What};

/// An event file in a folder, for `tensorboard --logdir`: the values of records as scalars, and histograms.
///
/// Each run writes a file of its own. One that goes on from a checkpoint says so in it, whereupon TensorBoard drops what the
/// earlier files have of the steps that come again. TensorBoard keeps numbers as `f32`.
///
/// ```
/// use tensor_core::train::{Record, Sink, TensorBoard};
///
/// # let folder = std::env::temp_dir().join(format!("tensor-core-events-{}", std::process::id()));
/// let mut board = TensorBoard::new(&folder)?;
/// for step in 1..=3 {
///     let loss = 1.0 / step as f64;
///     board.record(&Record { step, epoch: 0.0, seconds: 0.5, values: &[("train/loss", loss)] })?;
/// }
/// board.histogram(3, "weights/hidden", &[0.1, -0.3, 0.2])?;
/// board.flush()?;
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), tensor_core::train::LogError>(())
/// ```
///
/// # Source
/// The file format: records of TensorFlow's `TFRecord`, messages of its `event.proto` and `summary.proto`.
#[derive(Debug)]
pub struct TensorBoard {
    path: PathBuf,
    file: File,
    /// Whether an earlier run's files lie beside, whose steps may come again.
    follows: bool,
    bytes: Vec<u8>,
}

/// By this part of a file's name TensorBoard knows it.
const MARK: &str = "events.out.tfevents.";

impl TensorBoard {
    /// Makes an event file in this folder, and the folder if it is absent.
    ///
    /// # Errors
    /// [`LogError::Write`] if it can't be made.
    pub fn new(folder: impl AsRef<Path>) -> Result<Self, LogError> {
        let folder = folder.as_ref();
        let failed = |source| LogError::Write { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let (path, file, follows) = make_file(folder).map_err(failed)?;
        let mut board = TensorBoard { path, file, follows, bytes: Vec::new() };
        board.write(0, &[What::Version])?;
        Ok(board)
    }

    /// Where the events are written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes how `values` are spread, such as those of a weight or a gradient; NaN and infinities are left out.
    ///
    /// # Errors
    /// [`LogError::Write`].
    pub fn histogram(&mut self, step: u64, name: &str, values: &[f32]) -> Result<(), LogError> {
        self.begin(step)?;
        self.write(step, &[What::Histogram(name, Histogram::of(values))])
    }

    /// Tells once that the steps from this one on come again.
    fn begin(&mut self, step: u64) -> Result<(), LogError> {
        if !std::mem::take(&mut self.follows) {
            return Ok(());
        }
        self.write(step, &[What::Start])
    }

    /// Writes all at once, so that a run which is killed leaves at most one half event, which TensorBoard passes over.
    fn write(&mut self, step: u64, all: &[What<'_>]) -> Result<(), LogError> {
        let wall_time = since_1970().as_secs_f64();
        self.bytes.clear();
        for what in all {
            frame::write(&Event { wall_time, step, what }.to_bytes(), &mut self.bytes);
        }
        self.file.write_all(&self.bytes).map_err(|source| LogError::Write { path: self.path.clone(), source })
    }
}

impl Sink for TensorBoard {
    fn record(&mut self, record: &Record<'_>) -> Result<(), LogError> {
        self.begin(record.step)?;
        let scalars: Vec<_> =
            record.values.iter().map(|&(name, value)| What::Scalar(name, value as f32)).collect();
        self.write(record.step, &scalars)
    }

    fn resume(&mut self, step: u64) -> Result<(), LogError> {
        self.follows = true;
        self.begin(step + 1)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        self.file.sync_data().map_err(|source| LogError::Write { path: self.path.clone(), source })
    }
}

fn since_1970() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A new file, whose name comes after those of all event files in the folder, since TensorBoard reads them by name; and whether
/// there are such.
fn make_file(folder: &Path) -> io::Result<(PathBuf, File, bool)> {
    let mut latest = None;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let seconds = name.to_str().and_then(|name| name.strip_prefix(MARK)?.split('.').next()?.parse().ok());
        latest = latest.max(seconds);
    }
    let mut seconds = latest.map_or(0, |latest: u64| latest.saturating_add(1)).max(since_1970().as_secs());
    loop {
        let path = folder.join(format!("{MARK}{seconds:010}.tensor-core.{}.0", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file, latest.is_some())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => seconds += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_follow_each_other_by_name() {
        let folder = std::env::temp_dir().join(format!("tensor-core-board-{}", std::process::id()));
        let first = TensorBoard::new(&folder).unwrap();
        let second = TensorBoard::new(&folder).unwrap();
        assert!(first.path() < second.path());
        assert!(!first.follows && second.follows);
        fs::remove_dir_all(&folder).unwrap();

        fs::write(&folder, "").unwrap();
        assert!(matches!(TensorBoard::new(&folder), Err(LogError::Write { .. })));
        fs::remove_file(folder).unwrap();
    }

    /// Against the bytes that TensorFlow's own writer made, `tests/fixtures/make_events.py`.
    #[test]
    fn events_are_written_as_by_tensorboard() {
        let values: Vec<f32> = (0..100).map(|i| (i * i) as f32 / 1000.0 - 3.0).collect();
        let histogram = What::Histogram("weights/hidden", Histogram::of(&values));
        let mut bytes = Vec::new();
        for (step, what) in [
            (0, What::Version),
            (0, What::Scalar("train/loss", 1.5)),
            (7, What::Scalar("train/loss", 0.0)),
            (1 << 40, What::Scalar("längere/größe", -3.25e-9)),
            (300, What::Scalar("nan", f32::NAN)),
            (301, What::Start),
            (302, histogram),
        ] {
            frame::write(&Event { wall_time: 1_700_000_000.25, step, what: &what }.to_bytes(), &mut bytes);
        }
        let expected = include_bytes!("../../../../../tests/fixtures/events.bin");
        assert!(bytes == expected, "{:02x?}\n{:02x?}", bytes, expected);
    }
}
