//! Arithmetic on sizes that only rustc knows.
//!
//! The plan and the types have [`plus`] and its kin, which never fail: where there is no result they give [`NONE`],
//! and what follows from that is not reported. One witness a size has the `checked_` ones, which say why.

use super::words::fail;
use super::{Axes, Text};

/// Stands for a size that could not be computed. No memory holds an axis of this size.
pub(crate) const NONE: usize = usize::MAX;

/// Whether a number is no size, and reported as such.
pub(crate) const fn is_lost(size: usize) -> bool {
    size == 0 || size == NONE
}

macro_rules! total {
    ($($(#[$meta:meta])* $name:ident = $checked:ident;)+) => {$(
        $(#[$meta])*
        pub const fn $name(left: usize, right: usize) -> usize {
            if left == NONE || right == NONE {
                return NONE;
            }
            match left.$checked(right) {
                Some(size) => size,
                None => NONE,
            }
        }
    )+};
}

total! {
    /// `left + right`
    plus = checked_add;
    /// `left - right`
    minus = checked_sub;
    /// `left * right`
    times = checked_mul;
}

/// `left / right`, if it is whole.
pub const fn over(left: usize, right: usize) -> usize {
    if left == NONE || right == NONE || right == 0 || !left.is_multiple_of(right) {
        return NONE;
    }
    left / right
}

/// `left % right`
pub const fn rest(left: usize, right: usize) -> usize {
    if left == NONE || right == NONE || right == 0 { NONE } else { left % right }
}

/// The size `distance` places before the end of axes; none for a runtime axis, which the item that needs it reports.
pub const fn size_from_end(axes: &Axes, distance: usize) -> usize {
    if distance > axes.len() {
        return NONE;
    }
    match axes.from_end(distance).size() {
        Some(size) => size,
        None => NONE,
    }
}

/// Places of a window that slides over an axis: (size + 2·padding − kernel) / stride + 1, rounded down.
pub const fn slide(size: usize, kernel: usize, stride: usize, padding: usize) -> usize {
    let room = minus(plus(size, times(2, padding)), kernel);
    if room == NONE || stride == NONE || stride == 0 { NONE } else { room / stride + 1 }
}

/// `left + right`
///
/// # Panics
/// With the message for the user, if it has no result; so do the ones below.
#[track_caller]
#[inline]
pub const fn checked_plus(left: usize, right: usize) -> usize {
    computed(plus(left, right), left, " + ", right)
}

/// `left * right`
#[track_caller]
#[inline]
pub const fn checked_times(left: usize, right: usize) -> usize {
    computed(times(left, right), left, " * ", right)
}

/// `left - right`
#[track_caller]
#[inline]
pub const fn checked_minus(left: usize, right: usize) -> usize {
    if left < right {
        let text = Text::new().number(left).str(" - ").number(right).str(" comes to -");
        fail(text.number(right - left).str(": a size is at least 1"))
    }
    left - right
}

/// `left / right`
#[track_caller]
#[inline]
pub const fn checked_over(left: usize, right: usize) -> usize {
    let text = Text::new().number(left).str(" / ").number(right);
    if right == 0 {
        fail(text.str(" divides by 0"))
    }
    if !left.is_multiple_of(right) {
        fail(text.str(" leaves a remainder of ").number(left % right).str(": a size must divide exactly"))
    }
    left / right
}

#[track_caller]
const fn computed(size: usize, left: usize, sign: &str, right: usize) -> usize {
    if size == NONE {
        let text = Text::new().number(left).str(sign).number(right);
        fail(text.str(" is more than a computer can count"))
    }
    size
}

/// Checks a size, written as `text`.
///
/// # Panics
/// With the message for the user, if it is 0.
#[track_caller]
#[inline]
pub const fn check_size(text: &str, size: usize) {
    if size == 0 {
        fail(Text::new().quoted(text).str(" is 0: every axis needs at least 1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_result_stays_without_one() {
        assert_eq!((plus(2, 3), minus(3, 3), times(2, 3), over(6, 3)), (5, 0, 6, 2));
        for none in [minus(2, 3), times(NONE - 1, 2), plus(NONE - 1, 2), over(7, 2), over(7, 0)] {
            assert_eq!(none, NONE);
            for next in [plus(none, 1), minus(none, 1), times(none, 0), over(none, 1), over(1, none)] {
                assert_eq!(next, NONE);
            }
        }
    }
}
