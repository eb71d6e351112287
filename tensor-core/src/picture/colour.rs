//! Colours for numbers.

use super::Image;

/// Colours in an order that eyes see as one, from dark to bright, in print without colours too.
///
/// # Source
/// matplotlib's maps of these names (CC0), every 16th of their length, a line between; at most 0.03 from theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourMap {
    /// Black, purple, orange, pale yellow.
    Magma,
    /// Dark violet, blue, green, yellow.
    Viridis,
}

impl ColourMap {
    const fn places(self) -> &'static [[f32; 3]; 17] {
        match self {
            ColourMap::Magma => &MAGMA,
            ColourMap::Viridis => &VIRIDIS,
        }
    }

    /// Red, green and blue, each from 0 to 1, of a number from 0 to 1. Numbers beyond have the colours of the ends; NaN is
    /// black.
    pub fn colour(self, number: f32) -> [f32; 3] {
        if number.is_nan() {
            return [0.0; 3];
        }
        let places = self.places();
        let way = number.clamp(0.0, 1.0) * (places.len() - 1) as f32;
        let left = (way as usize).min(places.len() - 2);
        let part = way - left as f32;
        std::array::from_fn(|channel| places[left][channel] * (1.0 - part) + places[left + 1][channel] * part)
    }
}

impl Image {
    /// The picture of its brightness in colours.
    ///
    /// ```
    /// use tensor_core::picture::{ColourMap, Image};
    ///
    /// let ramp = Image::grey(1, 3, vec![0.0, 0.5, 1.0])?.coloured(ColourMap::Viridis);
    /// let green = ramp.channel(1).unwrap();
    /// assert_eq!((ramp.channels(), green[1]), (3, 0.565));
    /// # Ok::<(), tensor_core::picture::ImageError>(())
    /// ```
    #[must_use]
    pub fn coloured(&self, map: ColourMap) -> Image {
        let grey = self.to_grey();
        let colours: Vec<[f32; 3]> = grey.numbers().iter().map(|&number| map.colour(number)).collect();
        let channel = |channel: usize| colours.iter().map(move |colour| colour[channel]);
        let numbers = (0..3).flat_map(channel).collect();
        Image::colour(self.height(), self.width(), numbers).expect("three numbers for each pixel")
    }
}

#[rustfmt::skip]
const MAGMA: [[f32; 3]; 17] = [
    [0.001, 0.000, 0.014], [0.039, 0.031, 0.133], [0.112, 0.065, 0.276], [0.210, 0.062, 0.417],
    [0.315, 0.071, 0.485], [0.413, 0.110, 0.504], [0.511, 0.147, 0.508], [0.611, 0.181, 0.499],
    [0.713, 0.214, 0.476], [0.814, 0.254, 0.438], [0.901, 0.316, 0.390], [0.959, 0.414, 0.360],
    [0.986, 0.530, 0.380], [0.996, 0.648, 0.442], [0.997, 0.763, 0.530], [0.993, 0.878, 0.634],
    [0.987, 0.991, 0.750],
];
#[rustfmt::skip]
const VIRIDIS: [[f32; 3]; 17] = [
    [0.267, 0.005, 0.329], [0.282, 0.095, 0.417], [0.279, 0.175, 0.483], [0.259, 0.251, 0.524],
    [0.230, 0.321, 0.545], [0.200, 0.386, 0.555], [0.173, 0.447, 0.558], [0.150, 0.506, 0.557],
    [0.128, 0.565, 0.551], [0.120, 0.624, 0.534], [0.155, 0.682, 0.503], [0.241, 0.737, 0.455],
    [0.363, 0.787, 0.387], [0.508, 0.829, 0.299], [0.669, 0.862, 0.195], [0.836, 0.886, 0.102],
    [0.993, 0.906, 0.144],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_from_dark_to_bright() {
        for map in [ColourMap::Magma, ColourMap::Viridis] {
            let ramp = Image::grey(1, 101, (0..101).map(|i| i as f32 / 100.0).collect()).unwrap();
            let bright = ramp.coloured(map).to_grey();
            assert!(bright.numbers().windows(2).all(|pair| pair[0] < pair[1]), "{map:?}");
            assert_eq!(map.colour(-1.0), map.colour(0.0));
            assert_eq!(map.colour(f32::INFINITY), map.colour(1.0));
            assert_eq!(map.colour(f32::NAN), [0.0; 3]);
        }
    }
}
