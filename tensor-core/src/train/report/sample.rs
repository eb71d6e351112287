//! Pictures and texts that show what a network makes.

use super::html::{Escaped, put};

/// A picture or a text with a caption.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    caption: String,
    shown: Shown,
}

#[derive(Clone, Debug)]
enum Shown {
    /// As a `data:` address.
    Picture(String),
    Text(String),
}

impl Sample {
    pub(super) fn text(caption: String, text: String) -> Self {
        Sample { caption, shown: Shown::Text(text) }
    }

    /// The bytes of a file that browsers show; or what it is instead.
    pub(super) fn picture(caption: String, file: &[u8]) -> Result<Self, &'static str> {
        let kind = kind(file)?;
        Ok(Sample { caption, shown: Shown::Picture(format!("data:image/{kind};base64,{}", base64(file))) })
    }

    pub(super) fn write(&self, page: &mut String) {
        let caption = Escaped(&self.caption);
        match &self.shown {
            Shown::Picture(address) => put!(
                page,
                "<figure class=\"card sample\"><img src=\"{address}\" alt=\"{caption}\"><figcaption>{caption}</figcaption></figure>"
            ),
            Shown::Text(text) => put!(
                page,
                "<figure class=\"card sample wide\"><figcaption>{caption}</figcaption><pre class=\"prose\">{}</pre></figure>",
                Escaped(text)
            ),
        }
    }
}

/// What kind of picture it is, by how the file begins.
fn kind(file: &[u8]) -> Result<&'static str, &'static str> {
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file).trim_ascii_start();
    match file {
        [] => Err("empty"),
        _ if file.starts_with(b"\x89PNG\r\n\x1a\n") => Ok("png"),
        _ if file.starts_with(b"\xff\xd8\xff") => Ok("jpeg"),
        _ if file.starts_with(b"GIF8") => Ok("gif"),
        _ if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") => Ok("webp"),
        _ if text.starts_with(b"<svg") || text.starts_with(b"<?xml") => Ok("svg+xml"),
        _ => Err("of another kind"),
    }
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xbf]), "+/+/");
    }

    #[test]
    fn kinds_are_told_by_how_files_begin() {
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n..."), Ok("png"));
        assert_eq!(kind(b"RIFF\0\0\0\0WEBPVP8 "), Ok("webp"));
        assert_eq!(kind(b"\xef\xbb\xbf <svg xmlns=''/>"), Ok("svg+xml"));
        assert_eq!(kind(b""), Err("empty"));
        assert_eq!(kind(b"<html>"), Err("of another kind"));
    }
}
