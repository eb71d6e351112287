//! Keys and values of the positions that came before.

use dfdx::prelude::*;

use super::OnHost;
use crate::Error;
use crate::exec::{Inputs, Mode};
use crate::layer::{Network, pass};
use crate::param::{Element, Weighted};
use crate::plan::Plan;

/// Why an attention inside a network can't run step by step where the network could.
pub(crate) const OTHER_SEQUENCE: &str = "its sequence is another than the network's";

/// Keys or values of one attention: `[sequences · kv_heads, positions, head_dim]`.
pub(crate) type Kept<E, D> = Tensor<(usize, usize, usize), E, D>;

/// What a network with causal attention needs of the positions that it has seen, so that [`KvCache::step`] computes
/// only the new ones.
///
/// ```
/// use tensor_core::decode::KvCache;
/// use tensor_core::prelude::*;
///
/// layer! {
///     pub struct Net: ids[n] -> [n, 11] {
///         tokens: embedding(11 -> 8),
///         residual { norm: layer_norm, attend: attention(heads: 2, mask: causal) },
///         unembed(11, tie: tokens),
///     }
/// }
/// let device = Cpu::default();
/// let net = Net::new(&device);
/// let mut cache = KvCache::new(16);
/// let prompt: Tensor<(usize, Const<11>), f32, _> = cache.step(&net, device.tensor_from_vec(vec![3, 1, 4], (3,)))?;
/// let next = cache.step(&net, device.tensor_from_vec(vec![1], (1,)))?;
/// assert_eq!((prompt.shape().0, next.shape().0, cache.len()), (3, 1, 4));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct KvCache<E: Element, D: Device<E>> {
    capacity: usize,
    length: usize,
    /// The network and the sequences that it began with.
    began: Option<(&'static str, usize)>,
    /// Sequences and positions of the step that runs.
    step: (usize, usize),
    kept: Vec<[Kept<E, D>; 2]>,
    /// Those of the step that runs; they replace the kept ones when it has succeeded.
    new: Vec<[Kept<E, D>; 2]>,
    /// What the fused executor keeps, instead of tensors.
    on_host: OnHost,
}

impl<E: Element, D: Device<E>> KvCache<E, D> {
    /// An empty cache for up to `capacity` positions.
    pub fn new(capacity: usize) -> Self {
        KvCache {
            capacity,
            length: 0,
            began: None,
            step: (0, 0),
            kept: Vec::new(),
            new: Vec::new(),
            on_host: OnHost::default(),
        }
    }

    /// Positions that it can hold.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Positions that it holds.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Forgets all positions.
    pub fn clear(&mut self) {
        *self = KvCache::new(self.capacity);
    }

    /// Runs the network on the positions after those in the cache, and keeps theirs.
    ///
    /// # Shapes
    /// As the network's `forward`: with new positions alone it gives what a pass over all positions gives for these. A
    /// network with side inputs takes a tuple; a context is given with every step.
    ///
    /// # Errors
    /// [`Error::CacheFull`] past the capacity, [`Error::CacheChanged`] for another network or batch,
    /// [`Error::NotStepwise`] where an item mixes positions in another way than causal attention; and all errors of
    /// `try_forward`. The cache stays as it was.
    pub fn step<N, X: Inputs<E, D>, O: Shape>(&mut self, net: &N, inputs: X) -> Result<Tensor<O, E, D>, Error>
    where
        D: Storage<X::Number>,
        N: Network + Weighted<E, D> + Module<X, Output = Tensor<O, E, D>>,
    {
        let sizes = inputs.sizes();
        self.stepping(N::PLAN, &sizes, |cache| {
            let (x, sides) = inputs.split(N::PLAN)?;
            pass(N::PLAN, net, x, sides, Mode::Inference, Some(cache), false)
        })
    }

    /// A step of a network on inputs of these sizes, whose positions are kept if `work` succeeds.
    pub(crate) fn stepping<R>(
        &mut self,
        plan: &'static Plan,
        sizes: &[usize],
        work: impl FnOnce(&mut Self) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let (sequences, positions) = sequences_and_positions(plan, sizes)?;
        let given = (plan.name, sequences);
        if let Some(began) = self.began.filter(|&began| began != given) {
            let text = |(network, sequences)| format!("{sequences} sequences of `{network}`");
            return Err(Error::CacheChanged { began: text(began), given: text(given) });
        }
        if self.length + positions > self.capacity {
            let KvCache { capacity, length, .. } = *self;
            return Err(Error::CacheFull { capacity, length, given: positions });
        }
        self.new.clear();
        self.step = (sequences, positions);
        self.on_host.begin(self.capacity, self.length, self.step);
        let y = work(self)?;
        if positions > 0 {
            self.began = Some(given);
            self.kept = std::mem::take(&mut self.new);
            self.length += positions;
        }
        Ok(y)
    }

    /// What the fused executor keeps.
    pub(crate) fn on_host(&mut self) -> &mut OnHost {
        &mut self.on_host
    }

    /// Checks that the sequences of the next attention are those of the network.
    pub(crate) fn expect(&self, item: &'static str, sequences: usize, positions: usize) -> Result<(), Error> {
        if self.step == (sequences, positions) {
            Ok(())
        } else {
            Err(Error::NotStepwise { item, why: OTHER_SEQUENCE })
        }
    }

    /// All keys and values of the next attention, after adding new ones.
    pub(crate) fn extend(&mut self, keys: Kept<E, D>, values: Kept<E, D>) -> Result<[Kept<E, D>; 2], Error> {
        let all = match self.kept.get(self.new.len()) {
            None => [keys, values],
            Some([old_keys, old_values]) => {
                let join = |old: &Kept<E, D>, new| (old.clone(), new).try_concat_along(Axis::<1>);
                [
                    join(old_keys, keys).map_err(Error::device)?,
                    join(old_values, values).map_err(Error::device)?,
                ]
            }
        };
        self.new.push(all.clone());
        Ok(all)
    }
}

/// How many sequences there are before a network's first axis, and how many positions it has.
fn sequences_and_positions(plan: &Plan, sizes: &[usize]) -> Result<(usize, usize), Error> {
    let declared = plan.input.len();
    if declared == 1 && !plan.input.are_ids() {
        return Err(Error::NotStepwise { item: plan.name, why: "it takes no sequence" });
    }
    let (lead, own) = sizes.split_at(sizes.len().saturating_sub(declared));
    Ok((lead.iter().product(), own.first().copied().unwrap_or(0)))
}
