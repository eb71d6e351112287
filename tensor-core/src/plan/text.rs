//! Message texts that a `const fn` can write.

use super::axes::{Axes, Axis};

/// A text of limited length, written in constant evaluation, where `format!` is not to be had.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    bytes: [u8; Text::CAPACITY],
    len: usize,
}

impl Text {
    const CAPACITY: usize = 1024;

    /// An empty text.
    pub const fn new() -> Self {
        Text { bytes: [0; Self::CAPACITY], len: 0 }
    }

    /// Adds `text`; what does not fit is cut at a character's edge.
    pub const fn str(mut self, text: &str) -> Self {
        let new = text.as_bytes();
        let mut take = new.len();
        if take > Self::CAPACITY - self.len {
            take = Self::CAPACITY - self.len;
            // UTF-8 continuation bytes are 0b10xxxxxx: step back to the start of a character.
            while take > 0 && new[take] & 0b1100_0000 == 0b1000_0000 {
                take -= 1;
            }
        }
        let mut i = 0;
        while i < take {
            self.bytes[self.len + i] = new[i];
            i += 1;
        }
        self.len += take;
        self
    }

    /// Adds a number in decimal.
    pub const fn number(self, number: usize) -> Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        let mut rest = number;
        loop {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        match str::from_utf8(digits.split_at(start).1) {
            Ok(digits) => self.str(digits),
            Err(_) => self,
        }
    }

    /// Adds an axis: `384`, `seq`, `seq + 1`.
    pub const fn axis(self, axis: Axis) -> Self {
        match axis {
            Axis::Static(size) => self.number(size),
            Axis::Runtime { name, plus: 0 } => self.str(name),
            Axis::Runtime { name, plus } if plus < 0 => self.str(name).str(" - ").number(plus.unsigned_abs()),
            Axis::Runtime { name, plus } => self.str(name).str(" + ").number(plus.unsigned_abs()),
        }
    }

    /// Adds axes in brackets: `[seq, 384]`.
    pub const fn axes(self, axes: &Axes) -> Self {
        let mut text = self.str(if axes.are_ids() { "ids[" } else { "[" });
        let mut i = 0;
        while i < axes.len() {
            if i > 0 {
                text = text.str(", ");
            }
            text = text.axis(axes.get(i));
            i += 1;
        }
        text.str("]")
    }

    /// Adds a name in backquotes.
    #[inline]
    pub const fn quoted(self, name: &str) -> Self {
        self.str("`").str(name).str("`")
    }

    /// Bytes written.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The text so far.
    pub const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "a message that is not text",
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_and_axes() {
        let axes = Axes::new(&[Axis::Runtime { name: "seq", plus: -1 }, Axis::Static(usize::MAX)]);
        let text = Text::new().quoted("a").str(" → ").number(0).str(" ").axes(&axes);
        assert_eq!(text.as_str(), "`a` → 0 [seq - 1, 18446744073709551615]");
    }

    #[test]
    fn cuts_long_texts_at_a_character() {
        let long = Text::new().str(&"é".repeat(800)).str("x→");
        assert_eq!(long.as_str(), "é".repeat(512));
        let odd = Text::new().str("a").str(&"é".repeat(800));
        assert_eq!(odd.as_str().len(), 1023);
    }
}
