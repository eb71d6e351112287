//! The threads that kernels share work with.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether a kernel may use several threads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// Only the one that calls it.
    One,
    /// All of the pool.
    All,
}

impl Threads {
    /// All where it is worth it.
    pub(crate) fn all_if(worth: bool) -> Self {
        if worth { Threads::All } else { Threads::One }
    }
}

/// Threads that may have a pool of their own; more of them serve many requests, and share rayon's.
const OWN_POOLS: usize = 4;

static OWN: AtomicUsize = AtomicUsize::new(0);

/// A pool that a thread is a member of, which others may have when it ends.
struct Own {
    _pool: rayon::ThreadPool,
}

impl Own {
    fn new() -> Option<Self> {
        let free = |own| (own < OWN_POOLS).then_some(own + 1);
        OWN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).ok()?;
        let pool = rayon::ThreadPoolBuilder::new().use_current_thread().build();
        let own = pool.ok().map(|pool| Own { _pool: pool });
        if own.is_none() {
            OWN.fetch_sub(1, Ordering::Relaxed);
        }
        own
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        OWN.fetch_sub(1, Ordering::Relaxed);
    }
}

thread_local! {
    static POOL: OnceCell<Option<Own>> = const { OnceCell::new() };
}

/// How many threads share work, this one included.
///
/// The first call makes this thread a member of a pool. Rayon's global pool has this thread sleep while others work, and
/// waking it takes longer than a small product (10 µs beside 7 for 784 → 512 features).
pub fn threads() -> usize {
    POOL.with(|pool| {
        pool.get_or_init(|| if rayon::current_thread_index().is_some() { None } else { Own::new() });
    });
    rayon::current_num_threads()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_ends_leaves_its_pool_to_others() {
        let has_its_own = || {
            threads();
            rayon::current_thread_index().is_some()
        };
        for _ in 0..3 * OWN_POOLS {
            let joined = std::thread::scope(|scope| scope.spawn(has_its_own).join());
            assert!(joined.is_ok_and(|own| own));
        }
    }
}
