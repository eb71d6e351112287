//! A sound file that is not of this network.

use safetensors::Dtype as Stored;

use super::*;
use crate::io::{LoadError, Mismatch, Missing, StateDict, Unexpected, WrongDtype, WrongShape};

fn mismatch(tensors: &[(&str, Stored, &[usize])]) -> Mismatch {
    let zeros = [0; 1024];
    let tensors: Vec<_> = tensors
        .iter()
        .map(|&(name, dtype, shape)| {
            (name, dtype, shape, &zeros[..shape.iter().product::<usize>() * dtype.bitsize() / 8])
        })
        .collect();
    let mut net = two_layer(1);
    let before = values(&net);
    let error = net.load_bytes(&file(&tensors)).unwrap_err();
    assert_eq!(values(&net), before, "the network changed");
    match error {
        LoadError::Mismatch(mismatch) => mismatch,
        other => panic!("{other}"),
    }
}

#[test]
fn everything_is_listed_at_once() {
    let all = mismatch(&[
        ("hidden.weight", Stored::F32, &[8, 5]),
        ("hidden.bias", Stored::I64, &[8]),
        ("output.b", Stored::F32, &[3]),
        ("position_ids", Stored::I64, &[1, 16]),
    ]);
    assert_eq!(
        all.to_string(),
        "the file does not fit this network:
  wrong shape   hidden.weight: the network has [8, 4], the file [8, 5]
  wrong dtype   hidden.bias: the file has I64, not F64, F32, F16 or BF16
  missing       output.weight [3, 8]
  missing       output.bias [3] (the file has `output.b`: renamed?)
  unexpected    output.b [3]
  unexpected    position_ids [1, 16]"
    );
    let mut expected = Mismatch::default();
    expected.wrong_shape =
        vec![WrongShape { name: "hidden.weight".into(), expected: vec![8, 4], found: vec![8, 5] }];
    expected.wrong_dtype = vec![WrongDtype { name: "hidden.bias".into(), found: "I64".into() }];
    expected.missing = vec![
        Missing { name: "output.weight".into(), shape: vec![3, 8], similar: None },
        Missing { name: "output.bias".into(), shape: vec![3], similar: Some("output.b".into()) },
    ];
    expected.unexpected = vec![
        Unexpected { name: "output.b".into(), shape: vec![3], similar: Some("output.bias".into()) },
        Unexpected { name: "position_ids".into(), shape: vec![1, 16], similar: None },
    ];
    assert_eq!(all, expected);
}

#[test]
fn a_prefix_is_seen_through() {
    let wrapped = mismatch(&[
        ("module.hidden.weight", Stored::F32, &[8, 4]),
        ("module.hidden.bias", Stored::F32, &[8]),
        ("module.output.weight", Stored::F32, &[3, 8]),
        ("module.output.bias", Stored::F32, &[3]),
    ]);
    assert_eq!(
        wrapped.to_string(),
        "the file does not fit this network:
  missing       hidden.weight [8, 4] (the file has `module.hidden.weight`: renamed?)
  missing       hidden.bias [8] (the file has `module.hidden.bias`: renamed?)
  missing       output.weight [3, 8] (the file has `module.output.weight`: renamed?)
  missing       output.bias [3] (the file has `module.output.bias`: renamed?)
  unexpected    module.hidden.bias [8]
  unexpected    module.hidden.weight [8, 4]
  unexpected    module.output.bias [3]
  unexpected    module.output.weight [3, 8]"
    );
}

#[test]
fn a_name_is_guessed_only_for_the_same_shape() {
    let renamed = mismatch(&[
        ("fc1.weight", Stored::F32, &[8, 4]), // unlike, but the only [8, 4], and a weight
        ("hidden.bias", Stored::F32, &[8]),
        ("output.weigth", Stored::F32, &[8, 3]), // alike, but transposed
        ("scale", Stored::F32, &[3]),            // the only [3], but no bias
    ]);
    let similar: Vec<_> = renamed.missing.iter().map(|missing| missing.similar.as_deref()).collect();
    assert_eq!(similar, [Some("fc1.weight"), None, None]);
}

#[test]
fn a_second_candidate_hears_of_the_name_too() {
    let copies = mismatch(&[
        ("hidden.weight", Stored::F32, &[8, 4]),
        ("hidden.bias", Stored::F32, &[8]),
        ("output.weight", Stored::F32, &[3, 8]),
        ("output.bia", Stored::F32, &[3]),
        ("output.bi", Stored::F32, &[3]),
    ]);
    assert_eq!(
        copies.to_string(),
        "the file does not fit this network:
  missing       output.bias [3] (the file has `output.bia`: renamed?)
  unexpected    output.bi [3] (the network has `output.bias`)
  unexpected    output.bia [3]"
    );
}

#[test]
fn the_file_is_named() {
    let folder = Folder::new();
    let path = folder.path("model.safetensors");
    fs::write(&path, file(&[])).unwrap();
    let text = two_layer(1).load(&path).unwrap_err().to_string();
    assert_eq!(text.lines().next().unwrap(), format!("{} does not fit this network:", path.display()));
    assert_eq!(text.lines().count(), 5);
}

#[test]
fn a_scalar_beyond_its_type_is_refused_before_anything_is_written() {
    // The only integer scalars in dfdx are settings of modules that need a seed; so one of our own.
    let mut net = Counted { weight: Cpu::default().zeros(), steps: 7 };
    let load = |net: &mut Counted, steps: f64| {
        let bytes = file(&[
            ("steps", Stored::F64, &[], &steps.to_le_bytes()),
            ("weight", Stored::F32, &[1], &1_f32.to_le_bytes()),
        ]);
        net.load_bytes(&bytes)
    };
    let error = load(&mut net, -1.0).unwrap_err();
    assert_eq!(error.to_string(), "`steps` is -1 in the file, which its type in this network cannot hold");
    assert_eq!((net.steps, net.weight.array()), (7, [0.0]));
    load(&mut net, 9.0).unwrap();
    assert_eq!((net.steps, net.weight.array()), (9, [1.0]));
}

struct Counted {
    weight: Tensor<Rank1<1>, f32, Cpu>,
    steps: u32,
}

impl TensorCollection<f32, Cpu> for Counted {
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(visitor: &mut V) -> Result<Option<()>, V::Err> {
        visitor.visit_fields(
            (
                Self::tensor("weight", |s| &s.weight, |s| &mut s.weight, TensorOptions::reset_to_zeros()),
                Self::scalar("steps", |s| &s.steps, |s| &mut s.steps, ScalarOptions::from_default(0)),
            ),
            |_| (),
        )
    }
}
