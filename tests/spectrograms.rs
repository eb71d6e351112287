//! Spectrograms are librosa's: `tests/fixtures/make_spectrograms.py` computes them in float64.
#![cfg(feature = "audio")]

mod support;

use support::fixture::{Array, Difference, Fixture};
use tensor_core::audio::{LogMel, MelBank, MelScale, MelSettings, Stft, Waveform, hann};

const RATE: u32 = 8000;

fn fixture() -> (Fixture, Waveform) {
    let fixture = Fixture::open("audio/spectrograms");
    let samples = fixture.f64("wave").values.iter().map(|&sample| sample as f32).collect();
    let wave = Waveform::new(samples, RATE).expect("the fixture is a sound");
    (fixture, wave)
}

/// Compares with a tensor of the fixture; `absolute` is relative to its largest number.
#[track_caller]
fn is_close<const BANDS: usize>(fixture: &Fixture, key: &str, rows: &[[f32; BANDS]], absolute: f64) {
    let found: Vec<f64> = rows.as_flattened().iter().map(|&number| f64::from(number)).collect();
    let expected = fixture.f64(key);
    let largest = expected.values.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
    let found = Array::new(&[rows.len(), BANDS], found);
    Difference::assert_close(key, &found, expected, absolute * largest, 1e-4);
}

#[test]
fn windows_and_transforms() {
    let (fixture, wave) = fixture();
    let window: Vec<[f32; 1]> = hann(25).map(|weight| [weight]).collect();
    let flat: Vec<f64> = window.iter().map(|&[weight]| f64::from(weight)).collect();
    Difference::assert_close("hann", &Array::new(&[25], flat), fixture.f64("hann"), 1e-7, 0.0);

    let stft = Stft::<33>::new(80);
    is_close(&fixture, "magnitude", stft.magnitude(&wave).expect("it fits").rows(), 1e-6);
    let inside = Stft { centred: false, ..stft };
    is_close(&fixture, "power_inside", inside.power(&wave).expect("it fits").rows(), 1e-6);
    let short = Stft { window: 49, ..stft };
    is_close(&fixture, "power_short", short.power(&wave).expect("it fits").rows(), 1e-6);
}

#[test]
fn mel_filters() {
    let (fixture, _) = fixture();
    let slaney = MelBank::<65, 16>::new(RATE, MelSettings::default()).expect("the bands fit");
    is_close(&fixture, "slaney", &slaney.matrix(), 1e-6);
    let htk = MelSettings { low: 60.0, high: Some(3800.0), scale: MelScale::Htk, equal_area: false };
    let htk = MelBank::<65, 16>::new(RATE, htk).expect("the bands fit");
    is_close(&fixture, "htk", &htk.matrix(), 1e-6);
}

#[test]
fn log_mel() {
    let (fixture, wave) = fixture();
    let mut mel =
        LogMel::<129, 40>::new(RATE, Stft { window: 200, hop: 80, centred: true }).expect("the bands fit");
    mel.range = 50.0;
    is_close(&fixture, "log_mel", mel.of(&wave).expect("it fits").rows(), 1e-5);
}
