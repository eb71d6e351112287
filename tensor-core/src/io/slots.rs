//! What a network has room for: the name and shape of each tensor and scalar.

use std::{collections::HashSet, convert::Infallible};

use dfdx::{
    nn::tensor_collection::{
        RecursiveWalker, ScalarOptions, TensorCollection, TensorOptions, TensorVisitor, ViewTensorName,
        ViewTensorRef,
    },
    shapes::{HasShape, Shape},
    tensor::Tensor,
    tensor_ops::Device,
};
use num_traits::NumCast;

use super::{StateDtype, TensorInfo};

/// One place for values in a network.
pub(super) struct Slot {
    pub(super) info: TensorInfo,
    pub(super) kind: Kind,
}

/// What may be put there.
pub(super) enum Kind {
    /// All numbers of a tensor; a file must have them.
    Tensor,
    /// One number that passes this test; a file may lack it.
    Scalar(fn(f64) -> bool),
}

/// All places of the network, in the order of its fields.
pub(super) fn slots<E: StateDtype, D: Device<E>, M: TensorCollection<E, D>>(network: &M) -> Vec<Slot> {
    let mut list = List(Vec::new());
    let Ok(_) = M::iter_tensors(&mut RecursiveWalker { m: (network, String::new()), f: &mut list });
    list.0
}

/// The first name that an earlier one repeats.
pub(super) fn duplicate<'a>(mut names: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut seen = HashSet::new();
    names.find(|&name| !seen.insert(name)).map(Into::into)
}

struct List(Vec<Slot>);

impl<E: StateDtype, D: Device<E>> TensorVisitor<E, D> for List {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = Infallible;
    type E2 = E;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, E, D>,
        (tensor, name): (&Tensor<S, E, D>, String),
    ) -> Result<Option<Tensor<S, E, D>>, Infallible> {
        let shape = tensor.shape().concrete().into();
        self.0.push(Slot { info: TensorInfo { name, shape }, kind: Kind::Tensor });
        Ok(None)
    }

    fn visit_scalar<N: NumCast>(
        &mut self,
        _: ScalarOptions<N>,
        (_, name): (&N, String),
    ) -> Result<Option<N>, Infallible> {
        let kind = Kind::Scalar(|value| <N as NumCast>::from(value).is_some());
        self.0.push(Slot { info: TensorInfo { name, shape: Vec::new() }, kind });
        Ok(None)
    }
}
