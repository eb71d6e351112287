//! Blocks of GGUF files against what the `gguf` package of Python decodes them to: `fixtures/make_gguf.py`.
#![cfg(feature = "gguf")]

use tensor_core::{
    io::{
        Checkpoint, LoadError,
        gguf::{Gguf, GgufError, Value},
    },
    prelude::*,
    quantised::Quantised,
};

layer! {
    /// Takes two tensors of the fixture as they are named there, after a change.
    struct Two: [256] -> [2] { fork(add) { a: { eight: linear(2, bias: false) }, b: { six: linear(2, bias: false) } } }
}

fn path() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/gguf/blocks.gguf")
}

fn two() -> Result<Checkpoint, LoadError> {
    Checkpoint::open(path())?.without(|name| name != "Q8_0" && name != "Q6_K").map_tensors(|name, tensor| {
        let name = if name == "Q8_0" { "eight.weight" } else { "six.weight" };
        Ok(vec![(name.into(), tensor.reorder_rows(|row| 1 - row)?)])
    })
}

#[test]
fn a_checkpoint_brings_blocks_into_a_network() -> Result<(), Box<dyn std::error::Error>> {
    let device = Cpu::default();
    let mut net = Two::new(&device);
    two()?.load_into(&mut net)?;
    let file = fixture();
    let expected = |name: &str| {
        let numbers = file.tensor(name).expect("it is there").decode::<f32>();
        [&numbers[256..], &numbers[..256]].concat()
    };
    assert_eq!(net.eight.weight.as_vec(), expected("Q8_0"));
    assert_eq!(net.six.weight.as_vec(), expected("Q6_K"));

    // Rows of 1 alone: sums of weights, which eight bits have as they are.
    let eight = Quantised::<Two>::load(&two()?)?;
    let x: Tensor<Rank2<1, 256>, f32, _> = device.ones();
    let (near, exact) = (eight.try_forward(x.clone())?.array(), net.forward(x).array());
    let sizes: f32 = net.six.weight.as_vec().iter().map(|x| x.abs()).sum();
    assert!((0..2).all(|i| (near[0][i] - exact[0][i]).abs() < 0.01 * sizes), "{near:?} {exact:?}");
    Ok(())
}

#[test]
fn a_checkpoint_says_what_is_wrong_with_a_file() {
    let cut = std::fs::read(path()).expect("the fixture is here")[..900].to_vec();
    let error = Checkpoint::from_bytes(cut).unwrap_err();
    assert!(matches!(&error, LoadError::Gguf(GgufError::Damaged { .. })), "{error}");
}

fn fixture() -> Gguf {
    Gguf::read(path()).expect("the fixture is here")
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
    let whole = std::fs::read(path()).expect("the fixture is here");
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
