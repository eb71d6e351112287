//! What several tests share.
#![allow(dead_code)] // each test uses a part of it

pub mod difference;
pub mod example;
pub mod fixture;
pub mod net;
