//! Spoken prompts: read, normalised, and split so that no prompt is on both sides.

use std::{
    collections::BTreeMap,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

use tensor_core::{
    audio::{LogMel, Spectrogram, Stft, Waveform},
    data::stratified,
    train::Progress,
};

use super::BANDS;

/// Samples in a second of a telephone line.
const RATE: u32 = 8000;
/// What is more decibels below a prompt's loudest is as silence: a line's noise, or silence that is exactly zero, would
/// tell recordings apart.
const RANGE: f32 = 50.0;

/// What nobody says: tones, silences and animals.
const NOT_SPOKEN: [&str; 8] = [
    "silence/",
    "beep",
    "beeperr",
    "ascending-2tone",
    "descending-2tone",
    "confbridge-join",
    "confbridge-leave",
    "tt-monkeys",
];

/// A spoken prompt.
pub struct Prompt {
    /// Its path without language and extension.
    pub name: String,
    /// 0 or 1.
    pub language: usize,
    pub seconds: f64,
    pub decibels: Spectrogram<BANDS>,
    /// What the network hears: each band with mean 0 and deviation 1 over the prompt.
    pub normal: Spectrogram<BANDS>,
}

/// Reads all prompts of two languages.
pub fn read(folder: &Path, languages: [&str; 2]) -> Result<Vec<Prompt>, Box<dyn Error>> {
    let mut files = Vec::new();
    for (language, name) in languages.into_iter().enumerate() {
        let root = folder.join(name);
        if !root.is_dir() {
            let (root, command) = (root.display(), "python3 examples/data/fetch_speech.py");
            return Err(format!("no prompts are in `{root}`: run `{command}`, or take `--only-draw`").into());
        }
        let mut found = Vec::new();
        walk(&root, &mut found).map_err(|error| format!("can't read `{}`: {error}", root.display()))?;
        found.sort();
        files.extend(found.into_iter().map(|file| (language, name_of(&root, &file), file)));
    }
    files.retain(|(_, name, _)| !NOT_SPOKEN.iter().any(|not| is_called(name, not)));

    let mut mel = LogMel::<129, BANDS>::new(RATE, Stft { window: 200, hop: 80, centred: true })?;
    mel.range = RANGE;
    let mut progress = Progress::new("reading", files.len() as u64);
    let mut prompts = Vec::new();
    for (language, name, file) in files {
        let wave = Waveform::read(&file)?.without_offset();
        let decibels = mel.of(&wave).map_err(|error| format!("`{}`: {error}", file.display()))?;
        progress.step(&name);
        let (seconds, normal) = (wave.seconds(), decibels.standardised());
        prompts.push(Prompt { name, language, seconds, decibels, normal });
    }
    progress.finish();
    Ok(prompts)
}

fn is_called(name: &str, not: &str) -> bool {
    name == not || not.ends_with('/') && name.starts_with(not)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "wav") {
            found.push(path);
        }
    }
    Ok(())
}

/// The path below a folder, without extension, with `/` on every system.
fn name_of(root: &Path, file: &Path) -> String {
    let below = file.strip_prefix(root).unwrap_or(file).with_extension("");
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// Words that different menus begin the names of their prompts with.
const MENUS: [&str; 8] = ["vm-", "queue-", "confbridge-", "conf-", "privacy-", "priv-", "dir-", "pbx-"];

/// The words of a prompt, as its name tells them: `vm-goodbye` says what `goodbye` does.
fn words(name: &str) -> &str {
    let last = name.rsplit('/').next().unwrap_or(name);
    MENUS.iter().find_map(|menu| last.strip_prefix(menu)).unwrap_or(last)
}

/// A quarter of all prompts to test, drawn by their words: the same ones are never in both parts, in either language.
pub fn split(prompts: Vec<Prompt>, seed: u64) -> Result<(Vec<Prompt>, Vec<Prompt>), Box<dyn Error>> {
    let mut groups: BTreeMap<String, bool> = BTreeMap::new();
    for prompt in &prompts {
        groups.insert(words(&prompt.name).into(), false);
    }
    let drawn = stratified(&vec![0; groups.len()], 0.25, seed)?;
    for (at, is_test) in groups.values_mut().enumerate() {
        *is_test = drawn.test.binary_search(&at).is_ok();
    }
    let (test, train): (Vec<Prompt>, Vec<Prompt>) =
        prompts.into_iter().partition(|prompt| groups[words(&prompt.name)]);
    for (part, what) in [(&train, "to train on"), (&test, "to test")] {
        if (0..2).any(|language| part.iter().all(|prompt| prompt.language != language)) {
            return Err(format!("the part {what} lacks a language: there are too few prompts").into());
        }
    }
    Ok((train, test))
}
