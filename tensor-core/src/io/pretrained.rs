//! Weights whose shapes were proved when the crate was compiled.

use std::marker::PhantomData;
use std::path::Path;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor::Cpu;
use dfdx::tensor_ops::Device;

use super::{Checkpoint, LoadError};
use crate::layer::Network;

/// Weights for the network `N` in a file whose header [`weights!`](crate::weights) held against its declaration.
///
/// [`load`](Self::load) compares names and shapes once more, since the file may be another by then; that takes no time beside
/// reading the numbers.
#[derive(Debug)]
pub struct Pretrained<N> {
    path: Option<&'static str>,
    prefix: &'static str,
    rename: &'static [(&'static str, &'static str)],
    ignore: &'static [&'static str],
    network: PhantomData<fn() -> N>,
}

impl<N> Clone for Pretrained<N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N> Copy for Pretrained<N> {}

impl<N> Pretrained<N> {
    /// What `weights!` gives.
    #[doc(hidden)]
    pub const fn new(
        path: Option<&'static str>,
        prefix: &'static str,
        rename: &'static [(&'static str, &'static str)],
        ignore: &'static [&'static str],
    ) -> Self {
        Pretrained { path, prefix, rename, ignore, network: PhantomData }
    }

    /// The file as it was found by the compiler; none if that had a header alone.
    pub fn path(&self) -> Option<&'static Path> {
        self.path.map(Path::new)
    }

    /// The file's tensors under the network's names, to be changed further or loaded with progress.
    ///
    /// # Errors
    /// [`LoadError::Header`] if `weights!` has a header alone, and those of [`Checkpoint::open`].
    pub fn checkpoint(&self) -> Result<Checkpoint, LoadError> {
        self.checkpoint_from(self.path().ok_or(LoadError::Header)?)
    }

    /// As [`checkpoint`](Self::checkpoint), from another place.
    ///
    /// # Errors
    /// Those of [`Checkpoint::open`].
    pub fn checkpoint_from(&self, path: impl AsRef<Path>) -> Result<Checkpoint, LoadError> {
        Checkpoint::open(path)?
            .below(self.prefix)
            .without(|name| self.ignore.iter().any(|pattern| matches(pattern, name)))
            .rename(|name| {
                self.rename.iter().fold(name.to_owned(), |name, (theirs, ours)| name.replace(theirs, ours))
            })
    }

    /// The network with the file's weights.
    ///
    /// # Errors
    /// [`LoadError::Header`] if `weights!` has a header alone; those of [`Checkpoint::open`] and
    /// [`Checkpoint::load_into`] if the file is another than when the crate was compiled.
    ///
    /// # Panics
    /// If the device runs out of memory.
    pub fn load<D: Device<f32>>(&self, device: &D) -> Result<N::To<f32, D>, LoadError>
    where
        N: TensorCollection<f32, Cpu>,
        N::To<f32, D>: Network + TensorCollection<f32, D, To<f32, D> = N::To<f32, D>>,
    {
        loaded(&self.checkpoint()?, device)
    }

    /// As [`load`](Self::load), from another place: where the program runs, the file may be elsewhere.
    ///
    /// # Errors
    /// Those of [`Checkpoint::open`] and [`Checkpoint::load_into`].
    ///
    /// # Panics
    /// As [`load`](Self::load).
    pub fn load_from<D: Device<f32>>(
        &self,
        path: impl AsRef<Path>,
        device: &D,
    ) -> Result<N::To<f32, D>, LoadError>
    where
        N: TensorCollection<f32, Cpu>,
        N::To<f32, D>: Network + TensorCollection<f32, D, To<f32, D> = N::To<f32, D>>,
    {
        loaded(&self.checkpoint_from(path)?, device)
    }
}

fn loaded<L, D: Device<f32>>(checkpoint: &Checkpoint, device: &D) -> Result<L, LoadError>
where
    L: Network + TensorCollection<f32, D, To<f32, D> = L>,
{
    checkpoint.build(device)
}

/// Whether a name is of this form, where `*` stands for any text; as in `weights!`.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            (0..=name.len()).any(|cut| name.is_char_boundary(cut) && matches(rest, &name[cut..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name) in
            [("a.b", "a.b"), ("a.*", "a.b.c"), ("*.b", "a.b"), ("*", ""), ("a*é*c", "axéyc")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("a.b", "a.bc"), ("a.*", "ab"), ("*.b", "a.bc"), ("a*a", "a"), ("", "a")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
