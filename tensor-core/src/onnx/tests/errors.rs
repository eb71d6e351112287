//! What can't be written is an error that says why.

use super::*;
use crate::io::SaveError;
use crate::onnx::OnnxError;

fn refused<N: ExportOnnx<f32, Cpu>>(net: &N, export: Export) -> OnnxError {
    net.onnx_bytes(&export).unwrap_err()
}

#[test]
fn names_are_distinct() {
    layer! { struct Named: (x: [n, 4], output: [n, 4]) -> [n, 4] { attend: attention(heads: 1, context: output) } }
    let net = Named::new(&Cpu::default());
    assert_eq!(
        refused(&net, Export::default()).to_string(),
        "`Named` needs a name of its own for each input and output, but `output` is taken"
    );
    assert!(net.onnx_bytes(&Export::default().output_name("y")).is_ok());
    assert_eq!(
        refused(&net, Export::default().output_name("attend.w_q.weight")).to_string(),
        "`Named` needs a name of its own for each input and output, but `attend.w_q.weight` is taken"
    );
    assert_eq!(
        refused(&net, Export::default().output_name("y").leading(["n"])).to_string(),
        "`Named` needs a name of its own for each axis, but `n` is taken"
    );
    assert_eq!(
        refused(&net, Export::default().output_name("")).to_string(),
        "`Named` needs a name for each input and output, but one is empty"
    );
}

#[test]
fn sizes_are_those_of_axes() {
    let net = Encoder::new(&Cpu::default());
    assert_eq!(
        refused(&net, Export::default().fix("m", 3)).to_string(),
        "`Encoder` has no axis `m` to fix; it has `batch`, `n`"
    );
    assert_eq!(
        refused(&net, Export::default().fix("n", 0)).to_string(),
        "`Encoder` has the axis `n`, which has no size where `n` is 0"
    );
    let error = refused(&net, Export::default().fix("n", 17));
    assert!(matches!(&error, OnnxError::Item { item, .. } if item == "places"));
    assert_eq!(
        error.to_string(),
        "`places`, `positional(16)`, can't be exported: it has 16 positions, and the axis is fixed at 17"
    );
    assert_eq!(
        refused(&TwoLayer::new(&Cpu::default()), Export::default().leading([]).fix("batch", 3)).to_string(),
        "`TwoLayer` has no axis `batch` to fix; it has none of run time"
    );
}

#[test]
fn there_is_room_for_so_many_axes() {
    let net = Encoder::new(&Cpu::default());
    assert!(net.onnx_bytes(&Export::default().leading(["a", "b", "c", "d"])).is_ok());
    assert_eq!(
        refused(&net, Export::default().leading(["a", "b", "c", "d", "e"])).to_string(),
        "`Encoder` makes values with 2 axes of its own; with 5 before them, that is more than 6"
    );
}

#[test]
fn keys_are_distinct() {
    layer! { struct Part: [4] -> [4] { linear: linear(4 -> 4), relu } }
    layer! { struct Twice: [4] -> [4] { a: Part(rename: "same"), b: Part(rename: "same") } }
    let error = refused(&Twice::new(&Cpu::default()), Export::default());
    assert!(matches!(error, OnnxError::Weights(SaveError::Duplicate { .. })), "{error}");
}

#[test]
fn a_file_is_replaced_whole_or_not_at_all() {
    let folder = std::env::temp_dir().join(format!("tensor_core_onnx_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("net.onnx");
    std::fs::write(&path, "old").unwrap();
    let net = Encoder::new(&Cpu::default());
    net.export_onnx(&path, &Export::default().fix("m", 1)).unwrap_err();
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    net.export_onnx(&path, &Export::default()).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), net.onnx_bytes(&Export::default()).unwrap());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing stays beside it");
    let error = net.export_onnx(&folder, &Export::default()).unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot write `{}`: ", folder.display())), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Weights of such a size are counted, not made.
#[test]
fn a_file_holds_two_gigabytes() {
    let error = OnnxError::TooLarge { network: "Gpt", bytes: 1 << 32, most: super::super::MOST_BYTES };
    assert_eq!(
        error.to_string(),
        "`Gpt` makes a file of 4294967296 bytes, and an ONNX file holds at most 2147483647; \
         `export_onnx_and_weights` makes two"
    );
}
