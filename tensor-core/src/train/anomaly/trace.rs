//! Where the first number that is not finite arises.

use std::fmt::Display;

use dfdx::prelude::*;

use super::{Anomaly, Place, Statistics};
use crate::Error;
use crate::exec::{Enters, Inputs, Mode, Part, Rows, Run, SideInput, Value, Watch, enter, run};
use crate::layer::{Layer, pass_rows};
use crate::loss::Loss;
use crate::param::{Element, Weight, Weights};

/// Repeats a pass in training, its loss and its way back by the composed executor, and tells where the first number that is
/// not finite arises: in the inputs, a weight, what an item gives, the loss, or the gradient of a weight. Where all that is
/// finite, it repeats them as they are trained too. Nothing changes.
///
/// It takes some times as long as a step, so it is for steps that went wrong.
///
/// # Errors
/// Those of a pass and of the loss.
///
/// ```
/// use tensor_core::loss::CrossEntropy;
/// use tensor_core::prelude::*;
/// use tensor_core::train::{Place, explain};
///
/// layer! { pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }
///
/// let device = Cpu::default();
/// let mut net = TwoLayer::new(&device);
/// net.hidden.weight.tensor_mut().fill_with_ones();
/// let x: Tensor<Rank2<2, 4>, f32, _> = device.ones() * 3e38; // finite, but not its sums
///
/// let anomaly = explain(&net, x, &CrossEntropy(&[0, 1]), 12)?;
/// assert_eq!(anomaly.place, Place::Item { name: "hidden".into(), op: "linear(4 -> 8)".into() });
/// assert!(anomaly.to_string().starts_with(
///     "step 12: the first numbers that are not finite, 16 infinite of 16, are what `hidden`, linear(4 -> 8), gives. \
///      Of what went into it, its input is 3.000e38 to 3.000e38",
/// ));
/// # Ok::<(), Error>(())
/// ```
pub fn explain<N, X, L, E, D>(net: &N, x: X, loss: &L, step: u64) -> Result<Anomaly, Error>
where
    N: Layer<E, D> + Module<X>,
    X: Inputs<E, D>,
    L: Loss<E, D>,
    E: Element,
    D: Device<E> + Storage<X::Number>,
{
    let (x, sides) = x.split(N::PLAN)?;
    explain_parts(net, x, sides, loss, step)
}

/// [`explain`] of a main input and its side inputs apart.
///
/// # Errors
/// Those of [`explain`].
pub fn explain_parts<N, S, U, L, E, D>(
    net: &N,
    x: Tensor<S, U, D>,
    sides: Vec<SideInput<E, D>>,
    loss: &L,
    step: u64,
) -> Result<Anomaly, Error>
where
    N: Layer<E, D>,
    S: Shape,
    U: Enters<E>,
    L: Loss<E, D>,
    E: Element,
    D: Device<E> + Storage<U>,
{
    let anomaly = |place, found, inputs| Anomaly { step, place, found, inputs };
    let (value, mut axes) = enter(x.clone())?;
    if let Some((name, found)) = bad_input(&value, &sides) {
        return Ok(anomaly(Place::Input { name }, found, Vec::new()));
    }
    let mut weights = Weights::default();
    net.weights(&mut weights);
    let names: Vec<String> = N::PLAN.state_dict().into_iter().map(|weight| weight.name).collect();
    for (weight, name) in weights.iter().zip(&names) {
        let found = Statistics::of(&weight.numbers());
        if !found.is_finite() {
            return Ok(anomaly(Place::Weight { name: name.clone() }, found, Vec::new()));
        }
    }

    let gradients = net.try_alloc_grads().map_err(Error::device)?;
    let again = (x.clone(), sides.clone());
    let (value, _) = enter(x.traced(gradients))?;
    let sides = sides.into_iter().map(|side| side.fit(N::PLAN, &axes)).collect::<Result<_, _>>()?;
    let mut watcher = Watcher { step, path: Vec::new(), found: None };
    let mut state = Run::new(weights, Mode::Training, sides, None);
    state.watch = Some(&mut watcher);
    let y = run(N::PLAN, value, &mut axes, &mut state)?.rows();
    if let Some(found) = watcher.found {
        return Ok(found);
    }

    let output = y.retaped::<NoneTape>();
    let value = loss.of(y)?;
    let found = Statistics::of(&value.as_vec());
    let of_output = ("the network's output".to_owned(), Statistics::of(&output.as_vec()));
    if !found.is_finite() {
        return Ok(anomaly(Place::Loss, found, vec![of_output]));
    }
    let loss_of_output = loss.of(output.leaky_trace())?.try_backward().map_err(Error::device)?;
    let slope = (
        "the loss's gradient by the output".to_owned(),
        Statistics::of(&loss_of_output.get(&output).as_vec()),
    );
    let mut gradients = value.try_backward().map_err(Error::device)?;
    let Some(mut anomaly) = explain_gradients(net, &mut gradients, step)? else {
        let (x, sides) = again;
        let gradients = net.try_alloc_grads().map_err(Error::device)?;
        let (y, _) = pass_rows(N::PLAN, net, x.traced(gradients), sides, Mode::Training, None, false)?;
        let seen = explain_executor(net, y, loss, step)?;
        return Ok(seen.unwrap_or_else(|| anomaly(Place::Nowhere, found, Vec::new())));
    };
    anomaly.inputs.extend([slope, of_output]);
    Ok(anomaly)
}

/// What is not finite of a pass as it is trained, where it is item by item.
fn explain_executor<N, L, E, D>(
    net: &N,
    y: Rows<E, D, OwnedTape<E, D>>,
    loss: &L,
    step: u64,
) -> Result<Option<Anomaly>, Error>
where
    N: Layer<E, D>,
    L: Loss<E, D>,
    E: Element,
    D: Device<E>,
{
    let anomaly = |what: String, others, found, inputs| {
        Some(Anomaly { step, place: Place::Executor { what, others }, found, inputs })
    };
    let of_output = Statistics::of(&y.retaped::<NoneTape>().as_vec());
    if !of_output.is_finite() {
        return Ok(anomaly("the network's output".to_owned(), 0, of_output, Vec::new()));
    }
    let value = loss.of(y)?;
    let found = Statistics::of(&value.as_vec());
    if !found.is_finite() {
        let inputs = vec![("the network's output".to_owned(), of_output)];
        return Ok(anomaly("the loss".to_owned(), 0, found, inputs));
    }
    let mut gradients = value.try_backward().map_err(Error::device)?;
    Ok(explain_gradients(net, &mut gradients, step)?.and_then(|found| match found.place {
        Place::Gradient { name, others } => {
            anomaly(format!("the gradient of `{name}`"), others, found.found, found.inputs)
        }
        _ => None,
    }))
}

/// The weight whose gradient is not finite, of several the one nearest to the output, if there is one.
///
/// # Errors
/// [`Error::Device`] if the device runs out of memory.
pub fn explain_gradients<N, E, D>(
    net: &N,
    gradients: &mut Gradients<E, D>,
    step: u64,
) -> Result<Option<Anomaly>, Error>
where
    N: Layer<E, D>,
    E: Element,
    D: Device<E>,
{
    let mut weights = Weights::default();
    net.weights(&mut weights);
    let mut bad = Vec::new();
    for (weight, info) in weights.iter().zip(N::PLAN.state_dict()) {
        let found = Statistics::of(&gradient_of(weight, gradients)?);
        if !found.is_finite() {
            bad.push((info.name, found, Statistics::of(&weight.numbers())));
        }
    }
    let others = bad.len().saturating_sub(1);
    Ok(bad.pop().map(|(name, found, own)| {
        let inputs = vec![("the weight".to_owned(), own)];
        Anomaly { step, place: Place::Gradient { name, others }, found, inputs }
    }))
}

/// A weight's gradient, zeros if there is none.
pub(super) fn gradient_of<E: Element, D: Device<E>>(
    weight: &Weight<E, D>,
    gradients: &mut Gradients<E, D>,
) -> Result<Vec<E>, Error> {
    macro_rules! of {
        ($tensor:ident) => {{
            gradients.try_alloc_for($tensor).map_err(Error::device)?;
            gradients.get($tensor).as_vec()
        }};
    }
    Ok(match weight {
        Weight::Vector(tensor) => of!(tensor),
        Weight::Matrix(tensor) => of!(tensor),
        Weight::Filters(tensor) => of!(tensor),
    })
}

/// The first input that is not finite.
fn bad_input<E: Element, D: Device<E>>(
    x: &Value<E, D, NoneTape>,
    sides: &[SideInput<E, D>],
) -> Option<(String, Statistics)> {
    let main = std::iter::once(("the input".to_owned(), x));
    let all = main.chain(sides.iter().map(|side| (format!("the side input `{}`", side.name()), &side.value)));
    all.filter_map(|(name, value)| match value {
        Value::Rows(rows) => Some((name, Statistics::of(&rows.as_vec()))),
        Value::Ids(..) => None,
    })
    .find(|(_, found)| !found.is_finite())
}

/// Waits for the first item that gives something that is not finite.
#[derive(Debug)]
struct Watcher {
    step: u64,
    path: Vec<String>,
    found: Option<Anomaly>,
}

impl<E: Element, D: Device<E>> Watch<E, D> for Watcher {
    fn enter(&mut self, item: &'static str, number: Option<usize>) {
        self.path.push(number.map_or(item.to_owned(), |number| format!("{item}.{number}")));
    }

    fn leave(&mut self) {
        self.path.pop();
    }

    fn saw(
        &mut self,
        item: &'static str,
        op: &dyn Display,
        parts: &[Part<'_, E, D>],
        output: &Rows<E, D, NoneTape>,
    ) {
        if self.found.is_some() {
            return;
        }
        let found = Statistics::of(&output.as_vec());
        if found.is_finite() {
            return;
        }
        let name = self.path.iter().map(String::as_str).chain([item]).collect::<Vec<_>>().join(".");
        let inputs = parts.iter().map(|part| match part {
            Part::Input(x) => ("its input".to_owned(), Statistics::of(&x.as_vec())),
            Part::Weight(weight, numbers) => (format!("`{weight}`"), Statistics::of(&numbers.numbers())),
            Part::Branch(branch, x) => ((*branch).to_owned(), Statistics::of(&x.as_vec())),
        });
        let place = Place::Item { name, op: op.to_string() };
        self.found = Some(Anomaly { step: self.step, place, found, inputs: inputs.collect() });
    }
}

#[cfg(test)]
mod tests {
    #![allow(unused_parens, reason = "in what `layer!` writes; rustc excuses them in other crates alone")]

    use super::*;
    use crate::layer::Network;
    use crate::loss::CrossEntropy;
    use crate::prelude::layer;

    layer! { struct Net: [2] -> [2] { hidden: linear(2 -> 3), relu, output: linear(3 -> 2) } }

    /// A pass whose way back, or whose output, is spoilt as a faulty kernel would spoil it.
    fn spoilt(output: bool) -> Anomaly {
        let device = Cpu::seed_from_u64(1);
        let net = Net::new(&device);
        let x: Tensor<Rank2<4, 2>, f32, _> = device.sample_normal();
        let traced = x.traced(net.alloc_grads());
        let (y, _) =
            pass_rows(Net::<f32, Cpu>::PLAN, &net, traced, Vec::new(), Mode::Training, None, false).unwrap();
        let y = if output {
            y * f32::NAN
        } else {
            let (y, mut tape) = y.split_tape();
            let weight = net.hidden.bias.tensor().clone();
            tape.add_backward_op(move |gradients| {
                gradients.get_or_alloc_mut(&weight)?[1] = f32::INFINITY;
                Ok(())
            });
            y.put_tape(tape)
        };
        explain_executor(&net, y, &CrossEntropy(&[0, 1, 0, 1]), 7).unwrap().unwrap()
    }

    #[test]
    fn a_fault_of_the_executor_alone_is_told() {
        let told = spoilt(true).to_string();
        assert_eq!(
            told,
            "step 7: the network's output holds 8 NaN of 8 numbers as the network trains, but is finite item by item by \
             dfdx's ops: a fault of a kernel, or of what was dropped out"
        );
        let told = spoilt(false);
        assert_eq!(told.place, Place::Executor { what: "the gradient of `hidden.bias`".into(), others: 0 });
        assert!(told.to_string().contains("holds 1 infinite of 3 numbers as the network trains"), "{told}");
    }
}
