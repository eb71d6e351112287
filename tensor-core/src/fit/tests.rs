//! What a comparison finds, and where. The words have their own tests in `tests/ui/fail/weights`.

use super::{Header, Place, StoredTensor, Verdict, compare};
use crate::ops::testing::{plan, size};
use crate::ops::{Activation, LinearOp, Op};
use crate::plan::Plan;

const fn tensor(name: &'static str, shape: &'static [usize]) -> StoredTensor {
    StoredTensor { name, origin: name, dtype: "F32", shape }
}

/// `hidden: linear(4 -> 8), relu, output: linear(8 -> 3)`
fn two_layer() -> &'static Plan {
    let linear = |inputs, outputs| Op::Linear(LinearOp { inputs, outputs, bias: true });
    plan(
        &[size(4)],
        false,
        &[],
        &[("hidden", linear(4, 8)), ("relu", Op::Activation(Activation::Relu)), ("output", linear(8, 3))],
    )
}

fn verdict<const M: usize>(tensors: [StoredTensor; M]) -> Verdict<4, M> {
    compare(two_layer(), Header { file: "net.safetensors", tensors: Box::leak(Box::new(tensors)) })
}

/// Item and first line of each mistake.
fn told<const M: usize>(tensors: [StoredTensor; M]) -> Vec<(Place, String)> {
    let verdict = verdict(tensors);
    let all = (0..12).map(|number| (verdict.place(number), verdict.message(number).as_str().to_owned()));
    let all: Vec<_> = all.take_while(|(_, text)| !text.is_empty()).collect();
    (all.len()..12).for_each(|number| assert!(verdict.message(number).is_empty()));
    all
}

#[test]
fn what_fits_has_no_mistakes() {
    let all = [
        tensor("hidden.bias", &[8]),
        tensor("hidden.weight", &[8, 4]),
        tensor("output.bias", &[3]),
        tensor("output.weight", &[3, 8]),
    ];
    assert_eq!(told(all), []);
}

#[test]
fn mistakes_are_at_their_items() {
    let told = told([
        tensor("hidden.bias", &[8]),
        tensor("hidden.weight", &[8, 5]),
        tensor("output.weight", &[3, 8]),
        tensor("steps", &[]),
    ]);
    let [(hidden, first), (output, second), (nowhere, third)] = &told[..] else { panic!("{told:?}") };
    assert!(hidden.is(0) && output.is(2) && *nowhere == Place::NOWHERE);
    assert!(
        first.starts_with(
            "`hidden` (Net) has weight `hidden.weight` [8, 4], but `net.safetensors` has [8, 5]"
        )
    );
    assert!(second.starts_with("`output` (Net) has weight `output.bias` [3], but `net.safetensors` has no"));
    assert!(third.starts_with("`net.safetensors` has `steps` [], which no item of `Net` takes"));
}

#[test]
fn a_file_without_tensors_has_nothing() {
    let told = told([]);
    assert_eq!(told.len(), 1);
    assert!(told[0].1.starts_with("`net.safetensors` has nothing of `Net`: it has no tensors\n"), "{told:?}");
}
