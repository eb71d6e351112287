//! The mean of gradients over processes, in buckets, each on its way as soon as its gradients are complete.

use std::collections::HashMap;
use std::time::Instant;

use mpi::collective::SystemOperation;
use mpi::topology::SimpleCommunicator;
use mpi::traits::CommunicatorCollectives;

use super::ParallelError;
use super::bucket::Bucket;
use crate::exec::fused::Watcher;

/// Shows the gradients of all weights one by one, with their places.
pub(super) type Each<'e> = dyn FnMut(&mut dyn FnMut(usize, &mut [f32])) -> Result<(), ParallelError> + 'e;

/// What is known of one weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    /// Where its numbers lie, by which the way back names it.
    pub(super) numbers: *const f32,
    /// Numbers of its gradient; 0 of one that stays as it is.
    pub(super) length: usize,
}

/// The buckets of a network. Its gradients lie in them one after another, the last weight's first, since the way back comes
/// to it first; a large gradient lies in several.
pub(super) struct Exchange {
    ranks: SimpleCommunicator,
    /// Numbers in a bucket.
    size: usize,
    buckets: Vec<Bucket>,
    lengths: Vec<usize>,
    /// Where each weight's gradient begins.
    starts: Vec<usize>,
    places: HashMap<*const f32, usize>,
    /// What this process's gradients count.
    weight: f32,
    complete: Vec<bool>,
    /// How many numbers each bucket lacks.
    lacks: Vec<usize>,
    started: usize,
    pub(super) report: Report,
}

/// How the exchange of gradients went in the last step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// Buckets that the gradients lie in.
    pub buckets: usize,
    /// Those whose sum began before the way back was done.
    pub early: usize,
    /// Those of them whose sum was complete by then.
    pub done_early: usize,
    /// Bytes that a process gave.
    pub bytes: usize,
    /// Seconds after the way back until the gradients were there: what the exchange cost beyond it, copies included.
    pub seconds: f64,
    /// Whether gradients changed after the way back had told that they were complete, so that all were exchanged once more.
    pub again: bool,
}

impl Exchange {
    pub(super) fn new(ranks: SimpleCommunicator, bytes: usize) -> Self {
        let size = (bytes / size_of::<f32>()).clamp(1, i32::MAX as usize);
        Exchange {
            ranks,
            size,
            buckets: Vec::new(),
            lengths: Vec::new(),
            starts: Vec::new(),
            places: HashMap::new(),
            weight: 1.0,
            complete: Vec::new(),
            lacks: Vec::new(),
            started: 0,
            report: Report::default(),
        }
    }

    /// Gets ready for the gradients of these weights, which count by `weight`.
    pub(super) fn begin(&mut self, weights: &[Entry], weight: f64) {
        if !weights.iter().map(|entry| entry.length).eq(self.lengths.iter().copied()) {
            self.lay_out(weights);
        }
        self.places.clear();
        let changing = weights.iter().enumerate().filter(|(_, entry)| entry.length > 0);
        self.places.extend(changing.map(|(place, entry)| (entry.numbers, place)));
        self.weight = weight as f32;
        self.report = Report {
            buckets: self.buckets.len(),
            bytes: self.lengths.iter().sum::<usize>() * size_of::<f32>(),
            ..Report::default()
        };
        self.forget();
    }

    fn lay_out(&mut self, weights: &[Entry]) {
        self.lengths = weights.iter().map(|entry| entry.length).collect();
        self.starts = vec![0; weights.len()];
        let mut total = 0;
        for (start, entry) in self.starts.iter_mut().zip(weights).rev() {
            *start = total;
            total += entry.length;
        }
        let first = |bucket: usize| bucket * self.size;
        let sizes = (0..total.div_ceil(self.size)).map(|bucket| self.size.min(total - first(bucket)));
        self.buckets = sizes.map(Bucket::new).collect();
    }

    /// Nothing is in the buckets.
    fn forget(&mut self) {
        self.complete.clear();
        self.complete.resize(self.lengths.len(), false);
        self.lacks.clear();
        self.lacks.extend(self.buckets.iter().map(|bucket| bucket.mine().len()));
        self.started = 0;
    }

    /// The pieces of a weight's gradient: bucket, place in it, and place in the gradient, with their length.
    fn pieces(&self, place: usize) -> impl Iterator<Item = (usize, usize, usize, usize)> + use<> {
        let (start, end, size) = (self.starts[place], self.starts[place] + self.lengths[place], self.size);
        (start / size..end.div_ceil(size)).map(move |bucket| {
            let (from, to) = (start.max(bucket * size), end.min((bucket + 1) * size));
            (bucket, from - bucket * size, from - start, to - from)
        })
    }

    /// Whether a gradient is exchanged: not that of a weight that stays as it is.
    fn takes(&self, place: usize, gradient: &[f32]) -> bool {
        !gradient.is_empty() && gradient.len() == self.lengths[place]
    }

    /// Puts a gradient into its buckets.
    fn put(&mut self, place: usize, gradient: &[f32]) {
        for (bucket, at, from, length) in self.pieces(place) {
            let mine = &mut self.buckets[bucket].mine_mut()[at..at + length];
            let weight = self.weight;
            mine.iter_mut().zip(&gradient[from..]).for_each(|(mine, g)| *mine = g * weight);
            self.lacks[bucket] -= length;
        }
        self.complete[place] = true;
        while self.lacks.get(self.started) == Some(&0) {
            self.buckets[self.started].start(&self.ranks);
            self.started += 1;
        }
    }

    /// Whether a gradient still is what was put into its buckets.
    fn holds(&self, place: usize, gradient: &[f32]) -> bool {
        self.pieces(place).all(|(bucket, at, from, length)| {
            let mine = &self.buckets[bucket].mine()[at..at + length];
            mine.iter().zip(&gradient[from..]).all(|(mine, g)| mine.to_bits() == (g * self.weight).to_bits())
        })
    }

    /// Exchanges what is left, and gives each gradient the sum of what the ranks gave. The sums of other numbers come along.
    pub(super) fn finish(
        &mut self,
        [first, second]: [f64; 2],
        each: &mut Each<'_>,
    ) -> Result<[f64; 2], ParallelError> {
        let began = Instant::now();
        self.report.early = self.started;
        let early = self.buckets[..self.started].iter_mut();
        self.report.done_early = early.map(Bucket::poll).filter(|done| *done).count();
        let mut changed = false;
        each(&mut |place, gradient| {
            if self.takes(place, gradient) && !self.complete[place] {
                self.put(place, gradient);
            } else if self.takes(place, gradient) && !self.holds(place, gradient) {
                changed = true;
            }
        })?;
        let [changed, first, second] = self.sum([if changed { 1.0 } else { 0.0 }, first, second]);
        if changed > 0.0 {
            self.report.again = true;
            self.forget(); // a bucket waits for its sum before it is written
            each(&mut |place, gradient| {
                if self.takes(place, gradient) {
                    self.put(place, gradient);
                }
            })?;
        }
        each(&mut |place, gradient| {
            if self.takes(place, gradient) {
                for (bucket, at, from, length) in self.pieces(place) {
                    gradient[from..from + length]
                        .copy_from_slice(&self.buckets[bucket].total()[at..at + length]);
                }
            }
        })?;
        self.report.seconds = began.elapsed().as_secs_f64();
        Ok([first, second])
    }

    fn sum<const N: usize>(&self, mine: [f64; N]) -> [f64; N] {
        let mut sums = [0.0; N];
        self.ranks.all_reduce_into(&mine, &mut sums, SystemOperation::sum());
        sums
    }
}

impl Watcher for Exchange {
    fn complete(&mut self, weight: *const f32, gradient: &[f32]) {
        let Some(&place) = self.places.get(&weight) else { return };
        if self.takes(place, gradient) && !self.complete[place] {
            self.put(place, gradient);
        }
    }

    /// MPI goes on with a sum only while it is called.
    fn passed(&mut self) {
        if let Some(bucket) = self.buckets[..self.started].iter_mut().find(|bucket| bucket.is_under_way()) {
            bucket.poll();
        }
    }
}
