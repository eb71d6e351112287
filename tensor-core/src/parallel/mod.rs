//! Training on several processes and machines, through MPI: each takes its part of every batch, and all have the same weights.
//!
//! A hand-written loop needs a few lines more. Started by itself the program is the only process; `mpirun -n 4 program` starts
//! four, which give the result of one at the same batch but for rounding.
//!
//! ```
//! use tensor_core::optim::{AdamW, Optimizer};
//! use tensor_core::parallel::World;
//! use tensor_core::prelude::*;
//!
//! layer! { pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }
//!
//! let device = Cpu::seed_from_u64(0);
//! let mut net = TwoLayer::new(&device);
//! let mut optimizer: Optimizer<_> = Optimizer::new(AdamW { learning_rate: 0.02, ..AdamW::default() });
//! let mut gradients = net.alloc_grads();
//! let (x, labels): (Tensor<Rank2<6, 4>, f32, _>, _) = (device.sample_normal(), [0, 1, 2, 0, 1, 2]);
//! let x = x.as_vec();
//!
//! let mut world = World::start()?;
//! world.broadcast(&mut net)?; // rank 0's weights
//! for _ in 0..200 {
//!     let part = world.part(labels.len())?; // this rank's rows of the batch
//!     let own = device.tensor_from_vec(part.take(&x).to_vec(), (part.rows(), Const::<4>));
//!     let loss = try_cross_entropy(net.forward_train(own, gradients), part.take(&labels))?;
//!     let (mean, found) = world.backward(&mut net, loss, part.weight())?; // the batch's gradients, and its loss
//!     gradients = found;
//!     optimizer.step(&mut net, &mut gradients)?;
//!     assert!(mean.is_finite());
//! }
//! world.end(Ok::<(), String>(()))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is the same
//! Gradients are means over the ranks' parts, weighted by their rows, so that a batch need not be divisible. Sums are made in
//! an order that depends on the number of ranks alone: two runs with the same number give the same bits, and all ranks of a
//! run have the same weights, bit for bit. Runs with other numbers of ranks differ by rounding. Dropout draws for a rank's rows
//! what it draws for them in one process, if all ranks' devices have the same seed and no other pass draws from it.
//!
//! # Where it travels
//! The way back of a network on the CPU tells as soon as a weight's gradient is complete. Gradients lie in buckets
//! ([`World::bucket_bytes`]); a full bucket's sum begins at once (`MPI_Iallreduce`) and goes on while the way back does, which
//! looks after it between its steps. A network that runs by dfdx's ops (other devices, weights out of order, and
//! [`World::average`]) exchanges them after the way back, in the same buckets. Buckets take twice the gradients' memory.
//!
//! # Who writes
//! All ranks have the same weights, so that rank 0 ([`World::is_first`]) alone prints and writes files. A checkpoint knows
//! nothing of ranks: it resumes on any number of them.
//!
//! # When a rank fails
//! An error that [`World::end`] is given is told with the rank's number, and ends all ranks. A rank that panics, is killed, or
//! leaves without `end` is noticed by `mpirun`, which ends the others and names the rank. The exit code is not 0 then.
//!
//! # Threads
//! Give each rank its share of a machine's cores, by `RAYON_NUM_THREADS`; MPI is called by one thread.

mod bucket;
mod error;
mod exchange;
mod net;
mod optimizer;
mod trainer;

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;

use mpi::Threading;
use mpi::collective::{Root, SystemOperation};
use mpi::datatype::{BufferMut, Equivalence};
use mpi::environment::Universe;
use mpi::topology::{Communicator, SimpleCommunicator};
use mpi::traits::CommunicatorCollectives;

pub use crate::train::{Part, PartError};
pub use error::ParallelError;
pub use exchange::Report;

use crate::exec::fused::{Shard, Watcher};
use exchange::Exchange;

/// Bytes of gradients in a bucket, unless told otherwise.
pub const BUCKET_BYTES: usize = 1 << 20;
/// Numbers that go in one message; MPI counts them in 32 bits.
const MOST: usize = 1 << 28;

/// The processes that train together, seen by one of them.
///
/// The module's documentation shows how a training uses it.
pub struct World {
    ranks: SimpleCommunicator,
    /// What ends MPI; taken when it has ended.
    universe: Option<Universe>,
    exchange: Rc<RefCell<Exchange>>,
    overlaps: bool,
    /// MPI is for the thread that started it.
    _thread: PhantomData<*const ()>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("rank", &self.rank())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

impl World {
    /// Starts MPI: joins the processes that `mpirun` started, or is the only one.
    ///
    /// # Errors
    /// [`ParallelError::AlreadyStarted`] if this process did so before; [`ParallelError::Threads`] if the MPI library can't be
    /// used by a program with threads.
    pub fn start() -> Result<Self, ParallelError> {
        let started = mpi::initialize_with_threading(Threading::Funneled);
        let (universe, threading) = started.ok_or(ParallelError::AlreadyStarted)?;
        if threading < Threading::Funneled {
            return Err(ParallelError::Threads);
        }
        let ranks = universe.world();
        Ok(World {
            exchange: Rc::new(RefCell::new(Exchange::new(SimpleCommunicator::world(), BUCKET_BYTES))),
            ranks,
            universe: Some(universe),
            overlaps: true,
            _thread: PhantomData,
        })
    }

    /// Sets how many bytes of gradients make a bucket: small ones begin to travel earlier, large ones lose less time in
    /// waiting for the network.
    #[must_use]
    pub fn bucket_bytes(self, bytes: usize) -> Self {
        let ranks = SimpleCommunicator::world();
        *self.exchange.borrow_mut() = Exchange::new(ranks, bytes);
        self
    }

    /// Whether [`backward`](Self::backward) exchanges gradients while it runs, as it does by itself, or after it.
    #[must_use]
    pub fn overlaps(mut self, overlaps: bool) -> Self {
        self.overlaps = overlaps;
        self
    }

    /// Which of the processes this is, from 0.
    pub fn rank(&self) -> usize {
        self.ranks.rank() as usize
    }

    /// How many processes there are.
    pub fn size(&self) -> usize {
        self.ranks.size() as usize
    }

    /// Whether this is rank 0, the one that prints and writes.
    pub fn is_first(&self) -> bool {
        self.rank() == 0
    }

    /// This process's part of a batch of so many rows. Passes after it have these rows: dropout draws for them what it would
    /// draw in the whole batch.
    ///
    /// # Errors
    /// [`ParallelError::Part`] if there are fewer rows than processes.
    pub fn part(&self, rows: usize) -> Result<Part, ParallelError> {
        let part = Part::of_rank(self.rank(), self.size(), rows)?;
        Shard { first: part.range().start, rows: part.rows() }.is_here();
        Ok(part)
    }

    /// Each number becomes the sum of all processes' numbers.
    pub fn sum(&self, numbers: &mut [f64]) {
        let mine = numbers.to_vec();
        self.ranks.all_reduce_into(&mine[..], numbers, SystemOperation::sum());
    }

    /// The mean of a number over all processes, each of whose counts by its weight.
    pub fn mean(&self, number: f64, weight: f64) -> f64 {
        let mut sums = [number * weight, weight];
        self.sum(&mut sums);
        sums[0] / sums[1]
    }

    /// Gives all processes the bytes that rank 0 has, such as those of a checkpoint that lies on its disk alone.
    pub fn share_bytes(&self, bytes: &mut Vec<u8>) {
        let mut length = [bytes.len() as u64];
        self.hand_out(0, &mut length);
        bytes.resize(length[0] as usize, 0);
        self.hand_out(0, bytes);
    }

    /// Waits until all processes have come here.
    pub fn barrier(&self) {
        self.ranks.barrier();
    }

    /// How the exchange of the last step went.
    pub fn report(&self) -> Report {
        self.exchange.borrow().report
    }

    /// The end of a training, of which this is the result. If it is an error and there are other processes, it is told on
    /// standard error, and all processes end with the exit code 1; else it is given back.
    ///
    /// # Errors
    /// The training's own.
    pub fn end<T, E: fmt::Display>(mut self, result: Result<T, E>) -> Result<T, E> {
        if let Err(error) = &result
            && self.size() > 1
        {
            self.fail(error);
        }
        self.universe.take();
        result
    }

    fn fail(&self, error: &dyn fmt::Display) -> ! {
        if !self.is_first() {
            // An error that all have is told once: by the first, if it comes so far.
            std::thread::sleep(std::time::Duration::from_millis(500));
        }
        eprintln!("error: rank {} of {}: {error}; all ranks end", self.rank(), self.size());
        self.ranks.abort(1)
    }

    /// The numbers of one process for all.
    fn hand_out<T>(&self, rank: usize, numbers: &mut [T])
    where
        [T]: BufferMut,
        T: Equivalence,
    {
        let root = self.ranks.process_at_rank(rank as i32);
        numbers.chunks_mut(MOST).for_each(|part| root.broadcast_into(part));
    }

    /// The numbers of all processes.
    fn of_each(&self, number: u64) -> Vec<u64> {
        let mut all = vec![0u64; self.size()];
        self.ranks.all_gather_into(&number, &mut all[..]);
        all
    }

    fn watcher(&self) -> Option<Rc<RefCell<dyn Watcher>>> {
        self.overlaps.then(|| self.exchange.clone() as Rc<RefCell<dyn Watcher>>)
    }
}

impl Drop for World {
    /// MPI would wait at its end for the others, which wait for this process: so it is not ended in order where this process
    /// gives up, and `mpirun` ends the others.
    fn drop(&mut self) {
        Shard::default().is_here();
        if let Some(universe) = self.universe.take() {
            if self.size() > 1 {
                let why = if std::thread::panicking() { "panicked" } else { "left before `World::end`" };
                eprintln!("error: rank {} of {} {why}; all ranks end", self.rank(), self.size());
            }
            std::mem::forget(universe);
        }
    }
}
