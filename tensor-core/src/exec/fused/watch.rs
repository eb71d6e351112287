//! Tells of gradients while the way back still runs, so that they can travel meanwhile.

use std::cell::RefCell;
use std::rc::Rc;

use crate::plan::Plan;

/// Is told of gradients.
pub(crate) trait Watcher {
    /// The gradient of the weight whose numbers lie at this address is complete.
    fn complete(&mut self, weight: *const f32, gradient: &[f32]);

    /// A step of the way back is done.
    fn passed(&mut self);
}

/// A watcher that somebody keeps.
pub(crate) type Shared = Rc<RefCell<dyn Watcher>>;

thread_local! {
    static WATCHER: RefCell<Option<Shared>> = const { RefCell::new(None) };
    /// The plans that have entries on tapes, each once for each entry.
    static ENTRIES: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// The watcher of this thread.
pub(super) fn watcher() -> Option<Shared> {
    WATCHER.with_borrow(Clone::clone)
}

/// Lets the watcher be told of what `work` does; of nothing without one.
pub(crate) fn watched<R>(watcher: Option<Shared>, work: impl FnOnce() -> R) -> R {
    struct Before(Option<Shared>);
    impl Drop for Before {
        fn drop(&mut self) {
            WATCHER.set(self.0.take());
        }
    }
    let _before = Before(WATCHER.replace(watcher));
    work()
}

/// A network's entry on a tape.
pub(super) struct Entry(usize);

impl Entry {
    pub(super) fn of(plan: &'static Plan) -> Self {
        let plan = std::ptr::from_ref(plan).addr();
        ENTRIES.with_borrow_mut(|entries| entries.push(plan));
        Entry(plan)
    }

    /// Runs the way back of this entry. While others of the same plan wait, no gradient is complete: they may add to it.
    pub(super) fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let alone =
            ENTRIES.with_borrow(|entries| entries.iter().filter(|plan| **plan == self.0).count() == 1);
        if alone { work() } else { watched(None, work) }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // A thread that ends counts none.
        let _ = ENTRIES.try_with(|entries| {
            let mut entries = entries.borrow_mut();
            if let Some(place) = entries.iter().rposition(|plan| *plan == self.0) {
                entries.swap_remove(place);
            }
        });
    }
}
