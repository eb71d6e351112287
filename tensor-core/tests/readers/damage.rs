//! What can be wrong with a file: bytes, its length, and all that its header may say that is not so.

use proptest::prelude::*;
use proptest::sample::select;

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    /// It ends here, by a share in 65536.
    Cut(u16),
    /// The byte here is another.
    Byte(u16, u8),
    /// A number of the header is another.
    Number(u16, &'static str),
    /// A text of the header is another: names, number types.
    Text(u16, &'static str),
    /// The header's length is said to be this.
    Length(u64),
    /// An entry of the header is there twice.
    Twice(u16),
    /// The entries are in the opposite order.
    Reversed,
    /// So many spaces behind the header.
    Spaces(usize),
    /// So many bytes behind all.
    Longer(usize),
}

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "7",
    "-1",
    "1.5",
    "1e30",
    "null",
    "[]",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "100000000000",
];
const TEXTS: &[&str] =
    &["", "F64", "F16", "BF16", "I64", "U8", "BOOL", "F4", "hidden.weight", "__metadata__", "lora", "é"];
const LENGTHS: &[u64] =
    &[0, 1, 2, 99_999_999, 100_000_000, 100_000_001, u32::MAX as u64, i64::MAX as u64, u64::MAX];

/// One to four things.
pub(crate) fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let damage = prop_oneof![
        any::<u16>().prop_map(Damage::Cut),
        (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (any::<u16>(), select(NUMBERS)).prop_map(|(at, number)| Damage::Number(at, number)),
        (any::<u16>(), select(NUMBERS)).prop_map(|(at, number)| Damage::Number(at, number)),
        (any::<u16>(), select(TEXTS)).prop_map(|(at, text)| Damage::Text(at, text)),
        select(LENGTHS).prop_map(Damage::Length),
        any::<u16>().prop_map(Damage::Twice),
        Just(Damage::Reversed),
        (0..5000_usize).prop_map(Damage::Spaces),
        (1..9_usize).prop_map(Damage::Longer),
    ];
    proptest::collection::vec(damage, 1..5)
}

impl Damage {
    /// A safetensors file with these damages. The header's length is right again, if it is not what is wrong.
    pub(crate) fn apply(file: &[u8], damages: &[Damage]) -> Vec<u8> {
        let (length, rest) = file.split_first_chunk::<8>().expect("a whole file");
        let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let mut header = String::from_utf8(header.to_vec()).expect("a whole file");
        damages.iter().for_each(|damage| damage.change_text(&mut header));
        let wrong = damages
            .iter()
            .find_map(|damage| if let Damage::Length(length) = damage { Some(*length) } else { None });
        let length = wrong.unwrap_or(header.len() as u64).to_le_bytes();
        Self::apply_to_bytes(&[&length[..], header.as_bytes(), data].concat(), damages)
    }

    /// A text with these damages, as far as texts can have them.
    pub(crate) fn apply_to_text(text: &[u8], damages: &[Damage]) -> Vec<u8> {
        let mut text = String::from_utf8(text.to_vec()).expect("a text");
        damages.iter().for_each(|damage| damage.change_text(&mut text));
        Self::apply_to_bytes(text.as_bytes(), damages)
    }

    /// Bytes with these damages, as far as bytes can have them.
    pub(crate) fn apply_to_bytes(bytes: &[u8], damages: &[Damage]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for damage in damages {
            let place = |share: u16| bytes.len() * usize::from(share) / 65536;
            match *damage {
                Damage::Cut(share) => bytes.truncate(place(share)),
                Damage::Byte(share, byte) if !bytes.is_empty() => {
                    let at = place(share);
                    bytes[at] = byte;
                }
                Damage::Longer(more) => bytes.resize(bytes.len() + more, 0),
                _ => {}
            }
        }
        bytes
    }

    fn change_text(&self, text: &mut String) {
        match self {
            Damage::Number(share, number) => replace(text, *share, number, |c| c.is_ascii_digit()),
            Damage::Text(share, other) => {
                replace(text, *share, other, |c| c.is_alphanumeric() || c == '.' || c == '_')
            }
            Damage::Twice(share) => {
                let entries = entries(text);
                if let Some((start, end)) = entries.get(pick(*share, entries.len())).copied() {
                    let entry = text[start..end].to_owned();
                    text.insert_str(start, &format!("{entry},"));
                }
            }
            Damage::Reversed => {
                let parts: Vec<String> =
                    entries(text).iter().rev().map(|&(start, end)| text[start..end].to_owned()).collect();
                if !parts.is_empty() {
                    *text = format!("{{{}}}", parts.join(","));
                }
            }
            Damage::Spaces(count) => text.extend(std::iter::repeat_n(' ', *count)),
            _ => {}
        }
    }
}

fn pick(share: u16, of: usize) -> usize {
    of * usize::from(share) / 65536
}

/// Replaces one of the runs of such characters.
fn replace(text: &mut String, share: u16, by: &str, is: impl Fn(char) -> bool) {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| is(*c)) {
        match runs.last_mut() {
            Some((_, end)) if *end == at => *end = at + c.len_utf8(),
            _ => runs.push((at, at + c.len_utf8())),
        }
    }
    if let Some(&(start, end)) = runs.get(pick(share, runs.len())) {
        text.replace_range(start..end, by);
    }
}

/// Where the entries of an object lie in its text.
fn entries(text: &str) -> Vec<(usize, usize)> {
    let (mut depth, mut start, mut all) = (0, 1, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => {
                depth -= 1;
                if depth == 0 && at > start {
                    all.push((start, at));
                }
            }
            ',' if depth == 1 => {
                all.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    all
}
