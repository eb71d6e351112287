//! The steps of the way back on a GPU.

use cudarc::driver::DevicePtr;

use super::super::steps::{
    ActivationBack, AttendBack, Backward, EmbedBack, InputGradient, MultiplyBack, NormBack, Part, PoolBack,
    RepeatBack, RowsBack, Scatter, WeightGradient,
};
use super::context::{Address, Multiplication, config};
use super::forward::{HeadsOfKernel, dropout, kind, logarithm, places, pool_kind, turn, warps};
use super::pass::Pass;
use crate::Error;
use crate::kernels::Activation;

impl Backward {
    pub(super) fn on_gpu(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
        match self {
            Backward::WeightGradient(step) => weight_gradient(step, pass),
            Backward::InputGradient(step) => input_gradient(step, pass),
            Backward::ActivationBack(ActivationBack { activation, kept, from, to, width }) => {
                let (to, n) = (pass.get(*to), pass.len(*to));
                activation_back(pass, (to, pass.get(*from), pass.get(*kept)), n, *width, *activation)
            }
            Backward::NormBack(step) => norm_back(step, pass),
            Backward::Dropout(step) => dropout(step, pass),
            Backward::EmbedBack(step) => embed_back(step, pass),
            Backward::RowsBack(step) => rows_back(step, pass),
            Backward::Turn(step) => turn(step, pass),
            Backward::AttendBack(step) => attend_back(step, pass),
            Backward::Add(step) => step.on_gpu(pass),
            Backward::MultiplyBack(MultiplyBack { from, other, to }) => {
                let n = pass.len(*to);
                pass.copy(pass.get(*to), pass.get(*from), n)?;
                pass.gpu.each("multiply_by", n, (n, pass.get(*to), pass.get(*other)))
            }
            Backward::Part(Part { from, of, start, width, to }) => {
                let n = pass.len(*to);
                let parameters =
                    (n / width, *width, pass.get(*to), *width, 0usize, pass.get(*from), *of, *start);
                pass.gpu.each("copy_columns", n, parameters)
            }
            Backward::RepeatBack(step) => repeat_back(step, pass),
            Backward::PoolBack(step) => pool_back(step, pass),
            Backward::Scatter(step) => scatter(step, pass),
            Backward::Transpose(step) => step.on_gpu(pass),
        }
    }
}

/// Sums of the columns of `rows` rows.
fn sum_columns(
    pass: &Pass<'_>,
    sums: Address,
    x: Address,
    [rows, width]: [usize; 2],
    adds: bool,
) -> Result<(), Error> {
    pass.gpu.columns("sum_columns", width, (rows, width, sums, x, i32::from(adds)))
}

fn activation_back(
    pass: &Pass<'_>,
    (to, g, kept): (Address, Address, Address),
    n: usize,
    width: usize,
    activation: Activation,
) -> Result<(), Error> {
    match kind(activation) {
        Some(kind) => pass.gpu.each("activation_back", n, (n, to, g, kept, kind)),
        None => {
            let parameters = (n / width, width, to, g, kept, logarithm(activation));
            pass.gpu.rows("softmax_back", n / width, parameters)
        }
    }
}

fn weight_gradient(step: &WeightGradient, pass: &mut Pass<'_>) -> Result<(), Error> {
    let WeightGradient { x, g, projection, inputs, scale } = *step;
    let (rows, outputs) = (pass.len(x) / inputs, projection.outputs);
    let (x, g) = (pass.get(x), pass.get(g));
    if let Some((c, adds)) = pass.gradient(projection.weight)? {
        pass.gpu.multiply(Multiplication {
            sizes: [outputs, rows, inputs],
            a: (g, true),
            b: (x, false),
            c,
            alpha: scale,
            beta: f32::from(u8::from(adds)),
        })?;
    }
    if let Some(bias) = projection.bias
        && let Some((sums, adds)) = pass.gradient(bias)?
    {
        sum_columns(pass, sums, g, [rows, outputs], adds)?;
    }
    Ok(())
}

fn input_gradient(step: &InputGradient, pass: &Pass<'_>) -> Result<(), Error> {
    let InputGradient { g, to, projection, inputs, scale, activation } = *step;
    let (n, outputs) = (pass.len(to.value), projection.outputs);
    let (c, adds) = pass.target(to)?;
    pass.gpu.multiply(Multiplication {
        sizes: [n / inputs, outputs, inputs],
        a: (pass.get(g), false),
        b: (pass.weight(projection.weight), false),
        c,
        alpha: scale,
        beta: f32::from(u8::from(adds)),
    })?;
    match activation {
        Some((activation, y)) => activation_back(pass, (c, c, pass.get(y)), n, inputs, activation),
        None => Ok(()),
    }
}

fn norm_back(step: &NormBack, pass: &mut Pass<'_>) -> Result<(), Error> {
    let NormBack { x, moments, scale, g, to, .. } = *step;
    let (rows, width) = (pass.len(x) / scale.width, scale.width);
    let (x, moments, g) = (pass.get(x), pass.get(moments), pass.get(g));
    // First what only reads g, which may become the gradient of x in place.
    let (of_weight, weight_adds) = pass.gradient(scale.weight)?.unwrap_or((0, false));
    let of_bias = scale.bias.map(|bias| pass.gradient(bias)).transpose()?.flatten();
    let (of_bias, bias_adds) = of_bias.unwrap_or((0, false));
    let adds = [weight_adds, bias_adds].map(i32::from);
    pass.gpu.columns(
        "norm_weights_back",
        width,
        (rows, width, of_weight, of_bias, g, x, moments, adds[0], adds[1]),
    )?;
    let Some(to) = to else { return Ok(()) };
    let (to, adds) = pass.target(to)?;
    let (weight, centred, adds) =
        (pass.weight(scale.weight), i32::from(scale.bias.is_some()), i32::from(adds));
    pass.gpu.rows("norm_back", rows, (rows, width, to, g, x, moments, weight, centred, adds))
}

fn embed_back(step: &EmbedBack, pass: &mut Pass<'_>) -> Result<(), Error> {
    let EmbedBack { ids, table, width, g } = *step;
    let Some(gradient) = pass.gradient_to_add_to(table)? else { return Ok(()) };
    let given = &pass.ids(ids).host;
    // The rows of each id side by side, so that they are always added in the same order.
    let mut rows: Vec<usize> = (0..given.len() * ids.times).collect();
    rows.sort_by_key(|&row| given[row % given.len()]);
    let (mut distinct, mut starts) = (Vec::new(), Vec::new());
    for (at, &row) in rows.iter().enumerate() {
        let id = given[row % given.len()];
        if distinct.last() != Some(&id) {
            distinct.push(id);
            starts.push(at);
        }
    }
    starts.push(rows.len());
    let blocks = distinct.len() as u32;
    let [distinct, starts, rows] =
        [distinct, starts, rows].map(|list| pass.gpu.upload_places(list.into_iter()));
    let (distinct, starts, rows) = (distinct?, starts?, rows?);
    let lists = [&distinct, &starts, &rows].map(|list| *list.device_ptr());
    let threads = width.next_multiple_of(32).min(1024) as u32;
    let parameters = (width, gradient, pass.get(g), lists[0], lists[1], lists[2]);
    pass.gpu.launch("embed_back", config((blocks, 1, 1), (threads, 1, 1), 0), parameters)
}

fn rows_back(step: &RowsBack, pass: &mut Pass<'_>) -> Result<(), Error> {
    let RowsBack { g, weight, length } = *step;
    let Some(gradient) = pass.gradient_to_add_to(weight)? else { return Ok(()) };
    sum_columns(pass, gradient, pass.get(g), [pass.len(g) / length, length], true)
}

fn repeat_back(step: &RepeatBack, pass: &Pass<'_>) -> Result<(), Error> {
    let RepeatBack { g, to } = *step;
    let (sums, adds) = pass.target(to)?;
    let width = pass.len(to.value);
    sum_columns(pass, sums, pass.get(g), [pass.len(g) / width, width], adds)
}

fn attend_back(step: &AttendBack, pass: &Pass<'_>) -> Result<(), Error> {
    let AttendBack { shares, q, k, v, y, sums, g, of_q, of_k, of_v } = *step;
    let heads = shares.heads;
    let (rows, c) = (heads.sums_len(), heads.value_dim);
    let scratch = pass.gpu.alloc(rows)?;
    let along = *scratch.device_ptr();
    let [q, k, v, y, sums, g] = [q, k, v, y, sums, g].map(|value| pass.get(value));
    pass.gpu.rows("attend_along", rows, (rows, heads.positions[0], heads.heads, c, along, g, y))?;
    let Some((warps, shared)) = warps(&heads, 2) else { unreachable!("`fits_gpu` made sure of it") };
    let grid = |positions: usize, heads_of_it: usize| {
        (positions.div_ceil(warps as usize) as u32, heads_of_it as u32, heads.sequences as u32)
    };
    let told = HeadsOfKernel::of(&shares, pass);
    let block = (32 * warps, 1, 1);
    pass.gpu.launch(
        "attend_back_queries",
        config(grid(heads.positions[0], heads.heads), block, shared),
        (told, q, k, v, sums, along, g, pass.get(of_q)),
    )?;
    pass.gpu.launch(
        "attend_back_keys",
        config(grid(heads.positions[1], heads.kv_heads), block, shared),
        (told, q, k, v, sums, along, g, pass.get(of_k), pass.get(of_v)),
    )
}

fn pool_back(step: &PoolBack, pass: &Pass<'_>) -> Result<(), Error> {
    let PoolBack { g, to, pooling, largest } = *step;
    let of_x = pass.target_to_add_to(to)?;
    let (x, y) = largest.unzip();
    let (n, mask) = (pass.len(g), pass.maybe(pooling.mask));
    let sizes = (n / pooling.width, pooling.rows, pooling.width);
    let parameters = (
        sizes.0,
        sizes.1,
        sizes.2,
        of_x,
        pass.get(g),
        pass.maybe(x),
        pass.maybe(y),
        mask,
        pool_kind(pooling.kind),
    );
    pass.gpu.each("pool_back", n, parameters)
}

fn scatter(step: &Scatter, pass: &Pass<'_>) -> Result<(), Error> {
    let Scatter { g, to, length, places: ref shown } = *step;
    let (of_x, adds) = pass.target(to)?;
    let [_, starts, seen] = places(pass, shown, length)?;
    let n = pass.len(to.value);
    pass.gpu.each("scatter", n, (n, length, of_x, pass.get(g), shown.len(), starts, seen, i32::from(adds)))
}
