//! Waveforms, and WAV files.

use std::{io::Cursor, path::Path};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::AudioError;

/// A sound in one channel: at least one sample, at a rate. Full scale is from -1 to 1, and samples beyond are kept. Those that
/// are given or read are finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Waveform {
    samples: Vec<f32>,
    rate: u32,
}

impl Waveform {
    /// A sound of these samples, `rate` of them in a second.
    ///
    /// # Errors
    /// [`AudioError::NoSamples`], [`AudioError::NoRate`], [`AudioError::NotFinite`].
    pub fn new(samples: Vec<f32>, rate: u32) -> Result<Self, AudioError> {
        Self::named(samples, rate, || "the waveform".into())
    }

    fn named(samples: Vec<f32>, rate: u32, name: impl Fn() -> String) -> Result<Self, AudioError> {
        if samples.is_empty() {
            return Err(AudioError::NoSamples { name: name() });
        }
        if rate == 0 {
            return Err(AudioError::NoRate { name: name() });
        }
        if let Some(sample) = samples.iter().position(|sample| !sample.is_finite()) {
            return Err(AudioError::NotFinite { name: name(), sample, value: samples[sample] });
        }
        Ok(Waveform { samples, rate })
    }

    /// Reads a WAV file: whole numbers of 8 to 32 bits or floats of 32, of any number of channels, whose mean is taken.
    /// The sample rate stays as it is.
    ///
    /// # Units
    /// A whole number of `b` bits is divided by 2^(b − 1), so that full scale is from -1 to just below 1. Floats stay.
    ///
    /// # Errors
    /// [`AudioError::Unreadable`], and those of [`parse`](Self::parse).
    ///
    /// ```
    /// use tensor_core::audio::{AudioError, Waveform};
    ///
    /// assert!(matches!(Waveform::read("no/such.wav"), Err(AudioError::Unreadable { .. })));
    /// ```
    pub fn read(path: impl AsRef<Path>) -> Result<Self, AudioError> {
        let path = path.as_ref();
        let bytes =
            crate::io::read(path).map_err(|source| AudioError::Unreadable { path: path.into(), source })?;
        Self::parse(&bytes, path)
    }

    /// As [`read`](Self::read), from the bytes of a WAV file; `path` is what errors call it.
    ///
    /// # Errors
    /// [`AudioError::Format`], [`AudioError::Cut`], [`AudioError::NoSamples`], [`AudioError::NoRate`],
    /// [`AudioError::NotFinite`].
    pub fn parse(bytes: &[u8], path: impl AsRef<Path>) -> Result<Self, AudioError> {
        let path = path.as_ref();
        let format = |reason: String| AudioError::Format { path: path.into(), reason };
        let reader = WavReader::new(Cursor::new(bytes)).map_err(|error| format(error.to_string()))?;
        let (spec, expected) = (reader.spec(), reader.len() as usize);
        if spec.channels == 0 {
            return Err(format("it has no channels".into()));
        }
        let kept = match spec.sample_format {
            SampleFormat::Float => kept(reader.into_samples::<f32>()),
            SampleFormat::Int => {
                let scale = 2f64.powi(i32::from(spec.bits_per_sample) - 1);
                let samples = reader.into_samples::<i32>();
                kept(samples.map(|sample| sample.map(|sample| (f64::from(sample) / scale) as f32)))
            }
        };
        let (samples, stopped) = kept;
        match stopped {
            Some(hound::Error::IoError(_)) => {
                return Err(AudioError::Cut { path: path.into(), expected, found: samples.len() });
            }
            Some(error) => return Err(format(error.to_string())),
            None => {}
        }
        let channels = usize::from(spec.channels);
        let mono = if channels == 1 {
            samples
        } else {
            let mean = |frame: &[f32]| frame.iter().map(|&sample| f64::from(sample)).sum::<f64>();
            samples.chunks_exact(channels).map(|frame| (mean(frame) / channels as f64) as f32).collect()
        };
        Self::named(mono, spec.sample_rate, || format!("`{}`", path.display()))
    }

    /// Writes a WAV file of 16 bits, one channel: under a temporary name, then renamed. What is beyond full scale is cut
    /// there. The folder is created if need be.
    ///
    /// # Errors
    /// [`AudioError::Unwritable`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), AudioError> {
        let path = path.as_ref();
        let refused = |reason: String| AudioError::Unwritable { path: path.into(), reason };
        let bytes = self.encoded().map_err(|error| refused(error.to_string()))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| refused(error.to_string()))?;
        }
        let written = crate::io::replace(path, |file| std::io::Write::write_all(file, &bytes));
        written.map_err(|error| refused(error.to_string()))
    }

    fn encoded(&self) -> hound::Result<Vec<u8>> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: self.rate,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut bytes, spec)?;
        for sample in &self.samples {
            writer.write_sample((sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16)?;
        }
        writer.finalize()?;
        Ok(bytes.into_inner())
    }

    /// The samples.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Samples in a second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// How long it is.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }

    /// The root of the mean square: how loud it is, full scale being 1.
    pub fn level(&self) -> f32 {
        let squares: f64 = self.samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
        (squares / self.samples.len() as f64).sqrt() as f32
    }

    /// Without its mean, which a recorder may add and nobody hears.
    #[must_use]
    pub fn without_offset(&self) -> Self {
        let sum: f64 = self.samples.iter().map(|&sample| f64::from(sample)).sum();
        let mean = (sum / self.samples.len() as f64) as f32;
        self.changed(|sample| sample - mean)
    }

    /// As loud as `level` says, see [`level`](Self::level). Silence stays silent. A level that is not finite gives samples that
    /// are not, and so does one that is too large for the samples to be `f32`.
    #[must_use]
    pub fn with_level(&self, level: f32) -> Self {
        let now = self.level();
        if now == 0.0 {
            return self.clone();
        }
        let factor = f64::from(level) / f64::from(now); // beyond `f32` for sounds that are almost silent
        self.changed(|sample| (f64::from(sample) * factor) as f32)
    }

    fn changed(&self, change: impl Fn(f32) -> f32) -> Self {
        Waveform { samples: self.samples.iter().map(|&sample| change(sample)).collect(), rate: self.rate }
    }
}

/// The samples up to the first error, and it.
fn kept(samples: impl Iterator<Item = hound::Result<f32>>) -> (Vec<f32>, Option<hound::Error>) {
    let (mut kept, mut stopped) = (Vec::new(), None);
    for sample in samples {
        match sample {
            Ok(sample) => kept.push(sample),
            Err(error) => {
                stopped = Some(error);
                break;
            }
        }
    }
    (kept, stopped)
}

#[cfg(test)]
mod tests;
