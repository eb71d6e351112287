//! Looking at the weights of a network one by one, to change them.

use dfdx::prelude::*;

use super::{Param, Weights};
use crate::Error;

/// What has weights: the ops of a network that have some, stacks, and networks themselves.
pub trait Weighted<E: Dtype, D: Device<E>> {
    /// Adds the weights to `list`, in the order in which the plan's ops take them.
    fn weights(&self, list: &mut Weights<E, D>);

    /// Shows the weights to `visitor` to be changed, in the same order.
    fn visit_weights(&mut self, visitor: &mut dyn WeightVisitor<E, D>);
}

/// What a weight is to its op, by which optimizers tell which ones decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A matrix or filters that numbers are multiplied with.
    Weight,
    /// Added to what comes out.
    Bias,
    /// A norm's scale or shift.
    Norm,
    /// A table of rows: of tokens, of positions, of a class.
    Embedding,
    /// One of LoRA's two narrow matrices beside a frozen one.
    Adapter,
    /// Training leaves it as it is, as LoRA's large matrix and its bias.
    Frozen,
}

impl Role {
    /// The role of an op's weight of this name, if the op does not say.
    pub(crate) fn of(name: &str) -> Role {
        if name == "bias" { Role::Bias } else { Role::Weight }
    }
}

/// What looks at the weights of a network one by one.
pub trait WeightVisitor<E: Dtype, D: Device<E>> {
    /// The weights up to the matching [`leave`](Self::leave) are of the field `name`.
    fn enter(&mut self, name: &str) {
        _ = name;
    }

    /// The field ends.
    fn leave(&mut self) {}

    /// A weight.
    fn weight(&mut self, name: &str, role: Role, weight: &mut dyn AnyParam<E, D>);
}

/// Shows the weights of a field to `visitor`.
pub fn visit_field<E: Dtype, D: Device<E>>(
    name: &str,
    field: &mut dyn Weighted<E, D>,
    visitor: &mut dyn WeightVisitor<E, D>,
) {
    visitor.enter(name);
    field.visit_weights(visitor);
    visitor.leave();
}

/// A [`Param`] of any shape.
pub trait AnyParam<E: Dtype, D: Device<E>> {
    /// Its sizes.
    fn sizes(&self) -> Vec<usize>;

    /// Whether these are its sizes.
    fn has_sizes(&self, sizes: &[usize]) -> bool;

    /// Its numbers on the host in the order of its axes; none of a tensor whose numbers lie in another order.
    fn numbers(&self) -> Option<std::sync::Arc<[E]>>;

    /// Its numbers in the order of its axes, to change them; none of a tensor whose numbers lie in another order, which
    /// [`put_in_order`](Self::put_in_order) changes.
    fn numbers_mut(&mut self) -> Option<&mut [E]>;

    /// Its numbers on the GPU; none of numbers that are not `f32` on a GPU.
    ///
    /// # Errors
    /// [`Error::Device`] if the GPU runs out of memory.
    #[cfg(feature = "cuda")]
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn on_gpu(&self) -> Result<Option<std::sync::Arc<crate::cuda::Numbers>>, Error>;

    /// Where they lie, to change them.
    ///
    /// # Errors
    /// [`Error::Device`] if the GPU runs out of memory.
    #[cfg(feature = "cuda")]
    #[doc(hidden)]
    fn on_gpu_mut(&mut self) -> Result<Option<u64>, Error>;

    /// Gives it a tensor whose numbers lie in the order of its axes. It is another one to dfdx's gradients.
    ///
    /// # Errors
    /// [`Error::Device`] if the device runs out of memory.
    fn put_in_order(&mut self) -> Result<(), Error>;

    /// Its gradient in dfdx's, zeros if there is none yet.
    ///
    /// # Errors
    /// [`Error::Device`] if the device runs out of memory.
    fn gradient_mut<'g>(
        &self,
        gradients: &'g mut Gradients<E, D>,
    ) -> Result<&'g mut <D as Storage<E>>::Vec, Error>;

    /// A copy of its gradient in the order of its axes. There must be one.
    fn gradient(&self, gradients: &Gradients<E, D>) -> Vec<E>;

    /// Gives it a gradient, in the order of its axes.
    ///
    /// # Errors
    /// [`Error::Device`] if the device runs out of memory.
    fn set_gradient(&self, gradients: &mut Gradients<E, D>, numbers: Vec<E>) -> Result<(), Error>;
}

impl<S: Shape, E: Dtype, D: Device<E>> AnyParam<E, D> for Param<S, E, D> {
    fn sizes(&self) -> Vec<usize> {
        self.tensor.shape().concrete().into()
    }

    fn has_sizes(&self, sizes: &[usize]) -> bool {
        self.tensor.shape().concrete().as_ref() == sizes
    }

    fn numbers(&self) -> Option<std::sync::Arc<[E]>> {
        self.host().cloned()
    }

    fn numbers_mut(&mut self) -> Option<&mut [E]> {
        self.host_mut()
    }

    #[cfg(feature = "cuda")]
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn on_gpu(&self) -> Result<Option<std::sync::Arc<crate::cuda::Numbers>>, Error> {
        Ok(Param::on_gpu(self)?.cloned())
    }

    #[cfg(feature = "cuda")]
    fn on_gpu_mut(&mut self) -> Result<Option<u64>, Error> {
        Param::on_gpu_mut(self)
    }

    fn put_in_order(&mut self) -> Result<(), Error> {
        let (values, shape) = (self.tensor().as_vec(), *self.tensor.shape());
        *self = self.tensor.device().try_tensor_from_vec(values, shape).map_err(Error::device)?.into();
        Ok(())
    }

    fn gradient_mut<'g>(
        &self,
        gradients: &'g mut Gradients<E, D>,
    ) -> Result<&'g mut <D as Storage<E>>::Vec, Error> {
        gradients.get_or_alloc_mut(&self.tensor).map_err(Error::device)
    }

    fn gradient(&self, gradients: &Gradients<E, D>) -> Vec<E> {
        gradients.get(&self.tensor).as_vec()
    }

    /// dfdx takes no gradients from outside; but that of Σ w · g with respect to w is g.
    fn set_gradient(&self, gradients: &mut Gradients<E, D>, numbers: Vec<E>) -> Result<(), Error> {
        let given = self.tensor.device().try_tensor_from_vec(numbers, *self.tensor.shape());
        let product = self.tensor.clone().traced(Gradients::leaky()).try_mul(given.map_err(Error::device)?);
        let sum =
            product.and_then(|product| product.try_sum::<Rank0, S::AllAxes>()).map_err(Error::device)?;
        let mut made = sum.try_backward().map_err(Error::device)?;
        let made = made.get_or_alloc_mut(&self.tensor).map_err(Error::device)?;
        std::mem::swap(made, gradients.get_or_alloc_mut(&self.tensor).map_err(Error::device)?);
        Ok(())
    }
}
