//! The steps of a pass on a GPU.

use cudarc::driver::{DevicePtr, DeviceRepr};

use super::super::steps::{
    Activate, AddRows, Attend, CheckMask, Concat, Dropout, Embed, Forward, Gather, Norm, PoolRows, Product,
    RowsOf, Shares, Transpose, Turn,
};
use super::context::{Address, Multiplication, config};
use super::pass::Pass;
use crate::Error;
use crate::exec::place_of;
use crate::kernels::Activation;
use crate::kernels::attention::Heads;
use crate::ops::{Pool, mask};

/// Bytes of shared memory that a block may have on every GPU.
const SHARED: usize = 48 * 1024;

impl Forward {
    /// Whether there are kernels for it.
    pub(super) fn fits_gpu(&self) -> bool {
        match self {
            Forward::Attend(step) => warps(&step.shares.heads, 2).is_some(),
            Forward::AddPlaces(_) | Forward::TurnOn(_) | Forward::AttendKept(_) | Forward::RowBlocks(_) => {
                false
            }
            _ => true,
        }
    }

    pub(super) fn on_gpu(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        match self {
            Forward::Product(step) => product(step, pass),
            Forward::Activate(Activate { x, y, width, activation }) => {
                activate(pass, (pass.get(*y), pass.get(*x)), pass.len(*y), *width, *activation)
            }
            Forward::Norm(step) => norm(step, pass),
            Forward::Dropout(step) => dropout(step, pass),
            Forward::Embed(step) => embed(step, pass),
            Forward::AddRows(step) => add_rows(step, pass),
            Forward::Repeat(step) => {
                let (n, each) = (pass.len(step.y), pass.len(step.x));
                pass.gpu.each("repeat", n, (n, pass.get(step.y), pass.get(step.x), each, 0i32))
            }
            Forward::Turn(step) => turn(step, pass),
            Forward::Attend(step) => attend(step, pass),
            Forward::Add(step) => step.on_gpu(pass),
            Forward::Multiply(step) => {
                let n = pass.len(step.y);
                pass.copy(pass.get(step.y), pass.get(step.left), n)?;
                pass.gpu.each("multiply_by", n, (n, pass.get(step.y), pass.get(step.right)))
            }
            Forward::Concat(step) => concat(step, pass),
            Forward::CheckMask(step) => check_mask(step, pass),
            Forward::PoolRows(step) => pool(step, pass),
            Forward::Gather(step) => gather(step, pass),
            Forward::Transpose(step) => step.on_gpu(pass),
            Forward::AddPlaces(_) | Forward::TurnOn(_) | Forward::AttendKept(_) | Forward::RowBlocks(_) => {
                unreachable!("`fits_gpu` leaves steps of decoding, and of frozen networks, to the CPU")
            }
        }
    }
}

impl super::super::steps::Add {
    pub(super) fn on_gpu(&self, pass: &Pass<'_>) -> Result<(), Error> {
        let n = pass.len(self.to);
        pass.copy(pass.get(self.to), pass.get(self.from), n)?;
        pass.gpu.each("add_to", n, (n, pass.get(self.to), pass.get(self.other)))
    }
}

impl Transpose {
    pub(super) fn on_gpu(&self, pass: &Pass<'_>) -> Result<(), Error> {
        let n = pass.len(self.to);
        let parameters = (n, self.rows, self.columns, pass.get(self.to), pass.get(self.from));
        pass.gpu.each("transpose", n, parameters)
    }
}

/// The number of an activation of each number by itself, in the kernels' source.
pub(super) fn kind(activation: Activation) -> Option<i32> {
    match activation {
        Activation::Relu => Some(0),
        Activation::Gelu => Some(1),
        Activation::GeluTanh => Some(2),
        Activation::Silu => Some(3),
        Activation::Tanh => Some(4),
        Activation::Sigmoid => Some(5),
        Activation::Softmax | Activation::LogSoftmax => None,
    }
}

/// Whether a softmax is to be its logarithm.
pub(super) fn logarithm(activation: Activation) -> i32 {
    i32::from(activation == Activation::LogSoftmax)
}

fn activate(
    pass: &Pass<'_>,
    (y, x): (Address, Address),
    n: usize,
    width: usize,
    activation: Activation,
) -> Result<(), Error> {
    match kind(activation) {
        Some(kind) => pass.gpu.each("activate", n, (n, y, x, kind)),
        None => pass.gpu.rows("softmax", n / width, (n / width, width, y, x, logarithm(activation))),
    }
}

fn product(step: &Product, pass: &Pass<'_>) -> Result<(), Error> {
    let Product { x, y, projection, inputs, scale, skip, activation, norm: normed } = step;
    let (n, outputs) = (pass.len(*y), projection.outputs);
    pass.gpu.multiply(Multiplication {
        sizes: [n / outputs, *inputs, outputs],
        a: (pass.get(*x), false),
        b: (pass.weight(projection.weight), true),
        c: pass.get(*y),
        alpha: *scale,
        beta: 0.0,
    })?;
    let at_once = activation.and_then(kind);
    if projection.bias.is_some() || skip.is_some() || at_once.is_some() {
        let (bias, skip) = (pass.maybe_weight(projection.bias), pass.maybe(*skip));
        let parameters = (n, outputs, pass.get(*y), bias, skip, at_once.unwrap_or(-1));
        pass.gpu.each("finish_product", n, parameters)?;
    }
    if let (Some(activation), None) = (*activation, at_once) {
        activate(pass, (pass.get(*y), pass.get(*y)), n, outputs, activation)?;
    }
    match normed {
        Some(step) => norm(step, pass),
        None => Ok(()),
    }
}

fn norm(step: &Norm, pass: &Pass<'_>) -> Result<(), Error> {
    let Norm { x, y, moments, scale, eps } = *step;
    let rows = pass.len(x) / scale.width;
    let (weight, bias) = (pass.weight(scale.weight), pass.maybe_weight(scale.bias));
    let parameters = (rows, scale.width, pass.get(y), pass.get(moments), pass.get(x), weight, bias, eps);
    pass.gpu.rows("norm_rows", rows, parameters)
}

/// What is below the bound is dropped, the rest multiplied with the factor.
fn bound(probability: f64) -> (u64, f32) {
    ((probability * 4_294_967_296.0) as u64, 1.0 / (1.0 - probability) as f32)
}

pub(super) fn dropout(step: &Dropout, pass: &Pass<'_>) -> Result<(), Error> {
    let Dropout { from, to, probability, which } = *step;
    let (n, (bound, factor)) = (pass.len(to), bound(probability));
    let parameters = (n, pass.get(to), pass.get(from), pass.seed_of(which), bound, factor);
    pass.gpu.each("drop_some", n, parameters)
}

fn embed(step: &Embed, pass: &Pass<'_>) -> Result<(), Error> {
    let Embed { ids, table, width, vocabulary, before, y, item, axes } = *step;
    let given = pass.ids(ids);
    if let Some(at) = given.host.iter().position(|&id| id >= vocabulary) {
        return Err(Error::Id { item, id: given.host[at], place: place_of(at, &axes), vocabulary });
    }
    let n = pass.len(y);
    if let Some(before) = before {
        pass.copy(pass.get(y), pass.get(before), n)?;
    }
    let (ids, count, adds) = (*given.device.device_ptr(), given.host.len(), i32::from(before.is_some()));
    pass.gpu.each("embed", n, (n / width, width, pass.get(y), pass.weight(table), ids, count, adds))
}

fn add_rows(step: &AddRows, pass: &Pass<'_>) -> Result<(), Error> {
    let n = pass.len(step.y);
    if let Some(before) = step.before {
        pass.copy(pass.get(step.y), pass.get(before), n)?;
    }
    let rows = match &step.rows {
        RowsOf::Weight(weight) => pass.weight(*weight),
        RowsOf::Constant(rows) => pass.gpu.constant(rows)?,
    };
    let adds = i32::from(step.before.is_some());
    pass.gpu.each("repeat", n, (n, pass.get(step.y), rows, step.length, adds))
}

pub(super) fn turn(step: &Turn, pass: &Pass<'_>) -> Result<(), Error> {
    let (n, width) = (pass.len(step.to), step.width);
    let (half, [cosines, sines]) = (step.turns.half(), step.turns.angles());
    let (cosines, sines, positions) =
        (pass.gpu.constant(cosines)?, pass.gpu.constant(sines)?, cosines.len() / half);
    let direction = if step.backwards { -1.0f32 } else { 1.0 };
    let parameters = (
        n / width,
        width,
        half,
        positions,
        pass.get(step.to),
        pass.get(step.from),
        cosines,
        sines,
        direction,
    );
    pass.gpu.each("turn", n / 2, parameters)
}

fn concat(step: &Concat, pass: &Pass<'_>) -> Result<(), Error> {
    let all: usize = step.parts.iter().map(|(_, width)| width).sum();
    let mut start = 0usize;
    for &(part, width) in &step.parts {
        let n = pass.len(part);
        let parameters = (n / width, width, pass.get(step.y), all, start, pass.get(part), width, 0usize);
        pass.gpu.each("copy_columns", n, parameters)?;
        start += width;
    }
    Ok(())
}

fn check_mask(step: &CheckMask, pass: &Pass<'_>) -> Result<(), Error> {
    let values = pass.gpu.download(pass.get(step.mask), pass.len(step.mask))?;
    mask::check_values(&values, &step.positions, step.item)
}

/// The number of a kind of pool in the kernels' source.
pub(super) fn pool_kind(kind: Pool) -> i32 {
    match kind {
        Pool::Mean => 0,
        Pool::Max => 1,
        Pool::First => 2,
        Pool::Last => 3,
    }
}

fn pool(step: &PoolRows, pass: &Pass<'_>) -> Result<(), Error> {
    let (n, pooling) = (pass.len(step.y), step.pooling);
    let (groups, mask) = (n / pooling.width, pass.maybe(pooling.mask));
    let (y, x) = (pass.get(step.y), pass.get(step.x));
    let parameters = (groups, pooling.rows, pooling.width, y, x, mask, pool_kind(pooling.kind));
    pass.gpu.each("pool", n, parameters)
}

fn gather(step: &Gather, pass: &Pass<'_>) -> Result<(), Error> {
    let (n, count) = (pass.len(step.y), step.places.len());
    let [places, ..] = places(pass, &step.places, step.length)?;
    pass.gpu.each("gather", n, (n, count, pass.get(step.y), pass.get(step.x), step.length, places))
}

/// The places that are gathered; and for the way back where each list of those that show a number of the image begins, and
/// the lists.
pub(super) fn places(
    pass: &Pass<'_>,
    places: &std::sync::Arc<[usize]>,
    length: usize,
) -> Result<[Address; 3], Error> {
    let lists = pass.gpu.lists(places, || {
        let mut seen = vec![Vec::new(); length];
        for (at, &place) in places.iter().enumerate().filter(|(_, place)| **place < length) {
            seen[place].push(at);
        }
        let mut starts = vec![0];
        starts.extend(seen.iter().scan(0, |end, list| {
            *end += list.len();
            Some(*end)
        }));
        let mut seen = seen.concat();
        seen.push(0); // so that there is something to copy
        vec![places.to_vec(), starts, seen]
    })?;
    let [places, starts, seen] = lists[..] else { unreachable!("three lists were made") };
    Ok([places, starts, seen])
}

/// As `struct Heads` of the kernels' source.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct HeadsOfKernel {
    sizes: [i64; 8],
    causal: i32,
    scale: f32,
    mask: Address,
    seed: u64,
    bound: u64,
    factor: f32,
}

// SAFETY: the same fields in C's order as in the source.
unsafe impl DeviceRepr for HeadsOfKernel {}

impl HeadsOfKernel {
    pub(super) fn of(shares: &Shares, pass: &Pass<'_>) -> Self {
        let Heads { sequences, positions: [n, m], heads, kv_heads, head_dim, value_dim, causal, window } =
            shares.heads;
        let sizes = [sequences, n, m, heads, kv_heads, head_dim, value_dim, window.unwrap_or(0)];
        let dropped = shares.dropout.map(|(probability, which)| (pass.seed_of(which), bound(probability)));
        let (seed, (bound, factor)) = dropped.unwrap_or((0, (0, 0.0)));
        let scale = 1.0 / (head_dim as f32).sqrt();
        let mask = pass.maybe(shares.mask);
        let sizes = sizes.map(|size| size as i64);
        HeadsOfKernel { sizes, causal: i32::from(causal), scale, mask, seed, bound, factor }
    }
}

/// How many warps a block of attention has, and the bytes that they share; `copies` says how many rows of queries or keys, and
/// of values, each warp has for itself.
pub(super) fn warps(heads: &Heads, copies: usize) -> Option<(u32, u32)> {
    let (d, c) = (heads.head_dim, heads.value_dim);
    let bytes = |warps: usize| 4 * (32 * (d + 1 + c + 1) + warps * copies * (d + c));
    let most = [8, 4, 2, 1].into_iter().find(|&warps| bytes(warps) <= SHARED)?;
    Some((most as u32, bytes(most) as u32))
}

fn attend(step: &Attend, pass: &Pass<'_>) -> Result<(), Error> {
    let Attend { shares, q, k, v, y, sums } = *step;
    let heads = shares.heads;
    let Some((warps, shared)) = warps(&heads, 1) else { unreachable!("`fits_gpu` made sure of it") };
    let grid =
        (heads.positions[0].div_ceil(warps as usize) as u32, heads.heads as u32, heads.sequences as u32);
    let parameters = (
        HeadsOfKernel::of(&shares, pass),
        pass.get(q),
        pass.get(k),
        pass.get(v),
        pass.get(y),
        pass.get(sums),
    );
    pass.gpu.launch("attend", config(grid, (32 * warps, 1, 1), shared), parameters)
}
