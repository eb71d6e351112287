//! What does not fit an adapter.

use crate::io::{LoadError, SaveError};

/// Why a network could not be adapted, or an adapter not be merged, saved or loaded. The network is unchanged.
///
/// ```
/// use tensor_core::lora::AdapterError;
///
/// let error = AdapterError::Scale { item: "hidden".into(), network: (4, 8), file: (4, 16) };
/// assert_eq!(
///     error.to_string(),
///     "`hidden` has rank 4 and alpha 8 in the network, but rank 4 and alpha 16 in the file",
/// );
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// The network has no `lora` items.
    #[error("`{network}` has no `lora` items: there is nothing to adapt")]
    NoItems {
        /// The network.
        network: &'static str,
    },
    /// A name that was given is none of the network's.
    #[error("the network has nothing called `{name}`{}", guess(similar.as_deref()))]
    NoSuchItem {
        /// The name.
        name: String,
        /// One of the network's that looks like it.
        similar: Option<String>,
    },
    /// The file is a sound safetensors file, but not one of an adapter.
    #[error("not an adapter: {reason}")]
    NotAnAdapter {
        /// What is wrong.
        reason: String,
    },
    /// An adapter was trained with another scale, so that it would do something else here.
    #[error("`{item}` has rank {} and alpha {} in the network, but rank {} and alpha {} in the file",
            network.0, network.1, file.0, file.1)]
    Scale {
        /// The item.
        item: String,
        /// Rank and alpha of the network's.
        network: (usize, usize),
        /// Rank and alpha of the file's.
        file: (usize, usize),
    },
    /// What is loaded does not fit, or can't be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// What is saved can't be written.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The singular values of a difference of weights can't be found: it holds NaN or an infinity.
    #[cfg(feature = "linalg")]
    #[error("the difference of `{item}` can't be decomposed: {source}")]
    Difference {
        /// The item.
        item: String,
        /// What is wrong with it.
        source: crate::linalg::LinalgError,
    },
}

fn guess(similar: Option<&str>) -> String {
    similar.map(|similar| format!("; did you mean `{similar}`?")).unwrap_or_default()
}
