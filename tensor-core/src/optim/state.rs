//! Saving and loading what an optimizer remembers.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use tensor_header::{Entry, Header, serialize};

use super::kept::Kept;
use super::optimizer::Optimizer;
use super::rule::Rule;
use crate::io::{StateDtype, parse, read, replace};
use crate::param::Element;

/// What is remembered of a weight, in the order of the rule's names.
pub(super) type Lists<'k, E> = Vec<Cow<'k, [E]>>;

/// The key of the number of steps among a file's metadata.
const STEP: &str = "step";
/// Between a weight's name and that of what is remembered of it.
const OF: char = '/';

/// Why an optimizer's state could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file can't be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no safetensors file, or not one of an optimizer.
    #[error("not an optimizer's state: {reason}")]
    Format {
        /// What is wrong.
        reason: String,
    },
    /// It was saved by another rule, or of another network.
    #[error("the file has no `{name}` of the shape {sizes:?}: was it saved by another optimizer?")]
    Misses {
        /// What it lacks.
        name: String,
        /// The sizes that it should have.
        sizes: Vec<usize>,
    },
    /// It holds what this optimizer does not keep.
    #[error(
        "the file has `{name}`, which this optimizer does not keep: was it saved by another, or of another network?"
    )]
    Extra {
        /// What is too much.
        name: String,
    },
    /// The optimizer has not seen the network whose state it is to take up.
    #[error("this optimizer has seen no network yet: call `watch(&mut net)` before it takes up a state")]
    Unseen,
    /// Several ranks divide the state among them, and each has but a part.
    #[error(
        "rank {rank} of {ranks} keeps a part of the optimizer's state: `World::state` brings all of it together"
    )]
    Divided {
        /// Which it is.
        rank: usize,
        /// How many there are.
        ranks: usize,
    },
}

impl<R: Rule, E: Element + StateDtype> Optimizer<R, E> {
    /// Writes what it remembers into a safetensors file: the number of steps, and for each weight what its rule keeps, as
    /// `blocks.0.up.weight/exp_avg`. The file is replaced as a whole or not at all.
    ///
    /// # Errors
    /// [`StateError::Io`] if it can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), StateError> {
        let path = path.as_ref();
        let bytes = self.save_bytes()?;
        replace(path, |file| file.write_all(&bytes))
            .map_err(|source| StateError::Io { path: path.into(), source })
    }

    /// As [`save`](Self::save), into memory.
    ///
    /// # Errors
    /// [`StateError::Format`] if the format refuses; [`StateError::Divided`] if this is one of several ranks that divide it.
    pub fn save_bytes(&self) -> Result<Vec<u8>, StateError> {
        if self.division.ranks > 1 {
            return Err(StateError::Divided { rank: self.division.rank, ranks: self.division.ranks });
        }
        self.bytes_of(&mut |kept| kept.numbers_remembered().map_err(format))
    }

    /// The bytes of a file of its state, where `lists` gives what is remembered of a weight.
    pub(super) fn bytes_of<'k>(
        &'k self,
        lists: &mut dyn FnMut(&'k Kept<E>) -> Result<Lists<'k, E>, StateError>,
    ) -> Result<Vec<u8>, StateError> {
        let mut entries: Vec<(String, &Vec<usize>, _)> = Vec::new();
        for kept in &self.kept {
            let named = self.rule.remembers().iter().zip(lists(kept)?);
            entries
                .extend(named.map(|(what, numbers)| (key(kept, what), &kept.sizes, E::to_bytes(&numbers))));
        }
        let entries: Vec<_> = entries
            .iter()
            .map(|(name, shape, bytes)| Entry { name, dtype: E::DTYPE, shape, bytes })
            .collect();
        serialize(&entries, &[(STEP, &self.step.to_string())]).map_err(format)
    }

    /// Takes up what [`save`](Self::save) wrote. It must have seen the network: by a step, or by [`watch`](Self::watch).
    ///
    /// # Errors
    /// [`StateError`]; it is then as it was before.
    ///
    /// ```
    /// use tensor_core::optim::{Adam, Optimizer};
    /// use tensor_core::prelude::*;
    ///
    /// layer! { pub struct Scores: [4] -> [3] { output: linear(4 -> 3) } }
    ///
    /// let mut net = Scores::new(&Cpu::default());
    /// let mut optimizer = Optimizer::new(Adam::default());
    /// let mut gradients = net.alloc_grads();
    /// optimizer.step(&mut net, &mut gradients)?;
    /// let bytes = optimizer.save_bytes()?;
    ///
    /// let mut again: Optimizer<Adam> = Optimizer::new(Adam::default());
    /// again.watch(&mut net);
    /// again.load_bytes(&bytes)?;
    /// assert_eq!(again.steps(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<(), StateError> {
        let path = path.as_ref();
        let bytes = read(path).map_err(|source| StateError::Io { path: path.into(), source })?;
        self.load_bytes(&bytes)
    }

    /// As [`load`](Self::load), from memory.
    ///
    /// # Errors
    /// [`StateError`]; it is then as it was before.
    pub fn load_bytes(&mut self, bytes: &[u8]) -> Result<(), StateError> {
        if self.kept.is_empty() {
            return Err(StateError::Unseen);
        }
        let (header, _) = Header::of(bytes).map_err(format)?;
        let step = header.text(STEP).and_then(|step| step.parse().ok());
        let step = step.ok_or_else(|| format("it does not say how many steps were done"))?;
        let file = parse(bytes).map_err(format)?;
        let names = |kept: &Kept<E>| {
            let kinds = if kept.stays() { &[] } else { self.rule.remembers() };
            kinds.iter().map(|what| key(kept, what)).collect::<Vec<_>>()
        };
        let list = |kept: &Kept<E>, name: String| {
            let stored = file.get(&name).filter(|stored| stored.shape == kept.sizes);
            let numbers = stored.and_then(|stored| stored.numbers());
            let misses = || StateError::Misses { name, sizes: kept.sizes.clone() };
            numbers.map(|numbers| kept.own_part(numbers)).ok_or_else(misses)
        };
        let lists =
            |kept| names(kept).into_iter().map(|name| list(kept, name)).collect::<Result<Vec<_>, _>>();
        let found = self.kept.iter().map(lists).collect::<Result<Vec<_>, _>>()?;
        let taken: HashSet<String> = self.kept.iter().flat_map(names).collect();
        if let Some((name, _)) = file.iter().find(|(name, _)| !taken.contains(*name)) {
            return Err(StateError::Extra { name: name.to_owned() });
        }
        self.kept.iter_mut().zip(found).for_each(|(kept, found)| kept.remembered = found);
        #[cfg(feature = "cuda")]
        self.kept.iter_mut().for_each(|kept| kept.on_gpu.clear());
        self.step = step;
        Ok(())
    }
}

fn key<E>(kept: &Kept<E>, what: &str) -> String {
    format!("{}{OF}{what}", kept.name)
}

fn format(reason: impl ToString) -> StateError {
    StateError::Format { reason: reason.to_string() }
}
