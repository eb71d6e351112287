//! What a file says beside its tensors.

use std::collections::BTreeMap;

use super::GgufError;
use super::cursor::Cursor;

/// Arrays within arrays that are read; writers know of none.
const MOST_NESTED: usize = 4;

/// What a file says under a key.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A whole number from 0 on, of any width.
    Unsigned(u64),
    /// A whole number, of any width.
    Signed(i64),
    /// A number of 32 or 64 bits.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(String),
    /// Texts, as a tokenizer has them.
    Texts(Vec<String>),
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Numbers.
    Floats(Vec<f64>),
    /// Anything else in a row.
    List(Vec<Value>),
}

/// What a file says by keys, such as `llama.block_count`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata(pub(super) BTreeMap<String, Value>);

impl Metadata {
    /// All keys in order, and what is said under them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// What is said under a key, if anything is.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// A whole number from 0 on.
    ///
    /// # Errors
    /// [`GgufError::Missing`] and [`GgufError::Kind`], as those of all that follow.
    pub fn size(&self, key: &str) -> Result<usize, GgufError> {
        self.wanted(key, "a whole number from 0 on", |value| match *value {
            Value::Unsigned(x) => usize::try_from(x).ok(),
            Value::Signed(x) => usize::try_from(x).ok(),
            _ => None,
        })
    }

    /// A number.
    ///
    /// # Errors
    /// As [`size`](Self::size).
    pub fn number(&self, key: &str) -> Result<f64, GgufError> {
        self.wanted(key, "a number", |value| match *value {
            Value::Float(x) => Some(x),
            Value::Unsigned(x) => Some(x as f64),
            Value::Signed(x) => Some(x as f64),
            _ => None,
        })
    }

    /// Yes or no.
    ///
    /// # Errors
    /// As [`size`](Self::size).
    pub fn bool(&self, key: &str) -> Result<bool, GgufError> {
        self.wanted(key, "yes or no", |value| match *value {
            Value::Bool(x) => Some(x),
            _ => None,
        })
    }

    /// A text.
    ///
    /// # Errors
    /// As [`size`](Self::size).
    pub fn text(&self, key: &str) -> Result<&str, GgufError> {
        self.wanted(key, "a text", |value| match value {
            Value::Text(x) => Some(x.as_str()),
            _ => None,
        })
    }

    /// Texts.
    ///
    /// # Errors
    /// As [`size`](Self::size).
    pub fn texts(&self, key: &str) -> Result<&[String], GgufError> {
        self.wanted(key, "a list of texts", |value| match value {
            Value::Texts(x) => Some(&x[..]),
            _ => None,
        })
    }

    /// Whole numbers.
    ///
    /// # Errors
    /// As [`size`](Self::size).
    pub fn whole(&self, key: &str) -> Result<&[i64], GgufError> {
        self.wanted(key, "a list of whole numbers", |value| match value {
            Value::Whole(x) => Some(&x[..]),
            _ => None,
        })
    }

    fn wanted<'m, T>(
        &'m self,
        key: &str,
        expected: &'static str,
        take: impl FnOnce(&'m Value) -> Option<T>,
    ) -> Result<T, GgufError> {
        let value = self.get(key).ok_or_else(|| GgufError::Missing { key: key.into() })?;
        take(value).ok_or_else(|| GgufError::Kind { key: key.into(), expected, found: value.describe() })
    }
}

impl Value {
    /// What it is, in words.
    fn describe(&self) -> String {
        match self {
            Value::Unsigned(x) => x.to_string(),
            Value::Signed(x) => x.to_string(),
            Value::Float(x) => x.to_string(),
            Value::Bool(x) => x.to_string(),
            Value::Text(_) => "a text".into(),
            Value::Texts(list) => format!("a list of {} texts", list.len()),
            Value::Whole(list) => format!("a list of {} whole numbers", list.len()),
            Value::Floats(list) => format!("a list of {} numbers", list.len()),
            Value::List(list) => format!("a list of {} values", list.len()),
        }
    }

    /// Reads a value with its type before it.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, String> {
        let code = cursor.u32("the type of its value")?;
        read_as(cursor, code, 0)
    }
}

fn read_as(cursor: &mut Cursor<'_>, code: u32, nested: usize) -> Result<Value, String> {
    if let Some(value) = whole(cursor, code)? {
        return Ok(u64::try_from(value).map_or_else(|_| Value::Signed(value as i64), Value::Unsigned));
    }
    if let Some(value) = float(cursor, code)? {
        return Ok(Value::Float(value));
    }
    match code {
        7 => match cursor.array("its value")? {
            [0] => Ok(Value::Bool(false)),
            [1] => Ok(Value::Bool(true)),
            [other] => Err(format!("it is yes or no, but its byte is {other}, where 0 or 1 is wanted")),
        },
        8 => Ok(Value::Text(cursor.text("its text")?.into())),
        9 if nested < MOST_NESTED => list(cursor, nested + 1),
        9 => Err(format!("it has more than {MOST_NESTED} lists within lists")),
        _ => Err(format!("its value has the unknown type {code}")),
    }
}

/// A list. No room is made for as many elements as it claims to have: each must be there first.
fn list(cursor: &mut Cursor<'_>, nested: usize) -> Result<Value, String> {
    let code = cursor.u32("the type of its list")?;
    let count = cursor.u64("the length of its list")?;
    let fits = cursor.left() as u64 / smallest(code)?;
    if count > fits {
        let left = cursor.left();
        return Err(format!("its list has {count} elements, but the file has only {left} more bytes"));
    }
    Ok(match code {
        4 | 5 | 0..=3 | 10 | 11 => {
            let read = |_| match whole(cursor, code)? {
                Some(value) => i64::try_from(value).map_err(|_| format!("{value} in its list is too large")),
                None => Err("its list is none of whole numbers".into()),
            };
            Value::Whole((0..count).map(read).collect::<Result<_, String>>()?)
        }
        6 | 12 => {
            let read = |_| float(cursor, code).map(|value| value.unwrap_or(f64::NAN));
            Value::Floats((0..count).map(read).collect::<Result<_, _>>()?)
        }
        8 => {
            let read = |_| cursor.text("a text of its list").map(String::from);
            Value::Texts((0..count).map(read).collect::<Result<_, _>>()?)
        }
        _ => {
            let read = |_| read_as(cursor, code, nested);
            Value::List((0..count).map(read).collect::<Result<_, _>>()?)
        }
    })
}

/// Bytes that an element of a list takes at least.
fn smallest(code: u32) -> Result<u64, String> {
    Ok(match code {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        8 | 10..=12 => 8,
        9 => 12,
        _ => return Err(format!("its list has elements of the unknown type {code}")),
    })
}

/// A whole number, if it is one.
fn whole(cursor: &mut Cursor<'_>, code: u32) -> Result<Option<i128>, String> {
    const WHAT: &str = "its number";
    Ok(Some(match code {
        0 => u8::from_le_bytes(cursor.array(WHAT)?).into(),
        1 => i8::from_le_bytes(cursor.array(WHAT)?).into(),
        2 => u16::from_le_bytes(cursor.array(WHAT)?).into(),
        3 => i16::from_le_bytes(cursor.array(WHAT)?).into(),
        4 => cursor.u32(WHAT)?.into(),
        5 => i32::from_le_bytes(cursor.array(WHAT)?).into(),
        10 => cursor.u64(WHAT)?.into(),
        11 => i64::from_le_bytes(cursor.array(WHAT)?).into(),
        _ => return Ok(None),
    }))
}

/// A number with a point, if it is one.
fn float(cursor: &mut Cursor<'_>, code: u32) -> Result<Option<f64>, String> {
    Ok(match code {
        6 => Some(f32::from_le_bytes(cursor.array("its number")?).into()),
        12 => Some(f64::from_le_bytes(cursor.array("its number")?)),
        _ => None,
    })
}
