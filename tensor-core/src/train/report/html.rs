//! Texts and numbers as HTML.

use std::fmt::{self, Display, Write};

use crate::train::number::short;

/// A text in which nothing is a tag, for elements and quoted attributes.
pub(super) struct Escaped<'t>(pub(super) &'t str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // What HTML allows in no form.
                '\0' => f.write_str("\u{fffd}")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A number in four digits, with the sign and the spaces that typographers want.
pub(super) fn number(value: f64) -> String {
    spaced(&short(value)).replace('-', "\u{2212}").replace("inf", "∞")
}

/// Spaces between groups of digits where no line breaks.
pub(super) fn spaced(text: &str) -> String {
    text.replace(' ', "\u{202f}")
}

/// `3 min 12 s`.
pub(super) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".to_owned();
    }
    if seconds < 9.95 {
        return if seconds < 1.0 { format!("{:.0} ms", 1000.0 * seconds) } else { format!("{seconds:.1} s") };
    }
    let whole = seconds.round() as u64;
    let (days, hours, minutes, rest) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => format!("{minutes} min {rest} s"),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Adds to a page. A text takes all that is written into it.
macro_rules! put {
    ($page:expr, $($what:tt)*) => {
        _ = std::fmt::Write::write_fmt($page, format_args!($($what)*))
    };
}
pub(super) use put;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_a_tag() {
        let text = "<script>alert(\"x\")</script> & 'y'\0";
        let escaped = Escaped(text).to_string();
        assert_eq!(escaped, "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;\u{fffd}");
    }

    #[test]
    fn durations_have_two_units() {
        for (seconds, text) in [
            (0.0123, "12 ms"),
            (9.94, "9.9 s"),
            (59.7, "1 min 0 s"),
            (192.0, "3 min 12 s"),
            (7322.0, "2 h 2 min"),
            (266_400.0, "3 d 2 h"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn numbers_are_typeset() {
        assert_eq!(number(-12345.0), "\u{2212}12\u{202f}345");
        assert_eq!(number(-3e-4), "\u{2212}3e\u{2212}4");
        assert_eq!(number(f64::INFINITY), "∞");
    }
}
