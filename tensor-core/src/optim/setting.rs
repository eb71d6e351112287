//! Settings of rules, and which values they may have.

use crate::Error;

/// A setting of a [`Rule`](super::Rule).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    name: &'static str,
    value: f64,
    takes: Takes,
}

/// Which values a setting may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Any that is finite and at least 0.
    FromZero,
    /// Any above 0, infinity as well.
    AboveZero,
    /// At least 0 and below 1: what stays of an average.
    Share,
}

impl Setting {
    /// A setting by its name.
    pub fn new(name: &'static str, value: f64, takes: Takes) -> Self {
        Setting { name, value, takes }
    }

    pub(super) fn check(self) -> Result<(), Error> {
        let Setting { name: setting, value, takes } = self;
        let (fits, takes) = match takes {
            Takes::FromZero => (value >= 0.0 && value.is_finite(), "a number from 0 on"),
            Takes::AboveZero => (value > 0.0, "a number above 0"),
            Takes::Share => ((0.0..1.0).contains(&value), "a number from 0 to below 1"),
        };
        if fits { Ok(()) } else { Err(Error::Setting { setting, value: value.to_string(), takes }) }
    }
}
