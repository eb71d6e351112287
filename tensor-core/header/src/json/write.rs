//! A value as text, without spaces.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};

use json_event_parser::{JsonEvent, WriterJsonSerializer};

use super::Json;

impl Display for Json<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(self, &mut WriterJsonSerializer::new(Through(f))).map_err(|_| fmt::Error)
    }
}

fn write(json: &Json<'_>, writer: &mut WriterJsonSerializer<impl Write>) -> io::Result<()> {
    match json {
        Json::Null => writer.serialize_event(JsonEvent::Null),
        Json::Bool(value) => writer.serialize_event(JsonEvent::Boolean(*value)),
        Json::Whole(number) => writer.serialize_event(JsonEvent::Number(number.to_string().into())),
        Json::Negative(number) => writer.serialize_event(JsonEvent::Number(number.to_string().into())),
        // The fewest digits that give the same number, with an exponent where they would be many.
        Json::Number(number) if number.is_finite() => {
            writer.serialize_event(JsonEvent::Number(format!("{number:?}").into()))
        }
        Json::Number(_) => writer.serialize_event(JsonEvent::Null),
        Json::Text(text) => writer.serialize_event(JsonEvent::String(text.as_ref().into())),
        Json::List(values) => {
            writer.serialize_event(JsonEvent::StartArray)?;
            values.iter().try_for_each(|value| write(value, writer))?;
            writer.serialize_event(JsonEvent::EndArray)
        }
        Json::Object(entries) => {
            writer.serialize_event(JsonEvent::StartObject)?;
            for (name, value) in entries {
                writer.serialize_event(JsonEvent::ObjectKey(name.as_ref().into()))?;
                write(value, writer)?;
            }
            writer.serialize_event(JsonEvent::EndObject)
        }
    }
}

/// Bytes that are text, on their way to a formatter.
struct Through<'f, 'o>(&'f mut Formatter<'o>);

impl Write for Through<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
