//! The example `audio`: spectrograms of the committed sounds, and two made-up languages that differ in rhythm alone.

use std::path::Path;

use crate::support::example::{Scratch, number, refused, result, run, shown};
use tensor_core::audio::Waveform;

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

/// A second of a tone with harmonics that swells `per_second` times; the pitch and the level are the prompt's.
fn spoken(prompt: usize, per_second: f64) -> Waveform {
    let pitch = 150.0 + 7.0 * (prompt % 13) as f64;
    let sample = |i: usize| {
        let time = i as f64 / 8000.0;
        let turns = |times: f64| (time * times * std::f64::consts::TAU).sin();
        let voice: f64 =
            (1..8).map(|harmonic| turns(pitch * f64::from(harmonic)) / f64::from(harmonic)).sum();
        let swell = 0.05 + (turns(per_second) + 0.3 * (prompt as f64).sin()).max(0.0);
        (0.1 * (1.0 + (prompt % 3) as f64) * voice * swell) as f32
    };
    Waveform::new((0..8000).map(sample).collect(), 8000).expect("the samples are finite")
}

#[test]
fn sounds_are_drawn_without_fetching() {
    let folder = Scratch::new();
    let shown = shown(&run("audio", &["--only-draw", "--output", folder.text()]));
    assert_eq!(result(&shown, "sounds"), "5");
    assert!(shown.contains("drum_cowbell: 0.35 s of 44100 samples a second → [121, 96]"), "{shown}");
    for name in ["sounds.png", "sounds.svg", "waveforms.png", "waveforms.svg"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
}

#[test]
fn languages_of_another_rhythm_are_told_apart() {
    let folder = Scratch::new();
    for (language, per_second) in [("en", 3.0), ("fr", 7.0)] {
        for prompt in 0..40 {
            let path = folder.join(language).join(format!("menu/prompt-{prompt}.wav"));
            spoken(prompt, per_second).save(path).expect("it can be written");
        }
    }
    let output = folder.join("pictures");
    let options = ["--data", folder.text(), "--output", text(&output), "--quick", "--batch-size", "4"];
    let shown = shown(&run("audio", &options));
    assert!(shown.contains("60 prompts to train on, 20 to test"), "{shown}");
    let accuracy = number(&shown, "test_accuracy");
    assert!(accuracy >= 0.95, "{shown}");
    assert!(output.join("prompts.png").is_file() && output.join("listener.safetensors").is_file());
}

#[test]
fn absent_and_damaged_prompts_are_named() {
    let folder = Scratch::new();
    let output = folder.join("pictures");
    let options = ["--data", folder.text(), "--output", text(&output)];
    let said = refused_after_drawing(&options);
    assert!(said.contains("run `python3 examples/data/fetch_speech.py`"), "{said}");

    for language in ["en", "fr"] {
        for prompt in 0..8 {
            let path = folder.join(language).join(format!("{prompt}.wav"));
            spoken(prompt, 3.0).save(path).expect("it can be written");
        }
    }
    let broken = folder.join("fr/3.wav");
    let bytes = std::fs::read(&broken).expect("it was just written");
    std::fs::write(&broken, &bytes[..1044]).expect("it can be written");
    let said = refused_after_drawing(&options);
    assert!(said.contains("3.wav` promises 8000 samples, but ends after 500"), "{said}");
    Waveform::new(vec![0.1; 8000], 16_000).and_then(|wave| wave.save(&broken)).expect("it can be written");
    let said = refused_after_drawing(&options);
    assert!(said.contains("a sound of 8000 samples a second is wanted, but this one has 16000"), "{said}");
}

/// Standard error of a run that has to fail: the sounds may have been drawn before.
#[track_caller]
fn refused_after_drawing(options: &[&str]) -> String {
    let output = run("audio", options);
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("examples write UTF-8")
}

#[test]
fn a_folder_without_sounds_is_refused() {
    let said = refused(&run("audio", &["--sounds", "no/such/folder"]));
    assert!(said.contains("can't read `no/such/folder`"), "{said}");
}
