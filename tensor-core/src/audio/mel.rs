//! Bands as ears hear them.

use super::{AudioError, Spectrogram, Stft, Waveform};

/// How frequencies in Hz are spaced as ears hear them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MelScale {
    /// In a line below 1000 Hz, 200/3 Hz a mel; logarithmic above, 27 mels for a factor of 6.4. librosa's default.
    #[default]
    Slaney,
    /// `2595 · log₁₀(1 + f / 700)`: that of HTK, torchaudio's default.
    Htk,
}

impl MelScale {
    const SLANEY_HZ: f64 = 200.0 / 3.0;
    /// Where Slaney's line ends, in Hz.
    const BEND: f64 = 1000.0;

    /// The log of the factor from mel to mel above the bend.
    fn slaney_step() -> f64 {
        6.4f64.ln() / 27.0
    }

    /// Mels of a frequency in Hz.
    pub fn mels(self, hz: f64) -> f64 {
        match self {
            MelScale::Slaney if hz < Self::BEND => hz / Self::SLANEY_HZ,
            MelScale::Slaney => Self::BEND / Self::SLANEY_HZ + (hz / Self::BEND).ln() / Self::slaney_step(),
            MelScale::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
        }
    }

    /// The frequency in Hz of so many mels.
    pub fn hz(self, mels: f64) -> f64 {
        let bend = Self::BEND / Self::SLANEY_HZ;
        match self {
            MelScale::Slaney if mels < bend => mels * Self::SLANEY_HZ,
            MelScale::Slaney => Self::BEND * ((mels - bend) * Self::slaney_step()).exp(),
            MelScale::Htk => 700.0 * (10f64.powf(mels / 2595.0) - 1.0),
        }
    }
}

/// Where mel bands lie, and how they weigh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MelSettings {
    /// The lower end of the lowest band in Hz.
    pub low: f64,
    /// The higher end of the highest band in Hz; half the sample rate if nothing is said.
    pub high: Option<f64>,
    /// The spacing.
    pub scale: MelScale,
    /// Whether each filter's area is the same (its height `2 / (right − left)` in 1/Hz), or its height 1.
    pub equal_area: bool,
}

/// librosa's: all frequencies, Slaney's scale, equal areas.
impl Default for MelSettings {
    fn default() -> Self {
        MelSettings { low: 0.0, high: None, scale: MelScale::Slaney, equal_area: true }
    }
}

/// `BANDS` triangular filters over `BINS` frequencies: a matrix, most of it zeros.
///
/// The corners of the triangles are spaced evenly on the mel scale; each reaches from the tip of the one before to the tip
/// of the one after.
///
/// # Source
/// librosa 0.11's `filters.mel`; with [`MelScale::Htk`] and `equal_area: false` torchaudio's `melscale_fbanks`.
#[derive(Clone, Debug)]
pub struct MelBank<const BINS: usize, const BANDS: usize> {
    /// For each band its first bin, and the weights from there on.
    filters: Vec<(usize, Vec<f32>)>,
}

impl<const BINS: usize, const BANDS: usize> MelBank<BINS, BANDS> {
    /// Filters for sounds of `rate` samples a second.
    ///
    /// # Errors
    /// [`AudioError::Range`], [`AudioError::EmptyBand`].
    pub fn new(rate: u32, settings: MelSettings) -> Result<Self, AudioError> {
        const { assert!(BANDS >= 1, "there must be at least one mel band") }
        let half = f64::from(rate) / 2.0;
        let MelSettings { low, high, scale, equal_area } = settings;
        let high = high.unwrap_or(half);
        if !(low >= 0.0 && low < high && high <= half) {
            return Err(AudioError::Range { low, high, rate });
        }
        let (first, last) = (scale.mels(low), scale.mels(high));
        let corner = |index: usize| scale.hz(first + (last - first) * index as f64 / (BANDS + 1) as f64);
        let filter = |band: usize| {
            let [left, tip, right] = [0, 1, 2].map(|at| corner(band + at));
            let height = if equal_area { 2.0 / (right - left) } else { 1.0 };
            let weights = (0..BINS).map(|bin| {
                let hz = bin as f64 * half / (BINS - 1) as f64;
                let slopes = ((hz - left) / (tip - left)).min((right - hz) / (right - tip));
                (slopes.max(0.0) * height) as f32
            });
            let weights: Vec<f32> = weights.collect();
            let is_inside = |weight: &f32| *weight > 0.0;
            let (Some(from), Some(to)) =
                (weights.iter().position(is_inside), weights.iter().rposition(is_inside))
            else {
                return Err(AudioError::EmptyBand { band, bands: BANDS, bins: BINS });
            };
            Ok((from, weights[from..=to].to_vec()))
        };
        Ok(MelBank { filters: (0..BANDS).map(filter).collect::<Result<_, _>>()? })
    }

    /// The filters as a matrix.
    pub fn matrix(&self) -> Vec<[f32; BINS]> {
        let row = |(first, weights): &(usize, Vec<f32>)| {
            let mut row = [0.0; BINS];
            row[*first..first + weights.len()].copy_from_slice(weights);
            row
        };
        self.filters.iter().map(row).collect()
    }

    /// The weighted sums of each frame.
    ///
    /// # Shapes
    /// `[frames, BINS] → [frames, BANDS]`
    pub fn of(&self, spectrogram: &Spectrogram<BINS>) -> Spectrogram<BANDS> {
        spectrogram.each_row(|row| {
            std::array::from_fn(|band| {
                let (first, weights) = &self.filters[band];
                row[*first..].iter().zip(weights).map(|(power, weight)| power * weight).sum()
            })
        })
    }
}

/// A log-mel spectrogram: power, summed in mel bands, in decibels.
///
/// # Units
/// `10 · log₁₀(power)` dB; nothing is more than [`range`](Self::range) below the loudest.
///
/// # Source
/// librosa 0.11's `power_to_db(feature.melspectrogram(…))`.
///
/// ```
/// use tensor_core::audio::{LogMel, Stft, Waveform};
///
/// // Windows of 25 ms every 10 ms.
/// let mel = LogMel::<129, 40>::new(8000, Stft { window: 200, hop: 80, centred: true })?;
/// let wave = Waveform::new((0..8000).map(|i| (i as f32 * 0.3).sin()).collect(), 8000)?;
/// assert_eq!(mel.of(&wave)?.frames(), 101);
/// assert!(mel.of(&Waveform::new(vec![0.1; 100], 44_100)?).is_err()); // another rate
/// # Ok::<(), tensor_core::audio::AudioError>(())
/// ```
#[derive(Clone, Debug)]
pub struct LogMel<const BINS: usize, const BANDS: usize> {
    /// How frames are taken and transformed.
    pub stft: Stft<BINS>,
    /// The filters.
    pub bank: MelBank<BINS, BANDS>,
    /// How many decibels below the loudest are told apart; 80 if nothing is said.
    pub range: f32,
    rate: u32,
}

impl<const BINS: usize, const BANDS: usize> LogMel<BINS, BANDS> {
    /// librosa's filters, for sounds of `rate` samples a second.
    ///
    /// # Errors
    /// Those of [`MelBank::new`].
    pub fn new(rate: u32, stft: Stft<BINS>) -> Result<Self, AudioError> {
        Self::with(rate, stft, MelSettings::default())
    }

    /// Filters of one's own.
    ///
    /// # Errors
    /// Those of [`MelBank::new`].
    pub fn with(rate: u32, stft: Stft<BINS>, settings: MelSettings) -> Result<Self, AudioError> {
        Ok(LogMel { stft, bank: MelBank::new(rate, settings)?, range: 80.0, rate })
    }

    /// The spectrogram of a sound.
    ///
    /// # Shapes
    /// `[samples] → [frames, BANDS]`, see [`Stft::frames`].
    ///
    /// # Errors
    /// [`AudioError::Rate`], and those of [`Stft::power`].
    pub fn of(&self, wave: &Waveform) -> Result<Spectrogram<BANDS>, AudioError> {
        if wave.rate() != self.rate {
            return Err(AudioError::Rate { expected: self.rate, found: wave.rate() });
        }
        Ok(self.bank.of(&self.stft.power(wave)?).decibels(self.range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_go_there_and_back() {
        for scale in [MelScale::Slaney, MelScale::Htk] {
            for hz in [0.0, 30.0, 999.0, 1000.0, 1001.0, 8000.0] {
                assert!((scale.hz(scale.mels(hz)) - hz).abs() < 1e-9, "{scale:?} {hz}");
            }
        }
        assert!((MelScale::Htk.mels(1000.0) - 1000.0).abs() < 0.1);
        assert!((MelScale::Slaney.mels(1000.0) - 15.0).abs() < 1e-12);
    }

    #[test]
    fn impossible_bands_are_refused() {
        let bank = |low, high| MelBank::<129, 40>::new(8000, MelSettings { low, high, ..Default::default() });
        let error = bank(0.0, Some(4001.0)).unwrap_err().to_string();
        assert!(error.starts_with("mel bands must lie between 0 and 4000 Hz"), "{error}");
        for (low, high) in [(-1.0, None), (f64::NAN, None), (500.0, Some(500.0)), (0.0, Some(f64::NAN))] {
            assert!(matches!(bank(low, high), Err(AudioError::Range { .. })));
        }
        let error = MelBank::<33, 80>::new(8000, MelSettings::default()).unwrap_err();
        assert!(matches!(error, AudioError::EmptyBand { bands: 80, bins: 33, .. }), "{error}");
    }

    #[test]
    fn filters_of_height_one_share_each_frequency() {
        let settings = MelSettings { equal_area: false, ..Default::default() };
        let rows = MelBank::<257, 20>::new(16_000, settings).unwrap().matrix();
        // Between the first and the last tip the slopes of two neighbours add up to 1.
        for bin in 20..200 {
            let sum: f32 = rows.iter().map(|row| row[bin]).sum();
            assert!((sum - 1.0).abs() < 1e-5, "{bin}: {sum}");
        }
    }
}
