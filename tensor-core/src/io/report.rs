//! What doesn't fit between a file and a network, all of it, in words.

use std::{
    fmt::{self, Display},
    path::PathBuf,
};

use super::{TensorInfo, codec::READABLE};

/// Everything in which a sound file differs from the network that was to load it.
///
/// ```
/// use dfdx::prelude::*;
/// use tensor_core::io::{LoadError, StateDict};
///
/// let device = Cpu::default();
/// let bytes = device.build_module::<(Linear<5, 8>,), f32>().save_bytes()?;
/// let mut net = device.build_module::<(Linear<4, 8>, Linear<8, 3>), f32>();
/// let Err(LoadError::Mismatch(mismatch)) = net.load_bytes(&bytes) else { panic!("it must not fit") };
/// assert_eq!(mismatch.missing.len(), 2);
/// assert_eq!(
///     mismatch.to_string(),
///     "the file does not fit this network:
///   wrong shape   0.weight: the network has [8, 4], the file [8, 5]
///   missing       1.weight [3, 8]
///   missing       1.bias [3]",
/// );
/// # Ok::<(), tensor_core::io::SaveError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct Mismatch {
    /// The file; nothing if the bytes came from elsewhere.
    pub path: Option<PathBuf>,
    /// In both under the same name, but in other shapes; in the network's order.
    pub wrong_shape: Vec<WrongShape>,
    /// In the file in a number type that can't be read; in the network's order.
    pub wrong_dtype: Vec<WrongDtype>,
    /// In the network only, in its order.
    pub missing: Vec<Missing>,
    /// In the file only, by name.
    pub unexpected: Vec<Unexpected>,
}

/// A tensor that has another shape in the file than in the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongShape {
    /// Its name.
    pub name: String,
    /// The network's shape.
    pub expected: Vec<usize>,
    /// The file's shape.
    pub found: Vec<usize>,
}

/// A tensor whose number type in the file isn't one that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongDtype {
    /// Its name.
    pub name: String,
    /// The file's number type, in safetensors' notation: `I64`, `BOOL` …
    pub found: String,
}

/// A tensor of the network that the file lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its name in the network.
    pub name: String,
    /// Its shape in the network.
    pub shape: Vec<usize>,
    /// The unexpected tensor of the file that may be this one.
    pub similar: Option<String>,
}

/// A tensor of the file that the network lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexpected {
    /// Its name in the file.
    pub name: String,
    /// Its shape in the file.
    pub shape: Vec<usize>,
    /// The missing tensor of the network that may be this one.
    pub similar: Option<String>,
}

impl Mismatch {
    /// Whether everything fits.
    pub(super) fn is_empty(&self) -> bool {
        self.wrong_shape.is_empty()
            && self.wrong_dtype.is_empty()
            && self.missing.is_empty()
            && self.unexpected.is_empty()
    }

    /// Enters what one side lacks of the other, with a guess at what was renamed.
    pub(super) fn set_unmatched(&mut self, missing: Vec<TensorInfo>, unexpected: Vec<TensorInfo>) {
        let lacking = |info: &TensorInfo| Missing {
            name: info.name.clone(),
            shape: info.shape.clone(),
            similar: nearest(info, &unexpected),
        };
        let surplus = |info: &TensorInfo| Unexpected {
            name: info.name.clone(),
            shape: info.shape.clone(),
            similar: nearest(info, &missing),
        };
        self.missing = missing.iter().map(lacking).collect();
        self.unexpected = unexpected.iter().map(surplus).collect();
    }
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{} does not fit this network:", path.display())?,
            None => f.write_str("the file does not fit this network:")?,
        }
        for WrongShape { name, expected, found } in &self.wrong_shape {
            write!(f, "\n  wrong shape   {name}: the network has {expected:?}, the file {found:?}")?;
        }
        for WrongDtype { name, found } in &self.wrong_dtype {
            write!(f, "\n  wrong dtype   {name}: the file has {found}, not {READABLE}")?;
        }
        for Missing { name, shape, similar } in &self.missing {
            write!(f, "\n  missing       {name} {shape:?}")?;
            if let Some(similar) = similar {
                write!(f, " (the file has `{similar}`: renamed?)")?;
            }
        }
        for Unexpected { name, shape, similar } in &self.unexpected {
            write!(f, "\n  unexpected    {name} {shape:?}")?;
            let told = |missing: &Missing| missing.similar.as_ref() == Some(name);
            match similar {
                Some(similar) if !self.missing.iter().any(told) => {
                    write!(f, " (the network has `{similar}`)")?
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The one among `others` that `info` was probably called before or after.
fn nearest(info: &TensorInfo, others: &[TensorInfo]) -> Option<String> {
    let same_shape = || others.iter().filter(|other| other.shape == info.shape);
    let only = same_shape().count() == 1;
    let scored = same_shape().map(|other| (likeness(&info.name, &other.name), other));
    let (score, best) = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    // Of the only candidate it's enough that it is a `weight`, too: `fc1.weight`, `hidden.weight`.
    let plausible = score >= ALIKE || only && last(&info.name) == last(&best.name);
    plausible.then(|| best.name.clone())
}

/// The one among `others` that this name is probably a misspelling of.
pub(crate) fn nearest_name<'n>(name: &str, others: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let scored = others.into_iter().map(|other| (likeness(name, other), other));
    let (score, best) = scored.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (score >= ALIKE).then_some(best)
}

/// From this likeness on two names are taken for one with a typing error or another spelling.
const ALIKE: f64 = 0.6;

/// How much two names look like each other, from 0 to 1. One with a prefix (`model.hidden.weight`) counts as the same.
fn likeness(a: &str, b: &str) -> f64 {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    match long.strip_suffix(short) {
        Some(prefix) if prefix.is_empty() || prefix.ends_with('.') => 1.0,
        _ => strsim::normalized_damerau_levenshtein(a, b),
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
