//! The rules of optimizers on a GPU.

use cudarc::driver::{CudaSlice, DevicePtr, DeviceRepr};

use super::context::{Address, Gpu, config};
use crate::Error;
use crate::cuda::Numbers;

/// Numbers that a block of a rule's kernel changes.
const CHUNK: usize = 4096;

/// A rule that has a kernel: its name and its settings in `rules.cu`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) kernel: &'static str,
    pub(crate) numbers: [f64; 6],
    pub(crate) flag: bool,
}

/// What a rule works on of one weight.
pub(crate) struct Remembered<'r> {
    pub(crate) weight: Address,
    pub(crate) gradient: &'r Numbers,
    pub(crate) remembered: &'r [Numbers],
    /// The weight's share of the rule's rate and of its decay.
    pub(crate) rate: f64,
    pub(crate) decay: f64,
}

/// The chunks of all weights, kept on the GPU from step to step.
#[derive(Debug, Default)]
pub(crate) struct Table {
    chunks: Vec<Chunk>,
    on_gpu: Option<CudaSlice<Chunk>>,
}

/// As `struct Chunk` of the kernels' source.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Chunk {
    weight: Address,
    gradient: Address,
    remembered: [Address; 3],
    length: i64,
    rate: f32,
    decay: f32,
}

// SAFETY: the same fields in C's order as in the source.
unsafe impl DeviceRepr for Chunk {}

/// As `struct Settings` of the kernels' source.
#[repr(C)]
#[derive(Clone, Copy)]
struct Settings {
    rate: f32,
    decay: f32,
    most_norm: f32,
    squares: Address,
    numbers: [f32; 6],
    flag: i32,
}

// SAFETY: the same fields in C's order as in the source.
unsafe impl DeviceRepr for Settings {}

impl Rule {
    /// Changes weights by their gradients, scaled down together where their norm is larger than `most_norm`; the sum of their
    /// squares then.
    pub(crate) fn apply(
        &self,
        all: &[Remembered<'_>],
        (rate, decay): (f64, f64),
        most_norm: Option<f64>,
        table: &mut Table,
    ) -> Result<Option<Numbers>, Error> {
        let Some(first) = all.first() else { return Ok(None) };
        let gpu = Gpu::of(&first.gradient.device())?;
        let (chunks, blocks) = table.of(&gpu, all)?;
        let squares = most_norm.map(|_| sum_of_squares(&gpu, chunks, blocks)).transpose()?;
        let settings = Settings {
            rate: rate as f32,
            decay: decay as f32,
            most_norm: most_norm.unwrap_or(0.0) as f32,
            squares: squares.as_ref().map_or(0, Numbers::address),
            numbers: self.numbers.map(|number| number as f32),
            flag: i32::from(self.flag),
        };
        gpu.launch(self.kernel, config((blocks as u32, 1, 1), (256, 1, 1), 0), (chunks, settings))?;
        Ok(squares)
    }
}

impl Table {
    /// Where the chunks lie, and how many there are.
    fn of(&mut self, gpu: &Gpu, all: &[Remembered<'_>]) -> Result<(Address, usize), Error> {
        let chunks: Vec<Chunk> = all.iter().flat_map(chunks_of).collect();
        let kept = self.on_gpu.as_ref().filter(|_| self.chunks == chunks);
        if let Some(kept) = kept {
            return Ok((*kept.device_ptr(), chunks.len()));
        }
        let copy = gpu.device.htod_copy(chunks.clone()).map_err(Error::device)?;
        let found = (*copy.device_ptr(), chunks.len());
        (self.chunks, self.on_gpu) = (chunks, Some(copy));
        Ok(found)
    }
}

fn chunks_of<'r>(weight: &'r Remembered<'_>) -> impl Iterator<Item = Chunk> + use<'r> {
    let Remembered { weight, gradient, remembered, rate, decay } = *weight;
    (0..gradient.len()).step_by(CHUNK).map(move |start| {
        let at = |address: Address| if address == 0 { 0 } else { address + 4 * start as u64 };
        let kept = |place: usize| at(remembered.get(place).map_or(0, Numbers::address));
        Chunk {
            weight: at(weight),
            gradient: at(gradient.address()),
            remembered: [kept(0), kept(1), kept(2)],
            length: (gradient.len() - start).min(CHUNK) as i64,
            rate: rate as f32,
            decay: decay as f32,
        }
    })
}

fn sum_of_squares(gpu: &Gpu, chunks: Address, count: usize) -> Result<Numbers, Error> {
    let (parts, sum) = (gpu.alloc(count)?, gpu.alloc(1)?);
    gpu.launch("chunk_squares", config((count as u32, 1, 1), (256, 1, 1), 0), (chunks, *parts.device_ptr()))?;
    let parameters = (count, *sum.device_ptr(), *parts.device_ptr(), 1.0f32);
    gpu.launch("total", config((1, 1, 1), (1024, 1, 1), 0), parameters)?;
    Ok(Numbers(sum))
}
