//! Sounds as networks take them (feature `audio`): waveforms, and spectrograms of a typed count of bands.
//!
//! A [`Waveform`] is read from a WAV file. [`Stft`] cuts it into frames and gives the strength of each frequency in each;
//! [`LogMel`] sums these in bands as ears do, in decibels. Either is a [`Spectrogram`], a matrix `[frames, BANDS]` whose
//! rows are vectors that a network takes.
//!
//! ```
//! use tensor_core::audio::{LogMel, Stft, Waveform};
//! use tensor_core::prelude::*;
//!
//! layer! { pub struct Voice: [frames, 40] -> [2] { embed: linear(40 -> 16), relu, pool(mean), head: linear(16 -> 2) } }
//!
//! // A tone of 440 Hz, half a second at 8000 samples a second.
//! let tone = |i: usize| (i as f32 * 440.0 / 8000.0 * std::f32::consts::TAU).sin();
//! let wave = Waveform::new((0..4000).map(tone).collect(), 8000)?;
//!
//! let mel = LogMel::<129, 40>::new(8000, Stft::new(80))?; // 129 frequencies of 256 samples, every 80 samples
//! let spectrogram = mel.of(&wave)?.standardised();
//! let x: Tensor<(usize, Const<40>), f32, _> = spectrogram.tensor(&Cpu::default())?;
//! let y: Tensor<Rank1<2>, f32, _> = Voice::new(&Cpu::default()).forward(x);
//! assert_eq!(spectrogram.frames(), 51);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Another count of bands than the network's is a compile error:
//!
//! ```compile_fail
//! # use tensor_core::audio::{LogMel, Stft, Waveform};
//! # use tensor_core::prelude::*;
//! # layer! { pub struct Voice: [frames, 40] -> [2] { embed: linear(40 -> 16), relu, pool(mean), head: linear(16 -> 2) } }
//! # let wave = Waveform::new(vec![0.5; 4000], 8000).unwrap();
//! let mel = LogMel::<129, 64>::new(8000, Stft::new(80)).unwrap();
//! let x = mel.of(&wave).unwrap().tensor(&Cpu::default()).unwrap();
//! Voice::new(&Cpu::default()).forward(x); // takes `[frames, 40]`, and this is `[frames, 64]`
//! ```
//!
//! # Source
//! The conventions are those of librosa 0.11: the periodic Hann window, frames around their samples with zeros beyond the
//! ends, Slaney's mel scale with filters of equal area. [`MelScale::Htk`] with `equal_area: false` gives torchaudio's
//! default filters.

mod error;
mod mel;
mod spectrogram;
mod stft;
mod wave;

pub use error::AudioError;
pub use mel::{LogMel, MelBank, MelScale, MelSettings};
pub use spectrogram::Spectrogram;
pub use stft::{Stft, hann};
pub use wave::Waveform;
