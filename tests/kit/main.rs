//! What surrounds a training: losses, data, anomalies.

mod anomalies;
mod losses;
#[path = "../support/mod.rs"]
mod support;
