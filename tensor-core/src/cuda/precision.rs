//! How exactly products are computed.

use std::sync::atomic::{AtomicBool, Ordering};

static TF32: AtomicBool = AtomicBool::new(false);

/// Lets products of `f32` round what they take to TF32 (10 bits of the fraction in place of 23; sums stay `f32`), which is many
/// times as fast on GPUs from Ampere on. It is off at first, as in PyTorch.
pub fn allow_tf32(allow: bool) {
    TF32.store(allow, Ordering::Relaxed);
}

/// Whether [`allow_tf32`] allows it.
pub fn tf32_is_allowed() -> bool {
    TF32.load(Ordering::Relaxed)
}
