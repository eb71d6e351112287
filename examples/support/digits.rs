//! The handwritten digits of `examples/data/digits.csv`.

use std::{error::Error, path::Path};

use tensor_core::data::{Schema, Table};

/// Pixels of a picture, row by row.
pub const PIXELS: usize = 64;
pub const CLASSES: usize = 10;

/// The columns are named by row and column.
#[rustfmt::skip]
pub const DIGITS: Schema<PIXELS, CLASSES> = Schema {
    features: [
        "00", "01", "02", "03", "04", "05", "06", "07",
        "10", "11", "12", "13", "14", "15", "16", "17",
        "20", "21", "22", "23", "24", "25", "26", "27",
        "30", "31", "32", "33", "34", "35", "36", "37",
        "40", "41", "42", "43", "44", "45", "46", "47",
        "50", "51", "52", "53", "54", "55", "56", "57",
        "60", "61", "62", "63", "64", "65", "66", "67",
        "70", "71", "72", "73", "74", "75", "76", "77",
    ],
    class: "digit",
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
};

/// What of the digits is kept for testing.
pub const TEST_FRACTION: f64 = 0.2;

/// A part to train on and one to test on, with pixels from 0 (paper) to 1 (ink).
pub fn read(
    path: &Path,
    seed: u64,
) -> Result<(Table<PIXELS, CLASSES>, Table<PIXELS, CLASSES>), Box<dyn Error>> {
    let mut digits = DIGITS.read_csv(path)?;
    digits.rows_mut().as_flattened_mut().iter_mut().for_each(|pixel| *pixel /= 16.0);
    Ok(digits.split(TEST_FRACTION, seed)?)
}
