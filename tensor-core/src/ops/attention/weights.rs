//! The weights of `attention`.

use dfdx::nn::tensor_collection::{ModuleVisitor, TensorCollection};
use dfdx::prelude::*;

use crate::param::{WeightVisitor, Weighted, Weights, visit_field};

/// The weights of an `attention` item: `linear`s, two `rms_norm`s, or [`Absent`] where it has none.
#[derive(Clone, Debug)]
pub struct Attention<Q, K, V, O, QN, KN> {
    /// Makes the queries.
    pub w_q: Q,
    /// Makes the keys.
    pub w_k: K,
    /// Makes the values.
    pub w_v: V,
    /// Mixes the heads.
    pub w_o: O,
    /// Norms each head of the queries.
    pub q_norm: QN,
    /// Norms each head of the keys.
    pub k_norm: KN,
}

/// In place of weights that an item does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Absent;

impl<E: Dtype, D: Device<E>> TensorCollection<E, D> for Absent {
    type To<E2: Dtype, D2: Device<E2>> = Absent;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Absent>, V::Err> {
        visitor.visit_fields((), |()| Absent)
    }
}

impl<E: Dtype, D: Device<E>> Weighted<E, D> for Absent {
    fn weights(&self, _: &mut Weights<E, D>) {}

    fn visit_weights(&mut self, _: &mut dyn WeightVisitor<E, D>) {}
}

impl<E: Dtype, D: Device<E>, Q, K, V, O, QN, KN> TensorCollection<E, D> for Attention<Q, K, V, O, QN, KN>
where
    Q: TensorCollection<E, D>,
    K: TensorCollection<E, D>,
    V: TensorCollection<E, D>,
    O: TensorCollection<E, D>,
    QN: TensorCollection<E, D>,
    KN: TensorCollection<E, D>,
{
    type To<E2: Dtype, D2: Device<E2>> =
        Attention<Q::To<E2, D2>, K::To<E2, D2>, V::To<E2, D2>, O::To<E2, D2>, QN::To<E2, D2>, KN::To<E2, D2>>;

    fn iter_tensors<Visitor: ModuleVisitor<Self, E, D>>(
        visitor: &mut Visitor,
    ) -> Result<Option<Self::To<Visitor::E2, Visitor::D2>>, Visitor::Err> {
        visitor.visit_fields(
            (
                Self::module("w_q", |s| &s.w_q, |s| &mut s.w_q),
                Self::module("w_k", |s| &s.w_k, |s| &mut s.w_k),
                Self::module("w_v", |s| &s.w_v, |s| &mut s.w_v),
                Self::module("w_o", |s| &s.w_o, |s| &mut s.w_o),
                Self::module("q_norm", |s| &s.q_norm, |s| &mut s.q_norm),
                Self::module("k_norm", |s| &s.k_norm, |s| &mut s.k_norm),
            ),
            |(w_q, w_k, w_v, w_o, q_norm, k_norm)| Attention { w_q, w_k, w_v, w_o, q_norm, k_norm },
        )
    }
}

impl<E: Dtype, D: Device<E>, Q, K, V, O, QN, KN> Weighted<E, D> for Attention<Q, K, V, O, QN, KN>
where
    Q: Weighted<E, D>,
    K: Weighted<E, D>,
    V: Weighted<E, D>,
    O: Weighted<E, D>,
    QN: Weighted<E, D>,
    KN: Weighted<E, D>,
{
    fn weights(&self, list: &mut Weights<E, D>) {
        self.w_q.weights(list);
        self.w_k.weights(list);
        self.w_v.weights(list);
        self.w_o.weights(list);
        self.q_norm.weights(list);
        self.k_norm.weights(list);
    }

    fn visit_weights(&mut self, visitor: &mut dyn WeightVisitor<E, D>) {
        visit_field("w_q", &mut self.w_q, visitor);
        visit_field("w_k", &mut self.w_k, visitor);
        visit_field("w_v", &mut self.w_v, visitor);
        visit_field("w_o", &mut self.w_o, visitor);
        visit_field("q_norm", &mut self.q_norm, visitor);
        visit_field("k_norm", &mut self.k_norm, visitor);
    }
}
