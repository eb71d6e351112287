//! Reading a file's head from front to back, never past its end.

/// The bytes that were not read yet.
pub(super) struct Cursor<'f> {
    file: &'f [u8],
    at: usize,
}

impl<'f> Cursor<'f> {
    pub(super) fn new(file: &'f [u8]) -> Self {
        Cursor { file, at: 0 }
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.file.len() - self.at
    }

    /// The next bytes; `what` they are stands in the reason why there are not enough.
    pub(super) fn bytes(&mut self, count: u64, what: &str) -> Result<&'f [u8], String> {
        let found = usize::try_from(count).ok().and_then(|count| self.file[self.at..].get(..count));
        let found = found.ok_or_else(|| {
            format!(
                "{what} takes {count} bytes at byte {}, but the file has only {} more",
                self.at,
                self.left()
            )
        })?;
        self.at += found.len();
        Ok(found)
    }

    pub(super) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], String> {
        let bytes = self.bytes(N as u64, what)?;
        Ok(std::array::from_fn(|i| bytes[i]))
    }

    pub(super) fn u32(&mut self, what: &str) -> Result<u32, String> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, what: &str) -> Result<u64, String> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A text: its length, then that many bytes of UTF-8.
    pub(super) fn text(&mut self, what: &str) -> Result<&'f str, String> {
        let length = self.u64(what)?;
        let start = self.at;
        let bytes = self.bytes(length, what)?;
        std::str::from_utf8(bytes)
            .map_err(|error| format!("{what} is not text at byte {}", start + error.valid_up_to()))
    }
}
