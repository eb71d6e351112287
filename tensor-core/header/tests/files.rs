//! Files as the crate `safetensors` has them: the same bytes are written, the same files are taken.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use tensor_header::{Dtype, Entry, Header, METADATA, head, serialize};

/// Each number type beside the witness's own.
const PAIRS: [(Dtype, safetensors::Dtype); 22] = {
    use safetensors::Dtype as Theirs;
    [
        (Dtype::BOOL, Theirs::BOOL),
        (Dtype::F4, Theirs::F4),
        (Dtype::F6_E2M3, Theirs::F6_E2M3),
        (Dtype::F6_E3M2, Theirs::F6_E3M2),
        (Dtype::U8, Theirs::U8),
        (Dtype::I8, Theirs::I8),
        (Dtype::F8_E5M2, Theirs::F8_E5M2),
        (Dtype::F8_E4M3, Theirs::F8_E4M3),
        (Dtype::F8_E8M0, Theirs::F8_E8M0),
        (Dtype::F8_E4M3FNUZ, Theirs::F8_E4M3FNUZ),
        (Dtype::F8_E5M2FNUZ, Theirs::F8_E5M2FNUZ),
        (Dtype::I16, Theirs::I16),
        (Dtype::U16, Theirs::U16),
        (Dtype::F16, Theirs::F16),
        (Dtype::BF16, Theirs::BF16),
        (Dtype::I32, Theirs::I32),
        (Dtype::U32, Theirs::U32),
        (Dtype::F32, Theirs::F32),
        (Dtype::C64, Theirs::C64),
        (Dtype::F64, Theirs::F64),
        (Dtype::I64, Theirs::I64),
        (Dtype::U64, Theirs::U64),
    ]
};

#[test]
fn number_types_are_the_same() {
    for (ours, theirs) in PAIRS {
        assert_eq!((ours.name(), ours.bits()), (&*theirs.to_string(), theirs.bitsize() as u64));
    }
    assert!(PAIRS.is_sorted_by_key(|pair| pair.1) && PAIRS.map(|pair| pair.0).into_iter().eq(Dtype::all()));
}

/// A tensor to write: its type as a place in `PAIRS`, its shape, its bytes.
type Tensor = (usize, Vec<usize>, Vec<u8>);

/// Tensors by name, which fill whole bytes.
fn tensors() -> impl Strategy<Value = BTreeMap<String, Tensor>> {
    let shapes = prop::collection::vec(0..4_usize, 0..4);
    let tensor = (0..PAIRS.len(), shapes, any::<u8>()).prop_map(|(at, mut shape, byte)| {
        let bits = |shape: &[usize]| shape.iter().product::<usize>() * PAIRS[at].0.bits() as usize;
        if bits(&shape) % 8 != 0 {
            shape.push(4);
        }
        let bytes = vec![byte; bits(&shape) / 8];
        (at, shape, bytes)
    });
    let name = prop_oneof!["[a-z]{1,3}(\\.[a-z0-9]{1,3}){0,2}", any::<String>()];
    prop::collection::btree_map(name.prop_filter("it is kept", |name| name != METADATA), tensor, 0..8)
}

fn ours(tensors: &BTreeMap<String, Tensor>, texts: &[(&str, &str)]) -> Vec<u8> {
    let entry =
        |(name, (at, shape, bytes)): (_, &'_ Tensor)| (name, PAIRS[*at].0, shape.clone(), bytes.clone());
    let mut all: Vec<(&String, _, _, _)> = tensors.iter().map(entry).collect();
    all.reverse();
    let entries: Vec<_> = all
        .iter()
        .map(|(name, dtype, shape, bytes)| Entry { name: name.as_str(), dtype: *dtype, shape, bytes })
        .collect();
    serialize(&entries, texts).expect("the format holds them")
}

fn theirs(tensors: &BTreeMap<String, Tensor>, texts: Option<HashMap<String, String>>) -> Vec<u8> {
    let views = tensors.iter().map(|(name, (at, shape, bytes))| {
        (name, TensorView::new(PAIRS[*at].1, shape.clone(), bytes).expect("as many bytes as it needs"))
    });
    safetensors::serialize(views, texts).expect("the format holds them")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_same_bytes_are_written(tensors in tensors(), text in any::<Option<(String, String)>>()) {
        let texts: Vec<(&str, &str)> = text.iter().map(|(name, text)| (&**name, &**text)).collect();
        let file = ours(&tensors, &texts);
        prop_assert_eq!(&file, &theirs(&tensors, text.clone().map(|text| HashMap::from([text]))));

        let (header, data) = Header::of(&file).expect("it was written so");
        prop_assert_eq!(header.tensors().len(), tensors.len());
        for tensor in header.tensors() {
            let (at, shape, bytes) = &tensors[tensor.name()];
            prop_assert_eq!((tensor.dtype(), tensor.shape()), (PAIRS[*at].0, &shape[..]));
            let place = tensor.bytes();
            prop_assert_eq!(&data[place.start as usize..place.end as usize], &bytes[..]);
        }
        if let Some((name, text)) = &text {
            prop_assert_eq!(header.text(name), Some(&**text));
        }
    }

    #[test]
    fn the_same_files_are_taken(
        tensors in tensors(),
        spaces in 0..3_usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        digit in any::<Option<(prop::sample::Index, char)>>(),
    ) {
        let mut file = theirs(&tensors, None);
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        // A number of the header is another.
        let digits: Vec<usize> = (8..file.len()).filter(|&at| file[at].is_ascii_digit()).collect();
        if let Some((at, digit)) = digit && !digits.is_empty() {
            file[digits[at.index(digits.len())]] = b'0' + (digit as u32 % 10) as u8;
        }
        file.extend(vec![b' '; spaces / 2]);
        let ours = Header::of(&file);
        let theirs = SafeTensors::read_metadata(&file);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours, theirs);
    }
}

#[test]
fn what_the_format_does_not_hold_is_refused() {
    let refused = |entries: &[Entry<'_>]| serialize(entries, &[]).unwrap_err().to_string();
    let entry = Entry { name: "a", dtype: Dtype::F32, shape: &[2], bytes: &[0; 8] };
    assert_eq!(refused(&[entry, entry]), "it can't have two tensors `a`");
    assert_eq!(refused(&[Entry { bytes: &[0; 7], ..entry }]), "`a`, F32 [2], takes 8 bytes, not 7");
    assert_eq!(
        refused(&[Entry { dtype: Dtype::F4, shape: &[3], ..entry }]),
        "`a`, F4 [3], does not fill whole bytes"
    );
    assert_eq!(refused(&[Entry { name: METADATA, ..entry }]), "it keeps the name `__metadata__` for itself");
    let huge = [usize::MAX / 8, 4];
    assert!(refused(&[Entry { shape: &huge, ..entry }]).contains("more than any file can hold"));
    let half = [usize::MAX / 2];
    let two = ["a", "b", "c"].map(|name| (name, Dtype::U8, &half[..]));
    assert!(head(two, &[]).is_err());
}

/// Why a header is none, by itself.
fn reason(header: &str) -> String {
    Header::parse(header.as_bytes()).unwrap_err().to_string()
}

#[test]
fn headers_are_read_in_any_order() {
    let header = r#"{"b": {"data_offsets": [8, 12], "shape": [2], "dtype": "F16"}, "__metadata__": {"format": "pt"},
                     "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]}}"#;
    let header = Header::parse(header.as_bytes()).unwrap();
    let told: Vec<_> =
        header.tensors().iter().map(|tensor| (tensor.name(), tensor.dtype(), tensor.shape())).collect();
    assert_eq!(told, [("a", Dtype::F32, &[2, 1][..]), ("b", Dtype::F16, &[2][..])]);
    assert_eq!((header.text("format"), header.text("a")), (Some("pt"), None));
}

#[test]
fn headers_that_lie() {
    let one = |rest: &str| reason(&format!(r#"{{"a": {{{rest}}}}}"#));
    assert_eq!(one(r#""dtype": "F32", "shape": []"#), "`a` has no `data_offsets`");
    assert_eq!(
        one(r#""dtype": "F32", "shape": [-1], "data_offsets": [0, 4]"#),
        "`a` has the `shape` [-1], where whole numbers are wanted"
    );
    assert_eq!(
        one(r#""dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]"#),
        "`a` has the `data_offsets` [0,4,8], where two whole numbers are wanted"
    );
    assert!(
        one(r#""dtype": "F31", "shape": [], "data_offsets": [0, 4]"#)
            .starts_with("`a` has the `dtype` \"F31\", where the format has BOOL, F4, ")
    );
    assert_eq!(
        one(r#""dtype": "F32", "shape": [2], "data_offsets": [8, 0]"#),
        "`a`, F32 [2], takes 8 bytes, but is said to lie at 8..0"
    );
    assert_eq!(
        reason(r#"{"a": 1}"#),
        "`a` is 1, where an object with `dtype`, `shape` and `data_offsets` is wanted"
    );
    assert_eq!(reason("[1, 2]"), "its header is not a JSON object, but a list");
    let twice = r#""a": {"dtype": "U8", "shape": [], "data_offsets": [0, 1]}"#;
    assert_eq!(
        reason(&format!("{{{twice}, {twice}}}")),
        "its header is not a JSON object: `a` is there twice at line 1 column 63"
    );
    assert_eq!(
        reason(r#"{"__metadata__": {"step": 3}}"#),
        "`step` in `__metadata__` is 3, which is not what the format has there"
    );
    // A message stays short, whatever the file has.
    assert!(
        one(&format!(r#""dtype": "F32", "shape": {:?}, "data_offsets": []"#, vec![1.5; 100_000])).len() < 200
    );
    assert!(
        reason(&"[".repeat(100_000)).starts_with("its header is not a JSON object: lists and objects lie")
    );
}
