//! From a file to the network: parse, compare everything, and only then write.

use std::collections::HashSet;
use std::io::{self, Read};
use std::{
    convert::Infallible,
    fs::{self, File},
    path::Path,
};

use dfdx::{
    nn::tensor_collection::{
        RecursiveWalker, ScalarOptions, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut,
        ViewTensorName,
    },
    shapes::{HasShape, Shape},
    tensor::{Gradients, Storage, Tensor},
    tensor_ops::Device,
};
use num_traits::NumCast;

use super::{
    LoadError, Mismatch, StateDtype, TensorInfo, WrongDtype, WrongShape, header,
    slots::{Kind, Slot, duplicate, slots},
    stored::Stored,
};
use crate::by_name::ByName;

/// See [`StateDict::load`](super::StateDict::load).
pub(super) fn load<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(
    network: &mut M,
    path: &Path,
) -> Result<(), LoadError> {
    let bytes = read(path).map_err(|source| LoadError::Io { path: path.into(), source })?;
    load_bytes(network, &bytes).map_err(|error| error.at(path))
}

/// See [`StateDict::load_bytes`](super::StateDict::load_bytes).
pub(super) fn load_bytes<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(
    network: &mut M,
    bytes: &[u8],
) -> Result<(), LoadError> {
    load_part(network, bytes, &Part { wants: &|_| true, leaves: &|_| false })
}

/// What of a network is to come from a file.
pub(crate) struct Part<'p> {
    /// Whether the tensor of this name comes from the file; the others stay as they are.
    pub(crate) wants: &'p dyn Fn(&str) -> bool,
    /// Whether the file may have a tensor of this name that the network does not take.
    pub(crate) leaves: &'p dyn Fn(&str) -> bool,
}

/// As [`load_bytes`], of a part of the network.
pub(crate) fn load_part<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(
    network: &mut M,
    bytes: &[u8],
    part: &Part<'_>,
) -> Result<(), LoadError> {
    let stored = header::parse(bytes).map_err(LoadError::format)?;
    fill(network, stored, part, &mut |_| {})
}

/// Puts what is stored under these names into the network, a part of it, and says after each tensor how many bytes of the
/// file it took.
pub(super) fn fill<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(
    network: &mut M,
    mut stored: ByName<Stored<'_>>,
    part: &Part<'_>,
    done: &mut dyn FnMut(usize),
) -> Result<(), LoadError> {
    let mut slots = slots(network);
    slots.retain(|slot| (part.wants)(&slot.info.name));
    stored.retain(&mut |name| (part.wants)(name) || !(part.leaves)(name));
    check(&slots, &stored)?;
    let Ok(_) =
        M::iter_tensors(&mut RecursiveWalker { m: (network, String::new()), f: &mut Fill { stored, done } });
    Ok(())
}

/// What is stored for each of these tensors, in their order.
pub(super) fn find<'s>(
    tensors: Vec<TensorInfo>,
    mut stored: ByName<Stored<'s>>,
) -> Result<Vec<Stored<'s>>, LoadError> {
    let slots: Vec<Slot> = tensors.into_iter().map(|info| Slot { info, kind: Kind::Tensor }).collect();
    check(&slots, &stored)?;
    Ok(slots.iter().filter_map(|slot| stored.take(&slot.info.name)).collect())
}

/// The bytes of a plain file.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A plain file; a pipe or a device could go on for ever, or never begin.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    File::open(path)
}

/// Everything in the file has its place in the network, and the other way round.
fn check(slots: &[Slot], stored: &ByName<Stored<'_>>) -> Result<(), LoadError> {
    if let Some(name) = duplicate(slots.iter().map(|slot| slot.info.name.as_str())) {
        return Err(LoadError::Duplicate { name });
    }
    let mut mismatch = Mismatch::default();
    let mut missing = Vec::new();
    for Slot { info, kind } in slots {
        match (stored.get(&info.name), kind) {
            (Some(entry), _) => check_entry(&mut mismatch, info, entry),
            (None, Kind::Tensor) => missing.push(info.clone()),
            (None, Kind::Scalar(_)) => {}
        }
    }
    let known: HashSet<&str> = slots.iter().map(|slot| slot.info.name.as_str()).collect();
    let surplus = stored.iter().filter(|(name, _)| !known.contains(name));
    let surplus =
        surplus.map(|(name, entry)| TensorInfo { name: name.to_owned(), shape: entry.shape.clone() });
    mismatch.set_unmatched(missing, surplus.collect());
    if !mismatch.is_empty() {
        return Err(mismatch.into());
    }
    slots.iter().try_for_each(|slot| check_scalar(slot, stored))
}

fn check_entry(mismatch: &mut Mismatch, info: &TensorInfo, entry: &Stored<'_>) {
    let name = || info.name.clone();
    if entry.shape != info.shape {
        mismatch.wrong_shape.push(WrongShape {
            name: name(),
            expected: info.shape.clone(),
            found: entry.shape.clone(),
        });
    }
    if !entry.is_readable() {
        mismatch.wrong_dtype.push(WrongDtype { name: name(), found: format!("{:?}", entry.dtype) });
    }
}

fn check_scalar(slot: &Slot, stored: &ByName<Stored<'_>>) -> Result<(), LoadError> {
    let Kind::Scalar(fits) = slot.kind else { return Ok(()) };
    match scalar(stored, &slot.info.name) {
        Some(value) if !fits(value) => Err(LoadError::OutOfRange { name: slot.info.name.clone(), value }),
        _ => Ok(()),
    }
}

fn scalar(stored: &ByName<Stored<'_>>, name: &str) -> Option<f64> {
    let entry = stored.get(name)?;
    entry.numbers()?.first().copied()
}

/// Writes checked values into their places.
struct Fill<'a, 'd> {
    stored: ByName<Stored<'a>>,
    done: &'d mut dyn FnMut(usize),
}

impl<E: StateDtype, D: Device<E>> TensorVisitor<E, D> for Fill<'_, '_> {
    type Viewer = (ViewTensorMut, ViewTensorName);
    type Err = Infallible;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, E, D>,
        (tensor, name): (&mut Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, Infallible> {
        // What is not in the file is another part's.
        let Some(entry) = self.stored.get(&name) else { return Ok(None) };
        if let Some(values) = entry.numbers() {
            write(tensor, values);
        }
        (self.done)(entry.bytes.len());
        Ok(None)
    }

    fn visit_scalar<N: NumCast>(
        &mut self,
        _: ScalarOptions<N>,
        (place, name): (&mut N, String),
    ) -> Result<Option<N>, Infallible> {
        if let Some(value) = scalar(&self.stored, &name).and_then(<N as NumCast>::from) {
            *place = value;
        }
        Ok(None)
    }
}

/// Gives the tensor these values in logical (row-major) order. To an optimizer it stays the same tensor, unless its
/// elements share storage.
fn write<S: Shape, E: StateDtype, D: Device<E>>(tensor: &mut Tensor<S, E, D>, values: Vec<E>) {
    if values.is_empty() {
        return;
    }
    // `copy_from` takes *physical* order, and dfdx shows neither strides nor the storage's length. The length is that of
    // the gradient; and reading back tells whether the order was right.
    if physical_len(tensor) != values.len() {
        // Broadcast: elements share storage, which cannot hold them apart; so this one becomes another tensor.
        *tensor = tensor.device().tensor_from_vec(values, *tensor.shape());
        return;
    }
    tensor.copy_from(&values);
    let same = |(a, b): (&E, &E)| a.bits() == b.bits();
    if tensor.as_vec().iter().zip(&values).all(same) {
        return;
    }
    let mut physical = values.clone();
    for (place, value) in order(tensor).into_iter().zip(values) {
        physical[place] = value;
    }
    tensor.copy_from(&physical);
}

fn physical_len<S: Shape, E: StateDtype, D: Device<E>>(tensor: &Tensor<S, E, D>) -> usize {
    let mut gradients = Gradients::leaky();
    let gradient =
        gradients.get_or_alloc_mut(tensor).expect("the device has room for a gradient of this tensor");
    <D as Storage<E>>::len(tensor.device(), gradient)
}

/// Where in the storage each element lies: a clone is filled with positions (as bits, all of which survive a copy) and
/// read in logical order.
fn order<S: Shape, E: StateDtype, D: Device<E>>(tensor: &Tensor<S, E, D>) -> Vec<usize> {
    let positions = 0..tensor.shape().num_elements() as u64;
    let positions: Vec<E> =
        positions.map(|i| E::try_from_bits(i).expect("a tensor has fewer than 2³² elements")).collect();
    let mut probe = tensor.clone();
    probe.copy_from(&positions);
    probe.as_vec().into_iter().map(|position| position.bits() as usize).collect()
}
