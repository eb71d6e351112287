//! Sequences of different lengths in one batch, padded to the longest.

use dfdx::prelude::{Device, Storage, Tensor, TensorFromVec};

use crate::Error;
use crate::param::Element;

/// Sequences of ids, filled up to the length of the longest, with a mask that is 1 where a sequence is and 0 where it was
/// filled up, as `mask: padding` and `pool` take it.
///
/// ```
/// use tensor_core::data::Padded;
/// use tensor_core::prelude::*;
///
/// let padded = Padded::of(&[&[5, 6, 7][..], &[8]], 0);
/// assert_eq!((padded.rows(), padded.length()), (2, 3));
/// assert_eq!(padded.ids(), [5, 6, 7, 8, 0, 0]);
/// let mask: Tensor<(usize, usize), f32, Cpu> = padded.mask_on(&Cpu::default())?;
/// assert_eq!(mask.as_vec(), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padded {
    ids: Vec<usize>,
    lengths: Vec<usize>,
    length: usize,
}

impl Padded {
    /// Fills up with the id `fill`.
    pub fn of<S: AsRef<[usize]>>(sequences: &[S], fill: usize) -> Self {
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.as_ref().len()).collect();
        let length = lengths.iter().copied().max().unwrap_or(0);
        let mut ids = vec![fill; sequences.len() * length];
        if length > 0 {
            for (row, sequence) in ids.chunks_exact_mut(length).zip(sequences) {
                row[..sequence.as_ref().len()].copy_from_slice(sequence.as_ref());
            }
        }
        Padded { ids, lengths, length }
    }

    /// How many sequences there are.
    pub fn rows(&self) -> usize {
        self.lengths.len()
    }

    /// The length of the longest.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The length of each before it was filled up.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// The ids, row by row.
    pub fn ids(&self) -> &[usize] {
        &self.ids
    }

    /// 1 or 0 for each place, row by row.
    fn mask(&self) -> impl Iterator<Item = f64> {
        let length = self.length;
        self.lengths
            .iter()
            .flat_map(move |&own| (0..length).map(move |place| if place < own { 1.0 } else { 0.0 }))
    }

    /// The ids on a device, `[rows, length]`.
    ///
    /// # Errors
    /// [`Error::Device`] if the device runs out of memory.
    pub fn ids_on<D: Storage<usize> + TensorFromVec<usize>>(
        &self,
        device: &D,
    ) -> Result<Tensor<(usize, usize), usize, D>, Error> {
        device.try_tensor_from_vec(self.ids.clone(), (self.rows(), self.length)).map_err(Error::device)
    }

    /// The mask on a device, `[rows, length]`.
    ///
    /// # Errors
    /// [`Error::Device`] if the device runs out of memory.
    pub fn mask_on<E: Element, D: Device<E>>(
        &self,
        device: &D,
    ) -> Result<Tensor<(usize, usize), E, D>, Error> {
        let mask = self.mask().map(E::of).collect();
        device.try_tensor_from_vec(mask, (self.rows(), self.length)).map_err(Error::device)
    }
}

#[cfg(test)]
mod tests {
    use dfdx::prelude::{Cpu, HasShape};

    use super::*;

    #[test]
    fn nothing_is_padded_to_nothing() {
        let empty: [&[usize]; 0] = [];
        assert_eq!((Padded::of(&empty, 0).length(), Padded::of(&empty, 0).rows()), (0, 0));
        assert!(Padded::of(&[&[][..], &[]], 0).ids().is_empty());
        assert_eq!(Padded::of(&[&[][..], &[4]], 9).ids(), [9, 4]);
    }

    #[test]
    fn ids_lie_on_a_device_row_by_row() {
        let ids = Padded::of(&[&[5, 6, 7][..], &[8]], 0).ids_on(&Cpu::default()).unwrap();
        assert_eq!((*ids.shape(), ids.as_vec()), ((2, 3), vec![5, 6, 7, 8, 0, 0]));
    }
}
