//! Room for what a kernel needs for a moment, which a thread keeps from call to call.

use std::cell::RefCell;

thread_local! {
    static KEPT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Numbers of a line of the caches, which is the longest vector as well: one that crosses lines is read twice.
pub(crate) const LINE: usize = 16;

/// Lends `work` so many numbers, of any values; they begin with a line of the caches.
#[inline]
pub fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    // Taken out, since `work` may wait for other threads, and meanwhile do something that needs room as well.
    let mut room = take(length + LINE);
    let first = first_of_a_line(&room);
    let result = work(&mut room[first..][..length]);
    keep(room);
    result
}

/// How many numbers lie before the first line that begins in a slice of a line and more.
#[inline]
pub(crate) fn first_of_a_line(numbers: &[f32]) -> usize {
    // Where nobody can tell, as under Miri, any will do.
    numbers.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE)
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
