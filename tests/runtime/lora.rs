//! Adapting trained networks: what trains, what keeps its bits, merging, files.

use dfdx::optim::Optimizer as _;
use tensor_core::io::LoadError;
use tensor_core::lora::{AdapterError, adapters_and};
use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{AdamW, Group, Lion, Optimizer, RmsProp, Rule, Sgd};
use tensor_core::prelude::{Adam as DfdxAdam, Sgd as DfdxSgd, *};

use crate::support::net::randomise;

layer! { pub struct Inner: [6] -> [6] { residual { norm: layer_norm, up: linear(6 -> 9), gelu, down: linear(9 -> 6) } } }
layer! {
    pub struct InnerLora: [6] -> [6] {
        residual {
            norm: layer_norm,
            up: lora(6 -> 9, rank: 2, alpha: 4, bias: true), gelu,
            down: lora(9 -> 6, rank: 3, alpha: 3, bias: true),
        },
    }
}

layer! {
    pub struct Base: [4] -> [3] {
        enter: linear(4 -> 6, bias: false),
        blocks: [Inner; 2],
        fork(add) { left: { wide: linear(6 -> 5, rename: "fc.wide"), relu }, right: { narrow: linear(6 -> 5) } },
        head: linear(5 -> 3),
    }
}
layer! {
    pub struct Adapted: [4] -> [3] {
        enter: lora(4 -> 6, rank: 1, alpha: 2),
        blocks: [InnerLora; 2],
        fork(add) {
            left: { wide: lora(6 -> 5, rank: 2, alpha: 1, bias: true, rename: "fc.wide"), relu },
            right: { narrow: linear(6 -> 5) },
        },
        head: linear(5 -> 3),
    }
}

const FACTORS: usize = (4 + 6) + 2 * (2 * (6 + 9) + 3 * (9 + 6)) + 2 * (6 + 5);
const FROZEN: usize = 4 * 6 + 2 * (6 * 9 + 9 + 9 * 6 + 6) + (6 * 5 + 5);
const OTHERS: usize = 2 * 12 + (6 * 5 + 5) + (5 * 3 + 3);
const _: () = assert!(Adapted::PARAMS == (FACTORS + FROZEN + OTHERS) as u64);
const _: () = assert!(Adapted::cost([4]).trainable == (FACTORS + OTHERS) as u64);
const _: () = assert!(
    Adapted::macs([4]) == Base::macs([4]) + FACTORS as u64, // biases don't count
);

type Named = Vec<(String, Vec<u32>)>;

/// All weights by name, as bits.
fn bits<N: StateDict<f32, Cpu>>(net: &N) -> Named {
    let bytes = net.save_bytes().unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let bits = |data: &[u8]| data.chunks(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect();
    let names = net.state_dict().into_iter().map(|tensor| tensor.name);
    names.map(|name| (name.clone(), bits(file.tensor(&name).unwrap().data()))).collect()
}

fn is_frozen(name: &str) -> bool {
    let adapted = ["enter.", "up.", "down.", "wide."].iter().any(|item| name.contains(item));
    adapted && !is_factor(name)
}

fn is_factor(name: &str) -> bool {
    name.ends_with("lora_a") || name.ends_with("lora_b")
}

fn base() -> Base {
    let mut base = Base::new(&Cpu::seed_from_u64(7));
    randomise(&mut base, 3);
    base
}

fn adapted() -> Adapted {
    let mut net = Adapted::new(&Cpu::seed_from_u64(8));
    net.adapt(&base(), &[]).unwrap();
    net
}

fn batch() -> (Tensor<Rank2<12, 4>, f32, Cpu>, Vec<usize>) {
    (Cpu::seed_from_u64(9).sample_normal(), (0..12).map(|row| row % 3).collect())
}

/// One that has learned something.
fn trained() -> Adapted {
    let (mut net, (x, labels)) = (adapted(), batch());
    let mut optimizer = Optimizer::new(AdamW { learning_rate: 0.02, ..AdamW::default() });
    for _ in 0..20 {
        optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
    }
    net
}

#[track_caller]
fn close<const M: usize, const N: usize>(a: [[f32; N]; M], b: [[f32; N]; M], most: f32) {
    for (a, b) in a.as_flattened().iter().zip(b.as_flattened()) {
        assert!((a - b).abs() <= most * (1.0 + b.abs()), "{a} and {b}");
    }
}

#[test]
fn an_adapted_network_starts_as_its_base() {
    let (net, base, (x, _)) = (adapted(), base(), batch());
    close(net.forward(x.clone()).array(), base.forward(x).array(), 1e-6);
    let names: Vec<String> = net.adapters().into_iter().map(|adapter| adapter.name).collect();
    assert_eq!(names, ["enter", "blocks.0.up", "blocks.0.down", "blocks.1.up", "blocks.1.down", "fc.wide"]);
    let ranks: Vec<_> =
        net.adapters().iter().map(|info| (info.inputs, info.outputs, info.rank, info.alpha)).collect();
    assert_eq!(ranks[..3], [(4, 6, 1, 2), (6, 9, 2, 4), (9, 6, 3, 3)]);
    assert_eq!(net.adapters().iter().map(|info| info.params()).sum::<usize>(), FACTORS);
    assert_eq!(net.adapters()[1].scale(), 2.0);
}

/// After training, what `stays` says is as it was to the bit, and all else has changed.
#[track_caller]
fn keeps(what: &str, before: &Named, after: &Named, stays: impl Fn(&str) -> bool) {
    assert_eq!(before.len(), after.len());
    for ((name, before), (_, after)) in before.iter().zip(after) {
        assert_eq!(before == after, stays(name), "{what}: {name}");
    }
}

fn by_steps<R: Rule + Clone>(what: &str, rule: R) {
    let (x, labels) = batch();
    for fused in [true, false] {
        let mut net = adapted();
        let before = bits(&net);
        let mut optimizer = Optimizer::new(rule.clone()).clip_norm(0.5).with_groups(|_| Group::default());
        let mut gradients = net.alloc_grads();
        for _ in 0..8 {
            if fused {
                optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
            } else {
                let loss = cross_entropy(net.forward_train(x.clone(), gradients), &labels);
                gradients = loss.backward();
                optimizer.step(&mut net, &mut gradients).unwrap();
            }
        }
        keeps(what, &before, &bits(&net), is_frozen);
        assert_eq!((optimizer.trained(), optimizer.untrained()), (FACTORS + OTHERS, FROZEN), "{what}");
        assert_eq!(optimizer.remembered(), rule.remembers().len() * (FACTORS + OTHERS), "{what}");
        let state = optimizer.save_bytes().unwrap();
        let state = safetensors::SafeTensors::deserialize(&state).unwrap();
        assert!(!state.names().iter().any(|name| is_frozen(name.split('/').next().unwrap())), "{what}");
    }
}

#[test]
fn frozen_weights_keep_their_bits_with_our_optimizers() {
    by_steps("sgd", Sgd { learning_rate: 0.05, momentum: 0.9, weight_decay: 0.1, ..Sgd::default() });
    by_steps("adamw", AdamW { learning_rate: 0.01, weight_decay: 0.5, ..AdamW::default() });
    by_steps("lion", Lion { learning_rate: 0.005, weight_decay: 0.5, ..Lion::default() });
    by_steps("rmsprop", RmsProp { learning_rate: 0.005, weight_decay: 0.5, ..RmsProp::default() });
}

#[test]
fn frozen_weights_keep_their_bits_with_dfdxs_optimizers() {
    let (x, labels) = batch();
    let run = |what: &str, update: &mut dyn FnMut(&mut Adapted, &Gradients<f32, Cpu>)| {
        let mut net = adapted();
        let before = bits(&net);
        let mut gradients = net.alloc_grads();
        for _ in 0..8 {
            gradients = cross_entropy(net.forward_train(x.clone(), gradients), &labels).backward();
            update(&mut net, &gradients);
            net.zero_grads(&mut gradients);
        }
        keeps(what, &before, &bits(&net), is_frozen);
    };
    let decay = Some(WeightDecay::Decoupled(0.1));
    let net = adapted();
    let mut adam = DfdxAdam::new(&net, AdamConfig { lr: 0.01, weight_decay: decay, ..AdamConfig::default() });
    run("adam", &mut |net, gradients| adam.update(net, gradients).unwrap());
    let mut sgd = DfdxSgd::new(
        &net,
        SgdConfig { lr: 0.1, weight_decay: Some(WeightDecay::L2(0.1)), ..SgdConfig::default() },
    );
    run("sgd", &mut |net, gradients| sgd.update(net, gradients).unwrap());
}

/// The steps at once and those by the tape change the same.
#[test]
fn only_the_adapters_and_a_head_train() {
    let (x, labels) = batch();
    let stays = |name: &str| !is_factor(name) && !name.starts_with("head.");
    let rule = AdamW { learning_rate: 0.01, weight_decay: 0.1, ..AdamW::default() };
    let outcomes = [true, false].map(|fused| {
        let mut net = adapted();
        let before = bits(&net);
        let mut optimizer = Optimizer::new(rule).clip_norm(0.3).with_groups(adapters_and(&["head"]));
        let mut gradients = net.alloc_grads();
        for _ in 0..8 {
            if fused {
                optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
            } else {
                gradients = cross_entropy(net.forward_train(x.clone(), gradients), &labels).backward();
                optimizer.step(&mut net, &mut gradients).unwrap();
            }
        }
        keeps("adapters and head", &before, &bits(&net), stays);
        assert_eq!((optimizer.trained(), optimizer.remembered()), (FACTORS + 18, 2 * (FACTORS + 18)));
        assert_eq!(optimizer.trained() + optimizer.untrained(), Adapted::PARAMS as usize);
        (net.forward(x.clone()).array(), optimizer.last_norm().unwrap())
    });
    close(outcomes[0].0, outcomes[1].0, 1e-4);
    assert!((outcomes[0].1 / outcomes[1].1 - 1.0).abs() < 1e-3, "{outcomes:?}");
}

#[test]
fn a_merged_network_does_the_same_and_an_unmerged_one_is_the_base() {
    let (net, mut plain, (x, _)) = (trained(), base(), batch());
    let before = bits(&plain);
    net.merge_into(&mut plain).unwrap();
    close(net.forward(x.clone()).array(), plain.forward(x.clone()).array(), 1e-5);
    keeps("merged", &before, &bits(&plain), |name| {
        name.ends_with("up.bias") || name.ends_with("down.bias") || name == "fc.wide.bias"
    });
    // The item's own merging rounds in another place.
    let item = net.enter.merge().unwrap().array();
    close(item, plain.enter.weight.array(), 1e-6);
    assert_ne!(plain.forward(x.clone()).array(), base().forward(x.clone()).array());

    let mut loaded = Base::new(&Cpu::default());
    loaded.load_bytes(&net.merged_bytes().unwrap()).unwrap();
    assert_eq!(bits(&loaded), bits(&plain));

    // Its head and norms were trained, and stay; the matrices are the base's.
    net.unmerge_from(&mut plain).unwrap();
    let unmerged = bits(&plain);
    for ((name, original), (_, now)) in before.iter().zip(&unmerged) {
        assert!(!is_frozen(name) || original == now, "{name}");
    }

    // With the adapters alone trained, all is.
    let mut net = adapted();
    let mut optimizer = Optimizer::new(AdamW::default()).with_groups(adapters_and(&[]));
    let labels = batch().1;
    optimizer.train_step(&mut net, x, CrossEntropy(&labels)).unwrap();
    net.merge_into(&mut plain).unwrap();
    assert_ne!(bits(&plain), before);
    net.unmerge_from(&mut plain).unwrap();
    assert_eq!(bits(&plain), before);
}

#[test]
fn an_adapter_alone_is_saved_and_loaded_onto_another_copy() {
    let (mut net, (x, labels)) = (adapted(), batch());
    let mut optimizer = Optimizer::new(AdamW { learning_rate: 0.02, ..AdamW::default() })
        .with_groups(adapters_and(&["head"]));
    for _ in 0..20 {
        optimizer.train_step(&mut net, x.clone(), CrossEntropy(&labels)).unwrap();
    }
    let path = std::env::temp_dir().join(format!("adapter-{}.safetensors", std::process::id()));
    net.save_adapter(&path, &["head"]).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), net.adapter_bytes(&["head"]).unwrap());
    let mut other = adapted();
    assert_ne!(other.forward(x.clone()).array(), net.forward(x.clone()).array());
    other.load_adapter(&path, &["head"]).unwrap();
    assert_eq!(bits(&other), bits(&net));

    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let text = &header.metadata().as_ref().unwrap()["lora"];
    assert!(text.contains(r#""blocks.0.down":{"alpha":3,"rank":3}"#), "{text}");
    let numbers: usize = header.tensors().values().map(|info| info.shape.iter().product::<usize>()).sum();
    assert_eq!(numbers, FACTORS + 18);
    let gone = other.load_adapter(&path, &["head"]).unwrap_err();
    assert!(matches!(&gone, AdapterError::Load(LoadError::Io { .. })), "{gone}");
}

layer! { pub struct Small: [4] -> [3] { fc: lora(4 -> 3, rank: 2, alpha: 4) } }

#[test]
fn what_does_not_fit_is_told_and_changes_nothing() {
    layer! { struct OtherRank: [4] -> [3] { fc: lora(4 -> 3, rank: 1, alpha: 4) } }
    layer! { struct OtherAlpha: [4] -> [3] { fc: lora(4 -> 3, rank: 2, alpha: 8) } }
    layer! { struct OtherName: [4] -> [3] { fd: lora(4 -> 3, rank: 2, alpha: 4) } }
    layer! { struct Plain: [4] -> [3] { fc: linear(4 -> 3) } }
    layer! { struct PlainNoBias: [4] -> [3] { fc: linear(4 -> 3, bias: false) } }
    layer! { struct WithBias: [4] -> [3] { fc: lora(4 -> 3, rank: 2, alpha: 4, bias: true) } }
    let device = Cpu::seed_from_u64(1);
    let mut small = Small::new(&device);
    let before = bits(&small);
    let told = |result: Result<(), AdapterError>| result.unwrap_err().to_string();

    let error = told(small.load_adapter_bytes(&OtherRank::new(&device).adapter_bytes(&[]).unwrap(), &[]));
    assert_eq!(error, "`fc` has rank 2 and alpha 4 in the network, but rank 1 and alpha 4 in the file");
    let error = told(small.load_adapter_bytes(&OtherAlpha::new(&device).adapter_bytes(&[]).unwrap(), &[]));
    assert_eq!(error, "`fc` has rank 2 and alpha 4 in the network, but rank 2 and alpha 8 in the file");
    let error = told(small.load_adapter_bytes(&OtherName::new(&device).adapter_bytes(&[]).unwrap(), &[]));
    assert_eq!(
        error,
        "the file does not fit this network:
  missing       fc.lora_a [2, 4] (the file has `fd.lora_a`: renamed?)
  missing       fc.lora_b [3, 2] (the file has `fd.lora_b`: renamed?)
  unexpected    fd.lora_a [2, 4]
  unexpected    fd.lora_b [3, 2]"
    );
    let error = told(small.load_adapter_bytes(&small.save_bytes().unwrap(), &[]));
    assert_eq!(error, "not an adapter: its metadata has no `lora`, where ranks and alphas stand");
    assert!(told(small.load_adapter_bytes(b"no", &[])).contains("not a whole safetensors file"));

    // A base with a bias needs a place for it.
    let error = told(small.adapt(&Plain::new(&device), &[]));
    assert_eq!(error, "the file does not fit this network:\n  unexpected    fc.bias [3]");
    WithBias::new(&device).adapt(&Plain::new(&device), &[]).unwrap();
    small.adapt(&PlainNoBias::new(&device), &["fd"]).unwrap_err();
    let error = told(small.adapt(&PlainNoBias::new(&device), &["fcc"]));
    assert_eq!(error, "the network has nothing called `fcc`; did you mean `fc`?");
    let error = told(small.adapt_file("no/such/file", &[]));
    assert!(error.starts_with("cannot read `no/such/file`"), "{error}");
    assert_eq!(bits(&small), before);

    let mut plain = Plain::new(&device);
    let error = told(plain.adapt(&PlainNoBias::new(&device), &[]));
    assert_eq!(error, "`Plain` has no `lora` items: there is nothing to adapt");
    let before = bits(&plain);
    assert!(told(small.merge_into(&mut plain)).contains("missing       fc.bias [3]"));
    assert_eq!(bits(&plain), before);
    // An unmerged network may have weights beside.
    small.unmerge_from(&mut plain).unwrap();
    assert_eq!(plain.fc.weight.array(), small.fc.weight.array());
}

#[cfg(feature = "linalg")]
#[test]
fn a_difference_gives_the_nearest_matrices_of_low_rank() {
    let device = Cpu::seed_from_u64(5);
    let (base, mut tuned) = (base(), base());
    randomise(&mut tuned, 6);
    let mut net = Adapted::new(&device);
    let kept = net.adapt_to_difference(&base, &tuned).unwrap();
    assert_eq!(kept.len(), net.adapters().len());

    // What is left has the singular values that were left out: no matrix of this rank comes nearer.
    let mut merged = base.clone();
    net.merge_into(&mut merged).unwrap();
    let left = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>();
    let item = &kept[2];
    assert_eq!((item.name.as_str(), item.singular_values.len()), ("blocks.0.down", 6));
    assert!(item.singular_values.is_sorted_by(|a, b| a >= b));
    let [merged, tuned_down, base_down] =
        [&merged, &tuned, &base].map(|net| net.blocks[0].down.weight.as_vec());
    let all: f64 = item.singular_values.iter().map(|s| s * s).sum();
    let rest: f64 = item.singular_values[3..].iter().map(|s| s * s).sum();
    assert!((left(&tuned_down, &base_down) / all - 1.0).abs() < 1e-5);
    assert!((left(&tuned_down, &merged) / rest - 1.0).abs() < 1e-4);
    assert!((item.share - (1.0 - rest / all)).abs() < 1e-12);

    // Without a difference, nothing is added; with NaN it is told, and nothing changes.
    let same = net.adapt_to_difference(&base, &base).unwrap();
    assert!(same.iter().all(|kept| kept.share == 1.0));
    assert!(net.enter.lora_b.as_vec().iter().all(|&x| x == 0.0));
    let before = bits(&net);
    tuned.enter.weight.tensor_mut().fill_with_ones();
    *tuned.enter.weight.tensor_mut() = tuned.enter.weight.tensor().clone() * f32::NAN;
    let error = net.adapt_to_difference(&base, &tuned).unwrap_err().to_string();
    assert_eq!(
        error,
        "the difference of `enter` can't be decomposed: row 0, column 0 is NaN: only finite numbers can be decomposed"
    );
    assert_eq!(bits(&net), before);
}

/// More rank than the matrix has: what is over stays zero.
#[cfg(feature = "linalg")]
#[test]
fn a_difference_may_have_less_rank_than_the_adapter() {
    layer! { struct Wide: [4] -> [1] { fc: linear(4 -> 1) } }
    layer! { struct WideLora: [4] -> [1] { fc: lora(4 -> 1, rank: 3, alpha: 2, bias: true) } }
    let (base, tuned) = (Wide::new(&Cpu::seed_from_u64(1)), Wide::new(&Cpu::seed_from_u64(2)));
    let mut net = WideLora::new(&Cpu::default());
    let kept = net.adapt_to_difference(&base, &tuned).unwrap();
    assert_eq!((kept[0].singular_values.len(), kept[0].share), (1, 1.0));
    let merged = net.fc.merge().unwrap().array();
    close(merged, tuned.fc.weight.array(), 1e-6);
}
