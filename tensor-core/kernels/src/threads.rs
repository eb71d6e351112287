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

thread_local! {
    static POOL: OnceCell<Option<rayon::ThreadPool>> = const { OnceCell::new() };
}

/// How many threads share work, this one included.
///
/// The first call makes this thread a member of a pool. Rayon's global pool has this thread sleep while others work, and
/// waking it takes longer than a small product (10 µs beside 7 for 784 → 512 features).
pub fn threads() -> usize {
    POOL.with(|pool| {
        pool.get_or_init(|| {
            if rayon::current_thread_index().is_some() || OWN.fetch_add(1, Ordering::Relaxed) >= OWN_POOLS {
                return None;
            }
            rayon::ThreadPoolBuilder::new().use_current_thread().build().ok()
        });
    });
    rayon::current_num_threads()
}
