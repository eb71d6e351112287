//! What is wrong with a header.

use std::fmt::{self, Display, Formatter};

/// Why a file has no sound header, or can't get one: a sentence of which the file is the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderError(String);

impl HeaderError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        HeaderError(reason.into())
    }
}

impl Display for HeaderError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HeaderError {}
