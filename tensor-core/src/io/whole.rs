//! All bytes of a file.

use std::io;
use std::path::Path;

/// The bytes of a file: in memory, or mapped into it.
#[derive(Debug)]
pub(super) enum Whole {
    Read(Vec<u8>),
    #[cfg(feature = "mmap")]
    Mapped(memmap2::Mmap),
}

impl Whole {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        super::read(path).map(Whole::Read)
    }

    /// # Safety
    /// Nobody changes or shortens the file as long as this lives.
    #[cfg(feature = "mmap")]
    pub(super) unsafe fn map(path: &Path) -> io::Result<Self> {
        let file = super::open(path)?;
        // SAFETY: as the caller promises.
        unsafe { memmap2::Mmap::map(&file) }.map(Whole::Mapped)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Whole::Read(bytes) => bytes,
            #[cfg(feature = "mmap")]
            Whole::Mapped(map) => map,
        }
    }
}
