//! Numbers of which the sum over all processes is made while the program goes on.

use mpi::collective::SystemOperation;
use mpi::request::{Request, StaticScope};
use mpi::topology::SimpleCommunicator;
use mpi::traits::CommunicatorCollectives;

/// What a process gives, and the sum over all.
#[derive(Default)]
pub(super) struct Bucket {
    mine: Vec<f32>,
    total: Vec<f32>,
    under_way: Option<Request<'static, [f32], StaticScope>>,
}

impl Bucket {
    pub(super) fn new(length: usize) -> Self {
        Bucket { mine: vec![0.0; length], total: vec![0.0; length], under_way: None }
    }

    /// What this process gives.
    pub(super) fn mine(&self) -> &[f32] {
        &self.mine
    }

    /// What this process gives, to be written before the sum begins.
    pub(super) fn mine_mut(&mut self) -> &mut [f32] {
        self.wait();
        &mut self.mine
    }

    /// Begins the sum; every process begins its buckets in the same order.
    pub(super) fn start(&mut self, ranks: &SimpleCommunicator) {
        self.wait();
        // SAFETY: MPI reads `mine` and writes `total` until the request is complete. Until then they stay where they are:
        // moving a `Vec` moves no numbers, nobody writes `mine` or touches `total` before `wait` (both are private, and
        // their accessors wait), and `drop` leaks them if the request is not complete.
        let (mine, total): (&'static [f32], &'static mut [f32]) = unsafe {
            let total = std::slice::from_raw_parts_mut(self.total.as_mut_ptr(), self.total.len());
            (std::slice::from_raw_parts(self.mine.as_ptr(), self.mine.len()), total)
        };
        let sum = SystemOperation::sum();
        self.under_way = Some(ranks.immediate_all_reduce_into(StaticScope, mine, total, sum));
    }

    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Lets MPI go on with it and all others; whether it is complete.
    pub(super) fn poll(&mut self) -> bool {
        match self.under_way.take().map(Request::test) {
            Some(Err(request)) => {
                self.under_way = Some(request);
                false
            }
            Some(Ok(_)) | None => true,
        }
    }

    fn wait(&mut self) {
        if let Some(request) = self.under_way.take() {
            request.wait_without_status();
        }
    }

    /// The sum, as soon as it is complete.
    pub(super) fn total(&mut self) -> &[f32] {
        self.wait();
        &self.total
    }
}

impl Drop for Bucket {
    /// A sum that is not complete when its process gives up would be waited for in vain.
    fn drop(&mut self) {
        if let Some(request) = self.under_way.take() {
            std::mem::forget(request);
            std::mem::forget(std::mem::take(&mut self.mine));
            std::mem::forget(std::mem::take(&mut self.total));
        }
    }
}
