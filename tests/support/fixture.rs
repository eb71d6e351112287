//! Reads `tests/fixtures/*.safetensors` (what they hold: `tests/fixtures/README.md`) and compares with them.
//!
//! For tests only: whatever is wrong with a file or a key panics with the file's name.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};

/// A row-major array.
#[derive(Debug, Clone, PartialEq)]
pub struct Array<E> {
    pub shape: Vec<usize>,
    pub values: Vec<E>,
}

impl<E> Array<E> {
    #[track_caller]
    pub fn new(shape: &[usize], values: Vec<E>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            values.len(),
            "{shape:?} is not the shape of these values"
        );
        Self { shape: shape.to_vec(), values }
    }
}

/// One file.
#[derive(Debug)]
pub struct Fixture {
    name: String,
    floats: BTreeMap<String, Array<f64>>,
    integers: BTreeMap<String, Array<i64>>,
    metadata: HashMap<String, String>,
}

impl Fixture {
    /// Reads `tests/fixtures/<case>.safetensors`.
    #[track_caller]
    pub fn open(case: &str) -> Self {
        let path = folder().join(format!("{case}.safetensors"));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(case, &bytes)
    }

    /// The names of all cases, sorted.
    pub fn cases() -> Vec<String> {
        let mut cases: Vec<String> = std::fs::read_dir(folder())
            .expect("tests/fixtures can be read")
            .map(|entry| entry.expect("tests/fixtures can be listed").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"))
            .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
            .collect();
        cases.sort();
        cases
    }

    #[track_caller]
    fn parse(name: &str, bytes: &[u8]) -> Self {
        let fail = |error| -> ! { panic!("{name}.safetensors: {error}") };
        let (_, header) = SafeTensors::read_metadata(bytes).unwrap_or_else(|error| fail(error));
        let tensors = SafeTensors::deserialize(bytes).unwrap_or_else(|error| fail(error));
        let (mut floats, mut integers) = (BTreeMap::new(), BTreeMap::new());
        for (key, view) in tensors.iter() {
            let words = view.data().as_chunks().0.iter().copied();
            let (key, shape) = (key.to_owned(), view.shape());
            match view.dtype() {
                Dtype::F64 => {
                    floats.insert(key, Array::new(shape, words.map(f64::from_le_bytes).collect()));
                }
                Dtype::I64 => {
                    integers.insert(key, Array::new(shape, words.map(i64::from_le_bytes).collect()));
                }
                other => panic!("{name}.safetensors: `{key}` is {other:?}, and only F64 and I64 are read"),
            }
        }
        let metadata = header.metadata().clone().unwrap_or_default();
        Self { name: name.to_owned(), floats, integers, metadata }
    }

    /// A tensor of floats.
    #[track_caller]
    pub fn f64(&self, key: &str) -> &Array<f64> {
        self.found(key, &self.floats)
    }

    /// A tensor of integers.
    #[track_caller]
    pub fn i64(&self, key: &str) -> &Array<i64> {
        self.found(key, &self.integers)
    }

    /// Whether there is a tensor of floats under this key.
    pub fn has(&self, key: &str) -> bool {
        self.floats.contains_key(key)
    }

    /// A line of the metadata, such as `network` or `torch`.
    #[track_caller]
    pub fn metadata(&self, key: &str) -> &str {
        self.metadata.get(key).unwrap_or_else(|| panic!("{}.safetensors has no metadata `{key}`", self.name))
    }

    /// The parameters under PyTorch's keys (`fc.weight`), sorted.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &Array<f64>)> {
        self.under("param.")
    }

    /// The parameters' gradients under the same keys. A frozen parameter has none.
    pub fn gradients(&self) -> impl Iterator<Item = (&str, &Array<f64>)> {
        self.under("grad.").filter(|&(key, _)| key != "x" && !key.starts_with("side."))
    }

    /// The float tensors whose key starts with `prefix`, without it.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Array<f64>)> {
        self.floats.iter().filter_map(move |(key, array)| Some((key.strip_prefix(prefix)?, array)))
    }

    #[track_caller]
    fn found<'a, E>(&self, key: &str, tensors: &'a BTreeMap<String, Array<E>>) -> &'a Array<E> {
        tensors.get(key).unwrap_or_else(|| {
            let keys: Vec<&String> = self.floats.keys().chain(self.integers.keys()).collect();
            panic!(
                "{}.safetensors has no `{key}` of {}; it has {keys:?}",
                self.name,
                std::any::type_name::<E>()
            )
        })
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// How far values are from what was expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The element with the largest `|found − expected|`.
    pub absolute: Largest,
    /// The element with the largest `|found − expected| / max(|found|, |expected|)`.
    pub relative: Largest,
}

/// The element where a difference is largest.
#[derive(Debug, Clone, PartialEq)]
pub struct Largest {
    pub difference: f64,
    pub index: Vec<usize>,
    pub found: f64,
    pub expected: f64,
}

impl Difference {
    /// Compares element by element. Equal infinities differ by nothing, and so do two NaNs; one NaN, or an
    /// infinity beside something else, differs infinitely. `None` if there are no elements.
    #[track_caller]
    pub fn between(found: &Array<f64>, expected: &Array<f64>) -> Option<Self> {
        assert_eq!(found.shape, expected.shape, "shape found, shape expected");
        Some(Self {
            absolute: Largest::by(|f, e| (f - e).abs(), found, expected)?,
            relative: Largest::by(|f, e| (f - e).abs() / f.abs().max(e.abs()), found, expected)?,
        })
    }

    /// Panics with both differences unless everywhere `|found − expected| ≤ absolute + relative · |expected|`.
    #[track_caller]
    pub fn assert_close(name: &str, found: &Array<f64>, expected: &Array<f64>, absolute: f64, relative: f64) {
        let Some(difference) = Self::between(found, expected) else { return };
        let beyond = |f: f64, e: f64| (f - e).abs() / (absolute + relative * e.abs());
        let Some(worst) = Largest::by(beyond, found, expected) else { return };
        assert!(
            worst.difference <= 1.0,
            "`{name}` at {:?} is {:e}, PyTorch has {:e}\n{difference}",
            worst.index,
            worst.found,
            worst.expected
        );
    }
}

impl Largest {
    /// The first element with the largest `measure(found, expected)`.
    fn by(measure: impl Fn(f64, f64) -> f64, found: &Array<f64>, expected: &Array<f64>) -> Option<Self> {
        let differences = found.values.iter().zip(&expected.values).map(|(&f, &e)| {
            let same = f == e || (f.is_nan() && e.is_nan());
            let difference = if same { 0.0 } else { measure(f, e) };
            (if difference.is_nan() { f64::INFINITY } else { difference }, f, e)
        });
        let larger =
            |a: (usize, (f64, f64, f64)), b: (usize, (f64, f64, f64))| if b.1.0 > a.1.0 { b } else { a };
        let (at, (difference, f, e)) = differences.enumerate().reduce(larger)?;
        Some(Self { difference, index: unravel(&found.shape, at), found: f, expected: e })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, at) in [("absolute", &self.absolute), ("relative", &self.relative)] {
            writeln!(
                f,
                "largest {name} difference {:.1e} at {:?}: found {:e}, expected {:e}",
                at.difference, at.index, at.found, at.expected
            )?;
        }
        Ok(())
    }
}

/// The index of the `element`-th element in row-major order.
fn unravel(shape: &[usize], mut element: usize) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (axis, &size) in index.iter_mut().zip(shape).rev() {
        (*axis, element) = (element % size, element / size);
    }
    index
}
