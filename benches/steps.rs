//! What a step of training costs, in its parts: the numbers that docs/scaling.md reckons with.
//!
//! `RAYON_NUM_THREADS=1 cargo bench --bench steps` prints lines `step <network> tokens=<…> forward_ms=<median> …`.

use std::time::Instant;

use tensor_core::optim::{AdamW, Optimizer};
use tensor_core::prelude::*;

layer! {
    struct Block<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D] where F == 4 * D, D % H == 0 {
        residual { norm_1: layer_norm, attend: attention(heads: H, mask: causal), dropout(0.1) },
        residual { norm_2: layer_norm, up: linear(F), gelu_tanh, down: linear(D), dropout(0.1) },
    }
}

layer! {
    /// The network of the examples `gpt` and `parallel`.
    struct Hamlet: ids[n] -> [n, 65] {
        tokens: embedding(65 -> 128),
        places: positional(128),
        dropout(0.1),
        blocks: [Block<128, 512, 4>; 4],
        norm: layer_norm,
        unembed(65, tie: tokens),
    }
}

layer! {
    /// GPT-2 small: 124,439,808 parameters.
    struct Gpt2: ids[n] -> [n, 50_257] {
        tokens: embedding(50_257 -> 768),
        places: positional(1024),
        dropout(0.1),
        blocks: [Block<768, 3072, 12>; 12],
        norm: layer_norm,
        unembed(50_257, tie: tokens),
    }
}

/// The median of milliseconds.
fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// Measures steps on so many sequences of so many tokens.
macro_rules! measure {
    ($Net:ident, $vocabulary:literal, $sequences:literal of $tokens:literal, $times:literal) => {{
        let device = Cpu::seed_from_u64(0);
        let mut net = $Net::new(&device);
        let mut optimizer: Optimizer<_> = Optimizer::new(AdamW::default()).clip_norm(1.0);
        let mut gradients = net.alloc_grads();
        let ids: Vec<usize> = (0..$sequences * $tokens).map(|place| place * 7919 % $vocabulary).collect();
        let mut parts: [Vec<f64>; 3] = Default::default();
        for step in 0..=$times {
            let x = device.tensor_from_vec(ids.clone(), ($sequences, $tokens));
            let started = Instant::now();
            let loss = cross_entropy(net.forward_train(x, gradients), &ids);
            let forward = started.elapsed();
            gradients = loss.backward();
            let backward = started.elapsed();
            optimizer.step(&mut net, &mut gradients).expect("it is the same network");
            let all = started.elapsed();
            if step > 0 {
                let times = [forward, backward - forward, all - backward];
                parts.iter_mut().zip(times).for_each(|(part, time)| part.push(time.as_secs_f64() * 1e3));
            }
        }
        let [forward, backward, optimizer] = parts.map(median);
        println!(
            "step {} parameters={} tokens={} threads={} forward_ms={forward:.1} backward_ms={backward:.1} \
             optimizer_ms={optimizer:.1}",
            stringify!($Net),
            $Net::<f32, Cpu>::PARAMS,
            $sequences * $tokens,
            std::env::var("RAYON_NUM_THREADS").unwrap_or_else(|_| "all".to_owned()),
        );
    }};
}

fn main() {
    measure!(Hamlet, 65, 16 of 128, 9);
    measure!(Hamlet, 65, 8 of 128, 9);
    measure!(Gpt2, 50_257, 1 of 256, 3);
}
