//! Files are what they should be, without a runtime that reads them.
