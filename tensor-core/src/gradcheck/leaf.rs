//! The tensors that are checked: the input and the network's parameters, read and written in place.
//!
//! dfdx keeps strides to itself and copies a tensor's storage in physical order, gradients included. So
//! everything here is in physical order, and `positions` says where each element lies: a copy of the tensor
//! is filled with 0, 1, 2 … and read back in logical order.

use dfdx::nn::tensor_collection::{
    RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut, ViewTensorName,
    ViewTensorRef,
};
use dfdx::prelude::{Device, Gradients, HasShape, Shape, Storage, Tensor};

use super::{GradcheckError, Place, report};

/// One tensor with its gradient from the tape.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    /// Logical index → place in `values` and `gradient`.
    pub(super) positions: Vec<usize>,
    pub(super) values: Vec<f64>,
    pub(super) gradient: Vec<f64>,
    slot: Slot,
}

/// Where a leaf is written back.
#[derive(Debug, Clone, Copy)]
enum Slot {
    Input,
    /// The network's n-th tensor, frozen ones included.
    Parameter(usize),
}

/// What [`collect`] finds.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    pub(super) leaves: Vec<Leaf>,
    pub(super) frozen: Vec<String>,
}

/// The sizes of a tensor's axes.
pub(super) fn sizes<S: Shape>(tensor: &impl HasShape<Shape = S>) -> Vec<usize> {
    tensor.shape().concrete().into()
}

/// Reads the input and every parameter. A tensor that the tape never met has the gradient zero.
pub(super) fn collect<M: TensorCollection<f64, D>, S: Shape, D: Device<f64>>(
    net: &M,
    x: &Tensor<S, f64, D>,
    gradients: &mut Gradients<f64, D>,
) -> Result<Leaves, D::Err> {
    let input = Leaf::read("input".to_owned(), Slot::Input, x, gradients)?;
    let mut collect =
        Collect { found: Leaves { leaves: vec![input], frozen: Vec::new() }, met: 0, gradients };
    M::iter_tensors(&mut RecursiveWalker { m: (net, String::new()), f: &mut collect })?;
    Ok(collect.found)
}

impl Leaf {
    fn read<S: Shape, D: Device<f64>>(
        name: String,
        slot: Slot,
        tensor: &Tensor<S, f64, D>,
        gradients: &mut Gradients<f64, D>,
    ) -> Result<Self, D::Err> {
        let stored = Storage::<f64>::len(tensor.device(), gradients.get_or_alloc_mut(tensor)?);
        let (mut values, mut gradient) = (vec![0.0; stored], vec![0.0; stored]);
        tensor.copy_into(&mut values);
        gradients.get(tensor).copy_into(&mut gradient);
        let mut numbered = tensor.clone();
        numbered.copy_from(&(0..stored).map(|i| i as f64).collect::<Vec<_>>());
        let positions = numbered.as_vec().into_iter().map(|i| i as usize).collect();
        Ok(Self { name, shape: sizes(tensor), positions, values, gradient, slot })
    }

    /// Replaces the tensor's values, in the input or in the network.
    pub(super) fn write<M: TensorCollection<f64, D>, S: Shape, D: Device<f64>>(
        &self,
        net: &mut M,
        x: &mut Tensor<S, f64, D>,
        values: &[f64],
    ) -> Result<(), D::Err> {
        match self.slot {
            Slot::Input => x.copy_from(values),
            Slot::Parameter(number) => {
                let mut write = Write { number, met: 0, values };
                M::iter_tensors(&mut RecursiveWalker { m: net, f: &mut write })?;
            }
        }
        Ok(())
    }

    pub(super) fn check_values(&self) -> Result<(), GradcheckError> {
        report::check_finite(&self.name, &self.shape, &self.logical(&self.values), Place::Value)
    }

    pub(super) fn check_gradients(&self) -> Result<(), GradcheckError> {
        report::check_finite(&self.name, &self.shape, &self.logical(&self.gradient), Place::Gradient)
    }

    fn logical(&self, physical: &[f64]) -> Vec<f64> {
        self.positions.iter().map(|&position| physical[position]).collect()
    }
}

struct Collect<'a, D: Storage<f64>> {
    found: Leaves,
    met: usize,
    gradients: &'a mut Gradients<f64, D>,
}

impl<D: Device<f64>> TensorVisitor<f64, D> for Collect<'_, D> {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = D::Err;
    type E2 = f64;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, f64, D>,
        (tensor, name): (&Tensor<S, f64, D>, String),
    ) -> Result<Option<Tensor<S, f64, D>>, D::Err> {
        let slot = Slot::Parameter(self.met);
        self.met += 1;
        if options.do_gradient_update {
            self.found.leaves.push(Leaf::read(name, slot, tensor, self.gradients)?);
        } else {
            self.found.frozen.push(name);
        }
        Ok(None)
    }
}

struct Write<'a> {
    number: usize,
    met: usize,
    values: &'a [f64],
}

impl<D: Device<f64>> TensorVisitor<f64, D> for Write<'_> {
    type Viewer = ViewTensorMut;
    type Err = D::Err;
    type E2 = f64;
    type D2 = D;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, f64, D>,
        tensor: &mut Tensor<S, f64, D>,
    ) -> Result<Option<Tensor<S, f64, D>>, D::Err> {
        if self.met == self.number {
            tensor.copy_from(self.values);
        }
        self.met += 1;
        Ok(None)
    }
}
