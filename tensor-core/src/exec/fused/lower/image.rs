//! The steps of ops on images: each moves a window over them.

use super::super::steps::{Gather, PoolRows, Pooling, Transpose};
use super::super::value::Value;
use super::Lowering;
use crate::ops::image::Image;
use crate::ops::{Conv2dOp, PatchesOp, Pool, Pool2d, Pool2dOp};
use crate::plan::Axes;

/// A square that moves over an image.
struct Window {
    image: Image,
    size: usize,
    stride: usize,
    /// Rows and columns of zeros at each side.
    padding: usize,
}

impl Window {
    /// One whose places lie side by side.
    fn tiles(image: Image, size: usize) -> Self {
        Window { image, size, stride: size, padding: 0 }
    }

    /// How often it fits down and across.
    fn fits(&self) -> [usize; 2] {
        let fits = |length: usize| (length + 2 * self.padding - self.size) / self.stride + 1;
        [fits(self.image.height), fits(self.image.width)]
    }

    fn places(&self) -> usize {
        let [down, across] = self.fits();
        down * across
    }

    /// How many numbers it sees.
    fn sees(&self) -> usize {
        self.image.channels * self.size * self.size
    }

    fn image_len(&self) -> usize {
        self.image.channels * self.image.height * self.image.width
    }

    /// Where in the image the number stands that it sees at a place; after the end for the padding.
    fn at(&self, place: usize, seen: usize) -> usize {
        let Image { height, width, .. } = self.image;
        let across = self.fits()[1];
        let (channel, row, column) =
            (seen / (self.size * self.size), seen / self.size % self.size, seen % self.size);
        let inside = |step: usize, offset: usize, length: usize| {
            (step * self.stride + offset).checked_sub(self.padding).filter(|&at| at < length)
        };
        match (inside(place / across, row, height), inside(place % across, column, width)) {
            (Some(row), Some(column)) => (channel * height + row) * width + column,
            _ => self.image_len(),
        }
    }
}

impl Lowering {
    pub(super) fn patches(&mut self, op: &PatchesOp, x: Value, axes: &Axes) -> Value {
        self.seen(x, &Window::tiles(Image::of(axes), op.size))
    }

    /// A product of what the window sees, a row for each place, with the filters; then the channels come before the places.
    pub(super) fn conv2d(&mut self, op: &Conv2dOp, x: Value, axes: &Axes) -> Value {
        let Conv2dOp { outputs, kernel, stride, padding, bias, .. } = *op;
        let window = Window { image: Image::of(axes), size: kernel, stride, padding };
        let seen = self.seen(x, &window);
        let filters = self.projection(outputs, bias);
        let from = self.product(seen, filters, window.sees());
        let to = self.like(from);
        self.push(Transpose { from, to, rows: window.places(), columns: outputs });
        to
    }

    /// Each number of a square as a row of all squares of a channel; these rows become one.
    pub(super) fn pool2d(&mut self, op: &Pool2dOp, x: Value, axes: &Axes) -> Value {
        let window = Window::tiles(Image { channels: 1, ..Image::of(axes) }, op.size);
        let (rows, width) = (window.sees(), window.places());
        let places = (0..rows).flat_map(|seen| (0..width).map(move |place| (place, seen)));
        let squares = self.gather(x, &window, places.map(|(place, seen)| window.at(place, seen)).collect());
        let kind = match op.kind {
            Pool2d::Max => Pool::Max,
            Pool2d::Avg => Pool::Mean,
        };
        self.pool_rows(squares, Pooling { kind, rows, width, mask: None })
    }

    /// What the window sees, a row for each place.
    fn seen(&mut self, x: Value, window: &Window) -> Value {
        let sees = window.sees();
        let places = (0..window.places() * sees).map(|at| window.at(at / sees, at % sees));
        self.gather(x, window, places.collect())
    }

    fn gather(&mut self, x: Value, window: &Window, places: Vec<usize>) -> Value {
        let length = window.image_len();
        let y = self.value(self.len(x) / length * places.len(), self.wants(x));
        self.push(Gather { x, y, length, places: places.into() });
        y
    }

    pub(super) fn pool_rows(&mut self, x: Value, pooling: Pooling) -> Value {
        let y = self.value(self.len(x) / pooling.rows, self.wants(x));
        self.push(PoolRows { x, y, pooling });
        y
    }
}
