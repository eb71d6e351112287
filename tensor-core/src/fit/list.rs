//! The weights of a plan: their names in a checkpoint and their sizes, in the order of a state dict.

use super::{Place, same_sizes};
use crate::io::TensorInfo;
use crate::ops::{Activation, Op, WeightShape, WeightShapes};
use crate::plan::{Item, Key, Node, Plan, Text};

/// A weight of a network, and what a file has in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    /// Its name in checkpoints.
    pub(super) name: Text,
    /// The bytes of its name that are its item's key.
    pub(super) key: (usize, usize),
    pub(super) shape: WeightShape,
    /// Its place among the weights of its op.
    pub(super) nth: usize,
    pub(super) op: Op,
    /// Its item, and the network that declares it.
    pub(super) item: &'static str,
    pub(super) network: &'static str,
    pub(super) place: Place,
    pub(super) found: Found,
}

/// What a file has in place of a weight.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// A tensor of its shape.
    Same,
    /// This tensor, which has another shape.
    OtherShape(usize),
    /// This tensor, whose numbers can't be read.
    OtherNumbers(usize),
    /// One that another weight of the same name takes.
    Taken,
    /// Nothing.
    Nothing,
    /// Nothing, as for all of the network that is the item.
    NothingOf {
        /// That network.
        network: &'static str,
        /// How many of it are in a row, and which of them it is.
        row: Option<(usize, usize)>,
        /// The bytes of the weight's name that all of them share.
        shared: usize,
    },
}

impl Weight {
    pub(super) const NONE: Weight = Weight {
        name: Text::new(),
        key: (0, 0),
        shape: WeightShapes::NO_SHAPE,
        nth: 0,
        op: Op::Activation(Activation::Relu),
        item: "",
        network: "",
        place: Place::NOWHERE,
        found: Found::Same,
    };

    pub(super) const fn is_missing(&self) -> bool {
        matches!(self.found, Found::Nothing | Found::NothingOf { .. })
    }
}

/// How many weights a network has.
pub const fn weights_of(plan: &Plan) -> usize {
    count(plan.body)
}

const fn count(body: &[Item]) -> usize {
    let (mut weights, mut i) = (0, 0);
    while i < body.len() {
        weights += match &body[i].node {
            Node::Op(op) => op.weights().as_slice().len(),
            Node::Residual { body } => count(body),
            Node::Fork { branches, .. } => {
                let (mut weights, mut b) = (0, 0);
                while b < branches.len() {
                    weights += count(branches[b].body);
                    b += 1;
                }
                weights
            }
            Node::Network { plan, count, .. } => *count * weights_of(plan),
        };
        i += 1;
    }
    weights
}

/// Whether the macro saw no mistake in the declaration, or in those of the networks in it.
#[inline]
pub(super) const fn is_sound(plan: &Plan) -> bool {
    plan.sound && are_sound(plan.body)
}

#[inline]
const fn are_sound(body: &[Item]) -> bool {
    let mut i = 0;
    while i < body.len() {
        let sound = match &body[i].node {
            Node::Op(_) => true,
            Node::Residual { body } => are_sound(body),
            Node::Fork { branches, .. } => {
                let mut b = 0;
                while b < branches.len() && are_sound(branches[b].body) {
                    b += 1;
                }
                b == branches.len()
            }
            Node::Network { plan, .. } => is_sound(plan),
        };
        if !sound {
            return false;
        }
        i += 1;
    }
    true
}

/// Goes through a plan and enters its weights, with what the file has for them.
pub(super) struct Walk<'w> {
    pub(super) header: super::Header,
    pub(super) weights: &'w mut [Weight],
    /// How many are entered.
    pub(super) len: usize,
    /// Which of the file's tensors have a place.
    pub(super) used: &'w mut [bool],
}

/// The network that is gone through: its items' names begin with `prefix`.
#[derive(Clone, Copy)]
struct Here {
    network: &'static str,
    prefix: Text,
    place: Place,
}

impl Walk<'_> {
    #[inline]
    pub(super) const fn network(&mut self, plan: &'static Plan, prefix: Text, place: Place) {
        self.body(plan.body, Here { network: plan.name, prefix, place }, 0);
    }

    /// The items of a body, the first of which has this number; gives the next number.
    const fn body(&mut self, body: &'static [Item], here: Here, mut number: usize) -> usize {
        let mut i = 0;
        while i < body.len() {
            let item = &body[i];
            let place = here.place.then(number);
            number += 1;
            match &item.node {
                Node::Op(op) => self.op(item, op, here, place),
                Node::Residual { body } => number = self.body(body, here, number),
                Node::Fork { branches, .. } => {
                    let mut b = 0;
                    while b < branches.len() {
                        number = self.body(branches[b].body, here, number);
                        b += 1;
                    }
                }
                Node::Network { plan, count, .. } => {
                    let mut copy = 0;
                    while copy < *count {
                        self.copy(item, plan, (*count, copy), here, place);
                        copy += 1;
                    }
                }
            }
            i += 1;
        }
        number
    }

    const fn op(&mut self, item: &'static Item, op: &Op, here: Here, place: Place) {
        let (start, prefix) = (here.prefix.len(), with_key(here.prefix, item.key));
        let key = (start, if prefix.len() > start { prefix.len() - 1 } else { start });
        let shapes = op.weights();
        let mut nth = 0;
        while nth < shapes.as_slice().len() {
            let shape = shapes.as_slice()[nth];
            let name = prefix.str(shape.name);
            let found = self.find(name.as_str(), shape.sizes());
            self.weights[self.len] = Weight {
                name,
                key,
                shape,
                nth,
                op: *op,
                item: item.name,
                network: here.network,
                place,
                found,
            };
            self.len += 1;
            nth += 1;
        }
    }

    /// A nested network, one of several in a row.
    const fn copy(
        &mut self,
        item: &'static Item,
        plan: &'static Plan,
        row: (usize, usize),
        here: Here,
        place: Place,
    ) {
        let (start, mut prefix) = (here.prefix.len(), with_key(here.prefix, item.key));
        let key = (start, if prefix.len() > start { prefix.len() - 1 } else { start });
        let numbered = matches!(item.key, Key::Numbered(_));
        if numbered {
            prefix = prefix.number(row.1).str(".");
        }
        let first = self.len;
        self.network(plan, prefix, place);
        let mut i = first;
        while i < self.len && self.weights[i].is_missing() {
            i += 1;
        }
        if i < self.len {
            return;
        }
        // The file has nothing of it: that is about this item, and not about each of those in it.
        i = first;
        while i < self.len {
            let found = Found::NothingOf {
                network: plan.name,
                row: if numbered { Some(row) } else { None },
                shared: prefix.len(),
            };
            let whole =
                Weight { key, item: item.name, network: here.network, place, found, ..self.weights[i] };
            self.weights[i] = whole;
            i += 1;
        }
    }

    const fn find(&mut self, name: &str, sizes: &[usize]) -> Found {
        let Some(at) = self.header.find(name) else { return Found::Nothing };
        if self.used[at] {
            return Found::Taken;
        }
        self.used[at] = true;
        let tensor = &self.header.tensors[at];
        if !same_sizes(tensor.shape, sizes) {
            Found::OtherShape(at)
        } else if !is_readable(tensor.dtype) {
            Found::OtherNumbers(at)
        } else {
            Found::Same
        }
    }
}

const fn with_key(prefix: Text, key: Key) -> Text {
    match key {
        Key::None => prefix,
        Key::Name(key) | Key::Numbered(key) => prefix.str(key).str("."),
    }
}

/// Whether a file's numbers of this type are read; see `io`.
const fn is_readable(dtype: &str) -> bool {
    matches!(dtype.as_bytes(), b"F64" | b"F32" | b"F16" | b"BF16")
}

/// The name and shape of each weight, as [`StateDict::state_dict`](crate::io::StateDict::state_dict) of the network tells them.
pub(crate) fn state_dict(plan: &'static Plan) -> Vec<TensorInfo> {
    let mut weights = vec![Weight::NONE; weights_of(plan)];
    let header = super::Header { file: "", tensors: &[] };
    Walk { header, weights: &mut weights, len: 0, used: &mut [] }.network(plan, Text::new(), Place::NOWHERE);
    let info = |weight: &Weight| TensorInfo {
        name: weight.name.as_str().to_owned(),
        shape: weight.shape.sizes().to_vec(),
    };
    weights.iter().map(info).collect()
}
