//! Data as networks take it: tables of numbers with classes (feature `data`), read, split, standardised and dealt in
//! batches; texts as ids, in windows.
//!
//! A [`Schema`] names the columns of a CSV file and reads it into a [`Table`], which fits a network from `[F]` to
//! `[C]` by its type. [`Table::split`] sets a part aside for the test, a [`Standardiser`] learns mean and deviation
//! from the training part alone, and [`Batches`] deals out shuffled mini-batches.
//!
//! A [`Loader`] makes batches on another thread, some ahead, of data that need not fit into memory, such as [`Records`];
//! [`ReadAhead`] does so for any iterator. [`Buckets`] deal sequences of similar lengths, which [`Padded`] fills up.
//! [`Augment`] changes images at random.
//!
//! Whatever is drawn at random comes from a seed: the same seed gives the same split and the same order. What deals batches
//! says where it is, as a [`Position`], and [resumes](Resume) there.
//!
//! ```
//! # #[cfg(feature = "data")] {
//! use tensor_core::data::{Batches, Schema, Standardiser};
//!
//! let text = "width,height,kind\n1,2,flat\n2,1,flat\n3,9,tall\n4,8,tall\n";
//! let schema = Schema { features: ["width", "height"], class: "kind", classes: ["flat", "tall"] };
//! let table = schema.parse_csv(text, "shapes.csv")?;
//!
//! let (train, test) = table.split(0.5, 0)?;
//! let standardiser = Standardiser::fit(train.rows())?;
//! let (train, test) = (standardiser.standardised(&train), standardiser.standardised(&test));
//!
//! let mut batches = Batches::new(train.len(), 1, 0)?;
//! for rows in batches.epoch() {
//!     let batch = train.select(rows);
//!     assert_eq!(batch.len(), 1);
//! }
//! assert_eq!(test.labels(), [0, 1]);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod augment;
mod batch;
mod buckets;
#[cfg(feature = "data")]
mod csv;
#[cfg(feature = "data")]
mod error;
#[cfg(all(feature = "data", feature = "vision"))]
mod idx;
mod loader;
mod pad;
mod position;
mod read_ahead;
mod records;
mod split;
#[cfg(feature = "data")]
mod standardise;
#[cfg(feature = "data")]
mod table;
mod text;
mod weights;

pub use augment::{Augment, AugmentError};
pub use batch::{BatchError, Batches, Epoch};
pub use buckets::Buckets;
#[cfg(feature = "data")]
pub use csv::Schema;
#[cfg(feature = "data")]
pub use error::DataError;
#[cfg(all(feature = "data", feature = "vision"))]
pub use idx::{Idx, IdxError};
pub use loader::Loader;
pub use pad::Padded;
pub use position::{Deal, Position, PositionError, Resume};
pub use read_ahead::{ReadAhead, ReadAheadError};
pub use records::{Records, RecordsError};
pub use split::{Split, SplitError, stratified, stratified_folds};
#[cfg(feature = "data")]
pub use standardise::{NoRows, Standardiser};
#[cfg(feature = "data")]
pub use table::Table;
pub use text::{Characters, RandomWindows, TextError, Windows};
pub use weights::{ClassWeightError, class_weights};
