//! Files that lie: each is refused with the key or the tensor that is wrong.

use proptest::prelude::*;

use super::{Fault, Gguf, GgufError};

/// A file in the making.
#[derive(Clone, Default)]
struct Draft {
    keys: Vec<Vec<u8>>,
    tensors: Vec<Vec<u8>>,
    data: usize,
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

impl Draft {
    fn key(mut self, name: &str, code: u32, value: &[u8]) -> Self {
        self.keys.push([&text(name)[..], &code.to_le_bytes(), value].concat());
        self
    }

    /// A list under a key, of `count` elements as it says.
    fn list(self, name: &str, code: u32, count: u64, elements: &[u8]) -> Self {
        self.key(name, 9, &[&code.to_le_bytes()[..], &count.to_le_bytes(), elements].concat())
    }

    fn tensor(mut self, name: &str, sizes: &[u64], code: u32, offset: u64) -> Self {
        let sizes: Vec<u8> = (sizes.len() as u32)
            .to_le_bytes()
            .into_iter()
            .chain(sizes.iter().flat_map(|s| s.to_le_bytes()))
            .collect();
        self.tensors.push([&text(name)[..], &sizes, &code.to_le_bytes(), &offset.to_le_bytes()].concat());
        self
    }

    fn data(mut self, bytes: usize) -> Self {
        self.data = bytes;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        self.counted(self.tensors.len() as u64, self.keys.len() as u64)
    }

    fn counted(&self, tensors: u64, keys: u64) -> Vec<u8> {
        let mut file =
            [&b"GGUF"[..], &3u32.to_le_bytes(), &tensors.to_le_bytes(), &keys.to_le_bytes()].concat();
        file.extend(self.keys.iter().chain(&self.tensors).flatten());
        file.resize(file.len().next_multiple_of(32), 0);
        file.resize(file.len() + self.data, 0);
        file
    }

    fn fault(&self) -> String {
        fault(self.bytes())
    }
}

fn fault(bytes: Vec<u8>) -> String {
    match Gguf::from_bytes(bytes) {
        Err(GgufError::Damaged { path: None, fault }) => fault.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_without_anything_is_sound() -> Result<(), GgufError> {
    let file = Gguf::from_bytes(Draft::default().bytes())?;
    assert_eq!((file.tensors().count(), file.metadata().iter().count()), (0, 0));
    Ok(())
}

#[test]
fn what_is_no_gguf_file() {
    assert_eq!(fault(b"GGU".to_vec()), Fault::Magic.to_string());
    assert_eq!(fault(b"PK\x03\x04".to_vec()), Fault::Magic.to_string());
    assert_eq!(fault(b"GGUF\x00\x00\x00\x03".to_vec()), Fault::BigEndian.to_string());
    assert_eq!(fault(b"GGUF\x01\x00\x00\x00".to_vec()), "it has version 1, where 2 or 3 is wanted");
    assert_eq!(
        fault(b"GGUF\x03\x00\x00\x00abc".to_vec()),
        "the count of its tensors takes 8 bytes at byte 8, but the file has only 3 more"
    );
}

#[test]
fn keys_that_lie() {
    let draft = Draft::default;
    let long = (u64::MAX - 7).to_le_bytes();
    assert_eq!(
        draft().key("name", 8, &long).fault(),
        "key 1, `name`: its text takes 18446744073709551608 bytes at byte 48, but the file has only 16 more"
    );
    assert_eq!(
        draft().list("tokens", 8, 1 << 60, &[]).fault(),
        "key 1, `tokens`: its list has 1152921504606846976 elements, but the file has only 10 more bytes"
    );
    assert_eq!(draft().key("k", 13, &[]).fault(), "key 1, `k`: its value has the unknown type 13");
    assert_eq!(
        draft().list("k", 77, 0, &[]).fault(),
        "key 1, `k`: its list has elements of the unknown type 77"
    );
    assert_eq!(
        draft().key("k", 7, &[2]).fault(),
        "key 1, `k`: it is yes or no, but its byte is 2, where 0 or 1 is wanted"
    );
    assert_eq!(
        draft().key("k", 8, &[1, 0, 0, 0, 0, 0, 0, 0, 0xff]).fault(),
        "key 1, `k`: its text is not text at byte 45"
    );
    assert_eq!(
        draft().list("k", 10, 1, &u64::MAX.to_le_bytes()).fault(),
        "key 1, `k`: 18446744073709551615 in its list is too large"
    );
    let twice = draft().key("k", 7, &[1]).key("other", 7, &[1]).key("k", 7, &[0]);
    assert_eq!(twice.fault(), "key 3, `k`: it stands twice");
    let mut deep = Vec::new();
    for _ in 0..10_000 {
        deep.extend([&9u32.to_le_bytes()[..], &1u64.to_le_bytes()].concat());
    }
    assert_eq!(draft().key("k", 9, &deep).fault(), "key 1, `k`: it has more than 4 lists within lists");
    let long = "ö".repeat(1000);
    assert_eq!(
        draft().key(&long, 13, &[]).fault(),
        format!("key 1, `{}…`: its value has the unknown type 13", "ö".repeat(64))
    );
    for alignment in [0u32, 24] {
        assert_eq!(
            draft().key("a", 7, &[1]).key("general.alignment", 4, &alignment.to_le_bytes()).fault(),
            "key 2, `general.alignment`: tensors can be aligned to a power of two alone"
        );
    }
}

#[test]
fn tensors_that_lie() {
    let draft = Draft::default;
    let one = |sizes: &[u64], code, offset| draft().tensor("w", sizes, code, offset).data(64).fault();
    assert_eq!(one(&[1; 5], 0, 0), "tensor 1, `w`: it has 5 axes, where 4 is the most");
    assert_eq!(one(&[4], 11, 0), "tensor 1, `w`: it has the type Q3_K, which can't be decoded");
    assert_eq!(one(&[4], 1000, 0), "tensor 1, `w`: it has the type 1000, which can't be decoded");
    assert_eq!(
        one(&[1 << 40, 1 << 40], 0, 0),
        "tensor 1, `w`: its sizes [1099511627776, 1099511627776] are more than any file can hold"
    );
    assert_eq!(
        one(&[1 << 62], 0, 0),
        "tensor 1, `w`: its sizes [4611686018427387904] are more than any file can hold"
    );
    assert_eq!(
        one(&[33, 2], 8, 0),
        "tensor 1, `w`: its rows of 33 numbers are not made of Q8_0's blocks of 32"
    );
    assert_eq!(
        one(&[17], 0, 0),
        "tensor 1, `w`: it takes 68 bytes at byte 0 of the data, but the file has only 64 of it"
    );
    assert_eq!(
        one(&[1], 0, u64::MAX - 31),
        "tensor 1, `w`: it takes 4 bytes at byte 18446744073709551584 of the data, but the file has only 64 of it"
    );
    assert_eq!(one(&[1], 0, 4), "tensor 1, `w`: its offset 4 is not a multiple of 32");
    let over = draft().tensor("b", &[1], 0, 32).tensor("a", &[9], 0, 0).data(64);
    assert_eq!(over.fault(), "tensor 1, `b`: it overlaps `a`");
    let twice = draft().tensor("w", &[1], 0, 0).tensor("w", &[1], 0, 32).data(64);
    assert_eq!(twice.fault(), "tensor 2, `w`: its name stands twice");
}

#[test]
fn counts_that_lie() {
    let file = Draft::default().key("k", 7, &[1]).tensor("w", &[1], 0, 0).data(32);
    for (counts, what) in [((u64::MAX, 1), "tensor "), ((1, u64::MAX), "key ")] {
        let fault = fault(file.counted(counts.0, counts.1));
        assert!(fault.starts_with(what), "{fault}");
    }
}

#[test]
fn tensors_may_lie_in_any_order_and_some_may_be_empty() -> Result<(), GgufError> {
    let file = Draft::default()
        .tensor("late", &[2, 3], 0, 32)
        .tensor("empty", &[0, 1 << 63, 1 << 63], 0, 32)
        .tensor("early", &[], 0, 0)
        .data(56);
    let file = Gguf::from_bytes(file.bytes())?;
    let shapes: Vec<_> = file.tensors().map(|tensor| (tensor.name(), tensor.shape().to_vec())).collect();
    let empty = vec![1 << 63, 1 << 63, 0];
    assert_eq!(shapes, [("early", vec![]), ("empty", empty), ("late", vec![3, 2])]);
    assert_eq!(file.tensor("early").map(|tensor| tensor.elements()), Some(1));
    assert_eq!(file.tensor("empty").map(|tensor| tensor.decode::<f32>()), Some(vec![]));
    assert!(file.tensor("other").is_none());
    Ok(())
}

#[test]
fn files_that_are_none_are_named() {
    let error = Gguf::read("/nowhere/model.gguf").unwrap_err().to_string();
    assert!(error.starts_with("cannot read `/nowhere/model.gguf`: "), "{error}");
    // SAFETY: nobody changes a folder's bytes, and it isn't mapped at all.
    let error = unsafe { Gguf::map(std::env::temp_dir()) }.unwrap_err().to_string();
    assert!(error.ends_with("it is not a file"), "{error}");
}

fn drafts() -> impl Strategy<Value = Vec<u8>> {
    let key = ("[a-c]{0,3}", 0u32..14, proptest::collection::vec(any::<u8>(), 0..24));
    let sizes = proptest::collection::vec(prop_oneof![0u64..70, any::<u64>()], 0..6);
    let offset = prop_oneof![(0u64..8).prop_map(|n| 32 * n), any::<u64>()];
    let tensor = ("[a-d]{0,2}", sizes, 0u32..32, offset);
    let keys = proptest::collection::vec(key, 0..4);
    let tensors = proptest::collection::vec(tensor, 0..5);
    (keys, tensors, 0usize..600).prop_map(|(keys, tensors, data)| {
        let mut draft = Draft::default().data(data);
        for (name, code, value) in keys {
            draft = draft.key(&name, code, &value);
        }
        for (name, sizes, code, offset) in tensors {
            draft = draft.tensor(&name, &sizes, code, offset);
        }
        draft.bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Whatever stands in the head: an error, or tensors within the file.
    #[test]
    fn random_heads_never_panic(bytes in drafts()) {
        let length = bytes.len();
        if let Ok(file) = Gguf::from_bytes(bytes) {
            let total: usize = file.tensors().map(|tensor| tensor.bytes().len()).sum();
            prop_assert!(total <= length);
            for tensor in file.tensors() {
                prop_assert_eq!(tensor.decode::<f32>().len(), tensor.elements());
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let file = [&b"GGUF\x03\0\0\0"[..], &bytes].concat();
        let _ = Gguf::from_bytes(file);
    }
}
