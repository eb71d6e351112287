//! Which weights an op has: their names within the item, and their sizes.

/// The name of a weight within its item, and its sizes.
#[derive(Clone, Copy, Debug)]
pub struct WeightShape {
    /// `weight`, `bias`, `w_q.weight` …
    pub name: &'static str,
    sizes: [usize; WeightShape::MOST_AXES],
    axes: usize,
}

impl WeightShape {
    /// The most axes that a weight has: those of a convolution's filters.
    const MOST_AXES: usize = 4;

    /// Its sizes, outermost first.
    pub const fn sizes(&self) -> &[usize] {
        self.sizes.split_at(self.axes).0
    }
}

/// The weights of an op in the order of its fields, which is that of a state dict.
#[derive(Clone, Copy, Debug)]
pub struct WeightShapes {
    all: [WeightShape; WeightShapes::MOST],
    len: usize,
}

impl WeightShapes {
    /// An attention's: four matrices, their biases, a pair of low rank beside each, two norms.
    const MOST: usize = 18;

    /// No weights.
    pub(crate) const NONE: WeightShapes = WeightShapes { all: [Self::NO_SHAPE; Self::MOST], len: 0 };

    /// In place of a weight that is yet to be found.
    pub(crate) const NO_SHAPE: WeightShape = WeightShape { name: "", sizes: [0; 4], axes: 0 };

    /// These, and one more.
    ///
    /// # Panics
    /// If it has more axes than weights have, or there are more weights than ops have.
    #[inline]
    pub(crate) const fn with(mut self, name: &'static str, sizes: &[usize]) -> Self {
        let mut weight = WeightShape { name, sizes: [0; WeightShape::MOST_AXES], axes: sizes.len() };
        weight.sizes.split_at_mut(sizes.len()).0.copy_from_slice(sizes);
        self.all[self.len] = weight;
        self.len += 1;
        self
    }

    /// The weights.
    pub const fn as_slice(&self) -> &[WeightShape] {
        self.all.split_at(self.len).0
    }
}
