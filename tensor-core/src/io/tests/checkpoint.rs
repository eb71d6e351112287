//! Checkpoints: files that lie in parts, under other names, in other layouts.

use super::*;
use crate::io::{Checkpoint, CheckpointTensor, LoadError, StateDict};

/// A file of `f32` tensors that count up from 0, each by itself.
fn counting(tensors: &[(&str, &[usize])]) -> Vec<u8> {
    let count =
        |shape: &[usize]| (0..shape.iter().product()).flat_map(|i: usize| (i as f32).to_le_bytes()).collect();
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|(_, shape)| count(shape)).collect();
    let entries =
        tensors.iter().zip(&bytes).map(|((name, shape), bytes)| (*name, Stored::F32, *shape, &bytes[..]));
    file(&entries.collect::<Vec<_>>())
}

/// What these numbers are in a network `[rows, columns]` that takes the tensor `name`.
fn taken<const R: usize, const C: usize>(checkpoint: &Checkpoint, name: &str) -> Vec<f32> {
    let device = Cpu::default();
    let mut net: Pair<Rank2<R, C>, Rank1<1>, f32, Cpu> = Pair { a: device.zeros(), b: device.zeros() };
    checkpoint
        .clone()
        .without(|tensor| tensor != name && tensor != "one")
        .rename(|tensor| if tensor == name { "a" } else { "b" })
        .and_then(|checkpoint| checkpoint.load_into(&mut net))
        .unwrap_or_else(|error| panic!("{error}"));
    net.a.as_vec()
}

fn each(
    checkpoint: Checkpoint,
    f: impl Fn(CheckpointTensor) -> Result<Vec<CheckpointTensor>, LoadError>,
) -> Result<Checkpoint, LoadError> {
    checkpoint.map_tensors(|name, tensor| {
        if name == "one" {
            return Ok(vec![("one".into(), tensor)]);
        }
        Ok(f(tensor)?.into_iter().enumerate().map(|(i, tensor)| (format!("{name}{i}"), tensor)).collect())
    })
}

#[test]
fn layouts_change_on_the_way() {
    let opened = || Checkpoint::from_bytes(counting(&[("m", &[2, 6]), ("one", &[1])])).unwrap();
    let transposed = each(opened(), |m| Ok(vec![m.transpose()?])).unwrap();
    assert_eq!(taken::<6, 2>(&transposed, "m0"), [0., 6., 1., 7., 2., 8., 3., 9., 4., 10., 5., 11.]);

    // GPT-2's way: [in, out], queries beside keys beside values
    let parts = each(opened(), |m| m.transpose()?.split(3)).unwrap();
    assert_eq!(taken::<2, 2>(&parts, "m0"), [0., 6., 1., 7.]);
    assert_eq!(taken::<2, 2>(&parts, "m2"), [4., 10., 5., 11.]);

    let reordered = each(opened(), |m| Ok(vec![m.reorder_rows(|row| 1 - row)?.rows(0..1)?])).unwrap();
    assert_eq!(taken::<1, 6>(&reordered, "m0"), [6., 7., 8., 9., 10., 11.]);
}

#[test]
fn layouts_that_a_tensor_does_not_have() {
    let opened = || Checkpoint::from_bytes(counting(&[("m", &[2, 6, 1]), ("one", &[1])])).unwrap();
    let says = |f: &dyn Fn(CheckpointTensor) -> Result<CheckpointTensor, LoadError>| {
        let error = each(opened(), |m| Ok(vec![f(m)?])).unwrap_err();
        assert!(matches!(error, LoadError::Layout { .. }));
        error.to_string()
    };
    assert_eq!(
        says(&|m| m.transpose()),
        "`m` has the shape [2, 6, 1]; none that has two axes to be exchanged"
    );
    assert_eq!(says(&|m| m.rows(1..3)), "`m` has the shape [2, 6, 1]; none that has the rows 1..3");
    assert_eq!(
        says(&|m| Ok(m.split(4)?.remove(0))),
        "`m` has the shape [2, 6, 1]; none that has rows for 4 equal parts"
    );
    assert_eq!(
        says(&|m| m.reorder_rows(|_| 1)),
        "`m` has the shape [2, 6, 1]; none that has the row 1 once, as its new order has not"
    );
}

#[test]
fn an_axis_of_none_beside_an_endless_one() {
    let header = r#"{"m":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}}"#;
    let checkpoint = Checkpoint::from_bytes(with_header(header, &[])).unwrap();
    let turned =
        each(checkpoint, |m| Ok(vec![m.transpose()?.transpose()?.reorder_rows(|row| row)?])).unwrap();
    let device = Cpu::default();
    let mut net: Pair<Rank1<2>, Rank1<1>, f32, Cpu> = Pair { a: device.zeros(), b: device.zeros() };
    assert!(matches!(turned.load_into(&mut net), Err(LoadError::Mismatch(_))));
}

#[test]
fn two_tensors_of_one_name() {
    let checkpoint = Checkpoint::from_bytes(counting(&[("a", &[1]), ("b", &[1])])).unwrap();
    let error = checkpoint.rename(|_| "c").unwrap_err().to_string();
    assert_eq!(error, "`a` and `b` would both be called `c`");
}

#[test]
fn progress_ends_with_all_bytes_and_a_mismatch_changes_nothing() {
    let published = two_layer(2);
    let checkpoint = Checkpoint::from_bytes(published.save_bytes().unwrap()).unwrap();
    let mut heard = Vec::new();
    let mut net = two_layer(1);
    checkpoint.load_with(&mut net, |done, of| heard.push((done, of))).unwrap();
    assert_eq!(values(&net), values(&published));
    assert_eq!(heard.last(), Some(&(268, 268)));
    assert_eq!(heard.len(), 4);

    let mut net = two_layer(1);
    let before = values(&net);
    let error = checkpoint.rename(|name| name.replace("hidden", "hiden")).unwrap().load_into(&mut net);
    let said = error.unwrap_err().to_string();
    assert!(said.contains("hidden.weight") && said.contains("hiden.weight"), "{said}");
    assert_eq!(values(&net), before);
}

/// A checkpoint in two files with this index.
fn sharded(folder: &Folder, index: &str) -> Result<Checkpoint, LoadError> {
    fs::write(folder.path("1.safetensors"), counting(&[("a", &[2])])).unwrap();
    fs::write(folder.path("2.safetensors"), counting(&[("b", &[3]), ("c", &[1])])).unwrap();
    let path = folder.path("model.safetensors.index.json");
    fs::write(&path, index).unwrap();
    Checkpoint::open(path)
}

#[test]
fn an_index_and_its_files() {
    let folder = Folder::new();
    let sound = r#"{"metadata":{"total_size":24},"weight_map":{"a":"1.safetensors","b":"2.safetensors","c":"2.safetensors"}}"#;
    let checkpoint = sharded(&folder, sound).unwrap();
    let names: Vec<String> = checkpoint.tensors().map(|tensor| tensor.to_string()).collect();
    assert_eq!(names, ["a [2]", "b [3]", "c [1]"]);

    let refused = |index: &str| match sharded(&folder, index) {
        Err(LoadError::Index { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("{}"), "it has no object `weight_map`");
    assert!(refused("{").starts_with("it is not JSON: "));
    assert_eq!(refused(r#"{"weight_map":{"a":1}}"#), "the file of `a` is 1, which is no text");
    for outside in ["/etc/passwd", "../1.safetensors", "", "."] {
        assert_eq!(
            refused(&format!(r#"{{"weight_map":{{"a":"{outside}"}}}}"#)),
            format!("`{outside}` is not the name of a file beside it")
        );
    }
    assert_eq!(
        refused(r#"{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}"#),
        "it does not list `c`, which is in `2.safetensors`"
    );
    assert_eq!(
        refused(r#"{"weight_map":{"a":"1.safetensors","d":"1.safetensors"}}"#),
        "`d` should be in `1.safetensors`, and is not"
    );
    assert_eq!(
        refused(r#"{"weight_map":{"a":"2.safetensors","b":"2.safetensors","c":"1.safetensors"}}"#),
        "`a` should be in `2.safetensors`, and is in `1.safetensors` too"
    );
    let missing = sharded(&folder, r#"{"weight_map":{"a":"3.safetensors"}}"#).unwrap_err();
    assert!(matches!(&missing, LoadError::Io { path, .. } if path.ends_with("3.safetensors")), "{missing}");
}

#[cfg(feature = "mmap")]
#[test]
fn mapped_files_load_as_read_ones() {
    let folder = Folder::new();
    let path = folder.path("net.safetensors");
    let published = two_layer(2);
    published.save(&path).unwrap();
    let mut net = two_layer(1);
    // SAFETY: nobody else knows the file.
    unsafe { Checkpoint::map(&path) }.unwrap().load_into(&mut net).unwrap();
    assert_eq!(values(&net), values(&published));
    // SAFETY: as above.
    let error = unsafe { Checkpoint::map(folder.path("other")) }.unwrap_err();
    assert!(matches!(error, LoadError::Io { .. }));
}

#[test]
fn a_checkpoint_goes_back_into_a_file() {
    let half = |x: f32| half::f16::from_f32(x).to_le_bytes();
    let halves: Vec<u8> = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].into_iter().flat_map(half).collect();
    let bytes = file(&[
        ("h", Stored::F16, &[2, 3], &halves),
        ("t", Stored::F16, &[2, 3], &halves),
        ("ids", Stored::I64, &[1], &7_i64.to_le_bytes()),
    ]);
    let turned = Checkpoint::from_bytes(bytes).unwrap().map_tensors(|name, tensor| {
        Ok(vec![(format!("new.{name}"), if name == "t" { tensor.transpose()? } else { tensor })])
    });
    let saved = turned.unwrap().save_bytes().unwrap();
    let read = safetensors::SafeTensors::deserialize(&saved).unwrap();
    let h = read.tensor("new.h").unwrap();
    assert_eq!((h.dtype(), h.data()), (Stored::F16, &halves[..]));
    let t = read.tensor("new.t").unwrap();
    assert_eq!((t.dtype(), t.shape()), (Stored::F32, &[3, 2][..]));
    let numbers: Vec<f32> = t.data().as_chunks().0.iter().map(|&x| f32::from_le_bytes(x)).collect();
    assert_eq!(numbers, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    assert_eq!(read.tensor("new.ids").unwrap().data(), 7_i64.to_le_bytes());
}

#[test]
fn what_cannot_be_read_cannot_be_turned() {
    let bytes = file(&[("flags", Stored::BOOL, &[1, 2], &[0, 1])]);
    let turned = Checkpoint::from_bytes(bytes)
        .unwrap()
        .map_tensors(|name, tensor| Ok(vec![(name.into(), tensor.transpose()?)]));
    let said = turned.unwrap().save_bytes().unwrap_err().to_string();
    assert!(said.contains("`flags` is BOOL, which can't be read and so not turned"), "{said}");
}
