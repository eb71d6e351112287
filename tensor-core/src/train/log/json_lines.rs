//! A log as lines of JSON.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::{LogError, Record, Sink, line};

/// One line of JSON a record, which pandas, jq and spreadsheets read.
///
/// ```text
/// {"step":100,"epoch":0.5,"seconds":1.2,"train/loss":0.4,"train/learning_rate":0.001}
/// ```
///
/// NaN and infinities stand there as `"NaN"`, `"Infinity"` and `"-Infinity"`. Each line is written at once, so that a run which
/// is killed leaves no more than a half line at the end. A run that goes on from a checkpoint appends to the same file:
/// the half line and the lines of steps that come again are cut off, so that each step is there once.
///
/// ```
/// use tensor_core::train::{JsonLines, Record, Sink};
///
/// # let folder = std::env::temp_dir().join(format!("tensor-core-log-{}", std::process::id()));
/// # let path = folder.join("log.jsonl");
/// let mut log = JsonLines::append(&path)?;
/// for step in 1..=3 {
///     let loss = 1.0 / step as f64;
///     log.record(&Record { step, epoch: 0.0, seconds: 0.5, values: &[("train/loss", loss)] })?;
/// }
///
/// let mut resumed = JsonLines::append(&path)?;
/// resumed.resume(2)?;
/// assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), tensor_core::train::LogError>(())
/// ```
#[derive(Debug)]
pub struct JsonLines {
    path: PathBuf,
    file: File,
    /// Whether an earlier run's lines may be left from the first new record on.
    is_new: bool,
    text: String,
}

impl JsonLines {
    /// Opens the file at `path`, and makes it and its folder if they are absent.
    ///
    /// # Errors
    /// [`LogError::Write`] if it can't be opened to be written.
    pub fn append(path: impl Into<PathBuf>) -> Result<Self, LogError> {
        let path = path.into();
        let opened = make_folder_of(&path).and_then(|()| {
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)
        });
        match opened {
            Ok(file) => Ok(JsonLines { path, file, is_new: true, text: String::new() }),
            Err(source) => Err(LogError::Write { path, source }),
        }
    }

    /// Cuts off all from the first line on whose step is not kept, and what is no whole line.
    fn cut(&mut self, keeps: impl Fn(u64) -> bool) -> Result<(), LogError> {
        self.is_new = false;
        self.file.rewind().map_err(|source| LogError::Read { path: self.path.clone(), source })?;
        let end = line::read(&self.path, BufReader::new(&self.file), |line| keeps(line.step))?;
        self.written(|file| {
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end)).map(drop)
        })
    }

    fn written(&mut self, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<(), LogError> {
        write(&mut self.file).map_err(|source| LogError::Write { path: self.path.clone(), source })
    }
}

impl Sink for JsonLines {
    fn record(&mut self, record: &Record<'_>) -> Result<(), LogError> {
        if self.is_new {
            self.cut(|step| step < record.step)?;
        }
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        line::write(record, &mut text)?;
        self.written(|file| file.write_all(text.as_bytes()))?;
        self.text = text;
        Ok(())
    }

    fn resume(&mut self, step: u64) -> Result<(), LogError> {
        self.cut(|kept| kept <= step)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        self.written(|file| file.sync_data())
    }
}

fn make_folder_of(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Records;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("tensor-core-{name}-{}.jsonl", std::process::id()))
    }

    fn record(log: &mut JsonLines, steps: impl IntoIterator<Item = u64>, value: f64) {
        for step in steps {
            log.record(&Record { step, epoch: 0.0, seconds: 0.0, values: &[("v", value)] }).unwrap();
        }
    }

    fn read(path: &Path) -> Vec<(u64, f64)> {
        Records::read(path).unwrap().curve("v").map(|point| (point.step, point.value)).collect()
    }

    #[test]
    fn after_a_kill_each_step_is_there_once() {
        let path = scratch("killed");
        record(&mut JsonLines::append(&path).unwrap(), 1..=6, 0.0);
        // The seventh is cut anywhere.
        let whole = fs::read(&path).unwrap();
        let seventh = b"{\"step\":7,\"epoch\":0.0,\"seconds\":0.0,\"v\":0.0}\n";
        for bytes in 0..=seventh.len() {
            let killed = [&whole[..], &seventh[..bytes]].concat();

            fs::write(&path, &killed).unwrap();
            let mut log = JsonLines::append(&path).unwrap();
            log.resume(4).unwrap();
            record(&mut log, 5..=7, 1.0);
            let expected = [(1, 0.0), (2, 0.0), (3, 0.0), (4, 0.0), (5, 1.0), (6, 1.0), (7, 1.0)];
            assert_eq!(read(&path), expected, "{bytes} bytes");

            // The same where nobody says at which step the run goes on.
            fs::write(&path, &killed).unwrap();
            record(&mut JsonLines::append(&path).unwrap(), 5..=7, 1.0);
            assert_eq!(read(&path), expected, "{bytes} bytes");
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_new_run_takes_the_place_of_the_old_one() {
        let path = scratch("new");
        record(&mut JsonLines::append(&path).unwrap(), 0..=6, 0.0);
        record(&mut JsonLines::append(&path).unwrap(), 0..=1, 1.0);
        assert_eq!(read(&path), [(0, 1.0), (1, 1.0)]);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn two_records_of_a_step_stay_both() {
        let path = scratch("both");
        let mut log = JsonLines::append(&path).unwrap();
        record(&mut log, [1, 2, 2], 0.0);
        log.flush().unwrap();
        let mut log = JsonLines::append(&path).unwrap();
        log.resume(2).unwrap();
        record(&mut log, [3], 0.0);
        assert_eq!(read(&path).len(), 4);
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_foreign_file_is_left_as_it_is() {
        let path = scratch("foreign");
        fs::write(&path, "name,value\na,1\nb,2\n").unwrap();
        let mut log = JsonLines::append(&path).unwrap();
        let error = log.record(&Record { step: 1, epoch: 0.0, seconds: 0.0, values: &[] }).unwrap_err();
        assert!(matches!(error, LogError::Damaged { line: 1, .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "name,value\na,1\nb,2\n");
        fs::remove_file(&path).unwrap();

        fs::write(&path, "").unwrap();
        let error = JsonLines::append(path.join("below")).unwrap_err().to_string();
        assert!(error.starts_with("can't write `"), "{error}");
        fs::remove_file(path).unwrap();
    }
}
