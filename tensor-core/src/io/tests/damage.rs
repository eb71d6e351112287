//! Files that are cut short, changed or made to harm: always an error with a reason, never a panic or a changed network.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::io::{LoadError, StateDict};

/// Why these bytes are no file.
fn reason(bytes: &[u8]) -> String {
    match two_layer(1).load_bytes(bytes).unwrap_err() {
        LoadError::Format { path: None, reason } => reason,
        other => panic!("{other}"),
    }
}

#[test]
fn every_truncation_is_an_error() {
    let mut net = two_layer(1);
    let before = values(&net);
    let bytes = two_layer(2).save_bytes().unwrap();
    for len in 0..bytes.len() {
        let result = net.load_bytes(&bytes[..len]);
        assert!(matches!(result, Err(LoadError::Format { .. })), "{len} bytes: {result:?}");
    }
    assert_eq!(values(&net), before);
    assert_eq!(reason(&bytes[..4]), "it has 4 bytes, and the length of its header alone takes 8");
    let last = bytes.len() - 1;
    assert_eq!(
        reason(&bytes[..last]),
        "`output.weight` ends at byte 268 of the data, but the file has only 267"
    );
}

#[test]
fn random_damage_never_panics() {
    let sound = two_layer(2).save_bytes().unwrap();
    let mut random = StdRng::seed_from_u64(0x5afe);
    let mut net = two_layer(1);
    let mut refused = 0;
    for round in 0..2000 {
        let mut bytes = sound.clone();
        for _ in 0..random.gen_range(1..=3) {
            // most of the file is data, where any byte is as good as another
            let end = if round % 2 == 0 { bytes.len() } else { 300 };
            let at = random.gen_range(0..end);
            bytes[at] = random.r#gen();
        }
        let before = values(&net);
        if net.load_bytes(&bytes).is_err() {
            assert_eq!(values(&net), before, "round {round} changed the network");
            refused += 1;
        }
    }
    assert!((1000..2000).contains(&refused), "{refused} of 2000");
}

#[test]
fn absurd_header_lengths() {
    let of = |length: u64| reason(&[&length.to_le_bytes()[..], b"{}"].concat());
    assert_eq!(
        of(u64::MAX),
        "its first 8 bytes give its header 18446744073709551615 bytes, where the format allows 100000000"
    );
    assert_eq!(of(3), "its header should have 3 bytes, but it ends 2 bytes after the header's start");
    assert_eq!(of(1), "its header is not a JSON object: unexpected end at line 1 column 2");
}

#[test]
fn headers_that_are_no_headers() {
    let of = |header: &str| reason(&with_header(header, &[0; 8]));
    assert_eq!(of("[]"), "its header is not a JSON object, but a list");
    assert_eq!(
        of(r#"{"a": 1,}"#),
        "its header is not a JSON object: trailing commas are not allowed at line 1 column 9"
    );
    assert_eq!(
        of(r#"{"a": 1}"#),
        "`a` is 1, where an object with `dtype`, `shape` and `data_offsets` is wanted"
    );
    for nested in ["[".repeat(1_000), format!(r#"{{"a": {}"#, "[".repeat(100_000))] {
        assert!(of(&nested).contains("lists and objects lie more than 128 deep within each other"));
    }
    assert!(
        of(r#"{"a": {"dtype": "F31", "shape": [], "data_offsets": [0, 4]}}"#)
            .starts_with("`a` has the `dtype` \"F31\", where the format has BOOL, F4")
    );
    assert_eq!(
        of(r#"{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}"#),
        "`a` has the `shape` [-1], where whole numbers are wanted"
    );
    assert_eq!(of(r#"{"a": {"dtype": "F32", "shape": [1]}}"#), "`a` has no `data_offsets`");
    let binary = [&4_u64.to_le_bytes()[..], b"{\"\xff\xff"].concat();
    assert_eq!(reason(&binary), "its header is not text from byte 10 on");
}

#[test]
fn offsets_that_lie() {
    let entry = |name: &str, shape: &str, start: u64, end: u64| {
        format!(r#""{name}": {{"dtype": "F32", "shape": {shape}, "data_offsets": [{start}, {end}]}}"#)
    };
    let of = |entries: &[String]| reason(&with_header(&format!("{{{}}}", entries.join(",")), &[0; 16]));

    assert_eq!(of(&[entry("a", "[3]", 0, 12), entry("b", "[2]", 8, 16)]), "`a` and `b` overlap");
    assert_eq!(
        of(&[entry("a", "[2]", 0, 8), entry("b", "[1]", 12, 16)]),
        "bytes 8..12 of the data belong to no tensor"
    );
    assert_eq!(of(&[entry("a", "[2]", 8, 16)]), "bytes 0..8 of the data belong to no tensor");
    assert_eq!(of(&[entry("a", "[2]", 0, 8)]), "the last 8 bytes belong to no tensor");
    assert_eq!(of(&[entry("a", "[5]", 0, 20)]), "`a` ends at byte 20 of the data, but the file has only 16");
    assert_eq!(of(&[entry("a", "[3]", 0, 16)]), "`a`, F32 [3], takes 12 bytes, but is said to lie at 0..16");
    assert_eq!(of(&[entry("a", "[4]", 16, 0)]), "`a`, F32 [4], takes 16 bytes, but is said to lie at 16..0");
    assert_eq!(
        of(&[entry("a", "[4294967296, 4294967296]", 0, 16)]),
        "`a` has the shape [4294967296, 4294967296], which is more than any file can hold"
    );
    assert_eq!(
        of(&[r#""a": {"dtype": "F4", "shape": [3], "data_offsets": [0, 2]}"#.into()]),
        "`a`, F4 [3], does not fill whole bytes"
    );
}

/// Offsets that add up to just below 2⁶⁴: `safetensors` 0.8 overflows on them.
#[test]
fn offsets_at_the_end_of_the_number_range() {
    const MOST: u64 = (1 << 61) - 1;
    let ends = (1..=8).map(|i| i * MOST).chain([u64::MAX]);
    let mut start = 0;
    let mut entries = Vec::new();
    for end in ends {
        entries.push(format!(
            r#""{start:020}": {{"dtype": "U8", "shape": [{}], "data_offsets": [{start}, {end}]}}"#,
            end - start
        ));
        start = end;
    }
    let header = format!("{{{}}}", entries.join(","));
    assert!(reason(&with_header(&header, &[])).ends_with("of the data, but the file has only 0"));
}

#[test]
fn what_is_not_a_file_is_not_read() {
    let folder = Folder::new();
    let error = two_layer(1).load(folder.path("")).unwrap_err();
    assert!(
        matches!(&error, LoadError::Io { .. }) && error.to_string().ends_with(": it is not a file"),
        "{error}"
    );
    let error = two_layer(1).load(folder.path("absent")).unwrap_err();
    let LoadError::Io { path, source } = error else { panic!("{error}") };
    assert_eq!((path, source.kind()), (folder.path("absent"), std::io::ErrorKind::NotFound));
}

#[test]
fn the_damaged_file_is_named() {
    let folder = Folder::new();
    let path = folder.path("net.safetensors");
    fs::write(&path, b"{").unwrap();
    assert_eq!(
        two_layer(1).load(&path).unwrap_err().to_string(),
        format!(
            "`{}` is not a whole safetensors file: it has 1 bytes, and the length of its header alone takes 8",
            path.display()
        )
    );
}
