//! Parameter groups.

use crate::param::Role;

/// What is known of a weight when its group is chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightInfo<'w> {
    /// Its name in saved files: `blocks.0.up.bias`.
    pub name: &'w str,
    /// Its sizes.
    pub sizes: &'w [usize],
    /// What it is to its op.
    pub role: Role,
}

/// How a weight differs from the others: a parameter group's settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// What the learning rate is multiplied with; 0 leaves the weight as it is, remembers nothing of it, and leaves its
    /// gradient out of the norm that [`clip_norm`](super::Optimizer::clip_norm) looks at.
    pub rate: f64,
    /// What the weight decay is multiplied with.
    pub decay: f64,
}

impl Default for Group {
    fn default() -> Self {
        Group { rate: 1.0, decay: 1.0 }
    }
}

impl Group {
    /// Norms, biases and embeddings don't decay.
    pub(crate) fn usual(weight: &WeightInfo<'_>) -> Self {
        let decays = matches!(weight.role, Role::Weight | Role::Adapter);
        Group { decay: if decays { 1.0 } else { 0.0 }, ..Group::default() }
    }
}
