//! Reading ahead: a thread makes the next items while the current one is worked on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// An iterator whose items another thread makes ahead of time, a few at a time, so that data larger than memory is read
/// while a network learns from what was read before.
///
/// The items are those of the source, in its order. An error of the source comes through as it does; a panic of the source
/// comes as an error, and ends the items. When this is dropped, the thread stops after the item that it is at.
///
/// ```
/// use tensor_core::data::ReadAhead;
///
/// let lines = "3\n1\nx\n".lines().map(|line| line.parse::<u32>());
/// let mut numbers = ReadAhead::new(lines, 2)?;
/// assert_eq!(numbers.next().unwrap()?, 3);
/// assert_eq!(numbers.next().unwrap()?, 1);
/// assert_eq!(numbers.next().unwrap().unwrap_err().to_string(), "invalid digit found in string");
/// assert!(numbers.next().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ReadAhead<T, E> {
    items: Option<Receiver<Result<T, ReadAheadError<E>>>>,
    thread: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

/// Why an item that was to be read ahead did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadAheadError<E> {
    /// The source failed.
    #[error(transparent)]
    Source(E),
    /// The source panicked; nothing comes after it.
    #[error("what reads ahead panicked: {0}")]
    Panicked(String),
    /// There is no thread to be had.
    #[error("can't begin a thread that reads ahead: {0}")]
    Thread(#[source] Arc<std::io::Error>),
}

impl<T: Send + 'static, E: Send + 'static> ReadAhead<T, E> {
    /// Reads up to `ahead` items of `source` before they are asked for, and the one after them; the source moves to a
    /// thread of its own.
    ///
    /// # Errors
    /// [`ReadAheadError::Thread`] if there is no thread to be had.
    pub fn new<S>(source: S, ahead: usize) -> Result<Self, ReadAheadError<E>>
    where
        S: IntoIterator<Item = Result<T, E>>,
        S::IntoIter: Send + 'static,
    {
        let (sender, items) = sync_channel(ahead);
        let stop = Arc::new(AtomicBool::new(false));
        let (told, mut source) = (stop.clone(), source.into_iter());
        let work = move || {
            while !told.load(Ordering::Relaxed) {
                // What panics is used no more.
                let item = match catch_unwind(AssertUnwindSafe(|| source.next())) {
                    Ok(None) => return,
                    Ok(Some(item)) => item.map_err(ReadAheadError::Source),
                    Err(panic) => {
                        // Whoever does not wait for it any more does not want to know it either.
                        _ = sender.send(Err(ReadAheadError::Panicked(said(&*panic))));
                        return;
                    }
                };
                if sender.send(item).is_err() {
                    return; // dropped
                }
            }
        };
        let thread = std::thread::Builder::new().name("read ahead".to_owned()).spawn(work);
        let thread = Some(thread.map_err(|error| ReadAheadError::Thread(Arc::new(error)))?);
        Ok(ReadAhead { items: Some(items), thread, stop })
    }
}

/// What a panic says.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without a message".to_owned())
}

impl<T, E> Iterator for ReadAhead<T, E> {
    type Item = Result<T, ReadAheadError<E>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.items.as_ref()?.recv().ok()
    }
}

impl<T, E> Drop for ReadAhead<T, E> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.items = None; // lets a thread go on that waits for room
        if let Some(thread) = self.thread.take() {
            _ = thread.join(); // its panics were told as items
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::{Duration, Instant};

    use super::*;

    fn numbers(count: u32) -> impl Iterator<Item = Result<u32, String>> + Send + 'static {
        (0..count).map(Ok)
    }

    #[test]
    fn items_come_in_order_whatever_is_ahead() {
        for ahead in [0, 1, 3, 1000] {
            let read: Vec<u32> = ReadAhead::new(numbers(100), ahead).unwrap().map(Result::unwrap).collect();
            assert!(read.into_iter().eq(0..100));
        }
    }

    #[test]
    fn an_error_comes_through_and_what_follows_too() {
        let source = [Ok(1), Err("a bad sector".to_owned()), Ok(3)];
        let mut read = ReadAhead::new(source, 4).unwrap();
        assert_eq!(read.next().unwrap().unwrap(), 1);
        assert!(matches!(read.next(), Some(Err(ReadAheadError::Source(text))) if text == "a bad sector"));
        assert_eq!(read.next().unwrap().unwrap(), 3);
        assert!(read.next().is_none());
    }

    #[test]
    fn a_panic_is_an_error_after_what_came_before_it() {
        let source = numbers(9).map(|item| if item == Ok(2) { panic!("item {item:?}") } else { item });
        let mut read = ReadAhead::new(source, 1).unwrap();
        assert!(read.by_ref().take(2).all(|item| item.is_ok()));
        let told = read.next().unwrap();
        assert!(matches!(told, Err(ReadAheadError::Panicked(text)) if text == "item Ok(2)"));
        assert!(read.next().is_none() && read.next().is_none());
    }

    /// Tells when it is dropped, which is when the thread ends.
    struct Watched(Arc<AtomicUsize>, Arc<AtomicBool>);

    impl Iterator for Watched {
        type Item = Result<usize, String>;

        fn next(&mut self) -> Option<Self::Item> {
            Some(Ok(self.0.fetch_add(1, Ordering::SeqCst)))
        }
    }

    impl Drop for Watched {
        fn drop(&mut self) {
            self.1.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn it_reads_so_far_ahead_and_dropping_it_ends_the_thread() {
        let (made, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut read = ReadAhead::new(Watched(made.clone(), ended.clone()), 3).unwrap();
        read.next();
        let begun = Instant::now();
        while made.load(Ordering::SeqCst) < 5 && begun.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(made.load(Ordering::SeqCst), 1 + 3 + 1); // taken, waiting, in hand
        drop(read);
        assert!(ended.load(Ordering::SeqCst));
        assert!(made.load(Ordering::SeqCst) <= 6);
    }
}
