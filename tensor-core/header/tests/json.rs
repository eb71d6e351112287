//! JSON as serde_json has it: the same texts are taken, the same values come, and what is written is read.

use proptest::prelude::*;
use tensor_header::Json;

/// The same value, from the witness.
fn of(value: &serde_json::Value) -> Json<'static> {
    use serde_json::Value;
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(whole), ..) => Json::Whole(whole),
            (_, Some(negative), _) => Json::Negative(negative),
            (.., float) => Json::Number(float.expect("a number has a nearest one")),
        },
        Value::String(text) => Json::Text(text.clone().into()),
        Value::Array(values) => Json::List(values.iter().map(of).collect()),
        Value::Object(entries) => Json::object(entries.iter().map(|(name, value)| (name.clone(), of(value)))),
    }
}

/// Any values a few levels deep, with names in order, as the witness keeps them.
fn values() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Value, json};
    let number = prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u8>().prop_map(Value::from),
        // Of few digits: the witness reads more than 17 not to the last bit.
        any::<i32>().prop_map(|thousandths| Value::from(f64::from(thousandths) / 1000.0)),
    ];
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        number,
        any::<String>().prop_map(Value::from),
        "[\\x00-\\x20\"\\\\/\u{7f}\u{2028}\u{1f600}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(Value::from_iter),
        ]
    })
}

/// Whether serde_json takes a text, and what it makes of it. It lets names come twice, and lists lie 127 deep.
fn witness(text: &[u8]) -> Option<Json<'static>> {
    serde_json::from_slice::<serde_json::Value>(text).ok().as_ref().map(of)
}

/// Texts that are nearly JSON.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\"a\"",
        "\"a\":",
        "null",
        "true",
        "false",
        "nul",
        "-",
        "0",
        "01",
        "1",
        "1.",
        ".5",
        "1.5",
        "1e",
        "1e5",
        "1E+5",
        "-0",
        "-0.0",
        "1e400",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "\\u0041",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\ude00",
        "\\u12",
        "\\x",
        "\\n",
        " ",
        "\n",
        "\r\n",
        "\t",
        "é",
        "\u{1f600}",
        "\u{feff}",
        "//",
    ]);
    let bytes = prop_oneof![
        8 => part.prop_map(|part| part.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..3),
    ];
    prop::collection::vec(bytes, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn values_come_back_from_either_writer(value in values()) {
        let ours = of(&value);
        let written = ours.to_string();
        prop_assert_eq!(witness(written.as_bytes()), Some(ours.clone()));
        prop_assert_eq!(Json::parse(written.as_bytes()), Ok(ours.clone()));
        let theirs = value.to_string();
        prop_assert_eq!(Json::parse(theirs.as_bytes()), Ok(ours.clone()));
        let spread = serde_json::to_string_pretty(&value).expect("a value has a text");
        prop_assert_eq!(Json::parse(spread.as_bytes()), Ok(ours));
    }

    #[test]
    fn the_same_texts_are_taken(text in nearly(), inside in any::<bool>()) {
        // Within a list or a text much more of it is sound.
        let wrapped = match (inside, text.len() % 2) {
            (false, _) => text,
            (true, 0) => [b"[", &text[..], b"]"].concat(),
            (true, _) => [b"[\"", &text[..], b"\"]"].concat(),
        };
        let ours = Json::parse_repeating(&wrapped);
        prop_assert_eq!(ours.is_ok(), witness(&wrapped).is_some(), "{:?}: {:?}", String::from_utf8_lossy(&wrapped), ours);
        if let Ok(distinct) = Json::parse(&wrapped) {
            prop_assert_eq!(distinct.to_string(), ours.unwrap().to_string());
        }
    }

    #[test]
    fn damaged_texts_are_taken_alike(value in values(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut text = value.to_string().into_bytes();
        let at = at.index(text.len());
        if cut { text.truncate(at) } else { text[at] = byte }
        let ours = Json::parse_repeating(&text);
        prop_assert_eq!(ours.is_ok(), witness(&text).is_some(), "{:?}: {:?}", String::from_utf8_lossy(&text), ours);
    }

    #[test]
    fn numbers_keep_their_bits(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        let text = Json::from(number).to_string();
        match Json::parse(text.as_bytes()) {
            Ok(Json::Null) => prop_assert!(!number.is_finite()),
            read => prop_assert_eq!(read.ok().and_then(|read| read.as_f64()).map(f64::to_bits), Some(bits)),
        }
        let text = Json::from(bits).to_string();
        prop_assert_eq!(Json::parse(text.as_bytes()), Ok(Json::Whole(bits)));
    }
}

#[test]
fn errors_say_what_and_where() {
    for (text, error) in [
        ("", "unexpected end at line 1 column 1"),
        ("{\"a\": 1,}", "trailing commas are not allowed at line 1 column 9"),
        ("{\"a\" 1}", "expected `:` at line 1 column 6"),
        ("{\"a\": 1, 2}", "object keys must be strings at line 1 column 10"),
        ("{\"a\":", "unexpected end at line 1 column 6"),
        ("[1,\n 2", "unexpected end at line 2 column 3"),
        ("[\"\u{fc}\", x]", "unexpected char: 'x' at line 1 column 7"),
        ("[1] 2", "the JSON already contains one root element at line 1 column 5"),
        ("[1e999]", "a number out of range at line 1 column 6"),
        ("{\"a\": 1,\n\"b\": {\"c\": 1, \"c\": 2}}", "`c` is there twice at line 2 column 17"),
        ("\u{feff}1", "unexpected byte order mark at line 1 column 1"),
    ] {
        assert_eq!(Json::parse(text.as_bytes()).unwrap_err().to_string(), error, "{text}");
    }
    let binary = Json::parse(b"[\"ab\xff\"]").unwrap_err().to_string();
    assert!(binary.starts_with("invalid UTF-8") && binary.ends_with("at line 1 column 5"), "{binary}");
}

#[test]
fn names_may_come_twice_where_that_is_asked_for() {
    let text = br#"{"a": 1, "b": 2, "a": 3}"#;
    let read = Json::parse_repeating(text).unwrap();
    assert_eq!(read.to_string(), r#"{"a":1,"b":2,"a":3}"#);
    // Also where one of them is written otherwise.
    assert!(Json::parse(br#"{"a": 1, "\u0061": 3}"#).is_err());
    assert!(Json::parse(br#"{"a": {"a": 1}, "b": {"a": 1}}"#).is_ok());
}

#[test]
fn depth_has_a_limit() {
    let nested = |deep: usize| format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    assert!(Json::parse(nested(128).as_bytes()).is_ok());
    let error = Json::parse(nested(129).as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "lists and objects lie more than 128 deep within each other at line 1 column 129");
    assert!(Json::parse("{\"a\":[".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn control_characters_are_written_as_others_do() {
    let all: String = ('\0'..='\u{ff}').collect();
    let theirs = serde_json::Value::from(all.as_str()).to_string();
    assert_eq!(Json::from(all.as_str()).to_string(), theirs);
}
