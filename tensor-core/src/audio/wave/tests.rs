//! WAV files of every kind, and damaged ones.

use proptest::prelude::*;

use super::*;

/// A WAV file of `frames` frames of `bits` bits, made without hound: the first channel climbs, the others are silent.
fn wav(channels: u16, bits: u16, is_float: bool, frames: &[f64]) -> Vec<u8> {
    let bytes = usize::from(bits / 8);
    let mut data = Vec::new();
    for &value in frames {
        for channel in 0..channels {
            let value = if channel == 0 { value } else { 0.0 };
            match (is_float, bits) {
                (true, _) => data.extend((value as f32).to_le_bytes()),
                (false, 8) => data.push((value * 128.0 + 128.0) as u8),
                (false, _) => {
                    let whole = (value * 2f64.powi(i32::from(bits) - 1)) as i64;
                    data.extend(&whole.to_le_bytes()[..bytes]);
                }
            }
        }
    }
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend(if is_float { 3u16 } else { 1 }.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(8000u32.to_le_bytes());
    file.extend((8000 * u32::from(channels) * bytes as u32).to_le_bytes());
    file.extend((channels * bits / 8).to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    file
}

const STEPS: [f64; 5] = [0.0, 0.25, -0.5, 0.75, -1.0];

#[test]
fn every_depth_and_count_of_channels_gives_the_same_samples() {
    for (bits, is_float) in [(8, false), (16, false), (24, false), (32, false), (32, true)] {
        for channels in [1, 2, 6] {
            let wave = Waveform::parse(&wav(channels, bits, is_float, &STEPS), "steps.wav").unwrap();
            let expected = STEPS.map(|step| (step / f64::from(channels)) as f32);
            assert_eq!(wave.samples(), expected, "{bits} bits, {channels} channels");
            assert_eq!((wave.rate(), wave.seconds()), (8000, 5.0 / 8000.0));
        }
    }
}

#[test]
fn what_is_saved_is_read_again() {
    let path = std::env::temp_dir().join(format!("tensor-core-wave-{}/a.wav", std::process::id()));
    let wave = Waveform::new(vec![0.0, 0.5, -0.5, 1.5, -1.5], 44_100).unwrap();
    wave.save(&path).unwrap();
    let read = Waveform::read(&path).unwrap();
    assert_eq!(read.samples(), [0.0, 0.5, -0.5, 32767.0 / 32768.0, -1.0]);
    assert_eq!(read.rate(), 44_100);
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[test]
fn damaged_files_are_refused() {
    let whole = wav(1, 16, false, &STEPS);
    let said = |bytes: &[u8]| Waveform::parse(bytes, "a.wav").unwrap_err().to_string();
    assert_eq!(said(&whole[..50]), "`a.wav` promises 5 samples, but ends after 3");
    assert_eq!(said(&wav(1, 16, false, &[])), "`a.wav` has no samples");
    for cut in 0..44 {
        let error = Waveform::parse(&whole[..cut], "a.wav").unwrap_err();
        assert!(matches!(error, AudioError::Format { .. }), "{cut}: {error}");
    }
    assert!(said(b"no sound at all, but some text").starts_with("`a.wav` is no WAV file that can be read: "));

    let mut lying = whole.clone();
    lying[40..44].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    assert_eq!(said(&lying), "`a.wav` promises 2147483640 samples, but ends after 5");
    let mut still = whole.clone();
    still[24..28].copy_from_slice(&0u32.to_le_bytes());
    assert!(Waveform::parse(&still, "a.wav").is_err());
    let odd = wav(1, 32, true, &[0.0, f64::NAN]);
    assert_eq!(said(&odd), "`a.wav`: sample 1 is NaN");
    let mut law = whole;
    law[20..22].copy_from_slice(&7u16.to_le_bytes()); // µ-law
    assert!(matches!(Waveform::parse(&law, "a.wav"), Err(AudioError::Format { .. })));
}

#[test]
fn waveforms_of_nothing_are_refused() {
    assert!(matches!(Waveform::new(vec![], 8000), Err(AudioError::NoSamples { .. })));
    assert!(matches!(Waveform::new(vec![0.0], 0), Err(AudioError::NoRate { .. })));
    let error = Waveform::new(vec![0.0, f32::INFINITY], 8000).unwrap_err().to_string();
    assert_eq!(error, "the waveform: sample 1 is inf");
}

#[test]
fn offset_and_level() {
    let wave = Waveform::new(vec![1.0, 3.0], 8000).unwrap();
    assert_eq!(wave.without_offset().samples(), [-1.0, 1.0]);
    assert!((wave.with_level(0.1).level() - 0.1).abs() < 1e-6);
    let silence = Waveform::new(vec![0.0; 4], 8000).unwrap();
    assert_eq!(silence.with_level(0.1), silence);
    let faint = Waveform::new(vec![0.0, 1e-40, -1e-40, 0.0], 8000).unwrap();
    assert!((faint.with_level(0.1).level() - 0.1).abs() < 1e-4);
    assert!(wave.with_level(f32::INFINITY).samples().iter().all(|sample| sample.is_infinite()));
}

proptest! {
    /// Whatever the bytes are: a waveform or an error, no panic, and no more samples than bytes.
    #[test]
    fn no_bytes_panic(at in 0usize..54, byte: u8, cut in 0usize..54) {
        let mut bytes = wav(1, 16, false, &STEPS);
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut.min(bytes.len()));
        if let Ok(wave) = Waveform::parse(&bytes, "a.wav") {
            prop_assert!(wave.samples().len() <= bytes.len());
        }
    }
}
