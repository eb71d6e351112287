//! Passes of a network that does not change any more: its weights are packed once, its programs and buffers kept.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::cache::Programs;
use super::inputs::copy_slice;
use super::lower::{Given, Purpose, lower};
use super::packed::PassWeights;
use super::program::{Pass, Program};
use super::shard::Shard;
use super::value::Values;
use crate::Error;
use crate::exec::Mode;
use crate::kernels::matmul::Panels;
use crate::plan::{Axes, Plan};

/// A network as several threads use it at once.
#[derive(Debug)]
pub(crate) struct Service {
    plan: &'static Plan,
    weights: Vec<Arc<[f32]>>,
    panels: Vec<OnceLock<Panels>>,
    /// For each input's axes that came.
    programs: Mutex<Programs<Known>>,
    /// As many as there were passes at once.
    rooms: Mutex<Vec<Room>>,
}

/// Which inputs a program is for.
#[derive(Debug)]
struct Known {
    axes: Axes,
    sides: Vec<Given>,
}

/// What a pass needs.
#[derive(Debug, Default)]
struct Room {
    buffers: Vec<Vec<f32>>,
    ids: Vec<Vec<usize>>,
}

type Write<'i> = dyn Fn(&mut [f32]) -> Result<(), Error> + 'i;

/// An input in the order of its axes.
pub(crate) enum Input<'i> {
    /// Writes them where the network reads them.
    Numbers(Box<Write<'i>>),
    Slice(&'i [f32]),
    Ids(Cow<'i, [usize]>),
}

impl Service {
    pub(crate) fn new(plan: &'static Plan, weights: Vec<Arc<[f32]>>) -> Self {
        let panels = weights.iter().map(|_| OnceLock::new()).collect();
        Service { plan, weights, panels, programs: Mutex::new(Programs::new()), rooms: Mutex::default() }
    }

    /// Lets `take` have what the network gives for inputs, the main one with these axes.
    pub(crate) fn run<'i, R>(
        &self,
        inputs: impl Iterator<Item = Input<'i>>,
        axes: &Axes,
        sides: impl Iterator<Item = Given> + Clone,
        take: impl FnOnce(&[f32], &Axes) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let program = self.program(axes, sides)?;
        let mut room = locked(&self.rooms).pop().unwrap_or_default();
        program.fit(&mut room.buffers);
        let mut lists = 0;
        for (input, value) in inputs.zip(&program.ends.inputs) {
            match (input, *value) {
                (Input::Numbers(write), Some(value)) => {
                    write(&mut room.buffers[program.buffer(value)][..program.len(value)])?;
                }
                (Input::Slice(numbers), Some(value)) => {
                    copy_slice(numbers, &mut room.buffers[program.buffer(value)][..program.len(value)]);
                }
                (Input::Numbers(_) | Input::Slice(_), None) => {}
                (Input::Ids(ids), _) => {
                    lists += 1;
                    room.ids.resize_with(room.ids.len().max(lists), Vec::new);
                    room.ids[lists - 1].clear();
                    room.ids[lists - 1].extend_from_slice(&ids);
                }
            }
        }
        let mut pass = Pass {
            program: &program,
            buffers: &mut room.buffers,
            weights: PassWeights::Frozen(&self.weights, &self.panels),
            ids: &room.ids,
            seed: 0,
            shard: Shard::default(),
            cache: None,
            gradients: None,
        };
        let Some(y) = program.ends.y else { unreachable!("each network gives something") };
        let result = program.forward(&mut pass).and_then(|()| take(pass.get(y), &program.axes));
        locked(&self.rooms).push(room);
        result
    }

    fn program(
        &self,
        axes: &Axes,
        sides: impl Iterator<Item = Given> + Clone,
    ) -> Result<Arc<Program>, Error> {
        let fits = |known: &Known| known.axes == *axes && known.sides.iter().copied().eq(sides.clone());
        let known = locked(&self.programs).find(fits); // others go on meanwhile
        if let Some(program) = known {
            return Ok(program);
        }
        let purpose = Purpose {
            mode: Mode::Inference,
            goes_back: false,
            of_input: false,
            step: None,
            last: false,
            frozen: true,
        };
        let sides: Vec<Given> = sides.clone().collect();
        let program = Arc::new(lower(self.plan, axes, &sides, purpose)?);
        locked(&self.programs).add(Known { axes: *axes, sides }, program.clone());
        Ok(program)
    }
}

/// What a lock guards here is whole between any two steps, so that a panic elsewhere does not matter.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::cache::PROGRAMS;
    use super::*;
    use crate::ops::testing::{plan_of, size};
    use crate::ops::{Activation, Op};

    #[test]
    fn programs_of_many_batches_do_not_pile_up() {
        let net = plan_of(&[size(2)], &[], Op::Activation(Activation::Relu));
        let service = Service::new(net, Vec::new());
        for rows in (1..=3 * PROGRAMS).chain([1, 3 * PROGRAMS]) {
            let x = vec![-1.0; 2 * rows];
            let axes = Axes::of_sizes(&[rows, 2]);
            let inputs = [Input::Slice(&x)].into_iter();
            let y = service.run(inputs, &axes, std::iter::empty(), |y, _| Ok(y.to_vec()));
            assert_eq!(y, Ok(vec![0.0; 2 * rows]));
            assert_eq!(locked(&service.programs).0[0].0.axes, axes);
        }
        assert_eq!(locked(&service.programs).0.len(), PROGRAMS);
    }
}
