//! Where batches come from.

/// What deals batches, pass by pass over the data: the same ones each time it is made.
///
/// A training that goes on after a checkpoint makes its source anew and leaves out what it has seen: so many epochs, and so
/// many batches of the next. Where that is quick to do, an implementation says how: [`skip_epochs`](Self::skip_epochs), and
/// the iterator's `nth`.
///
/// Every iterator is one, of a single pass; and so are `data::Batches` (feature `data`), which deal row numbers.
pub trait Source {
    /// What is dealt.
    type Batch;

    /// Batches of an epoch, if that is known.
    fn per_epoch(&self) -> Option<u64> {
        None
    }

    /// The batches of the next pass over the data; none if there is no other pass.
    fn epoch(&mut self) -> Box<dyn Iterator<Item = Self::Batch> + '_>;

    /// Goes on to what comes after so many epochs.
    fn skip_epochs(&mut self, count: u64) {
        for _ in 0..count {
            self.epoch().for_each(drop);
        }
    }
}

impl<I: Iterator> Source for I {
    type Batch = I::Item;

    fn epoch(&mut self) -> Box<dyn Iterator<Item = I::Item> + '_> {
        Box::new(self)
    }
}

#[cfg(feature = "data")]
impl Source for crate::data::Batches {
    type Batch = Vec<usize>;

    fn per_epoch(&self) -> Option<u64> {
        Some(crate::data::Batches::per_epoch(self) as u64)
    }

    fn epoch(&mut self) -> Box<dyn Iterator<Item = Vec<usize>> + '_> {
        Box::new(crate::data::Batches::epoch(self).map(<[usize]>::to_vec))
    }

    fn skip_epochs(&mut self, count: u64) {
        // An epoch shuffles when it begins.
        (0..count).for_each(|_| _ = crate::data::Batches::epoch(self));
    }
}
