//! Networks of eight bits beside the same ones of `f32`.

use tensor_core::{decode::KvCache, io::Checkpoint, prelude::*, quantised::Quantised};

use crate::support::difference::largest_difference;

layer! {
    struct Language: ids[n] -> [n, 70] {
        tokens: embedding(70 -> 64),
        places: positional(40),
        residual {
            norm_1: layer_norm,
            attend: attention(heads: 4, kv_heads: 2, mask: causal, rope: 10_000.0, qk_norm: true),
        },
        residual {
            norm_2: rms_norm,
            fork(mul) { gate: { left: linear(96, bias: false), silu }, up: { right: linear(96) } },
            down: linear(64),
        },
        norm: rms_norm,
        unembed(70, tie: tokens),
    }
}

layer! {
    struct Pictures: [3, 8, 8] -> [5] {
        filters: conv2d(3 -> 32, kernel: 3, padding: 1),
        relu,
        max_pool2d(2),
        patches(2),
        embed: linear(96),
        class: class_token,
        attend: attention(heads: 3),
        pool(first),
        low: lora(96 -> 64, rank: 32, alpha: 8),
        tanh,
        odd: linear(64 -> 33),
        relu,
        scores: linear(33 -> 5),
    }
}

/// The largest difference beside the largest number.
fn off(a: &[f32], b: &[f32]) -> f64 {
    let largest = b.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    largest_difference(a, b) / f64::from(largest)
}

fn language() -> (Cpu, Language, Quantised<Language>) {
    let device = Cpu::seed_from_u64(3);
    let net = Language::new(&device);
    let eight = Quantised::of(&net);
    (device, net, eight)
}

fn ids(device: &Cpu, ids: &[usize]) -> Tensor<(usize,), usize, Cpu> {
    device.tensor_from_vec(ids.to_vec(), (ids.len(),))
}

#[test]
fn it_gives_nearly_what_the_network_gives() -> Result<(), Error> {
    let (device, net, eight) = language();
    let text: Vec<usize> = (0..33).map(|i| i * i % 70).collect();
    let near = eight.try_forward(ids(&device, &text))?.as_vec();
    assert!(off(&near, &net.forward(ids(&device, &text)).as_vec()) < 0.02);

    let net = Pictures::new(&device);
    let x: Tensor<(usize, Const<3>, Const<8>, Const<8>), f32, _> =
        device.sample_normal_like(&(7, Const, Const, Const));
    let eight = Quantised::of(&net);
    let near = eight.try_forward(x.clone())?.as_vec();
    assert!(off(&near, &net.forward(x).as_vec()) < 0.02);
    Ok(())
}

/// A matrix of whole blocks takes 34 bytes for 32 numbers, its outputs filled up to eights; all else four for each.
#[test]
fn only_matrices_of_whole_blocks_are_of_eight_bits() {
    let device = Cpu::default();
    let matrices =
        [(96, 128), (96, 96), (96, 96), (96, 96), (96, 96), (64, 96), (32, 96), (64, 32), (40, 64)];
    let numbers = 32 * 27 + 32 + 96 + 96 + 4 * 96 + 33 + 5 * 33 + 5;
    let expected =
        matrices.iter().map(|(outputs, inputs)| outputs * inputs / 32 * 34).sum::<usize>() + 4 * numbers;
    assert_eq!(Quantised::of(&Pictures::new(&device)).bytes(), expected);
}

#[test]
fn steps_give_what_a_pass_gives() -> Result<(), Error> {
    let (device, _, eight) = language();
    let text: Vec<usize> = (0..25).map(|i| (7 * i + 3) % 70).collect();
    let whole = eight.try_forward(ids(&device, &text))?.as_vec();
    let (mut cache, mut last) = (KvCache::new(25), KvCache::new(25));
    let mut at = 0;
    for part in [1, 3, 1, 19, 1] {
        let new = &text[at..at + part];
        let stepped = eight.step(&mut cache, ids(&device, new))?.as_vec();
        assert!(off(&stepped, &whole[at * 70..(at + part) * 70]) < 0.02);
        assert_eq!(eight.last(&mut last, ids(&device, new))?, stepped[(part - 1) * 70..]);
        at += part;
    }
    let full = eight.last(&mut last, ids(&device, &[1]));
    assert!(matches!(full, Err(Error::CacheFull { .. })));
    let empty = eight.last(&mut KvCache::new(4), ids(&device, &[]));
    assert!(matches!(empty, Err(Error::Empty { .. })));
    assert_eq!(eight.step(&mut cache, ids(&device, &[]))?.shape().0, 0);
    let unknown = eight.try_forward(ids(&device, &[70])).err().map(|error| error.to_string());
    assert!(unknown.is_some_and(|error| error.contains("70")));
    Ok(())
}

#[test]
fn batches_are_sequences_of_their_own() -> Result<(), Error> {
    let (device, _, eight) = language();
    let text: Vec<usize> = (0..12).collect();
    let batch = device.tensor_from_vec(text.clone(), (3, 4));
    let last = eight.last(&mut KvCache::new(9), batch)?;
    for (sequence, last) in text.chunks(4).zip(last.chunks(70)) {
        assert!(off(last, &eight.last(&mut KvCache::new(9), ids(&device, sequence))?) < 1e-5);
    }
    Ok(())
}

#[test]
fn a_checkpoint_gives_the_same_network() -> Result<(), Box<dyn std::error::Error>> {
    let (device, net, eight) = language();
    let checkpoint = Checkpoint::from_bytes(net.save_bytes()?)?;
    let loaded = Quantised::<Language>::load(&checkpoint)?;
    let text = ids(&device, &[3, 1, 4, 1, 5, 9, 2, 6]);
    assert_eq!(loaded.try_forward(text.clone())?.as_vec(), eight.try_forward(text)?.as_vec());
    assert_eq!(loaded.bytes(), eight.bytes());

    let error = Quantised::<Language>::load(&checkpoint.without(|name| name == "down.bias")).unwrap_err();
    assert!(error.to_string().contains("missing       down.bias [64]"), "{error}");
    Ok(())
}
