//! `attention` by dfdx's ops.

use dfdx::prelude::*;

use super::{AttentionOp, Mask, QK_EPS};
use crate::Error;
use crate::exec::random::drop_some;
use crate::exec::{Constant, Mode, Rows, Run};
use crate::ops::linear::{add_to_rows, times_transposed};
use crate::ops::lora::Adapted;
use crate::ops::mask::read_mask;
use crate::ops::norm::root_mean_square_norm;
use crate::ops::sequences_of;
use crate::param::Element;
use crate::plan::Axes;

/// `[sequences, heads, positions, features of a head]`
type Heads<E, D, T> = Tensor<(usize, usize, usize, usize), E, D, T>;

/// A matrix and its bias, or an adapted one.
enum Projection<E: Element, D: Device<E>> {
    Plain { weight: Tensor<(usize, usize), E, D>, bias: Option<Tensor<(usize,), E, D>> },
    Adapted(Adapted<E, D>),
}

impl<E: Element, D: Device<E>> Projection<E, D> {
    fn take(op: &AttentionOp, which: usize, run: &mut Run<'_, E, D>) -> Self {
        if let Some(lora) = op.adapted(which) {
            return Projection::Adapted(Adapted::take(&lora, run));
        }
        let weight = run.weights.matrix();
        Projection::Plain { weight, bias: op.bias.then(|| run.weights.vector()) }
    }

    fn apply<T: Tape<E, D>>(self, x: Rows<E, D, T>) -> Result<Rows<E, D, T>, Error> {
        match self {
            Projection::Adapted(adapted) => adapted.apply(x),
            Projection::Plain { weight, bias: None } => times_transposed(x, weight),
            Projection::Plain { weight, bias: Some(bias) } => add_to_rows(times_transposed(x, weight)?, bias),
        }
    }
}

/// Sequences of rows: where rows of queries or keys stand.
#[derive(Clone, Copy)]
struct Places {
    sequences: usize,
    /// How many positions there are in each.
    positions: usize,
    /// How many came before the first.
    start: usize,
}

impl AttentionOp {
    pub(in crate::ops) fn composed<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<E, D, T>,
        axes: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let [w_q, w_k, w_v] = [0, 1, 2].map(|which| Projection::take(self, which, run));
        let w_o = self.w_o.map(|_| Projection::take(self, 3, run));
        let norms = self.qk_norm.then(|| [run.weights.vector(), run.weights.vector()]);
        let [q_norm, k_norm] = norms.map_or([None, None], |norms| norms.map(Some));

        let (sequences, n) = sequences_of(axes);
        let queries_at = Places { sequences, positions: n, start: run.positions_before() };
        let (source, source_axes) = match self.context {
            None => (x.retaped(), *axes),
            Some(name) => context(name, axes, run)?,
        };
        let (_, m) = sequences_of(&source_axes);
        let start = if self.context.is_some() { 0 } else { queries_at.start };
        let keys_at = Places { sequences, positions: m, start };

        let values = w_v.apply(source.retaped::<T>())?;
        let keys = self.place(w_k.apply(source)?, k_norm, keys_at, run)?;
        let queries = self.place(w_q.apply(x)?, q_norm, queries_at, run)?;
        let queries = queries.try_mul(E::of(1.0 / (self.head_dim() as f64).sqrt())).map_err(Error::device)?;

        let [keys, values] =
            self.kept(split(keys, keys_at, self.kv_heads)?, split(values, keys_at, self.kv_heads)?, run)?;
        let queries = self.grouped(split(queries, queries_at, self.heads)?)?;
        let scores = keys
            .try_permute::<_, Axes4<0, 1, 3, 2>>()
            .and_then(|keys| queries.try_matmul(keys))
            .map_err(Error::device)?;
        let scores = self.masked(scores, queries_at, &source_axes, run)?;
        let joined = join(self.weighted(scores, values, run.mode)?, queries_at, self.heads)?;
        if let Some(w_o) = w_o { w_o.apply(joined) } else { Ok(joined) }
    }

    /// Queries or keys with what tells positions apart: the norm of each head, and the turn by its position.
    fn place<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        mut x: Rows<E, D, T>,
        norm: Option<Tensor<(usize,), E, D>>,
        at: Places,
        run: &mut Run<'_, E, D>,
    ) -> Result<Rows<E, D, T>, Error> {
        let (rows, features) = *x.shape();
        let heads = features / self.head_dim();
        if let Some(weight) = norm {
            let each = x.try_reshape_like(&(rows * heads, self.head_dim())).map_err(Error::device)?;
            let normed = root_mean_square_norm(each, weight, QK_EPS)?;
            x = normed.try_reshape_like(&(rows, features)).map_err(Error::device)?;
        }
        if let Some(base) = self.rope {
            x = turn(x, base, self.head_dim(), at, run)?;
        }
        Ok(x)
    }

    /// Keys and values, with those of the steps before.
    fn kept<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        keys: Heads<E, D, T>,
        values: Heads<E, D, T>,
        run: &mut Run<'_, E, D>,
    ) -> Result<[Heads<E, D, T>; 2], Error> {
        let item = run.item();
        let Some(cache) = run.cache.as_deref_mut().filter(|_| self.context.is_none()) else {
            return Ok([keys, values]);
        };
        let (sequences, heads, positions, _) = *keys.shape();
        cache.expect(item, sequences, positions)?;
        let (keys, keys_tape) = keys.split_tape();
        let (values, values_tape) = values.split_tape();
        let flat = |x: Heads<E, D, NoneTape>| {
            let features = x.shape().3;
            x.try_reshape_like(&(sequences * heads, positions, features)).map_err(Error::device)
        };
        let [keys, values] = cache.extend(flat(keys)?, flat(values)?)?;
        let deep = |x: Tensor<(usize, usize, usize), E, D>, tape: T| {
            let (_, positions, features) = *x.shape();
            x.put_tape(tape).try_reshape_like(&(sequences, heads, positions, features)).map_err(Error::device)
        };
        Ok([deep(keys, keys_tape)?, deep(values, values_tape)?])
    }

    /// Queries that share keys, one below the other: `[sequences, kv_heads, group · n, head_dim]`.
    fn grouped<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        queries: Heads<E, D, T>,
    ) -> Result<Heads<E, D, T>, Error> {
        let group = self.heads / self.kv_heads;
        if group == 1 {
            return Ok(queries);
        }
        let (sequences, _, n, head_dim) = *queries.shape();
        queries.try_reshape_like(&(sequences, self.kv_heads, group * n, head_dim)).map_err(Error::device)
    }

    /// Scores with −∞ for the keys that a query does not see.
    fn masked<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        scores: Heads<E, D, T>,
        queries_at: Places,
        source_axes: &Axes,
        run: &mut Run<'_, E, D>,
    ) -> Result<Heads<E, D, T>, Error> {
        let (shape, device) = (*scores.shape(), scores.device().clone());
        let Places { positions: queries, start, .. } = queries_at;
        let (keys, groups) = (shape.3, shape.2 / queries);
        let window = match self.mask {
            Mask::None => return Ok(scores),
            Mask::Padding => {
                let counts = read_mask(run, &source_axes.without_last(1))?;
                let values =
                    counts.iter().map(|&counts| if counts { E::zero() } else { E::neg_infinity() }).collect();
                let mask = device.try_tensor_from_vec::<(usize, usize)>(values, (shape.0, keys));
                let mask = mask.and_then(|mask| mask.try_broadcast_like::<_, Axes2<1, 2>>(&shape));
                return mask.and_then(|mask| scores.try_add(mask)).map_err(Error::device);
            }
            Mask::Causal => None,
            Mask::Window(size) => Some(size),
        };
        let sees_all = queries == 1 && keys <= start + 1 && window.is_none_or(|window| start < window);
        if sees_all {
            return Ok(scores);
        }
        let mask = run.constant(Constant::Seen { window, start, groups, queries, keys }, &device)?;
        let mask = mask.try_broadcast_like::<_, Axes2<0, 1>>(&shape);
        mask.and_then(|mask| scores.try_add(mask)).map_err(Error::device)
    }

    /// softmax(scores)·values. The division by the sum of a row comes last, where there is less to divide; the largest
    /// score, which a softmax cancels, is subtracted as a constant.
    fn weighted<E: Element, D: Device<E>, T: Tape<E, D>>(
        &self,
        scores: Heads<E, D, T>,
        values: Heads<E, D, T>,
        mode: Mode,
    ) -> Result<Heads<E, D, T>, Error> {
        let shape = *scores.shape();
        let out = (shape.0, shape.1, shape.2, values.shape().3);
        let weighted = || {
            let largest = scores.retaped::<NoneTape>().try_max::<_, Axis<3>>()?;
            let largest = largest.try_broadcast_like::<_, Axis<3>>(&shape)?;
            let mut shares = scores.try_sub(largest)?.try_exp()?;
            let sums = shares.retaped::<T>().try_sum::<(usize, usize, usize), Axis<3>>()?;
            if mode == Mode::Training && self.dropout > 0.0 {
                shares = drop_some(shares, self.dropout)?;
            }
            shares.try_matmul(values)?.try_div(sums.try_broadcast_like::<_, Axis<3>>(&out)?)
        };
        weighted().map_err(|error: D::Err| Error::device(error))
    }
}

/// The side input that keys and values are made of, and its axes.
fn context<E: Element, D: Device<E>, T: Tape<E, D>>(
    name: &'static str,
    axes: &Axes,
    run: &Run<'_, E, D>,
) -> Result<(Rows<E, D, T>, Axes), Error> {
    let side = run.side(name)?;
    side.at.check_context(&axes.without_last(2), run.item())?;
    Ok((side.rows()?, side.at.axes))
}

/// `[sequences · positions, heads · features]` as heads.
fn split<E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Rows<E, D, T>,
    at: Places,
    heads: usize,
) -> Result<Heads<E, D, T>, Error> {
    let features = x.shape().1 / heads;
    let each = x.try_reshape_like(&(at.sequences, at.positions, heads, features));
    each.and_then(|each| each.try_permute::<_, Axes4<0, 2, 1, 3>>()).map_err(Error::device)
}

/// Heads as rows `[sequences · positions, heads · features]`.
fn join<E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Heads<E, D, T>,
    at: Places,
    heads: usize,
) -> Result<Rows<E, D, T>, Error> {
    let features = x.shape().3;
    let each = x.try_reshape_like(&(at.sequences, heads, at.positions, features));
    each.and_then(|each| each.try_permute::<(usize, usize, usize, usize), Axes4<0, 2, 1, 3>>())
        .and_then(|each| each.try_reshape_like(&(at.sequences * at.positions, heads * features)))
        .map_err(Error::device)
}

/// Rotary positions: x·cos + (−second half, first half)·sin for each head. Rolling the two halves swaps them, and the
/// sign goes into the sines.
fn turn<E: Element, D: Device<E>, T: Tape<E, D>>(
    x: Rows<E, D, T>,
    base: f64,
    head_dim: usize,
    at: Places,
    run: &mut Run<'_, E, D>,
) -> Result<Rows<E, D, T>, Error> {
    let Places { sequences, positions, start } = at;
    let device = x.device().clone();
    let cosines = run.constant(Constant::RotaryCosines { base, start, positions, head_dim }, &device)?;
    let sines = run.constant(Constant::RotarySines { base, start, positions, head_dim }, &device)?;
    let rows = *x.shape();
    let heads = rows.1 / head_dim;
    let each = (sequences, positions, heads, head_dim);
    let turned = || {
        let swapped =
            x.retaped::<T>().try_reshape_like(&(rows.0, heads, 2, head_dim / 2))?.try_roll::<Axis<2>>(1)?;
        let swapped = swapped.try_reshape_like(&each)?;
        let swapped = swapped.try_mul(sines.try_broadcast_like::<_, Axes2<0, 2>>(&each)?)?;
        let x = x.try_reshape_like(&each)?;
        let x = x.try_mul(cosines.try_broadcast_like::<_, Axes2<0, 2>>(&each)?)?;
        x.try_add(swapped)?.try_reshape_like(&rows)
    };
    turned().map_err(|error: D::Err| Error::device(error))
}
