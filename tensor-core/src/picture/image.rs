//! Images as numbers.

use std::path::{Path, PathBuf};

use ::image::{DynamicImage, ImageBuffer, ImageFormat, Rgb, imageops};
use dfdx::prelude::*;

use crate::Error;

/// A grey or coloured image; numbers from 0 (black) to 1 (white), `[channels, height, width]` in that order.
///
/// Numbers beyond are kept, and drawn as black or white; NaN is drawn as black.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    channels: usize,
    height: usize,
    width: usize,
    numbers: Vec<f32>,
}

/// What is wrong with an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The file is absent, can't be read or written, or is not a picture.
    #[error("can't {what} `{}`: {reason}", path.display())]
    File {
        /// "read" or "write".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The words of the operating system or the decoder.
        reason: String,
    },
    /// There is no pixel.
    #[error("an image of {height} × {width} has no pixels")]
    Empty {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
    /// Another count of numbers than the sizes say.
    #[error(
        "an image of {channels} × {height} × {width} has {} numbers, but {found} are given",
        channels.saturating_mul(*height).saturating_mul(*width)
    )]
    Count {
        /// 1 for grey, 3 for colour.
        channels: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Numbers that were given.
        found: usize,
    },
    /// A tensor of other sizes is wanted.
    #[error("a tensor of {expected:?} is wanted, but the image is {found:?} (channels, height, width)")]
    Sizes {
        /// The tensor's.
        expected: [usize; 3],
        /// The image's.
        found: [usize; 3],
    },
    /// The device runs out of memory.
    #[error(transparent)]
    Device(Error),
}

impl Image {
    /// A grey image of `[height, width]` numbers, row by row.
    ///
    /// # Errors
    /// [`ImageError::Empty`], [`ImageError::Count`].
    pub fn grey(height: usize, width: usize, numbers: Vec<f32>) -> Result<Self, ImageError> {
        Self::of(1, height, width, numbers)
    }

    /// An image of `[3, height, width]` numbers: red, green, blue, each row by row.
    ///
    /// # Errors
    /// [`ImageError::Empty`], [`ImageError::Count`].
    pub fn colour(height: usize, width: usize, numbers: Vec<f32>) -> Result<Self, ImageError> {
        Self::of(3, height, width, numbers)
    }

    fn of(channels: usize, height: usize, width: usize, numbers: Vec<f32>) -> Result<Self, ImageError> {
        if height == 0 || width == 0 {
            return Err(ImageError::Empty { height, width });
        }
        let found = numbers.len();
        let expected = channels.checked_mul(height).and_then(|count| count.checked_mul(width));
        if expected != Some(found) {
            return Err(ImageError::Count { channels, height, width, found });
        }
        Ok(Image { channels, height, width, numbers })
    }

    /// Reads a PNG or JPEG; transparency is dropped. What has no colours stays grey.
    ///
    /// # Errors
    /// [`ImageError::File`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ImageError> {
        let path = path.as_ref();
        let refused = |reason: String| ImageError::File { what: "read", path: path.into(), reason };
        let bytes = crate::io::read(path).map_err(|error| refused(error.to_string()))?;
        let decoded = ::image::load_from_memory(&bytes).map_err(|error| refused(error.to_string()))?;
        let (height, width) = (decoded.height() as usize, decoded.width() as usize);
        if !decoded.color().has_color() {
            let pixels = decoded.to_luma32f();
            return Self::grey(height, width, pixels.into_raw());
        }
        let pixels = decoded.to_rgb32f();
        let plane = |channel: usize| pixels.as_raw()[channel..].iter().step_by(3).copied();
        Self::colour(height, width, (0..3).flat_map(plane).collect())
    }

    /// 1 for grey, 3 for colour.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Rows of pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Columns of pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// `[channels, height, width]` numbers.
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// The `[height, width]` numbers of a channel: 0 for red or grey, 1 for green, 2 for blue. None if there is no such.
    pub fn channel(&self, channel: usize) -> Option<&[f32]> {
        self.numbers.chunks_exact(self.height * self.width).nth(channel)
    }

    /// Its brightness: 0.2126 red + 0.7152 green + 0.0722 blue, the weights of BT.709.
    pub fn to_grey(&self) -> Image {
        let [Some(red), Some(green), Some(blue)] = [0, 1, 2].map(|channel| self.channel(channel)) else {
            return self.clone();
        };
        let bright = |((r, g), b): ((&f32, &f32), &f32)| 0.2126 * r + 0.7152 * g + 0.0722 * b;
        let numbers = red.iter().zip(green).zip(blue).map(bright).collect();
        Image { channels: 1, numbers, ..*self }
    }

    /// The same picture with other sizes, each pixel a weighted mean of those that it covers; at least one pixel.
    /// Numbers beyond black and white become these.
    pub fn resized(&self, height: usize, width: usize) -> Image {
        let (height, width) = (height.clamp(1, u32::MAX as usize), width.clamp(1, u32::MAX as usize));
        let planes = self.numbers.chunks_exact(self.height * self.width);
        let numbers = planes.flat_map(|plane| {
            let plane: ImageBuffer<::image::Luma<f32>, Vec<f32>> =
                ImageBuffer::from_raw(self.width as u32, self.height as u32, plane.to_vec())
                    .expect("a plane has a number for each pixel");
            imageops::resize(&plane, width as u32, height as u32, imageops::FilterType::Triangle).into_raw()
        });
        Image { channels: self.channels, height, width, numbers: numbers.collect() }
    }

    /// The largest square in its middle.
    pub fn middle_square(&self) -> Image {
        let side = self.height.min(self.width);
        let (top, left) = ((self.height - side) / 2, (self.width - side) / 2);
        let rows = |plane: &[f32]| -> Vec<f32> {
            let rows = plane.chunks_exact(self.width).skip(top).take(side);
            rows.flat_map(|row| row[left..left + side].to_vec()).collect()
        };
        let numbers = self.numbers.chunks_exact(self.height * self.width).flat_map(rows).collect();
        Image { channels: self.channels, height: side, width: side, numbers }
    }

    /// The tensor that a network takes.
    ///
    /// # Errors
    /// [`ImageError::Sizes`] if the image has other sizes; [`ImageError::Device`].
    pub fn tensor<const C: usize, const H: usize, const W: usize, D: Device<f32>>(
        &self,
        device: &D,
    ) -> Result<Tensor<Rank3<C, H, W>, f32, D>, ImageError> {
        let (expected, found) = ([C, H, W], [self.channels, self.height, self.width]);
        if expected != found {
            return Err(ImageError::Sizes { expected, found });
        }
        let tensor = device.try_tensor_from_vec(self.numbers.clone(), (Const, Const, Const));
        tensor.map_err(|error| ImageError::Device(Error::device(error)))
    }

    /// Writes a PNG: under a temporary name, then renamed. The folder is created if need be.
    ///
    /// # Errors
    /// [`ImageError::File`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ImageError> {
        let path = path.as_ref();
        let refused = |reason: String| ImageError::File { what: "write", path: path.into(), reason };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let picture = ImageBuffer::<Rgb<u8>, _>::from_raw(self.width as u32, self.height as u32, self.rgb());
        let picture = DynamicImage::from(picture.expect("three bytes for each pixel"));
        picture.write_to(&mut bytes, ImageFormat::Png).map_err(|error| refused(error.to_string()))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| refused(error.to_string()))?;
        }
        let written = crate::io::replace(path, |file| std::io::Write::write_all(file, bytes.get_ref()));
        written.map_err(|error| refused(error.to_string()))
    }

    /// Red, green and blue of each pixel, row by row.
    pub(super) fn rgb(&self) -> Vec<u8> {
        let pixels = self.height * self.width;
        let byte = |number: f32| (number.clamp(0.0, 1.0) * 255.0).round() as u8;
        let of_pixel = |pixel: usize| {
            [0, 1, 2].map(|channel| byte(self.numbers[channel.min(self.channels - 1) * pixels + pixel]))
        };
        (0..pixels).flat_map(of_pixel).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("tensor-core-image-{name}-{}.png", std::process::id()))
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let colour = Image::colour(2, 3, (0..18).map(|i| i as f32 / 17.0).collect()).unwrap();
        let path = scratch("colour");
        colour.save(&path).unwrap();
        let read = Image::read(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        assert_eq!((read.channels(), read.height(), read.width()), (3, 2, 3));
        for (a, b) in read.numbers().iter().zip(colour.numbers()) {
            assert!((a - b).abs() <= 0.5 / 255.0 + 1e-6, "{a} {b}");
        }
    }

    #[test]
    fn numbers_beyond_are_black_and_white() {
        let image = Image::grey(1, 4, vec![-3.0, f32::NAN, 0.5, 7.0]).unwrap();
        assert_eq!(image.rgb(), [0, 0, 0, 0, 0, 0, 128, 128, 128, 255, 255, 255]);
    }

    #[test]
    fn parts_and_means() {
        let image = Image::grey(2, 4, (0..8).map(|i| i as f32 / 8.0).collect()).unwrap();
        assert_eq!(image.middle_square().numbers(), [0.125, 0.25, 0.625, 0.75]);
        let half = image.resized(1, 2);
        assert_eq!((half.height(), half.width()), (1, 2));
        assert!(half.numbers()[0] < half.numbers()[1]);
        let white = Image::colour(1, 1, vec![1.0; 3]).unwrap().to_grey();
        assert!((white.numbers()[0] - 1.0).abs() < 1e-6 && white.channels() == 1);
        assert_eq!(image.to_grey(), image);
        assert_eq!(image.channel(1), None);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let error = Image::grey(2, 3, vec![0.0; 5]).unwrap_err().to_string();
        assert_eq!(error, "an image of 1 × 2 × 3 has 6 numbers, but 5 are given");
        assert!(matches!(Image::grey(0, 3, vec![]), Err(ImageError::Empty { .. })));
        let error = Image::colour(usize::MAX, 3, vec![]).unwrap_err().to_string();
        assert!(error.ends_with(&format!("has {} numbers, but 0 are given", usize::MAX)), "{error}");
        let image = Image::grey(2, 3, vec![0.0; 6]).unwrap();
        let error = image.tensor::<1, 3, 2, _>(&Cpu::default()).unwrap_err().to_string();
        assert!(error.starts_with("a tensor of [1, 3, 2] is wanted, but the image is [1, 2, 3]"), "{error}");
        let error = Image::read(scratch("absent")).unwrap_err().to_string();
        assert!(error.starts_with("can't read `"), "{error}");
        std::fs::write(scratch("text"), "no picture").unwrap();
        assert!(matches!(Image::read(scratch("text")), Err(ImageError::File { what: "read", .. })));
        std::fs::remove_file(scratch("text")).unwrap();
    }
}
