//! Checkpoints: where they are kept, and how they are read again.

mod crc;
mod error;
mod file;
mod text;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use error::CheckpointError;
pub(crate) use file::{Sections, read as sections_of};
pub(crate) use text::{Terms, from_text, to_text};

use super::Every;
use crate::io::replace;

/// Where the state of a training is kept, and how often.
///
/// A file is written beside its name, flushed to the disk, and renamed; then the folder is flushed, and the oldest files are
/// removed. So there are whole ones at every moment, also where the process is killed. Each has a checksum; where the newest
/// is damaged, the training goes on from the one before, and says so.
///
/// ```
/// use tensor_core::train::{Checkpoints, Every};
///
/// let checkpoints = Checkpoints::new("runs/first").every(Every::Steps(500)).keep(2);
/// assert_eq!(checkpoints.folder(), std::path::Path::new("runs/first"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoints {
    folder: PathBuf,
    pub(super) every: Every,
    keep: usize,
}

/// What the names of checkpoints end with.
const ENDING: &str = "checkpoint";

/// A checkpoint that was read, and those passed over since they are damaged.
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Of the file, whose sections [`sections_of`] gives.
    pub(crate) bytes: Vec<u8>,
}

impl Checkpoints {
    /// In this folder, after each epoch, of which the last three stay.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Checkpoints { folder: folder.into(), every: Every::Epochs(1), keep: 3 }
    }

    /// As often as that, and at the end.
    #[must_use]
    pub fn every(mut self, every: Every) -> Self {
        self.every = every;
        self
    }

    /// So many stay, at least one; with two a damaged one can be passed over.
    #[must_use]
    pub fn keep(mut self, count: usize) -> Self {
        self.keep = count.max(1);
        self
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder, and removes what a killed process left half written.
    pub(crate) fn prepare(&self) -> Result<(), CheckpointError> {
        let failed = |source| CheckpointError::Folder { path: self.folder.clone(), source };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("step-") && name.contains(&format!(".{ENDING}.")) && name.ends_with(".tmp") {
                fs::remove_file(&path).map_err(failed)?;
            }
        }
        // Better told now than after the first hour.
        let probe = self.folder.join(format!("probe.{}.tmp", std::process::id()));
        fs::write(&probe, b"").and_then(|()| fs::remove_file(&probe)).map_err(failed)
    }

    /// Writes a checkpoint, whole or not at all, and removes the oldest.
    pub(crate) fn save(&self, step: u64, sections: &Sections) -> Result<(), CheckpointError> {
        let path = self.folder.join(format!("step-{step:012}.{ENDING}"));
        let written = replace(&path, |file| {
            let mut out = io::BufWriter::with_capacity(1 << 16, file);
            file::write(sections, &mut out)?;
            io::Write::flush(&mut out)
        });
        written.map_err(|source| CheckpointError::Write { path, source })?;
        for (_, old) in self.list()?.into_iter().skip(self.keep) {
            // One that can't be removed does no harm.
            let _ = fs::remove_file(old);
        }
        Ok(())
    }

    /// The newest checkpoint that is whole, if there is any; `warn` is told of those that are not.
    pub(crate) fn newest(&self, warn: &mut dyn FnMut(&str)) -> Result<Option<Found>, CheckpointError> {
        let mut reasons = Vec::new();
        for (_, path) in self.list()? {
            let bytes = match crate::io::read(&path) {
                Ok(bytes) => bytes,
                Err(source) => return Err(CheckpointError::Read { path, source }),
            };
            match file::read(&bytes) {
                Ok(_) => return Ok(Some(Found { path, bytes })),
                Err(reason) => {
                    let reason = CheckpointError::Damaged { path, reason }.to_string();
                    warn(&format!("{reason}; trying the one before"));
                    reasons.push(reason);
                }
            }
        }
        match reasons.is_empty() {
            true => Ok(None),
            false => Err(CheckpointError::NoneWhole { path: self.folder.clone(), reasons }),
        }
    }

    /// The steps and files of all checkpoints, the newest first.
    fn list(&self) -> Result<Vec<(u64, PathBuf)>, CheckpointError> {
        let failed = |source| CheckpointError::Folder { path: self.folder.clone(), source };
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let step = name.strip_prefix("step-").and_then(|name| name.strip_suffix(".checkpoint"));
            if let Some(step) = step.and_then(|step| step.parse().ok()) {
                found.push((step, path));
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(found)
    }
}

impl<P: Into<PathBuf>> From<P> for Checkpoints {
    fn from(folder: P) -> Self {
        Checkpoints::new(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("tensor-core-checkpoint-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            Scratch(folder)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn sections(number: u8) -> Sections {
        let mut sections = Sections::default();
        sections.insert("number".to_owned(), vec![number; 300]);
        sections
    }

    fn newest(checkpoints: &Checkpoints) -> (Option<u8>, Vec<String>) {
        let mut told = Vec::new();
        let found = checkpoints.newest(&mut |warning| told.push(warning.to_owned())).unwrap();
        (found.map(|found| sections_of(&found.bytes).unwrap().get("number").unwrap()[0]), told)
    }

    #[test]
    fn the_last_ones_stay_and_a_damaged_one_is_passed_over() {
        let scratch = Scratch::new("last");
        let checkpoints = Checkpoints::new(&scratch.0).keep(2);
        checkpoints.prepare().unwrap();
        assert_eq!(newest(&checkpoints), (None, Vec::new()));
        for step in 1..=4 {
            checkpoints.save(u64::from(step), &sections(step)).unwrap();
        }
        assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 2);
        assert_eq!(newest(&checkpoints).0, Some(4));

        let path = scratch.0.join("step-000000000004.checkpoint");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..100]).unwrap();
        let (found, told) = newest(&checkpoints);
        assert_eq!(found, Some(3));
        assert!(
            told[0].ends_with("is damaged: the checksum of its 100 bytes is wrong; trying the one before"),
            "{told:?}"
        );

        fs::write(scratch.0.join("step-000000000003.checkpoint"), "").unwrap();
        let error = checkpoints.newest(&mut |_| {}).err().unwrap().to_string();
        assert!(error.starts_with("all 2 checkpoints in ") && error.contains("begin anew"), "{error}");
    }

    #[test]
    fn what_a_killed_process_left_goes_away() {
        let scratch = Scratch::new("left");
        let checkpoints = Checkpoints::new(&scratch.0);
        checkpoints.prepare().unwrap();
        fs::write(scratch.0.join("step-000000000001.checkpoint.77.0.tmp"), "half").unwrap();
        fs::write(scratch.0.join("notes.tmp"), "mine").unwrap();
        checkpoints.prepare().unwrap();
        assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_a_file_is_told() {
        let scratch = Scratch::new("file");
        fs::write(&scratch.0, "").unwrap();
        let error = Checkpoints::new(&scratch.0).prepare().unwrap_err();
        assert!(matches!(error, CheckpointError::Folder { .. }), "{error}");
        fs::remove_file(&scratch.0).unwrap();
    }
}
