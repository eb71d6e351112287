//! Room for what a kernel needs for a moment, which a thread keeps from call to call.

use std::cell::RefCell;

thread_local! {
    static KEPT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `work` so many numbers, of any values.
#[inline]
pub fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    // Taken out, since `work` may wait for other threads, and meanwhile do something that needs room as well.
    let mut room = take(length);
    let result = work(&mut room[..length]);
    keep(room);
    result
}

fn take(length: usize) -> Vec<f32> {
    let mut room = KEPT.with_borrow_mut(Vec::pop).unwrap_or_default();
    if room.len() < length {
        room.resize(length, 0.0);
    }
    room
}

fn keep(room: Vec<f32>) {
    KEPT.with_borrow_mut(|kept| kept.push(room));
}
