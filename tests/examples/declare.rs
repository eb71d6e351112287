//! The example `declare`: what it writes compiles, and each weight has its place, which `weights!` proves.

use std::{fs, path::Path};

use tensor_core::prelude::*;

use crate::support::example::{Scratch, refused, run, shown};

mod llama;
mod minilm;
mod picture;

/// What it writes for one of the headers beside this file, and what it says besides.
#[track_caller]
fn declared(arguments: &[&str]) -> (String, String) {
    let output = run("declare", arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (shown(&output), said)
}

#[test]
fn all_of_minilm_has_its_place() {
    let header = "tests/examples/declare/minilm.header.json";
    let (text, said) = declared(&[header, "--name", "MiniLm", "--head-features", "32"]);
    assert_eq!(text, include_str!("declare/minilm.rs"));
    assert!(said.contains("result weights=103\nresult left_out=1\n"), "{said}");
    let names = <minilm::MiniLm>::PLAN.state_dict();
    assert_eq!(names.len(), 103);
    assert!(names.iter().any(|info| info.to_string() == "encoder.layer.5.attention.w_o.weight [384, 384]"));
    assert_eq!(minilm::MINILM.path(), None);
}

#[test]
fn groups_of_heads_and_gates_are_seen() {
    let (text, said) = declared(&["tests/examples/declare/llama.header.json", "--head-features", "16"]);
    assert_eq!(text, include_str!("declare/llama.rs"));
    assert!(said.contains("result left_out=0\n"), "{said}");
    assert_eq!(<llama::Llama>::PLAN.state_dict().len(), 3 + 11 * 9);
    assert_eq!(llama::LLAMA.path(), None);
}

#[test]
fn pictures_are_as_large_as_the_first_matrix_says() {
    let (text, said) = declared(&["tests/examples/declare/picture.header.json"]);
    assert_eq!(text, include_str!("declare/picture.rs"));
    assert!(said.contains("result weights=7\nresult left_out=1\n"), "{said}");
    assert_eq!(<picture::Picture>::PLAN.state_dict().len(), 7);
    assert_eq!(picture::PICTURE.path(), None);
}

layer! {
    pub struct Net: [4] -> [3] {
        hidden: linear(4 -> 8),
        gelu,
        norm: layer_norm,
        head: linear(8 -> 3),
    }
}

#[test]
fn a_saved_network_is_declared_again() {
    let folder = Scratch::new();
    let path = folder.join("net.safetensors");
    let net = Net::new(&Cpu::default());
    net.save(&path).unwrap();
    let (text, _) = declared(&[path.to_str().unwrap()]);
    for line in [
        "pub struct Net: [4] -> [3]",
        "hidden: linear(4 -> 8),",
        "norm: layer_norm,",
        "head: linear(8 -> 3),",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let (header, _) = declared(&[path.to_str().unwrap(), "--header"]);
    let bytes = fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    assert_eq!(header.trim_end().as_bytes(), bytes[8..8 + length].trim_ascii_end());
}

layer! {
    pub struct Narrowing: [4] -> [3] {
        first: linear(4 -> 32),
        wide: layer_norm,
        gelu,
        second: linear(32 -> 8),
        narrow: rms_norm,
        third: linear(8 -> 3),
    }
}

#[test]
fn a_norm_stands_before_the_narrower_matrix() {
    let folder = Scratch::new();
    let path = folder.join("narrowing.safetensors");
    Narrowing::new(&Cpu::default()).save(&path).unwrap();
    let (text, said) = declared(&[path.to_str().unwrap()]);
    assert!(said.contains("result left_out=0\n"), "{said}");
    let places =
        ["first: linear", "wide: layer_norm", "gelu,", "second: linear", "narrow: rms_norm", "third: linear"]
            .map(|line| text.find(line).unwrap_or_else(|| panic!("{line}\n{text}")));
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let said = refused(&run("declare", &["examples/data/iris.csv"]));
    assert_eq!(said, "error: `examples/data/iris.csv` is not a safetensors file\n");
    let said = refused(&run("declare", &["absent.safetensors"]));
    assert!(said.starts_with("error: can't read `absent.safetensors`: "), "{said}");
    assert!(Path::new("examples/data/iris.csv").exists());
}
