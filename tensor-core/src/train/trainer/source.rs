//! Where batches come from.

/// What deals batches, pass by pass over the data: the same ones each time it is made.
///
/// A training that goes on after a checkpoint makes its source anew and leaves out what it has seen: so many epochs, and so
/// many batches of the next. Where that is quick to do, an implementation says how: [`skip_epochs`](Self::skip_epochs), and
/// the iterator's `nth`.
///
/// Every iterator is one, of a single pass; and with the feature `data` so are `data::Batches`, which deal row numbers, and
/// `data::Loader` in `ByEpochs`.
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

/// A [`Loader`](crate::data::Loader), which deals without end, as a source of epochs. Where a training goes on, batches that are
/// left out are not read.
///
/// ```
/// use tensor_core::data::{Batches, Loader};
/// use tensor_core::train::{ByEpochs, Source};
///
/// let read = |rows: &[usize]| Ok::<usize, std::io::Error>(rows.iter().sum());
/// let mut source = ByEpochs(Loader::new(Batches::new(10, 4, 7)?, read, 2));
/// source.skip_epochs(5);
/// assert_eq!(source.epoch().count(), 3);
/// # Ok::<(), tensor_core::data::BatchError>(())
/// ```
#[cfg(feature = "data")]
#[derive(Debug)]
pub struct ByEpochs<L>(pub L);

#[cfg(feature = "data")]
mod by_epochs {
    use super::{ByEpochs, Source};
    use crate::data::{Deal, Loader, Position, ReadAheadError};

    impl<T, E, B> Source for ByEpochs<Loader<T, E, B>>
    where
        T: Send + 'static,
        E: Send + 'static,
        B: Deal + Clone + Send + 'static,
    {
        type Batch = Result<T, ReadAheadError<E>>;

        fn epoch(&mut self) -> Box<dyn Iterator<Item = Self::Batch> + '_> {
            let epoch = self.0.state().epoch;
            Box::new(Epoch { loader: &mut self.0, epoch, over: false })
        }

        fn skip_epochs(&mut self, count: u64) {
            let Position { seed, epoch, .. } = self.0.state();
            let there = Position { seed, epoch: epoch + count, offset: 0 };
            if self.0.resume(there).is_err() {
                unreachable!("an epoch can begin anywhere");
            }
        }
    }

    struct Epoch<'l, T, E, B> {
        loader: &'l mut Loader<T, E, B>,
        epoch: u64,
        over: bool,
    }

    impl<T, E, B> Iterator for Epoch<'_, T, E, B>
    where
        T: Send + 'static,
        E: Send + 'static,
        B: Deal + Clone + Send + 'static,
    {
        type Item = Result<T, ReadAheadError<E>>;

        fn next(&mut self) -> Option<Self::Item> {
            self.nth(0)
        }

        fn nth(&mut self, count: usize) -> Option<Self::Item> {
            if self.over {
                return None;
            }
            let made = self.loader.nth(count);
            self.over = made.is_none() || self.loader.state().epoch > self.epoch;
            made
        }
    }
}
