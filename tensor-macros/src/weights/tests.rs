//! Headers, and what is none: always tensors or a sentence, never a panic.

use proptest::prelude::*;

use super::header::parse;
use super::names::matches;

fn reason(header: &str) -> String {
    parse(header.as_bytes()).unwrap_err()
}

#[test]
fn headers_are_read_in_any_order() {
    let header = r#"{"b": {"data_offsets": [8, 12], "shape": [2], "dtype": "F16"}, "__metadata__": {"format": "pt"},
                     "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]}}"#;
    let tensors = parse(header.as_bytes()).unwrap();
    let told: Vec<_> = tensors.iter().map(|tensor| (&*tensor.name, &*tensor.dtype, &*tensor.shape)).collect();
    assert_eq!(told, [("a", "F32", &[2, 1][..]), ("b", "F16", &[2][..])]);
}

#[test]
fn headers_that_lie() {
    let one = |rest: &str| reason(&format!(r#"{{"a": {{{rest}}}}}"#));
    assert_eq!(one(r#""dtype": "F32""#), "its header tells no `dtype`, `shape` and `data_offsets` of `a`");
    assert_eq!(
        one(r#""dtype": "F32", "shape": [-1], "data_offsets": [0, 4]"#),
        "its header tells no `dtype`, `shape` and `data_offsets` of `a`"
    );
    assert_eq!(
        one(r#""dtype": "F32", "shape": [4294967296, 4294967296], "data_offsets": [0, 4]"#),
        "`a` has the shape [4294967296, 4294967296], which is more than any file can hold"
    );
    assert_eq!(
        one(r#""dtype": "F32", "shape": [2], "data_offsets": [8, 0]"#),
        "`a`, F32 [2], does not take the bytes 8..0"
    );
    let twice = r#""a": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]}"#;
    assert_eq!(reason(&format!("{{{twice}, {twice}}}")), "its header has `a` twice");
    assert!(reason(r#"{"a": 1} {}"#).starts_with("its header is not a JSON object: trailing characters"));
    assert!(reason(&"[".repeat(100_000)).starts_with("its header is not a JSON object"));
}

#[test]
fn a_star_stands_for_any_text() {
    assert!(
        matches("pooler.*", "pooler.dense.bias") && matches("*.bias", "a.bias") && matches("a*c*e", "abcde")
    );
    assert!(!matches("pooler.*", "spooler.x") && !matches("*.bias", "bias") && !matches("", "a"));
}

proptest! {
    #[test]
    fn damaged_headers_never_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in 0..200_usize) {
        let mut header = br#"{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[],"data_offsets":[8,9]}}"#.to_vec();
        let at = at.index(header.len());
        header[at] = byte;
        header.truncate(header.len().saturating_sub(cut % 60));
        if let Err(reason) = parse(&header) {
            prop_assert!(!reason.is_empty());
        }
    }
}
