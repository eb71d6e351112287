//! `[Block; N]`: declared networks in a row.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
use dfdx::prelude::*;

use crate::param::{Element, WeightVisitor, Weighted, Weights, visit_field};

/// `N` networks in a row, each with its own weights; their keys are `0`, `1` …
///
/// It is read as a slice: `net.blocks[0]`, `net.blocks.iter()`.
#[derive(Clone, Debug)]
pub struct Stack<L, const N: usize> {
    layers: Vec<L>,
}

impl<L, const N: usize> std::ops::Deref for Stack<L, N> {
    type Target = [L];

    fn deref(&self) -> &[L] {
        &self.layers
    }
}

impl<L, const N: usize> std::ops::DerefMut for Stack<L, N> {
    fn deref_mut(&mut self) -> &mut [L] {
        &mut self.layers
    }
}

impl<E: Element, D: Device<E>, L: TensorCollection<E, D>, const N: usize> TensorCollection<E, D>
    for Stack<L, N>
{
    type To<E2: Dtype, D2: Device<E2>> = Stack<L::To<E2, D2>, N>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        let names: Vec<String> = (0..N).map(|i| i.to_string()).collect();
        let layers = names
            .iter()
            .enumerate()
            .map(|(i, name)| Self::module(name, move |s| &s.layers[i], move |s| &mut s.layers[i]))
            .collect::<Vec<_>>();
        visitor.visit_fields(layers, |layers| Stack { layers })
    }
}

impl<E: Dtype, D: Device<E>, L: Weighted<E, D>, const N: usize> Weighted<E, D> for Stack<L, N> {
    fn weights(&self, list: &mut Weights<E, D>) {
        for layer in &self.layers {
            layer.weights(list);
        }
    }

    fn visit_weights(&mut self, visitor: &mut dyn WeightVisitor<E, D>) {
        for (i, layer) in self.layers.iter_mut().enumerate() {
            visit_field(&i.to_string(), layer, visitor);
        }
    }
}
