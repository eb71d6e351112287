//! Whatever bytes a reader is given: an answer or an error with words, never a panic, never memory on the word of the file, and
//! never a network that has a part of them.

#[path = "readers/damage.rs"]
mod damage;
#[path = "readers/memory.rs"]
mod memory;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use damage::{Damage, damages};
use proptest::prelude::*;
use tensor_core::io::Checkpoint;
use tensor_core::loss::CrossEntropy;
use tensor_core::optim::{AdamW, Optimizer};
use tensor_core::prelude::*;

layer! {
    struct Adapted: [4] -> [3] {
        hidden: lora(4 -> 6, rank: 2, alpha: 4, bias: true),
        relu,
        output: linear(6 -> 3),
    }
}

/// Most bytes that a reader may have at a time for a file of this length.
fn allowed(length: usize) -> usize {
    64 * length + (256 << 10)
}

/// Reads within the allowance; whether it was refused, with words.
fn refused<T, E: std::fmt::Display>(
    length: usize,
    read: impl FnOnce() -> Result<T, E>,
) -> Result<bool, TestCaseError> {
    let (result, peak) = memory::peak(read);
    prop_assert!(peak <= allowed(length), "{peak} bytes for a file of {length}");
    if let Err(error) = &result {
        prop_assert!(!error.to_string().trim().is_empty());
    }
    Ok(result.is_err())
}

fn values(net: &Adapted) -> Vec<u8> {
    net.save_bytes().expect("it can be saved")
}

/// A file that goes away with it.
struct Scratch(PathBuf);

impl Scratch {
    fn holding(extension: &str, bytes: &[u8]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tensor-core-readers-{}-{number}.{extension}", std::process::id());
        let scratch = Scratch(std::env::temp_dir().join(name));
        std::fs::write(&scratch.0, bytes).expect("the temporary folder can be written");
        scratch
    }

    /// Its name without the folder.
    fn name(&self) -> String {
        self.0.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn trained() -> (Adapted, Optimizer<AdamW>) {
    let device = Cpu::seed_from_u64(1);
    let mut net = Adapted::new(&device);
    let mut optimizer = Optimizer::new(AdamW::default());
    let x: Tensor<Rank2<2, 4>, f32, _> = device.sample_normal();
    optimizer.train_step(&mut net, x, CrossEntropy(&[0, 2])).expect("a step");
    (net, optimizer)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn networks(damages in damages()) {
        let (other, _) = trained();
        let bytes = Damage::apply(&other.save_bytes().expect("it can be saved"), &damages);
        let mut net = Adapted::new(&Cpu::default());
        let before = values(&net);
        if refused(bytes.len(), || net.load_bytes(&bytes))? {
            prop_assert_eq!(values(&net), before.clone());
        }
        let mut net = Adapted::new(&Cpu::default());
        let before = values(&net);
        let length = 2 * bytes.len();
        let loaded = refused(length, || Checkpoint::from_bytes(bytes)?.load_into(&mut net))?;
        prop_assert!(!loaded || values(&net) == before);
    }

    #[test]
    fn adapters(damages in damages()) {
        let (other, _) = trained();
        let bytes = Damage::apply(&other.adapter_bytes(&["output"]).expect("it has an adapter"), &damages);
        let mut net = Adapted::new(&Cpu::default());
        let before = values(&net);
        if refused(bytes.len(), || net.load_adapter_bytes(&bytes, &["output"]))? {
            prop_assert_eq!(values(&net), before);
        }
    }

    #[test]
    fn optimizers(damages in damages()) {
        let (_, other) = trained();
        let bytes = Damage::apply(&other.save_bytes().expect("it can be saved"), &damages);
        let (_, mut optimizer) = trained();
        let before = optimizer.save_bytes().expect("it can be saved");
        if refused(bytes.len(), || optimizer.load_bytes(&bytes))? {
            prop_assert_eq!(optimizer.save_bytes().expect("it can be saved"), before);
        }
    }

    #[test]
    fn checkpoints_in_several_files(damages in damages(), of_the_index in any::<bool>()) {
        let (other, _) = trained();
        let shard = other.save_bytes().expect("it can be saved");
        let damaged = if of_the_index { shard.clone() } else { Damage::apply(&shard, &damages) };
        let file = Scratch::holding("safetensors", &damaged);
        let places: Vec<String> =
            other.state_dict().iter().map(|info| format!("\"{}\": \"{}\"", info.name, file.name())).collect();
        let mut index = format!("{{\"metadata\": {{}}, \"weight_map\": {{{}}}}}", places.join(", ")).into_bytes();
        if of_the_index {
            index = Damage::apply_to_text(&index, &damages);
        }
        let length = index.len() + 2 * damaged.len();
        let index = Scratch::holding("index.json", &index);
        let mut net = Adapted::new(&Cpu::default());
        let before = values(&net);
        if refused(length, || Checkpoint::open(&index.0)?.load_into(&mut net))? {
            prop_assert_eq!(values(&net), before);
        }
    }

    #[cfg(feature = "search")]
    #[test]
    fn indices(damages in damages()) {
        use tensor_core::search::{Index, Metric};
        let mut whole = Index::<3>::new(Metric::Cosine);
        whole.extend(&[[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]], ["a", "später"]).expect("they are numbers");
        let file = Scratch::holding("index", b"");
        whole.save(&file.0).expect("the temporary folder can be written");
        let bytes = Damage::apply(&std::fs::read(&file.0).expect("it was written"), &damages);
        let file = Scratch::holding("index", &bytes);
        refused(2 * bytes.len(), || Index::<3>::load(&file.0))?;
        // SAFETY: nobody else knows the file.
        refused(2 * bytes.len(), || unsafe { Index::<3>::map(&file.0) })?;
    }

    #[cfg(all(feature = "data", feature = "vision"))]
    #[test]
    fn idx_files(damages in damages()) {
        let whole = [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3][..], &[7; 18]].concat();
        let bytes = Damage::apply_to_bytes(&whole, &damages);
        refused(bytes.len(), || tensor_core::data::Idx::parse(&bytes, "damaged.idx"))?;
    }

    #[cfg(feature = "data")]
    #[test]
    fn tables(damages in damages()) {
        use tensor_core::data::Schema;
        let schema = Schema { features: ["a", "b"], class: "kind", classes: ["x", "y"] };
        let text = Damage::apply_to_text(b"a,b,kind\n1,2.5,x\n-3,4e2,y\n0,\"1\",x\n", &damages);
        let text = String::from_utf8_lossy(&text);
        refused(text.len(), || schema.parse_csv(&text, "damaged.csv"))?;
    }

    #[cfg(feature = "audio")]
    #[test]
    fn sounds(damages in damages()) {
        use tensor_core::audio::Waveform;
        let file = Scratch::holding("wav", b"");
        let samples = (0..40).map(|i| i as f32 / 50.0).collect();
        Waveform::new(samples, 8000).and_then(|wave| wave.save(&file.0)).expect("the temporary folder can be written");
        let bytes = Damage::apply_to_bytes(&std::fs::read(&file.0).expect("it was written"), &damages);
        refused(bytes.len(), || Waveform::parse(&bytes, "damaged.wav"))?;
    }
}

/// A device or a pipe could go on for ever. This device is empty, so that a reader of it would say something else.
#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_not_read() {
    const DEVICE: &str = "/dev/null";
    #[track_caller]
    fn no_file<T, E: std::fmt::Display>(read: Result<T, E>) {
        let error = read.err().expect("it is no file").to_string();
        assert!(error.ends_with(": it is not a file"), "{error}");
    }
    let (mut net, mut optimizer) = trained();
    no_file(net.load(DEVICE));
    no_file(Checkpoint::open(DEVICE));
    no_file(optimizer.load(DEVICE));
    no_file(tensor_core::data::Records::open(DEVICE, 2));
    #[cfg(feature = "search")]
    {
        use tensor_core::search::Index;
        no_file(Index::<3>::load(DEVICE));
        // SAFETY: a device isn't mapped at all.
        no_file(unsafe { Index::<3>::map(DEVICE) });
    }
    #[cfg(feature = "linalg")]
    no_file(tensor_core::linalg::Pca::<4, 2>::load(DEVICE));
    #[cfg(feature = "data")]
    no_file(tensor_core::data::Schema { features: ["a"], class: "b", classes: ["c"] }.read_csv(DEVICE));
    #[cfg(all(feature = "data", feature = "vision"))]
    no_file(tensor_core::data::Idx::read(DEVICE));
    #[cfg(feature = "vision")]
    no_file(tensor_core::picture::Image::read(DEVICE));
    #[cfg(feature = "audio")]
    no_file(tensor_core::audio::Waveform::read(DEVICE));
}

#[test]
fn what_is_not_damaged_is_read() {
    let (other, _) = trained();
    let mut net = Adapted::new(&Cpu::default());
    net.load_bytes(&Damage::apply(&other.save_bytes().unwrap(), &[])).unwrap();
    assert_eq!(values(&net), values(&other));
    net.load_bytes(&Damage::apply(&other.save_bytes().unwrap(), &[Damage::Spaces(100_000)])).unwrap();
    assert_eq!(values(&net), values(&other));
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    let (other, _) = trained();
    let bytes = Damage::apply(&other.save_bytes().unwrap(), &[Damage::Twice(0)]);
    let error = Adapted::new(&Cpu::default()).load_bytes(&bytes).unwrap_err().to_string();
    assert!(error.contains("is there twice"), "{error}");
}
