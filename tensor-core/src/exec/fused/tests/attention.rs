//! Attention.

use dfdx::prelude::*;

use super::super::lower::{Purpose, lower};
use super::super::{Task, run};
use super::{Eight, Heads4, Taped, agree, given, listed, tensor, weights};
use crate::exec::{Mode, Value};
use crate::ops::testing::{ATTENTION, M, N, plan_of, side, size};
use crate::ops::{AttentionOp, Mask, Op};
use crate::param::{Weighted, Weights};
use crate::plan::Axes;

#[test]
fn masks_contexts_and_norms_are_taken() {
    let x = tensor((3, 5, 8), 1);
    let linears: [Eight; 4] = std::array::from_fn(|_| weights());
    let norms: [Heads4; 2] = std::array::from_fn(|_| weights());
    let plain: Vec<&dyn Weighted<f32, Cpu>> = linears.iter().map(|linear| linear as _).collect();
    let normed: Vec<_> = plain.iter().copied().chain(norms.iter().map(|norm| norm as _)).collect();
    let padding = Cpu::default().tensor_from_vec(
        (0..15).map(|at| if at % 5 == 0 || at % 3 == 1 { 1.0 } else { 0.0 }).collect(),
        (3, 5),
    );
    let contexts = [given("context", &tensor((3, 4, 8), 2)), given("context", &tensor((4, 8), 3))];
    for (qk_norm, rope) in [(false, None), (true, None), (true, Some(100.0))] {
        let all = if qk_norm { &normed } else { &plain };
        for mask in [Mask::None, Mask::Causal, Mask::Window(2)] {
            let op = AttentionOp { mask, qk_norm, rope, ..ATTENTION };
            agree(plan_of(&[N, size(8)], &[], Op::Attention(op)), all, &x, vec![]);
        }
        let masked = Op::Attention(AttentionOp { mask: Mask::Padding, qk_norm, rope, ..ATTENTION });
        let net = plan_of(&[N, size(8)], &[side("mask", &[N])], masked);
        agree(net, all, &x, vec![given("mask", &padding)]);
        agree(net, all, &x, vec![given("mask", &tensor((3, 5), 4))]);
        for context in &contexts {
            let op = AttentionOp { context: Some("context"), qk_norm, rope, ..ATTENTION };
            let net = plan_of(&[N, size(8)], &[side("context", &[M, size(8)])], Op::Attention(op));
            agree(net, all, &x, vec![context.clone()]);
            agree(net, all, &x, vec![given("context", &tensor((2, 4, 8), 2))]);
        }
    }
}

/// Scores are never kept: in use and in training, four times as many positions take four times the memory.
#[test]
fn memory_grows_with_the_positions() {
    let net = plan_of(&[N, size(8)], &[], Op::Attention(ATTENTION));
    for goes_back in [false, true] {
        let mode = if goes_back { Mode::Training } else { Mode::Inference };
        let purpose =
            Purpose { mode, goes_back, of_input: goes_back, step: None, last: false, frozen: false };
        let numbers = |positions: usize| {
            let program = lower(net, &Axes::of_sizes(&[positions, 8]), &[], purpose).expect("it fits");
            let mut buffers = Vec::new();
            program.fit(&mut buffers);
            buffers.iter().map(Vec::len).sum::<usize>()
        };
        assert!(numbers(4096) <= 4 * numbers(1024), "{} and {}", numbers(4096), numbers(1024));
    }
}

/// Shares that the same seed drops are the same going back: the gradient fits the difference along a direction.
#[test]
fn dropped_shares_have_their_gradient() {
    let linears: [Eight; 4] = std::array::from_fn(|_| weights());
    let all = linears.each_ref().map(|linear| linear as &dyn Weighted<f32, Cpu>);
    let net = plan_of(&[N, size(8)], &[], Op::Attention(AttentionOp { dropout: 0.4, ..ATTENTION }));
    let (x, along) = (tensor((20, 8), 1), tensor((20, 8), 2));
    let pass = |x: &Tensor<(usize, usize), f32, Cpu>| {
        let device = Cpu::seed_from_u64(3);
        let weights = listed(&all, Weights::on_host());
        let task =
            Task { plan: net, weights, mode: Mode::Training, device: &device, wants_input_gradient: true };
        let x = Value::Rows(x.clone().put_tape(Taped::default()));
        run(task, x, vec![], &mut Axes::of_sizes(&[20, 8]), None).expect("it runs").rows()
    };
    let loss = |y: Tensor<(usize, usize), f32, Cpu, Taped>| (y * tensor((20, 8), 4)).sum::<Rank0, _>();
    assert_eq!(pass(&x).as_vec(), pass(&x).as_vec());
    let gradient = loss(pass(&x)).backward().get(&x).as_vec();
    let expected: f32 = gradient.iter().zip(along.as_vec()).map(|(g, d)| g * d).sum();
    let moved = |step: f32| loss(pass(&(x.clone() + along.clone() * step))).array();
    let slope = (moved(0.01) - moved(-0.01)) / 0.02;
    assert!((slope - expected).abs() < 1e-2 * expected.abs().max(0.1), "{slope} for {expected}");
}
