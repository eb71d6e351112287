//! JSON as a value, by the events of `json-event-parser`.

mod read;
mod write;

use std::borrow::Cow;

pub use read::JsonError;

/// A JSON value, whose texts may be parts of the text that it was read from.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Json<'t> {
    Null,
    Bool(bool),
    /// A number from 0 to 2⁶⁴ − 1 that is written without point and exponent.
    Whole(u64),
    /// One from −2⁶³ to −1, likewise.
    Negative(i64),
    /// Any other number. One that is not finite is written as `null`.
    Number(f64),
    Text(Cow<'t, str>),
    List(Vec<Json<'t>>),
    /// The entries in their order.
    Object(Vec<(Cow<'t, str>, Json<'t>)>),
}

impl<'t> Json<'t> {
    /// Reads a text that is one value.
    ///
    /// ```
    /// use tensor_header::Json;
    ///
    /// let json = Json::parse(br#"{ "shape": [8, 4], "rate": 1e-3 }"#)?;
    /// assert_eq!(json.get("shape").and_then(Json::as_list).map(<[Json]>::len), Some(2));
    /// assert_eq!(json.to_string(), r#"{"shape":[8,4],"rate":0.001}"#);
    /// assert_eq!(
    ///     Json::parse(b"{\"a\": 1,\n \"a\": 2}").unwrap_err().to_string(),
    ///     "`a` is there twice at line 2 column 4"
    /// );
    /// # Ok::<(), tensor_header::JsonError>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong, and where; an object that has a name twice too, and lists and objects more than 128 deep within each
    /// other.
    pub fn parse(text: &'t [u8]) -> Result<Self, JsonError> {
        read::parse(text, true)
    }

    /// As [`parse`](Self::parse), but an object may have a name several times, and keeps all of its entries.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), but for names.
    pub fn parse_repeating(text: &'t [u8]) -> Result<Self, JsonError> {
        read::parse(text, false)
    }

    /// An object of these entries.
    pub fn object<N: Into<Cow<'t, str>>>(entries: impl IntoIterator<Item = (N, Json<'t>)>) -> Self {
        Json::Object(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// The entry of this name, if this is an object with one.
    pub fn get(&self, name: &str) -> Option<&Json<'t>> {
        self.as_object()?.iter().find(|entry| entry.0 == name).map(|entry| &entry.1)
    }

    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if this is one.
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Json::Whole(number) => Some(number),
            _ => None,
        }
    }

    /// The number, if this is one; beyond 2⁵³ the nearest.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Json::Whole(number) => Some(number as f64),
            Json::Negative(number) => Some(number as f64),
            Json::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The values of a list, if this is one.
    pub fn as_list(&self) -> Option<&[Json<'t>]> {
        match self {
            Json::List(values) => Some(values),
            _ => None,
        }
    }

    /// The entries of an object, if this is one.
    pub fn as_object(&self) -> Option<&[(Cow<'t, str>, Json<'t>)]> {
        match self {
            Json::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// What kind of value this is, as a sentence has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a truth value",
            Json::Whole(_) | Json::Negative(_) | Json::Number(_) => "a number",
            Json::Text(_) => "a text",
            Json::List(_) => "a list",
            Json::Object(_) => "an object",
        }
    }
}

impl From<bool> for Json<'_> {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

impl From<u64> for Json<'_> {
    fn from(number: u64) -> Self {
        Json::Whole(number)
    }
}

impl From<usize> for Json<'_> {
    fn from(number: usize) -> Self {
        Json::Whole(number as u64)
    }
}

impl From<f64> for Json<'_> {
    fn from(number: f64) -> Self {
        Json::Number(number)
    }
}

impl<'t> From<&'t str> for Json<'t> {
    fn from(text: &'t str) -> Self {
        Json::Text(text.into())
    }
}

/// A list.
impl<'t, J: Into<Json<'t>>> FromIterator<J> for Json<'t> {
    fn from_iter<I: IntoIterator<Item = J>>(values: I) -> Self {
        Json::List(values.into_iter().map(Into::into).collect())
    }
}
