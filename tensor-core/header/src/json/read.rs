//! A text as a value: the library's events put together.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::{self, Display, Formatter};

use json_event_parser::{JsonEvent, LowLevelJsonParser, LowLevelJsonParserResult};

use super::Json;

/// How deep lists and objects may lie within each other: whoever walks through a value must not exhaust the stack.
const DEEPEST: usize = 128;

/// Why a text is no JSON, or not of the kind that is read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    reason: String,
    line: usize,
    column: usize,
}

impl JsonError {
    /// Of this byte of the text; lines and columns are counted from 1, columns in characters.
    fn at(text: &[u8], byte: usize, reason: impl Into<String>) -> Self {
        let before = &text[..byte.min(text.len())];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        JsonError {
            reason: reason.into(),
            line: 1 + before.iter().filter(|&&byte| byte == b'\n').count(),
            column: 1 + before[line_start..].iter().filter(|&&byte| byte & 0xc0 != 0x80).count(),
        }
    }
}

impl Display for JsonError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at line {} column {}", self.reason, self.line, self.column)
    }
}

impl std::error::Error for JsonError {}

/// Reads one value; the names in an object may have to be distinct.
pub(super) fn parse(text: &[u8], distinct: bool) -> Result<Json<'_>, JsonError> {
    // Which the library skips.
    if text.starts_with("\u{feff}".as_bytes()) {
        return Err(JsonError::at(text, 0, "unexpected byte order mark"));
    }
    let mut parser = LowLevelJsonParser::new();
    let mut building = Building { distinct, open: Vec::new(), whole: None };
    let mut at = 0;
    let mut after_name = false;
    loop {
        let LowLevelJsonParserResult { event, consumed_bytes } = parser.parse_next(&text[at..], true);
        let event = match event {
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                let start = usize::try_from(error.location().start.offset).unwrap_or(text.len());
                let reason = if start >= text.len() {
                    "unexpected end".to_owned()
                } else if after_name && text.get(at..start).is_some_and(|between| !between.contains(&b':')) {
                    "expected `:`".to_owned() // the library speaks of names here, though this one is sound
                } else {
                    small(error.message())
                };
                return Err(JsonError::at(text, start, reason));
            }
            None => return Err(JsonError::at(text, text.len(), "unexpected end")),
        };
        at += consumed_bytes;
        after_name = matches!(event, JsonEvent::ObjectKey(_));
        if event == JsonEvent::Eof {
            return building.whole.ok_or_else(|| JsonError::at(text, at, "unexpected end"));
        }
        building.take(event).map_err(|reason| JsonError::at(text, at.saturating_sub(1), reason))?;
    }
}

/// A sentence as a part of another.
fn small(sentence: &str) -> String {
    let mut sentence = sentence.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    sentence
}

/// What was read so far.
struct Building<'t> {
    distinct: bool,
    /// What has no closing bracket yet, each within the one before it.
    open: Vec<Open<'t>>,
    whole: Option<Json<'t>>,
}

enum Open<'t> {
    List(Vec<Json<'t>>),
    /// The value of the last entry is `null` until it is read.
    Object(Vec<(Cow<'t, str>, Json<'t>)>, HashSet<Cow<'t, str>>),
}

impl<'t> Building<'t> {
    fn take(&mut self, event: JsonEvent<'t>) -> Result<(), String> {
        match event {
            JsonEvent::Null => self.put(Json::Null),
            JsonEvent::Boolean(value) => self.put(Json::Bool(value)),
            JsonEvent::Number(digits) => self.put(number(&digits)?),
            JsonEvent::String(text) => self.put(Json::Text(text)),
            JsonEvent::StartArray => self.begin(Open::List(Vec::new()))?,
            JsonEvent::StartObject => self.begin(Open::Object(Vec::new(), HashSet::new()))?,
            JsonEvent::ObjectKey(name) => self.name(name)?,
            JsonEvent::EndArray | JsonEvent::EndObject => match self.open.pop() {
                Some(Open::List(values)) => self.put(Json::List(values)),
                Some(Open::Object(entries, _)) => self.put(Json::Object(entries)),
                None => return Err("a bracket that closes nothing".into()),
            },
            JsonEvent::Eof => {}
        }
        Ok(())
    }

    fn begin(&mut self, open: Open<'t>) -> Result<(), String> {
        if self.open.len() == DEEPEST {
            return Err(format!("lists and objects lie more than {DEEPEST} deep within each other"));
        }
        self.open.push(open);
        Ok(())
    }

    fn name(&mut self, name: Cow<'t, str>) -> Result<(), String> {
        let Some(Open::Object(entries, names)) = self.open.last_mut() else {
            return Err("a name outside of an object".into());
        };
        if self.distinct && !names.insert(name.clone()) {
            return Err(format!("`{name}` is there twice"));
        }
        entries.push((name, Json::Null));
        Ok(())
    }

    fn put(&mut self, value: Json<'t>) {
        match self.open.last_mut() {
            None => self.whole = Some(value),
            Some(Open::List(values)) => values.push(value),
            Some(Open::Object(entries, _)) => {
                if let Some((_, awaited)) = entries.last_mut() {
                    *awaited = value;
                }
            }
        }
    }
}

fn number(digits: &str) -> Result<Json<'static>, String> {
    if let Ok(whole) = digits.parse() {
        return Ok(Json::Whole(whole));
    }
    if let Some(negative) = digits.parse().ok().filter(|&number: &i64| number < 0) {
        return Ok(Json::Negative(negative)); // but not -0, which is not 0
    }
    let number = digits.parse().ok().filter(|number: &f64| number.is_finite());
    number.map(Json::Number).ok_or_else(|| "a number out of range".into())
}
