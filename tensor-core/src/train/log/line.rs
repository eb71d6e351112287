//! One record as a line of JSON.

use std::{fmt::Write, io::BufRead, path::Path};

use tensor_header::Json;

use super::{LogError, Record};

/// A record that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) step: u64,
    pub(super) epoch: f64,
    pub(super) seconds: f64,
    pub(super) values: Vec<(String, f64)>,
}

/// Adds `record` as a line of JSON to `text`.
pub(super) fn write(record: &Record<'_>, text: &mut String) -> Result<(), LogError> {
    let put = |text: &mut String, name: &str, value: String| {
        // A text takes all that is written into it.
        let _ = write!(text, "{}:{value}", Json::from(name));
    };
    text.push('{');
    put(text, "step", record.step.to_string());
    for (name, value) in [("epoch", record.epoch), ("seconds", record.seconds)] {
        text.push(',');
        put(text, name, number(value));
    }
    for &(name, value) in record.values {
        if ["step", "epoch", "seconds"].contains(&name) {
            return Err(LogError::Name { name: name.to_owned() });
        }
        text.push(',');
        put(text, name, number(value));
    }
    text.push_str("}\n");
    Ok(())
}

/// JSON has no word for these three; as texts they are written as protobuf's JSON has them.
fn number(value: f64) -> String {
    match value {
        _ if value.is_nan() => "\"NaN\"".to_owned(),
        f64::INFINITY => "\"Infinity\"".to_owned(),
        f64::NEG_INFINITY => "\"-Infinity\"".to_owned(),
        _ => Json::from(value).to_string(),
    }
}

/// Reads records until `take` refuses one or there is no more; gives the byte after the last one taken.
///
/// A last line that is cut short or damaged, as a killed run may leave it, counts as absent.
pub(super) fn read(
    path: &Path,
    mut file: impl BufRead,
    mut take: impl FnMut(&Line) -> bool,
) -> Result<u64, LogError> {
    let (mut end, mut damage) = (0, None);
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let bytes = file
            .read_until(b'\n', &mut text)
            .map_err(|source| LogError::Read { path: path.to_owned(), source })?;
        if bytes == 0 {
            break;
        }
        // The damaged line was not the last.
        if let Some(error) = damage {
            return Err(error);
        }
        if text.last() != Some(&b'\n') {
            break;
        }
        match Line::of(&text) {
            Ok(record) if take(&record) => end += bytes as u64,
            Ok(_) => break,
            Err(reason) => damage = Some(LogError::Damaged { path: path.to_owned(), line, reason }),
        }
    }
    Ok(end)
}

impl Line {
    /// The values are in the order of the text; a name may be there twice, since a record may have it twice.
    fn of(text: &[u8]) -> Result<Line, String> {
        // Without the end of the line, after which an error would be in the next one.
        let json = Json::parse_repeating(text.trim_ascii_end()).map_err(|error| error.to_string())?;
        let entries = json.as_object().ok_or_else(|| {
            format!("it is {}, and no object with `step`, `epoch`, `seconds` and values", json.kind())
        })?;
        let (mut step, mut epoch, mut seconds, mut values) = (None, None, None, Vec::new());
        for (name, value) in entries {
            let number = || value_of(value).ok_or_else(|| format!("`{name}` is no number"));
            match &**name {
                "step" => step = Some(value.as_u64().ok_or("`step` is no count")?),
                "epoch" => epoch = Some(number()?),
                "seconds" => seconds = Some(number()?),
                _ => values.push((name.to_string(), number()?)),
            }
        }
        let missing = |name: &str| format!("missing field `{name}`");
        Ok(Line {
            step: step.ok_or_else(|| missing("step"))?,
            epoch: epoch.ok_or_else(|| missing("epoch"))?,
            seconds: seconds.ok_or_else(|| missing("seconds"))?,
            values,
        })
    }
}

fn value_of(value: &Json<'_>) -> Option<f64> {
    match value.as_str() {
        None => value.as_f64(),
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(values: &[(&str, f64)]) -> String {
        let mut text = String::new();
        write(&Record { step: 3, epoch: 0.5, seconds: 2.0, values }, &mut text).unwrap();
        text
    }

    #[test]
    fn a_record_is_a_line_of_strict_json() {
        let text = text_of(&[("train/\"loss\"\n", 0.1), ("a", f64::NAN), ("b", f64::NEG_INFINITY)]);
        assert_eq!(
            text,
            "{\"step\":3,\"epoch\":0.5,\"seconds\":2.0,\"train/\\\"loss\\\"\\n\":0.1,\"a\":\"NaN\",\"b\":\"-Infinity\"}\n"
        );
    }

    #[test]
    fn lines_are_read_as_they_were_written() {
        let text = text_of(&[("z", 0.1), ("a", f64::INFINITY), ("m/n", -3e-9)]);
        let mut lines = Vec::new();
        let end = read(Path::new("log"), text.as_bytes(), |line| {
            lines.push(line.clone());
            true
        });
        assert_eq!(end.unwrap(), text.len() as u64);
        let values =
            [("z", 0.1), ("a", f64::INFINITY), ("m/n", -3e-9)].map(|(name, value)| (name.to_owned(), value));
        assert_eq!(lines, [Line { step: 3, epoch: 0.5, seconds: 2.0, values: values.into() }]);
    }

    #[test]
    fn a_value_that_is_there_twice_is_read_twice() {
        let text = text_of(&[("a", 1.0), ("b", 2.0), ("a", 3.0)]);
        let names: Vec<_> = Line::of(text.as_bytes()).unwrap().values;
        assert_eq!(names, [("a", 1.0), ("b", 2.0), ("a", 3.0)].map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn what_is_no_log_is_refused_and_the_line_named() {
        for (text, reason) in [
            ("a,b\n1,2\n", "line 1: unexpected char: 'a' at line 1 column 1"),
            ("[1]\n\n", "line 1: it is a list, and no object with `step`"),
            ("{\"step\":1,\n\n", "line 1: unexpected end at line 1 column 11"),
            ("{\"step\":1,\"epoch\":0,\"seconds\":0}\n{\"step\":2}\n\n", "line 2: missing field `epoch`"),
            ("{\"step\":-1,\"epoch\":0,\"seconds\":0}\n\n", "`step` is no count"),
            ("{\"step\":1,\"epoch\":0,\"seconds\":0,\"a\":\"b\"}\n\n", "`a` is no number"),
        ] {
            let error = read(Path::new("log"), text.as_bytes(), |_| true).unwrap_err().to_string();
            assert!(
                error.starts_with("`log` is no log of a training: ") && error.contains(reason),
                "{error}"
            );
        }
    }

    #[test]
    fn a_name_that_each_line_has_is_refused() {
        let record = Record { step: 0, epoch: 0.0, seconds: 0.0, values: &[("step", 1.0)] };
        let error = write(&record, &mut String::new()).unwrap_err().to_string();
        assert!(error.ends_with("put a group before it, as in `train/step`"), "{error}");
    }
}
