//! Blocks of GGUF files against what the `gguf` package of Python decodes them to: `fixtures/make_gguf.py`.
#![cfg(feature = "gguf")]

use tensor_core::io::gguf::{Gguf, GgufError, Value};

fn fixture() -> Gguf {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/gguf/blocks.gguf");
    Gguf::read(path).expect("the fixture is here")
}

#[test]
fn blocks_are_decoded_to_the_same_bits() {
    let file = fixture();
    let mut compared = 0;
    for tensor in file.tensors().filter(|tensor| !tensor.name().ends_with(".decoded")) {
        let name = tensor.name();
        assert_eq!(name, tensor.block_type().name());
        let expected = file.tensor(&format!("{name}.decoded")).expect("each tensor has its numbers");
        assert_eq!(tensor.shape(), expected.shape());
        let [found, expected] = [tensor, expected].map(|tensor| tensor.decode::<f32>());
        let bits = |numbers: &[f32]| numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&found), bits(&expected), "{name}");
        assert_eq!(
            tensor.decode::<f64>(),
            found.iter().copied().map(f64::from).collect::<Vec<_>>(),
            "{name}"
        );
        compared += 1;
    }
    assert_eq!(compared, 10);
}

#[test]
fn keys_are_read_as_they_were_written() -> Result<(), GgufError> {
    let file = fixture();
    let metadata = file.metadata();
    assert_eq!(metadata.text("general.architecture")?, "blocks");
    assert_eq!(metadata.size("blocks.rows")?, 2);
    assert_eq!(metadata.number("blocks.tenth")?, f64::from(0.1f32));
    assert_eq!(metadata.texts("blocks.words")?, ["eins", "zwei", "größer"]);
    assert_eq!(metadata.whole("blocks.numbers")?, [-1, 2, 3]);
    assert!(metadata.bool("blocks.yes")?);
    assert_eq!(metadata.get("blocks.rows"), Some(&Value::Unsigned(2)));
    let error = metadata.size("blocks.words").unwrap_err().to_string();
    assert_eq!(
        error,
        "`blocks.words` of the GGUF file is a list of 3 texts, where a whole number from 0 on is wanted"
    );
    assert_eq!(metadata.text("blocks.none").unwrap_err().to_string(), "the GGUF file has no `blocks.none`");
    Ok(())
}

/// Each byte changed in turn, and each length: an error or a file, never a panic.
#[test]
fn a_damaged_fixture_is_refused_or_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/gguf/blocks.gguf");
    let whole = std::fs::read(path).expect("the fixture is here");
    let head = 2_000;
    for length in (0..head).chain([whole.len() / 2]) {
        assert!(Gguf::from_bytes(whole[..length].to_vec()).is_err(), "cut at {length}");
    }
    let mut refused = 0;
    for at in 0..head {
        for change in [1, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            match Gguf::from_bytes(bytes) {
                Ok(file) => {
                    let elements: usize = file.tensors().map(|tensor| tensor.decode::<f32>().len()).sum();
                    assert!(elements < whole.len());
                }
                Err(GgufError::Damaged { .. }) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert!(refused > head, "{refused}");
}
