//! What can be wrong with a sound.

use std::{io, path::PathBuf};

use crate::Error;

/// A sound that can't be read, or that settings don't fit; the text is one sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The file is absent or can't be read.
    #[error("can't read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why the operating system refused.
        source: io::Error,
    },
    /// The file can't be written.
    #[error("can't write `{}`: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The words of the operating system or the encoder.
        reason: String,
    },
    /// The file is no WAV file, a damaged one, or of a kind that isn't read, such as compressed samples.
    #[error("`{}` is no WAV file that can be read: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The decoder's words.
        reason: String,
    },
    /// The file ends before the samples do that its header promises.
    #[error("`{}` promises {expected} samples, but ends after {found}", path.display())]
    Cut {
        /// The file.
        path: PathBuf,
        /// Samples that the header promises, of all channels.
        expected: usize,
        /// Samples that there are.
        found: usize,
    },
    /// There is no sample.
    #[error("{name} has no samples")]
    NoSamples {
        /// The file, or "the waveform".
        name: String,
    },
    /// The header says that there are no samples in a second.
    #[error("{name} has 0 samples a second")]
    NoRate {
        /// The file, or "the waveform".
        name: String,
    },
    /// A sample is NaN or infinite.
    #[error("{name}: sample {sample} is {value}")]
    NotFinite {
        /// The file, or "the waveform".
        name: String,
        /// The sample, counted from 0.
        sample: usize,
        /// What it is.
        value: f32,
    },
    /// A spectrogram without frames.
    #[error("a spectrogram needs at least one frame")]
    NoFrames,
    /// A window without samples, or one longer than the transform.
    #[error("the window must have from 1 to {fft} samples, as many as the transform takes, not {window}")]
    Window {
        /// Samples of a window.
        window: usize,
        /// Samples of a transform.
        fft: usize,
    },
    /// Frames don't advance.
    #[error("there must be at least one sample from frame to frame, not 0")]
    Hop,
    /// A sound shorter than one frame, where frames must lie inside it.
    #[error("the sound has {samples} samples, but a frame takes {frame}")]
    TooShort {
        /// Samples that there are.
        samples: usize,
        /// Samples that a frame takes.
        frame: usize,
    },
    /// Bands outside what can be heard at this rate.
    #[error(
        "mel bands must lie between 0 and {} Hz, half of the {rate} samples a second, the lower end below the higher; \
         not from {low} to {high} Hz",
        f64::from(*rate) / 2.0
    )]
    Range {
        /// The lower end in Hz.
        low: f64,
        /// The higher end in Hz.
        high: f64,
        /// Samples in a second.
        rate: u32,
    },
    /// A mel band so narrow that no frequency of the transform lies in it.
    #[error(
        "mel band {band} of {bands} lies between two of the {bins} frequencies: take fewer bands, or more frequencies"
    )]
    EmptyBand {
        /// The band, counted from 0.
        band: usize,
        /// Bands in all.
        bands: usize,
        /// Frequencies of the transform.
        bins: usize,
    },
    /// A sound of another sample rate.
    #[error("a sound of {expected} samples a second is wanted, but this one has {found}")]
    Rate {
        /// The settings' rate.
        expected: u32,
        /// The sound's.
        found: u32,
    },
    /// The device runs out of memory.
    #[error(transparent)]
    Device(Error),
}
