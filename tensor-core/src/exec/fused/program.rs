//! A network on axes of known sizes, as steps on values that lie in buffers.

use super::packed::PassWeights;
use super::shard::Shard;
use super::steps::{Backward, Forward, IdsAt};
use super::value::{Placement, Target, Uses, Value, Values, place};
use crate::Error;
use crate::decode::OnHost;
use crate::kernels::Threads;
use crate::kernels::dropout::from_place;
use crate::kernels::eight::EightBit;
use crate::kernels::matmul::Into;
use crate::plan::Axes;

/// The steps of a pass, and of the way back if there is one.
#[derive(Debug)]
pub(super) struct Program {
    forward: Vec<Forward>,
    backward: Vec<Backward>,
    lengths: Vec<usize>,
    placed: Placement,
    pub(super) ends: Ends,
    /// The axes that come out.
    pub(super) axes: Axes,
    /// Whether dropout draws random numbers.
    pub(super) draws: bool,
}

/// Where values enter and leave.
#[derive(Clone, Debug, Default)]
pub(super) struct Ends {
    /// The numbers of the main input and of the side inputs; none where one has ids.
    pub(super) inputs: Vec<Option<Value>>,
    pub(super) y: Option<Value>,
    /// The gradient of y, where the way back begins.
    pub(super) of_y: Option<Value>,
    /// The inputs' gradients, where they are asked for and something depends on them.
    pub(super) of_inputs: Vec<Option<Value>>,
    /// Whether the way back reads y.
    pub(super) y_is_read: bool,
}

impl Program {
    pub(super) fn new(
        forward: Vec<Forward>,
        backward: Vec<Backward>,
        lengths: Vec<usize>,
        mut ends: Ends,
        axes: Axes,
    ) -> Self {
        let mut uses: Vec<Uses> = forward.iter().map(Forward::uses).collect();
        let back: Vec<Uses> = backward.iter().map(Backward::uses).collect();
        ends.y_is_read = back.iter().any(|uses| ends.y.is_some_and(|y| uses.reads.contains(&y)));
        uses.extend(back);
        let entering: Vec<Value> = ends.inputs.iter().flatten().copied().collect();
        let leaving = ends.of_inputs.iter().flatten().copied().chain(ends.y);
        let placed = place(&lengths, &uses, &entering, &leaving.collect::<Vec<_>>());
        Program { forward, backward, lengths, placed, ends, axes, draws: false }
    }

    /// Makes buffers large enough.
    pub(super) fn fit(&self, buffers: &mut Vec<Vec<f32>>) {
        let count = self.placed.sizes.len().max(buffers.len());
        buffers.resize_with(count, Vec::new);
        for (buffer, &size) in buffers.iter_mut().zip(&self.placed.sizes) {
            if buffer.len() < size {
                buffer.resize(size, 0.0);
            }
        }
    }

    pub(super) fn len(&self, value: Value) -> usize {
        self.lengths[value.index()]
    }

    pub(super) fn buffer(&self, value: Value) -> usize {
        self.placed.buffer[value.index()]
    }

    /// The sizes of all buffers.
    #[cfg(feature = "cuda")]
    pub(super) fn sizes(&self) -> &[usize] {
        &self.placed.sizes
    }

    #[cfg(feature = "cuda")]
    pub(super) fn forward_steps(&self) -> &[Forward] {
        &self.forward
    }

    #[cfg(feature = "cuda")]
    pub(super) fn backward_steps(&self) -> &[Backward] {
        &self.backward
    }

    pub(super) fn forward(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        self.forward.iter().try_for_each(|step| step.run(pass))
    }

    pub(super) fn backward(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        #[cfg(feature = "mpi")]
        if let Some(watcher) = super::watch::watcher() {
            return self.backward_watched(pass, &mut *watcher.borrow_mut());
        }
        self.backward.iter().try_for_each(|step| step.run(pass))
    }

    /// As [`backward`](Self::backward), but tells of each gradient after the last step that adds to it.
    #[cfg(feature = "mpi")]
    fn backward_watched(
        &self,
        pass: &mut Pass<'_>,
        watcher: &mut dyn super::watch::Watcher,
    ) -> Result<(), Error> {
        let weights = |step: &Backward| step.weights().into_iter().flatten();
        let places = self.backward.iter().enumerate();
        let last: std::collections::HashMap<usize, usize> =
            places.flat_map(|(place, step)| weights(step).map(move |weight| (weight, place))).collect();
        for (place, step) in self.backward.iter().enumerate() {
            step.run(pass)?;
            watcher.passed();
            for weight in weights(step).filter(|weight| last[weight] == place) {
                pass.gradient_or_part(weight, |pass, gradient, _| {
                    watcher.complete(pass.weight(weight).as_ptr(), gradient);
                })?;
            }
        }
        Ok(())
    }
}

/// The gradients of weights.
pub(super) trait WeightGradients {
    /// A weight's gradient, and whether it holds a part already, to be added to; else it holds any numbers. None of a
    /// weight that stays as it is.
    fn of(&mut self, weight: usize) -> Result<Option<(&mut [f32], Into)>, Error>;
}

/// What a pass works with.
pub(super) struct Pass<'p> {
    pub(super) program: &'p Program,
    pub(super) buffers: &'p mut [Vec<f32>],
    pub(super) weights: PassWeights<'p>,
    /// The inputs that are ids: the main one or side ones.
    pub(super) ids: &'p [Vec<usize>],
    /// What dropout draws from in this pass.
    pub(super) seed: u64,
    /// Which rows of a larger batch these are, so that dropout draws for them what it would draw for the batch.
    pub(super) shard: Shard,
    /// What was kept of the positions before, where the network decodes.
    pub(super) cache: Option<&'p mut OnHost>,
    /// There on the way back.
    pub(super) gradients: Option<&'p mut dyn WeightGradients>,
}

impl Values for Pass<'_> {
    const THREADS: Threads = Threads::All;

    fn get(&self, value: Value) -> &[f32] {
        &self.buffers[self.program.buffer(value)][..self.program.len(value)]
    }

    fn weights(&self) -> PassWeights<'_> {
        self.weights
    }

    fn write<R>(&mut self, value: Value, work: impl FnOnce(&mut Self, &mut [f32]) -> R) -> R {
        let mut numbers = self.take(value);
        let result = work(self, &mut numbers[..self.program.len(value)]);
        self.put(value, numbers);
        result
    }

    fn are_one(&self, a: Value, b: Value) -> bool {
        self.program.buffer(a) == self.program.buffer(b)
    }
}

impl Pass<'_> {
    /// The buffer of a value, for as long as a step writes it.
    fn take(&mut self, value: Value) -> Vec<f32> {
        std::mem::take(&mut self.buffers[self.program.buffer(value)])
    }

    fn put(&mut self, value: Value, numbers: Vec<f32>) {
        self.buffers[self.program.buffer(value)] = numbers;
    }

    pub(super) fn weight(&self, index: usize) -> &[f32] {
        self.weights.numbers(index)
    }

    /// A weight of eight bits, if it is one.
    pub(super) fn eight(&self, index: usize) -> Option<&EightBit> {
        self.weights.eight(index)
    }

    /// How many positions came in steps before this one.
    pub(super) fn start(&self) -> usize {
        self.cache.as_ref().map_or(0, |cache| cache.start())
    }

    /// Lets `work` have the cache.
    pub(super) fn with_cache<R>(&mut self, work: impl FnOnce(&mut Self, &mut OnHost) -> R) -> R {
        let Some(cache) = self.cache.take() else {
            unreachable!("a program of a step of decoding runs with a cache");
        };
        let result = work(self, cache);
        self.cache = Some(cache);
        result
    }

    /// What the dropout of this number draws from for a value of so many places.
    pub(super) fn seed_of(&self, dropout: u64, places: usize) -> u64 {
        let seed = self.seed.wrapping_add((dropout + 1).wrapping_mul(0xd1b5_4a32_d192_ed03));
        from_place(seed, self.shard.places_before(places))
    }

    /// Ids, as often as they follow one another.
    pub(super) fn ids_at(&self, ids: IdsAt) -> impl Iterator<Item = usize> {
        let IdsAt { input, times } = ids;
        std::iter::repeat_n(&self.ids[input], times).flatten().copied()
    }

    /// Lets `work` add to a gradient: to what was found before, or to zeros.
    pub(super) fn add_to<R>(&mut self, target: Target, work: impl FnOnce(&mut Self, &mut [f32]) -> R) -> R {
        match target.before {
            Some(before) => self.bring(before, target.value),
            None => self.write(target.value, |_, numbers| numbers.fill(0.0)),
        }
        self.write(target.value, work)
    }

    /// Lets `work` add to the gradient of a weight.
    pub(super) fn gradient(
        &mut self,
        weight: usize,
        work: impl FnOnce(&mut Self, &mut [f32]),
    ) -> Result<(), Error> {
        self.gradient_or_part(weight, |pass, gradient, how| {
            if how == Into::Replace {
                gradient.fill(0.0);
            }
            work(pass, gradient)
        })
    }

    /// Lets `work` write the gradient of a weight, or add to it; not where nobody wants it.
    pub(super) fn gradient_or_part(
        &mut self,
        weight: usize,
        work: impl FnOnce(&mut Self, &mut [f32], Into),
    ) -> Result<(), Error> {
        let Some(gradients) = self.gradients.take() else {
            unreachable!("the way back comes with gradients");
        };
        let found = gradients.of(weight);
        let result = found.map(|found| found.map_or((), |(gradient, how)| work(self, gradient, how)));
        self.gradients = Some(gradients);
        result
    }
}
