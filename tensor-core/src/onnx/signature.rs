//! What a graph takes and gives: names and axes.

use super::OnnxError;
use super::export::Export;
use super::graph::Value;
use crate::plan::{Axes, Axis, Plan};

/// An input of the graph.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) axes: Axes,
}

/// The inputs of a graph, the main one first, then the side inputs in order; and its output.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) main: Input,
    pub(super) sides: Vec<Input>,
    pub(super) output: String,
}

impl Signature {
    /// The inputs of `plan`, which has weights of these names, as `export` asks for them.
    pub(super) fn new(plan: &Plan, keys: &[Value], export: &Export) -> Result<Self, OnnxError> {
        check_rank(plan, export.leading.len())?;
        check_names(plan, keys, export)?;
        let axes = axis_names(plan, export)?;
        for (fixed, _) in &export.fixed {
            if !axes.contains(&fixed.as_str()) {
                let axes: Vec<String> = axes.iter().map(|axis| format!("`{axis}`")).collect();
                let axes = if axes.is_empty() { "none of run time".to_owned() } else { axes.join(", ") };
                return Err(OnnxError::NoAxis { network: plan.name, axis: fixed.clone(), axes });
            }
        }
        let input = |name: &str, declared: &Axes| -> Result<Input, OnnxError> {
            let leading = export.leading.iter().map(|&name| Axis::Runtime { name, plus: 0 });
            let all = leading.chain(declared.as_slice().iter().copied());
            let all = all.map(|axis| export.size_of(plan.name, axis)).collect::<Result<Vec<_>, _>>()?;
            let axes = Axes::new(&all).with_ids(declared.are_ids()).with_leading(export.leading.len());
            Ok(Input { name: name.to_owned(), axes })
        };
        let sides = plan.sides.iter().map(|side| input(side.name, &side.axes)).collect::<Result<_, _>>()?;
        Ok(Signature { main: input(&export.input, &plan.input)?, sides, output: export.output.clone() })
    }

    /// All inputs in order.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Input> {
        std::iter::once(&self.main).chain(&self.sides)
    }
}

/// What leading axes come to with the network's own: an embedding adds one to those of the ids.
fn check_rank(plan: &Plan, leading: usize) -> Result<(), OnnxError> {
    let sides = plan.sides.iter().map(|side| side.axes.len());
    let own = [plan.input.len() + usize::from(plan.input.are_ids()), plan.output.len()];
    let axes = own.into_iter().chain(sides).max().unwrap_or(0);
    if leading + axes > Axes::MAX {
        return Err(OnnxError::Rank { network: plan.name, axes, leading, most: Axes::MAX });
    }
    Ok(())
}

/// Each input and the output has a name of its own, which is none of a weight.
fn check_names(plan: &Plan, keys: &[Value], export: &Export) -> Result<(), OnnxError> {
    let (what, given) = ("input and output", [export.input.as_str(), &export.output]);
    let names = distinct(plan, what, plan.sides.iter().map(|side| side.name).chain(given))?;
    match names.into_iter().find(|&name| keys.iter().any(|key| &**key == name)) {
        Some(name) => Err(OnnxError::NameTaken { network: plan.name, what, name: name.to_owned() }),
        None => Ok(()),
    }
}

/// The names of all axes whose size the compiler does not know, leading ones first.
fn axis_names<'n>(plan: &Plan, export: &'n Export) -> Result<Vec<&'n str>, OnnxError> {
    let mut declared: Vec<&'static str> = Vec::new();
    for axes in std::iter::once(&plan.input).chain(plan.sides.iter().map(|side| &side.axes)) {
        for axis in axes.as_slice() {
            if let Axis::Runtime { name, .. } = axis
                && !declared.contains(name)
            {
                declared.push(name);
            }
        }
    }
    distinct(plan, "axis", export.leading.iter().copied().chain(declared))
}

fn distinct<'n>(
    plan: &Plan,
    what: &'static str,
    names: impl Iterator<Item = &'n str>,
) -> Result<Vec<&'n str>, OnnxError> {
    let mut seen = Vec::new();
    for name in names {
        if name.is_empty() {
            return Err(OnnxError::NameEmpty { network: plan.name, what });
        }
        if seen.contains(&name) {
            return Err(OnnxError::NameTaken { network: plan.name, what, name: name.to_owned() });
        }
        seen.push(name);
    }
    Ok(seen)
}
