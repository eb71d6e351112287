//! Images changed at random, so that a network sees each in many forms.

use rand::{Rng, SeedableRng, rngs::StdRng};

use super::position::mixed;

/// Changes of images `[channels, height, width]`, in the order in which they are named here. What happens to an image is drawn
/// from the seed and a number that the caller gives, such as the count of images seen: the same two give the same bits,
/// whatever came before and on whichever thread.
///
/// ```
/// use tensor_core::data::Augment;
///
/// let augment = Augment::new(7).shift(2).flip(0.5).rotate(10.0).brightness(0.1).contrast(0.2).cutout(3);
/// let image: Vec<f32> = (0..64).map(|i| i as f32 / 64.0).collect();
/// let (mut first, mut again) = (image.clone(), image.clone());
/// augment.apply(&mut first, [1, 8, 8], 0)?;
/// augment.apply(&mut again, [1, 8, 8], 0)?;
/// assert_eq!(first, again);
/// augment.apply(&mut again, [1, 8, 8], 1)?;
/// assert_ne!(first, again);
/// # Ok::<(), tensor_core::data::AugmentError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Augment {
    seed: u64,
    fill: f32,
    changes: Vec<Change>,
}

/// One change, with how far it may go.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    Shift(usize),
    Flip(f64),
    Rotate(f64),
    Brightness(f32),
    Contrast(f32),
    Cutout(usize),
}

/// An image that can't be changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AugmentError {
    /// There are not as many numbers as the sizes say.
    #[error(
        "images of {sizes:?} (channels, height, width) have {expected} numbers each, but {given} were given"
    )]
    Length {
        /// Channels, height, width.
        sizes: [usize; 3],
        /// Numbers of an image.
        expected: usize,
        /// Numbers given.
        given: usize,
    },
    /// A change goes further than it can.
    #[error("{change} is {range}, not {value}")]
    Amount {
        /// The change.
        change: &'static str,
        /// How far it may go.
        range: &'static str,
        /// How far it was to go.
        value: f64,
    },
    /// A shift or a cut is as large as the image.
    #[error("{change} of {value} pixels leaves nothing of an image of {height} × {width}")]
    TooLarge {
        /// The change.
        change: &'static str,
        /// Its pixels.
        value: usize,
        /// The image's rows.
        height: usize,
        /// The image's columns.
        width: usize,
    },
}

impl Augment {
    /// No change yet.
    pub fn new(seed: u64) -> Self {
        Augment { seed, fill: 0.0, changes: Vec::new() }
    }

    /// What comes in from outside of an image, and into a cut; 0 if this is not called.
    #[must_use]
    pub fn fill(mut self, value: f32) -> Self {
        self.fill = value;
        self
    }

    /// Shifts by up to `most` pixels each way: what a crop of the padded image gives.
    #[must_use]
    pub fn shift(self, most: usize) -> Self {
        self.then(Change::Shift(most))
    }

    /// Mirrors left and right with this probability.
    #[must_use]
    pub fn flip(self, probability: f64) -> Self {
        self.then(Change::Flip(probability))
    }

    /// Turns by up to `most` degrees either way around the centre; pixels between four are their weighted mean.
    #[must_use]
    pub fn rotate(self, most: f64) -> Self {
        self.then(Change::Rotate(most))
    }

    /// Adds a number of up to ±`most` to all pixels.
    #[must_use]
    pub fn brightness(self, most: f32) -> Self {
        self.then(Change::Brightness(most))
    }

    /// Multiplies the distance of all pixels from their mean with a factor of 1 ± up to `most`.
    #[must_use]
    pub fn contrast(self, most: f32) -> Self {
        self.then(Change::Contrast(most))
    }

    /// Fills a square of `size` pixels a side, whose centre lies anywhere in the image.
    ///
    /// # Source
    /// "Improved Regularization of Convolutional Neural Networks with Cutout", arXiv:1708.04552
    #[must_use]
    pub fn cutout(self, size: usize) -> Self {
        self.then(Change::Cutout(size))
    }

    fn then(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Changes one image; `number` says which draw it is.
    ///
    /// # Errors
    /// [`AugmentError`] if the numbers are not those of an image, or a change goes too far; then nothing changes.
    pub fn apply(&self, image: &mut [f32], sizes: [usize; 3], number: u64) -> Result<(), AugmentError> {
        self.apply_all(image, sizes, number)
    }

    /// Changes images one after another, the first as draw `first`, the next as `first + 1` and so on.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply).
    pub fn apply_all(&self, images: &mut [f32], sizes: [usize; 3], first: u64) -> Result<(), AugmentError> {
        let expected = sizes.into_iter().fold(1, usize::saturating_mul);
        if expected == 0 || !images.len().is_multiple_of(expected) {
            return Err(AugmentError::Length { sizes, expected, given: images.len() });
        }
        self.changes.iter().try_for_each(|change| change.check(sizes))?;
        for (values, number) in images.chunks_exact_mut(expected).zip(first..) {
            let mut random = StdRng::seed_from_u64(mixed(self.seed, number));
            let mut image = Image { values, sizes, fill: self.fill };
            self.changes.iter().for_each(|change| change.apply(&mut image, &mut random));
        }
        Ok(())
    }
}

impl Change {
    fn check(self, [_, height, width]: [usize; 3]) -> Result<(), AugmentError> {
        let amount = |fits, change, range, value| {
            if fits { Ok(()) } else { Err(AugmentError::Amount { change, range, value }) }
        };
        let room = |change, value, most| {
            if value < most { Ok(()) } else { Err(AugmentError::TooLarge { change, value, height, width }) }
        };
        match self {
            Change::Shift(most) => room("a shift", most, height.min(width)),
            Change::Cutout(size) => room("a cut", size, height.max(width)),
            Change::Flip(p) => {
                amount((0.0..=1.0).contains(&p), "the probability of a flip", "from 0 to 1", p)
            }
            Change::Rotate(most) => {
                amount((0.0..=180.0).contains(&most), "a rotation", "from 0 to 180 degrees", most)
            }
            Change::Brightness(most) => {
                let fits = most >= 0.0 && most.is_finite();
                amount(fits, "brightness", "at least 0 and finite", most.into())
            }
            Change::Contrast(most) => {
                amount((0.0..=1.0).contains(&most), "contrast", "from 0 to 1", most.into())
            }
        }
    }

    fn apply(self, image: &mut Image<'_>, random: &mut StdRng) {
        match self {
            Change::Shift(most) => {
                let most = most as isize;
                let (down, right) = (random.gen_range(-most..=most), random.gen_range(-most..=most));
                image.shift(down, right);
            }
            Change::Flip(probability) => {
                if random.gen_bool(probability) {
                    image.flip();
                }
            }
            Change::Rotate(most) => image.rotate(random.gen_range(-most..=most)),
            Change::Brightness(most) => {
                let more = random.gen_range(-most..=most);
                image.values.iter_mut().for_each(|x| *x += more);
            }
            Change::Contrast(most) => {
                let factor = 1.0 + random.gen_range(-most..=most);
                let mean =
                    image.values.iter().map(|&x| f64::from(x)).sum::<f64>() / image.values.len() as f64;
                let mean = mean as f32;
                image.values.iter_mut().for_each(|x| *x = mean + (*x - mean) * factor);
            }
            Change::Cutout(size) => {
                let (row, column) =
                    (random.gen_range(0..image.sizes[1]), random.gen_range(0..image.sizes[2]));
                image.cut(row, column, size);
            }
        }
    }
}

/// An image's numbers, channel by channel and row by row.
struct Image<'i> {
    values: &'i mut [f32],
    sizes: [usize; 3],
    fill: f32,
}

impl Image<'_> {
    fn channels(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.values.chunks_exact_mut(self.sizes[1] * self.sizes[2])
    }

    fn shift(&mut self, down: isize, right: isize) {
        let ([_, height, width], fill) = (self.sizes, self.fill);
        for channel in self.channels() {
            let before = channel.to_vec();
            for (at, pixel) in channel.iter_mut().enumerate() {
                let (row, column) = ((at / width) as isize - down, (at % width) as isize - right);
                let inside = (0..height as isize).contains(&row) && (0..width as isize).contains(&column);
                *pixel = if inside { before[row as usize * width + column as usize] } else { fill };
            }
        }
    }

    fn flip(&mut self) {
        self.values.chunks_exact_mut(self.sizes[2]).for_each(<[f32]>::reverse);
    }

    /// Each pixel is what lies where it comes from.
    fn rotate(&mut self, degrees: f64) {
        let ([_, height, width], fill) = (self.sizes, self.fill);
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (middle_row, middle_column) = ((height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0);
        for channel in self.channels() {
            let before = channel.to_vec();
            let at = |row: f64, column: f64| {
                let inside = row >= 0.0 && column >= 0.0 && row < height as f64 && column < width as f64;
                f64::from(if inside { before[row as usize * width + column as usize] } else { fill })
            };
            for (place, pixel) in channel.iter_mut().enumerate() {
                let (down, right) =
                    ((place / width) as f64 - middle_row, (place % width) as f64 - middle_column);
                let row = middle_row + cos * down - sin * right;
                let column = middle_column + sin * down + cos * right;
                let (top, left) = (row.floor(), column.floor());
                let (lower, righter) = (row - top, column - left);
                let upper = at(top, left) * (1.0 - righter) + at(top, left + 1.0) * righter;
                let under = at(top + 1.0, left) * (1.0 - righter) + at(top + 1.0, left + 1.0) * righter;
                *pixel = (upper * (1.0 - lower) + under * lower) as f32;
            }
        }
    }

    fn cut(&mut self, row: usize, column: usize, size: usize) {
        let ([_, height, width], fill) = (self.sizes, self.fill);
        let span = |middle: usize, most: usize| {
            let first = middle as isize - (size / 2) as isize;
            first.max(0) as usize..((first + size as isize).max(0) as usize).min(most)
        };
        let (rows, columns) = (span(row, height), span(column, width));
        for channel in self.channels() {
            for row in rows.clone() {
                channel[row * width..][columns.clone()].fill(fill);
            }
        }
    }
}

#[cfg(test)]
mod tests;
