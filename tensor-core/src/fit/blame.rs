//! How a mistake gets to the item that it is about.

use std::marker::PhantomData;

use super::Place;
use crate::plan::{Text, fail};

/// One thing that does not fit, if there is one.
pub trait Blame {
    /// The item that it is about.
    const PLACE: Place;
    /// What is wrong; empty if nothing is.
    const MESSAGE: Text;
}

/// A blame as the network sees it that is an item of another.
#[derive(Clone, Copy, Debug)]
pub struct Inside<B, const ITEM: usize>(PhantomData<B>);

impl<B: Blame, const ITEM: usize> Blame for Inside<B, ITEM> {
    const PLACE: Place = B::PLACE.inside(ITEM);
    const MESSAGE: Text = B::MESSAGE;
}

/// A declaration's items, each of which takes its blame where it is written.
pub trait Fits<B: Blame> {
    /// Does not come to a value if the blame is about one of them.
    const WEIGHTS: ();
}

/// What stands in [`Fits::WEIGHTS`] at each item with weights.
///
/// # Panics
/// With the message for the user, if the blame is about this item.
#[track_caller]
pub const fn check_weights<B: Blame>(item: usize) {
    if B::PLACE.is(item) {
        fail(B::MESSAGE)
    }
}

/// What no item took the blame for, reported where the file is named.
///
/// # Panics
/// With the message for the user, if there is a blame.
#[track_caller]
pub const fn check_left<B: Blame>() {
    if !B::MESSAGE.is_empty() {
        fail(B::MESSAGE)
    }
}
