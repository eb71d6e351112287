//! The short-time Fourier transform.

use std::f64::consts::TAU;

use realfft::RealFftPlanner;

use super::{AudioError, Spectrogram, Waveform};

/// The periodic Hann window of `length` samples: `½ − ½·cos(2πn / length)`, as scipy's `get_window("hann")` has it.
///
/// ```
/// use tensor_core::audio::hann;
///
/// assert_eq!(hann(4).map(|weight| (weight * 100.0).round()).collect::<Vec<_>>(), [0.0, 50.0, 100.0, 50.0]);
/// ```
pub fn hann(length: usize) -> impl Iterator<Item = f32> {
    (0..length).map(move |n| (0.5 - 0.5 * (TAU * n as f64 / length as f64).cos()) as f32)
}

/// Settings of a short-time Fourier transform with `BINS` frequencies: 0, `rate / FFT`, … up to `rate / 2`.
///
/// Frame `t` is multiplied by a Hann window, and transformed: `X[t, k] = Σₙ w[n] · x[t·hop + n] · e^(−2πikn/FFT)`. A window
/// shorter than the transform stands in its middle, with zeros on both sides.
///
/// # Shapes
/// `[samples] → [frames, BINS]`, with `FFT = 2·(BINS − 1)`; frames: `1 + samples / hop` centred,
/// `1 + (samples − FFT) / hop` otherwise, both rounded down.
///
/// # Source
/// librosa 0.11's `stft(n_fft, hop_length, win_length, center)` with its defaults `window="hann"`, `pad_mode="constant"`.
///
/// ```
/// use tensor_core::audio::{Stft, Waveform};
///
/// let wave = Waveform::new((0..1000).map(|i| (i as f32 * std::f32::consts::PI / 4.0).sin()).collect(), 8000)?; // 1000 Hz
/// let power = Stft::<129>::new(100).power(&wave)?;
/// assert_eq!(power.frames(), 11);
/// let frame = power.rows()[5];
/// let strongest = (0..129).max_by(|&a, &b| frame[a].total_cmp(&frame[b]));
/// assert_eq!(strongest, Some(32)); // 32 · 8000 / 256 Hz
/// # Ok::<(), tensor_core::audio::AudioError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stft<const BINS: usize> {
    /// Samples of a window, at most [`FFT`](Self::FFT).
    pub window: usize,
    /// Samples from frame to frame.
    pub hop: usize,
    /// Whether frame `t` lies around sample `t·hop`, with zeros beyond both ends, or from there on.
    pub centred: bool,
}

impl<const BINS: usize> Stft<BINS> {
    /// Samples of a transform.
    pub const FFT: usize = {
        assert!(BINS >= 2, "a transform gives at least 2 frequencies");
        2 * (BINS - 1)
    };

    /// A window as long as the transform, centred.
    pub const fn new(hop: usize) -> Self {
        Stft { window: Self::FFT, hop, centred: true }
    }

    /// How many frames a sound has; 0 if it is shorter than one.
    pub fn frames(&self, samples: usize) -> usize {
        let samples = if self.centred { Some(samples) } else { samples.checked_sub(Self::FFT) };
        samples.map_or(0, |samples| samples / self.hop.max(1) + 1)
    }

    /// `|X|`.
    ///
    /// # Errors
    /// [`AudioError::Window`], [`AudioError::Hop`]; [`AudioError::TooShort`] unless centred.
    pub fn magnitude(&self, wave: &Waveform) -> Result<Spectrogram<BINS>, AudioError> {
        self.spectrum(wave, f32::sqrt)
    }

    /// `|X|²`.
    ///
    /// # Errors
    /// As [`magnitude`](Self::magnitude).
    pub fn power(&self, wave: &Waveform) -> Result<Spectrogram<BINS>, AudioError> {
        self.spectrum(wave, |square| square)
    }

    fn check(&self, samples: usize) -> Result<(), AudioError> {
        let fft = Self::FFT;
        if self.window == 0 || self.window > fft {
            return Err(AudioError::Window { window: self.window, fft });
        }
        if self.hop == 0 {
            return Err(AudioError::Hop);
        }
        if self.frames(samples) == 0 {
            return Err(AudioError::TooShort { samples, frame: fft });
        }
        Ok(())
    }

    fn spectrum(&self, wave: &Waveform, of_square: fn(f32) -> f32) -> Result<Spectrogram<BINS>, AudioError> {
        let samples = wave.samples();
        self.check(samples.len())?;
        let fft = Self::FFT;
        let before = (fft - self.window) / 2;
        let window: Vec<f32> = hann(self.window).collect();
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(fft);
        let (mut frame, mut spectrum) = (transform.make_input_vec(), transform.make_output_vec());
        let mut scratch = transform.make_scratch_vec();
        let outside = if self.centred { fft / 2 } else { 0 }; // zeros before the first sample

        let rows = (0..self.frames(samples.len())).map(|t| {
            frame.fill(0.0);
            for (n, weight) in window.iter().enumerate() {
                let place = (t * self.hop + before + n).checked_sub(outside);
                if let Some(sample) = place.and_then(|place| samples.get(place)) {
                    frame[before + n] = sample * weight;
                }
            }
            transform
                .process_with_scratch(&mut frame, &mut spectrum, &mut scratch)
                .expect("the buffers are the transform's own");
            std::array::from_fn(|bin| of_square(spectrum[bin].norm_sqr()))
        });
        Spectrogram::new(rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The formula, in f64.
    fn by_definition<const BINS: usize>(stft: Stft<BINS>, samples: &[f32], t: usize, k: usize) -> f64 {
        let fft = Stft::<BINS>::FFT;
        let before = (fft - stft.window) / 2;
        let outside = if stft.centred { fft / 2 } else { 0 };
        let window: Vec<f32> = hann(stft.window).collect();
        let (mut real, mut imaginary) = (0.0, 0.0);
        for n in before..before + stft.window {
            let place = (t * stft.hop + n).checked_sub(outside);
            let sample = place.and_then(|place| samples.get(place)).map_or(0.0, |&sample| f64::from(sample));
            let value = sample * f64::from(window[n - before]);
            let angle = -TAU * (k * n) as f64 / fft as f64;
            (real, imaginary) = (real + value * angle.cos(), imaginary + value * angle.sin());
        }
        real * real + imaginary * imaginary
    }

    proptest! {
        #[test]
        fn it_is_its_formula(
            samples in prop::collection::vec(-1f32..1.0, 20..60),
            window in 1usize..=18, hop in 1usize..9, centred: bool,
        ) {
            let stft = Stft::<10> { window, hop, centred };
            let power = stft.power(&Waveform::new(samples.clone(), 100).unwrap()).unwrap();
            prop_assert_eq!(power.frames(), stft.frames(samples.len()));
            for (t, row) in power.rows().iter().enumerate() {
                for (k, &found) in row.iter().enumerate() {
                    let expected = by_definition(stft, &samples, t, k);
                    prop_assert!((f64::from(found) - expected).abs() < 1e-4, "{} {} {}", t, k, found);
                }
            }
        }
    }

    #[test]
    fn impossible_settings_are_refused() {
        let wave = Waveform::new(vec![0.1; 50], 8000).unwrap();
        let stft = Stft::<33>::new(10);
        let said = |stft: Stft<33>| stft.power(&wave).unwrap_err().to_string();
        let window = "the window must have from 1 to 64 samples, as many as the transform takes, not ";
        assert_eq!(said(Stft { window: 0, ..stft }), format!("{window}0"));
        assert_eq!(said(Stft { window: 65, ..stft }), format!("{window}65"));
        assert_eq!(
            said(Stft { hop: 0, ..stft }),
            "there must be at least one sample from frame to frame, not 0"
        );
        assert_eq!(said(Stft { centred: false, ..stft }), "the sound has 50 samples, but a frame takes 64");
        assert_eq!(stft.magnitude(&wave).unwrap().frames(), 6);
        let one = Waveform::new(vec![0.1], 8000).unwrap();
        assert_eq!(stft.magnitude(&one).unwrap().frames(), 1);
    }
}
