//! Spectrograms: a row of numbers for each frame.

use std::ops::Range;

use dfdx::prelude::*;

use super::AudioError;
use crate::Error;

/// A matrix `[frames, BANDS]` of at least one frame: what sounds at which time.
///
/// What is NaN stays NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrogram<const BANDS: usize> {
    rows: Vec<[f32; BANDS]>,
}

impl<const BANDS: usize> Spectrogram<BANDS> {
    /// A spectrogram of these frames.
    ///
    /// # Errors
    /// [`AudioError::NoFrames`].
    pub fn new(rows: Vec<[f32; BANDS]>) -> Result<Self, AudioError> {
        const { assert!(BANDS >= 1, "a spectrogram has at least one band") }
        if rows.is_empty() { Err(AudioError::NoFrames) } else { Ok(Spectrogram { rows }) }
    }

    /// How many frames it has.
    pub fn frames(&self) -> usize {
        self.rows.len()
    }

    /// The frames.
    pub fn rows(&self) -> &[[f32; BANDS]] {
        &self.rows
    }

    /// Some of its frames; `None` if there are none in this range, or it reaches beyond the end.
    pub fn part(&self, frames: Range<usize>) -> Option<Self> {
        let rows = self.rows.get(frames).filter(|rows| !rows.is_empty())?;
        Some(Spectrogram { rows: rows.to_vec() })
    }

    /// `10 · log₁₀` of each number, a power; at least that of 1e-10, and at most `range` below the largest.
    ///
    /// # Source
    /// librosa 0.11's `power_to_db(ref=1.0, amin=1e-10, top_db=range)`.
    #[must_use]
    pub fn decibels(&self, range: f32) -> Self {
        let raised = |number: f32, least: f32| if number < least { least } else { number }; // NaN stays
        let logs = self.each_row(|row| row.map(|power| 10.0 * raised(power, 1e-10).log10()));
        let most = logs.rows.as_flattened().iter().copied().fold(f32::NEG_INFINITY, f32::max);
        logs.each_row(|row| row.map(|number| raised(number, most - range)))
    }

    /// The mean of each band over all frames.
    pub fn mean(&self) -> [f32; BANDS] {
        let frames = self.rows.len() as f64;
        std::array::from_fn(|band| {
            (self.rows.iter().map(|row| f64::from(row[band])).sum::<f64>() / frames) as f32
        })
    }

    /// The standard deviation of each band over all frames (1/n).
    pub fn deviation(&self) -> [f32; BANDS] {
        let (frames, mean) = (self.rows.len() as f64, self.mean());
        std::array::from_fn(|band| {
            let square = |row: &[f32; BANDS]| (f64::from(row[band]) - f64::from(mean[band])).powi(2);
            (self.rows.iter().map(square).sum::<f64>() / frames).sqrt() as f32
        })
    }

    /// Each band with mean 0 and standard deviation 1 over the frames; a band that never changes becomes 0.
    ///
    /// In decibels this takes out how loud the sound is, and whatever the microphone, the line or a filter does to
    /// each frequency all the time.
    #[must_use]
    pub fn standardised(&self) -> Self {
        let (mean, deviation) = (self.mean(), self.deviation());
        // Rounding alone may leave a deviation of some 1e-7 of the mean in a constant band.
        let is_constant: [bool; BANDS] =
            std::array::from_fn(|band| deviation[band] <= 1e-6 * mean[band].abs());
        self.each_row(|row| {
            std::array::from_fn(|band| {
                if is_constant[band] { 0.0 } else { (row[band] - mean[band]) / deviation[band] }
            })
        })
    }

    /// A spectrogram with each row changed.
    pub(super) fn each_row<const TO: usize>(
        &self,
        change: impl Fn(&[f32; BANDS]) -> [f32; TO],
    ) -> Spectrogram<TO> {
        Spectrogram { rows: self.rows.iter().map(change).collect() }
    }

    /// The tensor that a network takes.
    ///
    /// # Shapes
    /// `[frames, BANDS]`
    ///
    /// # Errors
    /// [`AudioError::Device`].
    pub fn tensor<D: Device<f32>>(
        &self,
        device: &D,
    ) -> Result<Tensor<(usize, Const<BANDS>), f32, D>, AudioError> {
        let tensor = device.try_tensor_from_vec(self.rows.as_flattened().to_vec(), (self.rows.len(), Const));
        tensor.map_err(|error| AudioError::Device(Error::device(error)))
    }

    /// A grey picture, `scale` pixels a number: time from left to right, high bands above, the least number black and
    /// the largest white (feature `vision`).
    ///
    /// ```
    /// use tensor_core::audio::Spectrogram;
    /// use tensor_core::picture::ColourMap;
    ///
    /// let rising = Spectrogram::new(vec![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])?;
    /// let picture = rising.image(2);
    /// assert_eq!((picture.height(), picture.width()), (6, 6));
    /// assert_eq!(picture.numbers()[..6], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]); // the highest band last
    /// assert_eq!(picture.coloured(ColourMap::Magma).channels(), 3);
    /// # Ok::<(), tensor_core::audio::AudioError>(())
    /// ```
    #[cfg(feature = "vision")]
    pub fn image(&self, scale: usize) -> crate::picture::Image {
        let scale = scale.max(1);
        let numbers = self.rows.as_flattened().iter().copied().filter(|number| number.is_finite());
        let (least, most) = numbers.fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), number| {
            (least.min(number), most.max(number))
        });
        let reach = if most > least { most - least } else { 1.0 };
        let pixel = |y: usize, x: usize| (self.rows[x / scale][BANDS - 1 - y / scale] - least) / reach;
        let (height, width) = (BANDS * scale, self.rows.len() * scale);
        let numbers = (0..height).flat_map(|y| (0..width).map(move |x| pixel(y, x))).collect();
        crate::picture::Image::grey(height, width, numbers).expect("a spectrogram has frames and bands")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[[f32; 2]]) -> Spectrogram<2> {
        Spectrogram::new(rows.to_vec()).unwrap()
    }

    #[test]
    fn decibels_have_a_floor() {
        let db = of(&[[1.0, 100.0], [0.0, 1e-30]]).decibels(60.0);
        assert_eq!(db.rows(), [[0.0, 20.0], [-40.0, -40.0]]);
        let silence = of(&[[0.0, 0.0]]).decibels(80.0);
        assert_eq!(silence.rows(), [[-100.0, -100.0]]);
        assert!(of(&[[f32::NAN, 1.0]]).decibels(80.0).rows()[0][0].is_nan());
    }

    #[test]
    fn standardised_bands_have_no_level() {
        let loud = of(&[[1.0, -80.0], [2.0, -80.0], [3.0, -80.0]]).standardised();
        assert_eq!(loud.mean(), [0.0, 0.0]);
        assert!((loud.deviation()[0] - 1.0).abs() < 1e-6 && loud.deviation()[1] == 0.0);
        assert_eq!(of(&[[5.0, 7.0]]).standardised().rows(), [[0.0, 0.0]], "one frame");
        let shifted = of(&[[11.0, 3.0], [12.0, 3.0], [13.0, 3.0]]).standardised();
        assert_eq!(shifted, loud);
    }

    #[test]
    fn parts_and_tensors() {
        let all = of(&[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        assert_eq!(all.part(1..3).unwrap().rows(), [[3.0, 4.0], [5.0, 6.0]]);
        assert_eq!((all.part(1..1), all.part(2..4)), (None, None));
        assert!(matches!(Spectrogram::<2>::new(vec![]), Err(AudioError::NoFrames)));
        let x = all.tensor(&Cpu::default()).unwrap();
        assert_eq!(x.as_vec(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[cfg(feature = "vision")]
    #[test]
    fn pictures_of_what_never_changes_are_drawn() {
        let level = of(&[[3.0, 3.0]]).image(1);
        assert_eq!(level.numbers(), [0.0, 0.0]);
        let odd = of(&[[f32::NAN, 3.0], [f32::INFINITY, 4.0]]).image(1);
        assert_eq!((odd.height(), odd.width(), odd.numbers()[0], odd.numbers()[1]), (2, 2, 0.0, 1.0));
    }
}
