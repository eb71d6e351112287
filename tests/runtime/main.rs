//! What declared networks do at run time.

mod attention;
mod axes;
mod cache;
mod dropout;
mod frozen;
mod ids;
mod init;
mod lora;
mod lora_attention;
mod names;
mod nets;
mod optimizers;
mod plan;
mod quantised;
mod sharing;
mod sides;
mod snapshots;
mod state;
mod summary;
#[path = "../support/mod.rs"]
mod support;
mod training;
mod values;
