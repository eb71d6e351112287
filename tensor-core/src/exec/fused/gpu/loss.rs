//! Losses that have kernels: one number, and its gradient by what a network gave.

use std::rc::Rc;

use cudarc::driver::{CudaSlice, DevicePtr};

use super::context::{Address, Gpu, Multiplication, blocks, config};
use crate::Error;
use crate::cuda::{Numbers, Reading};
use crate::loss::{ROUNDING, check_distributions, check_probabilities};

/// A loss of rows, with what they are compared with.
pub(crate) enum GpuLoss<'l> {
    CrossEntropy(&'l [usize]),
    /// As [`Classes`](crate::kernels::loss::Classes).
    Classes {
        labels: &'l [usize],
        shares: Vec<f32>,
        smooth: Vec<f32>,
        ignore: Option<usize>,
    },
    /// Against t·`times` + `plus`, of each column.
    Soft {
        target: Reading,
        times: Vec<f32>,
        plus: Vec<f32>,
    },
    /// What a yes of each column counts.
    Binary {
        target: Reading,
        weights: Vec<f32>,
    },
    /// The sum times `scale`.
    Compared {
        target: Reading,
        by: Pointwise,
        scale: f64,
        must_be: Option<Probabilities>,
    },
    Cosine {
        with: Reading,
        alike: &'l [bool],
        margin: f32,
    },
    /// Rows find theirs among the keys; without keys the first half finds the second, perhaps both ways.
    Pairs {
        keys: Option<Reading>,
        temperature: f32,
        both_ways: bool,
    },
}

/// How one number is compared with another.
#[derive(Clone, Copy)]
pub(crate) enum Pointwise {
    Squares,
    Absolute,
    Huber(f32),
    Divergence,
}

/// What a target is checked for.
#[derive(Clone, Copy)]
pub(crate) enum Probabilities {
    /// Each by itself.
    Each,
    /// Those of a row, which sum up to 1.
    Rows,
}

/// A network's output and where its gradient goes.
#[derive(Clone, Copy)]
struct Output {
    y: Address,
    gradient: Address,
    rows: usize,
    width: usize,
}

impl GpuLoss<'_> {
    /// The loss of rows of `width` numbers at `y`; `of_y` gets its gradient, if somebody wants it.
    pub(super) fn run(
        &self,
        gpu: &Rc<Gpu>,
        (y, of_y): (Address, Option<Address>),
        [rows, width]: [usize; 2],
    ) -> Result<Numbers, Error> {
        let scratch = if of_y.is_none() { Some(gpu.alloc(rows * width)?) } else { None };
        let gradient = of_y.or(scratch.as_ref().map(at)).unwrap_or(0);
        let output = Output { y, gradient, rows, width };
        match self {
            GpuLoss::CrossEntropy(labels) => {
                let labels = gpu.upload_places(labels.iter().copied())?;
                let (losses, share) = (gpu.alloc(rows)?, 1.0 / rows as f32);
                cross_entropy(gpu, output, at(&losses), at(&labels), share)?;
                total(gpu, &losses, rows, share)
            }
            GpuLoss::Classes { labels, shares, smooth, ignore } => {
                let labels = gpu.upload_places(labels.iter().copied())?;
                let (shares, smooth) = (gpu.upload_owned(shares.clone())?, maybe(gpu, smooth)?);
                let (losses, ignore) = (gpu.alloc(rows)?, ignore.unwrap_or(usize::MAX));
                let (labels, shares, smooth) = (at(&labels), at(&shares), smooth.as_ref().map_or(0, at));
                let parameters = (rows, width, gradient, at(&losses), y, labels, shares, smooth, ignore);
                gpu.rows("weighted_cross_entropy", rows, parameters)?;
                total(gpu, &losses, rows, 1.0)
            }
            GpuLoss::Soft { target, times, plus } => {
                check(gpu, target, [rows, width], Probabilities::Rows)?;
                let (times, plus) = (gpu.upload_owned(times.clone())?, gpu.upload_owned(plus.clone())?);
                let losses = gpu.alloc(rows)?;
                let parameters =
                    (rows, width, gradient, at(&losses), y, target.address, at(&times), at(&plus));
                gpu.rows("soft_cross_entropy", rows, parameters)?;
                total(gpu, &losses, rows, 1.0)
            }
            GpuLoss::Binary { target, weights } => {
                check(gpu, target, [rows, width], Probabilities::Each)?;
                let (n, weights) = (rows * width, maybe(gpu, weights)?);
                let (sums, scale) = (gpu.alloc(blocks(n))?, 1.0 / n as f32);
                let weights = weights.as_ref().map_or(0, at);
                let parameters = (n, width, gradient, at(&sums), y, target.address, weights, scale);
                gpu.each("binary_cross_entropy", n, parameters)?;
                total(gpu, &sums, blocks(n), scale)
            }
            GpuLoss::Compared { target, by, scale, must_be } => {
                must_be.map_or(Ok(()), |must_be| check(gpu, target, [rows, width], must_be))?;
                let (n, scale) = (rows * width, *scale as f32);
                let sums = gpu.alloc(blocks(n))?;
                let (kind, delta) = match *by {
                    Pointwise::Squares => (0i32, 0.0),
                    Pointwise::Absolute => (1, 0.0),
                    Pointwise::Huber(delta) => (2, delta),
                    Pointwise::Divergence => (3, 0.0),
                };
                gpu.each("compare", n, (n, gradient, at(&sums), y, target.address, kind, delta, scale))?;
                total(gpu, &sums, blocks(n), scale)
            }
            GpuLoss::Cosine { with, alike, margin } => {
                let alike = gpu.upload_places(alike.iter().map(|&alike| usize::from(alike)))?;
                let (losses, scale) = (gpu.alloc(rows)?, 1.0 / rows as f32);
                let parameters =
                    (rows, width, gradient, at(&losses), y, with.address, at(&alike), *margin, scale);
                gpu.rows("cosine_embedding", rows, parameters)?;
                total(gpu, &losses, rows, scale)
            }
            GpuLoss::Pairs { keys: Some(keys), temperature, .. } => {
                let keys = Side { x: keys.address, gradient: None };
                info_nce(
                    gpu,
                    [Side { x: y, gradient: Some(gradient) }, keys],
                    [rows, width],
                    *temperature,
                    false,
                )
            }
            GpuLoss::Pairs { keys: None, temperature, both_ways } => {
                let half = (4 * rows / 2 * width) as u64;
                let side = |from: u64| Side { x: y + from, gradient: Some(gradient + from) };
                info_nce(gpu, [side(0), side(half)], [rows / 2, width], *temperature, *both_ways)
            }
        }
    }
}

fn at<T>(numbers: &CudaSlice<T>) -> Address {
    *numbers.device_ptr()
}

/// A copy of numbers, if there are some.
fn maybe(gpu: &Gpu, numbers: &[f32]) -> Result<Option<CudaSlice<f32>>, Error> {
    if numbers.is_empty() { Ok(None) } else { gpu.upload_owned(numbers.to_vec()).map(Some) }
}

/// The sum of `n` numbers times `scale`.
fn total(gpu: &Gpu, losses: &CudaSlice<f32>, n: usize, scale: f32) -> Result<Numbers, Error> {
    let value = gpu.alloc(1)?;
    gpu.launch("total", config((1, 1, 1), (1024, 1, 1), 0), (n, at(&value), at(losses), scale))?;
    Ok(Numbers(value))
}

/// The losses of rows whose label is their own number where `labels` is 0.
fn cross_entropy(
    gpu: &Gpu,
    Output { y, gradient, rows, width }: Output,
    losses: Address,
    labels: Address,
    share: f32,
) -> Result<(), Error> {
    gpu.rows("cross_entropy", rows, (rows, width, gradient, losses, y, labels, share))
}

/// Checks a target by one number that comes back; what is wrong, where it is, the host finds out.
fn check(
    gpu: &Gpu,
    target: &Reading,
    [rows, width]: [usize; 2],
    must_be: Probabilities,
) -> Result<(), Error> {
    let flag = gpu.alloc(1)?;
    gpu.fill(at(&flag), 1, 0.0)?;
    let sums = i32::from(matches!(must_be, Probabilities::Rows));
    // Below what the host allows, so that nothing that it would refuse gets by.
    let rounding = 0.9 * ROUNDING as f32;
    gpu.rows("improbable", rows, (rows, width, at(&flag), target.address, sums, rounding))?;
    if gpu.download(at(&flag), 1)?[0] == 0.0 {
        return Ok(());
    }
    let numbers = gpu.download(target.address, rows * width)?;
    match must_be {
        Probabilities::Each => check_probabilities(&numbers, width)?,
        Probabilities::Rows => check_distributions(&numbers, width)?,
    }
    Ok(())
}

/// Queries or keys, and where their gradient goes, if it goes somewhere.
#[derive(Clone, Copy)]
struct Side {
    x: Address,
    gradient: Option<Address>,
}

/// As [`info_nce`](crate::kernels::loss::info_nce): `count` queries find their keys.
fn info_nce(
    gpu: &Rc<Gpu>,
    [queries, keys]: [Side; 2],
    [count, width]: [usize; 2],
    temperature: f32,
    both_ways: bool,
) -> Result<Numbers, Error> {
    let (alpha, ways) = (1.0 / temperature, if both_ways { 2 } else { 1 });
    let share = 1.0 / (ways * count) as f32;
    let unit = |side: Side| {
        let units = gpu.alloc(count * width)?;
        gpu.rows("unit_rows", count, (count, width, at(&units), side.x)).map(|()| units)
    };
    let (unit_queries, unit_keys) = (unit(queries)?, unit(keys)?);
    let (scores, slopes) = (gpu.alloc(count * count)?, gpu.alloc(count * count)?);
    let losses = gpu.alloc(ways * count)?;
    let find = |these: Address, among: Address, gradient: Address, losses: Address| {
        let (a, b, c) = ((these, false), (among, true), at(&scores));
        gpu.multiply(Multiplication { sizes: [count, width, count], a, b, c, alpha, beta: 0.0 })?;
        cross_entropy(gpu, Output { y: c, gradient, rows: count, width: count }, losses, 0, share)
    };
    find(at(&unit_queries), at(&unit_keys), at(&slopes), at(&losses))?;
    if both_ways {
        let other = gpu.alloc(count * count)?;
        find(at(&unit_keys), at(&unit_queries), at(&other), at(&losses) + 4 * count as u64)?;
        let n = count * count;
        gpu.each("transpose", n, (n, count, count, at(&scores), at(&other)))?;
        gpu.each("add_to", n, (n, at(&slopes), at(&scores)))?;
    }
    let back = |side: Side, units: Address, others: Address, transposed: bool| -> Result<(), Error> {
        let Some(gradient) = side.gradient else { return Ok(()) };
        let (a, b) = ((at(&slopes), transposed), (others, false));
        gpu.multiply(Multiplication { sizes: [count, count, width], a, b, c: gradient, alpha, beta: 0.0 })?;
        gpu.rows("unit_rows_back", count, (count, width, gradient, side.x, units))
    };
    back(queries, at(&unit_queries), at(&unit_keys), false)?;
    back(keys, at(&unit_keys), at(&unit_queries), true)?;
    total(gpu, &losses, ways * count, share)
}
