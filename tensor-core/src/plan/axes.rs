//! Axes of a value: what flows from item to item.

/// One axis of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// A size the compiler knows: `384`, `WIDTH`, `D`.
    Static(usize),
    /// A size known at run time: `seq`, or `seq + 1` as a name and what is added to it.
    Runtime {
        /// The axis name as declared.
        name: &'static str,
        /// What is added to it.
        plus: isize,
    },
}

impl Axis {
    /// Whether both are certainly the same size.
    pub const fn equals(self, other: Axis) -> bool {
        match (self, other) {
            (Axis::Static(a), Axis::Static(b)) => a == b,
            (Axis::Runtime { name: a, plus: x }, Axis::Runtime { name: b, plus: y }) => {
                x == y && same_text(a, b)
            }
            _ => false,
        }
    }

    /// The size, if the compiler knows it.
    #[inline]
    pub const fn size(self) -> Option<usize> {
        match self {
            Axis::Static(size) => Some(size),
            Axis::Runtime { .. } => None,
        }
    }
}

/// The axes of a value, in order; the last one holds the features.
///
/// A plain array with a length, so that `const fn`s can work on it. The first `leading` axes are those
/// that stand before the axes a network declares (batch …).
#[derive(Clone, Copy, Debug)]
pub struct Axes {
    len: usize,
    leading: usize,
    ids: bool,
    axes: [Axis; Axes::MAX],
}

impl Axes {
    /// The most axes a value can have, leading ones included (dfdx's limit).
    pub const MAX: usize = 6;

    /// Axes in order.
    ///
    /// # Panics
    /// If there are more than [`Axes::MAX`].
    #[inline]
    pub const fn new(axes: &[Axis]) -> Self {
        Axes { len: 0, leading: 0, ids: false, axes: [Axis::Static(1); Self::MAX] }.followed_by(axes)
    }

    /// Axes whose sizes are all known.
    ///
    /// # Panics
    /// If there are more than [`Axes::MAX`].
    #[inline]
    pub const fn of_sizes(sizes: &[usize]) -> Self {
        let mut all = Axes::new(&[]);
        let mut i = 0;
        while i < sizes.len() {
            all = all.push(Axis::Static(sizes[i]));
            i += 1;
        }
        all
    }

    /// The same axes, holding ids (of tokens …) where `ids` says so, instead of numbers.
    #[inline]
    pub const fn with_ids(mut self, ids: bool) -> Self {
        self.ids = ids;
        self
    }

    /// Whether they hold ids.
    #[inline]
    pub const fn are_ids(&self) -> bool {
        self.ids
    }

    /// How many axes there are.
    #[inline]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many axes stand before the declared ones.
    #[inline]
    pub const fn leading(&self) -> usize {
        self.leading
    }

    /// These axes as a network sees them that declares `input`: all before those are leading ones.
    #[inline]
    pub const fn entering(mut self, input: &Axes) -> Self {
        self.leading = self.len.saturating_sub(input.len);
        self
    }

    /// The same axes, of which the first `leading` are leading ones.
    #[inline]
    pub const fn with_leading(mut self, leading: usize) -> Self {
        self.leading = leading;
        self
    }

    /// The axis at `index`.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub const fn get(&self, index: usize) -> Axis {
        assert!(index < self.len, "no such axis");
        self.axes[index]
    }

    /// The axis `distance` places before the end; `from_end(1)` is the features.
    #[inline]
    pub const fn from_end(&self, distance: usize) -> Axis {
        self.get(self.len - distance)
    }

    /// The same axes and one more at the end.
    ///
    /// # Panics
    /// If there are [`Axes::MAX`] already.
    #[inline]
    pub const fn push(mut self, axis: Axis) -> Self {
        assert!(self.len < Self::MAX, "a value can have at most 6 axes");
        self.axes[self.len] = axis;
        self.len += 1;
        self
    }

    /// The same axes and more at the end.
    ///
    /// # Panics
    /// If that comes to more than [`Axes::MAX`].
    #[inline]
    pub(crate) const fn followed_by(mut self, axes: &[Axis]) -> Self {
        let mut i = 0;
        while i < axes.len() {
            self = self.push(axes[i]);
            i += 1;
        }
        self
    }

    /// The axes, in order.
    pub(crate) const fn as_slice(&self) -> &[Axis] {
        self.axes.split_at(self.len).0
    }

    /// The same axes without the last `count`.
    #[inline]
    pub const fn without_last(mut self, count: usize) -> Self {
        self.len = self.len.saturating_sub(count);
        self
    }

    /// The same axes with other features.
    #[inline]
    pub const fn with_features(self, features: Axis) -> Self {
        self.without_last(1).push(features)
    }

    /// The size of the features, if the compiler knows it.
    pub const fn features(&self) -> Option<usize> {
        if self.len == 0 { None } else { self.from_end(1).size() }
    }

    /// The product of all sizes; a runtime axis counts as 1.
    #[inline]
    pub const fn elements(&self) -> u64 {
        let mut product: u64 = 1;
        let mut i = 0;
        while i < self.len {
            if let Axis::Static(size) = self.axes[i] {
                product = u64::saturating_mul(product, size as u64);
            }
            i += 1;
        }
        product
    }

    /// Whether both have the same axes.
    pub const fn equals(&self, other: &Axes) -> bool {
        if self.len != other.len || self.ids != other.ids {
            return false;
        }
        let mut i = 0;
        while i < self.len {
            if !self.axes[i].equals(other.axes[i]) {
                return false;
            }
            i += 1;
        }
        true
    }

    /// Whether these axes end in `pattern`; each runtime axis of the pattern takes any size.
    #[inline]
    pub const fn ends_in(&self, pattern: &Axes) -> bool {
        if self.len < pattern.len || self.ids != pattern.ids {
            return false;
        }
        let mut i = 1;
        while i <= pattern.len {
            if let (Axis::Static(a), Axis::Static(b)) = (self.from_end(i), pattern.from_end(i)) {
                if a != b {
                    return false;
                }
            } else if let (Axis::Runtime { .. }, Axis::Static(_)) = (self.from_end(i), pattern.from_end(i)) {
                return false;
            }
            i += 1;
        }
        true
    }

    /// What a network that takes `input` and gives `output` makes of these axes.
    ///
    /// Leading axes stay, and each runtime axis of `output` takes the size that its name has in `input`.
    pub const fn through(&self, input: &Axes, output: &Axes) -> Axes {
        let lead = self.entering(input).without_last(input.len).with_ids(output.ids);
        lead.followed_by(self.bound(output, input).as_slice())
    }

    /// Declared axes as they are here, where `input`, which these axes end in, binds their names.
    #[inline]
    pub(crate) const fn bound(&self, declared: &Axes, input: &Axes) -> Axes {
        let mut bound = *declared;
        let mut i = 0;
        while i < bound.len {
            bound.axes[i] = self.bind(bound.axes[i], input);
            i += 1;
        }
        bound
    }

    #[inline]
    const fn bind(&self, axis: Axis, input: &Axes) -> Axis {
        let Axis::Runtime { name, plus } = axis else { return axis };
        let mut i = 1;
        while i <= input.len {
            if let Axis::Runtime { name: bound, plus: offset } = input.from_end(i)
                && same_text(bound, name)
                && i <= self.len
            {
                let added = plus - offset;
                return match self.from_end(i) {
                    Axis::Static(size) => Axis::Static(size.saturating_add_signed(added)),
                    Axis::Runtime { name, plus } => Axis::Runtime { name, plus: plus + added },
                };
            }
            i += 1;
        }
        axis
    }

    /// The sizes, if all are known.
    pub fn sizes(&self) -> Option<Vec<usize>> {
        self.as_slice().iter().map(|axis| axis.size()).collect()
    }
}

impl PartialEq for Axes {
    /// The same axes, the same of which are leading.
    fn eq(&self, other: &Self) -> bool {
        self.equals(other) && self.leading == other.leading
    }
}

impl std::fmt::Display for Axis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Axis::Static(size) => write!(f, "{size}"),
            Axis::Runtime { name, plus: 0 } => write!(f, "{name}"),
            Axis::Runtime { name, plus } if plus < 0 => write!(f, "{name} - {}", -plus),
            Axis::Runtime { name, plus } => write!(f, "{name} + {plus}"),
        }
    }
}

impl std::fmt::Display for Axes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", if self.ids { "ids[" } else { "[" })?;
        for (i, axis) in self.as_slice().iter().enumerate() {
            write!(f, "{}{axis}", if i == 0 { "" } else { ", " })?;
        }
        write!(f, "]")
    }
}

pub(crate) const fn same_text(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEQ: Axis = Axis::Runtime { name: "seq", plus: 0 };

    #[test]
    fn a_nested_network_keeps_leading_axes_and_binds_runtime_ones() {
        let given = Axes::new(&[Axis::Static(32), Axis::Runtime { name: "n", plus: 0 }, Axis::Static(8)]);
        let input = Axes::new(&[SEQ, Axis::Static(8)]);
        let output = Axes::new(&[Axis::Runtime { name: "seq", plus: 1 }, Axis::Static(4)]);
        assert!(given.ends_in(&input));
        assert_eq!(given.through(&input, &output).to_string(), "[32, n + 1, 4]");
        assert_eq!(Axes::of_sizes(&[5, 8]).through(&input, &output).to_string(), "[6, 4]");
    }

    #[test]
    fn a_static_axis_does_not_take_a_runtime_one() {
        assert!(!Axes::new(&[SEQ]).ends_in(&Axes::of_sizes(&[4])));
        assert!(Axes::of_sizes(&[4]).ends_in(&Axes::new(&[SEQ])));
        assert!(!Axes::of_sizes(&[4]).ends_in(&Axes::of_sizes(&[2, 4])));
    }
}
