//! Pictures with labels: Fashion-MNIST, and the digits of this repository.

use std::{error::Error, path::Path};

use tensor_core::{
    data::{Idx, Table},
    picture::{Image, ImageError},
    prelude::*,
};

use super::{
    CLASSES,
    support::{self, digits},
};

/// Square pictures in grey, from 0 to 1, and what each shows.
pub struct Labelled<const S: usize> {
    pub names: [&'static str; CLASSES],
    /// From 0 to `white`.
    pixels: Vec<[[u8; S]; S]>,
    white: u8,
    pub labels: Vec<usize>,
}

impl<const S: usize> Labelled<S> {
    pub fn len(&self) -> usize {
        self.pixels.len()
    }

    /// The first `count` of them.
    pub fn first(mut self, count: usize) -> Self {
        self.pixels.truncate(count);
        self.labels.truncate(count);
        self
    }

    /// One of them as a picture.
    pub fn image(&self, row: usize) -> Result<Image, ImageError> {
        let numbers = self.pixels[row].as_flattened().iter().map(|&pixel| self.part_of_white(pixel));
        Image::grey(S, S, numbers.collect())
    }

    /// Some of them as a network takes them: from -1 to 1.
    pub fn tensor<D: Device<f32>>(&self, rows: &[usize], device: &D) -> Pictures<S, D> {
        let pixels = rows.iter().flat_map(|&row| self.pixels[row].as_flattened());
        let numbers = pixels.map(|&pixel| 2.0 * self.part_of_white(pixel) - 1.0).collect();
        device.tensor_from_vec(numbers, (rows.len(), Const, Const, Const))
    }

    fn part_of_white(&self, pixel: u8) -> f32 {
        f32::from(pixel) / f32::from(self.white)
    }
}

/// A batch of square pictures in grey.
pub type Pictures<const S: usize, D> = Tensor<(usize, Const<1>, Const<S>, Const<S>), f32, D>;

/// Fashion-MNIST: a part to train on and one to test.
pub fn fashion(folder: &Path) -> Result<(Labelled<28>, Labelled<28>), Box<dyn Error>> {
    if !folder.is_dir() {
        return Err(format!(
            "Fashion-MNIST is not in `{}`: run `python3 examples/data/fetch_fashion_mnist.py`, or take `--data digits`, \
             which needs nothing",
            folder.display()
        )
        .into());
    }
    let names =
        ["T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"];
    let part = |name: &str| -> Result<Labelled<28>, Box<dyn Error>> {
        let images = Idx::read(folder.join(format!("{name}-images-idx3-ubyte.gz")))?;
        let labels = Idx::read(folder.join(format!("{name}-labels-idx1-ubyte.gz")))?.labels(CLASSES)?;
        let pixels = images.pictures()?.to_vec();
        if pixels.len() != labels.len() {
            let (pictures, labels) = (pixels.len(), labels.len());
            return Err(format!("part `{name}` has {pictures} pictures, but {labels} labels").into());
        }
        Ok(Labelled { names, pixels, white: 255, labels })
    };
    Ok((part("train")?, part("t10k")?))
}

/// The digits of `examples/data/digits.csv`: a part to train on and a fifth to test.
pub fn digits(seed: u64) -> Result<(Labelled<8>, Labelled<8>), Box<dyn Error>> {
    let part = |table: &Table<{ digits::PIXELS }, { digits::CLASSES }>| {
        let white = 16;
        let byte = |part: &f32| (part * f32::from(white)).round() as u8;
        let picture = |row: &[f32; digits::PIXELS]| {
            std::array::from_fn(|y| std::array::from_fn(|x| byte(&row[y * 8 + x])))
        };
        let pixels = table.rows().iter().map(picture).collect();
        Labelled { names: digits::DIGITS.classes, pixels, white, labels: table.labels().to_vec() }
    };
    let (train, test) = digits::read(&support::repository("examples/data/digits.csv"), seed)?;
    Ok((part(&train), part(&test)))
}
