//! What is wrong is told before the GPU reads past a table.

use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{Adam, Optimizer};
use tensor_core::prelude::*;

use crate::support::net::place;
use crate::{Gpt, both};

layer! { struct Padded: (x: [n, 6], mask: [n]) -> [6] { attend: attention(heads: 2, mask: padding), pool(mean) } }

#[test]
fn an_id_past_the_table() {
    let net: Gpt<f32, Cuda> = Gpt::<f32, Cpu>::build(&Cpu::default()).to_device(&place());
    let ids = place().tensor_from_vec(vec![0, 1, 11, 2], (2, 2));
    let error = net.try_forward(ids).unwrap_err().to_string();
    assert!(error.contains("11"), "{error}");
}

#[test]
fn a_label_past_the_classes() {
    let mut net: Gpt<f32, Cuda> = Gpt::<f32, Cpu>::build(&Cpu::default()).to_device(&place());
    let ids = place().tensor_from_vec(vec![0, 1, 3, 2], (2, 2));
    let mut optimizer = Optimizer::<Adam>::new(Adam::default());
    let error = optimizer.train_step(&mut net, ids, CrossEntropy(&[0, 1, 2, 11])).unwrap_err().to_string();
    assert_eq!(error, "the label of row 3 is 11, but there are 11 classes, from 0 to 10");
}

#[test]
fn a_mask_that_hides_all() {
    let net: Padded<f32, Cuda> = Padded::<f32, Cpu>::build(&Cpu::default()).to_device(&place());
    let (_, x) = both(1, (2, 3, Const::<6>));
    let mask = place().tensor_from_vec(vec![1.0f32, 1.0, 0.0, 0.0, 0.0, 0.0], (2, 3));
    let error = net.try_forward(x, mask).unwrap_err().to_string();
    assert!(error.contains("mask"), "{error}");
}

#[test]
fn a_gpu_that_is_not_there() {
    let _ = place();
    let error = tensor_core::cuda::device(4096, 0).unwrap_err();
    assert!(error.to_string().starts_with("GPU 4096 can't be used: there are fewer GPUs"), "{error}");
}
