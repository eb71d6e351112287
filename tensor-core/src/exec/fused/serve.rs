//! Passes of a network that does not change any more: its weights are packed once, its programs and buffers kept.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::lower::{Purpose, lower};
use super::program::{Pass, Program};
use crate::Error;
use crate::exec::Mode;
use crate::plan::{Axes, Plan};

/// A network as several threads use it at once.
#[derive(Debug)]
pub(crate) struct Service {
    plan: &'static Plan,
    weights: Vec<Arc<[f32]>>,
    panels: Vec<OnceLock<Box<[f32]>>>,
    /// For each input's axes that came.
    programs: Mutex<Vec<(Axes, Arc<Program>)>>,
    /// As many as there were passes at once.
    rooms: Mutex<Vec<Room>>,
}

/// What a pass needs.
#[derive(Debug, Default)]
struct Room {
    buffers: Vec<Vec<f32>>,
    ids: Vec<usize>,
}

/// A main input.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input<'i> {
    Numbers(&'i [f32]),
    Ids(&'i [usize]),
}

impl Service {
    pub(crate) fn new(plan: &'static Plan, weights: Vec<Arc<[f32]>>) -> Self {
        let panels = weights.iter().map(|_| OnceLock::new()).collect();
        Service { plan, weights, panels, programs: Mutex::default(), rooms: Mutex::default() }
    }

    /// Lets `take` have what the network gives for an input with these axes.
    pub(crate) fn run<R>(
        &self,
        x: Input<'_>,
        axes: &Axes,
        take: impl FnOnce(&[f32], &Axes) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let program = self.program(axes)?;
        let mut room = locked(&self.rooms).pop().unwrap_or_default();
        program.fit(&mut room.buffers);
        match x {
            Input::Numbers(numbers) => {
                if let Some(x) = program.ends.x {
                    room.buffers[program.buffer(x)][..program.len(x)].copy_from_slice(numbers);
                }
            }
            Input::Ids(ids) => {
                room.ids.clear();
                room.ids.extend_from_slice(ids);
            }
        }
        let mut pass = Pass {
            program: &program,
            buffers: &mut room.buffers,
            weights: &self.weights,
            panels: Some(&self.panels),
            ids: std::slice::from_ref(&room.ids),
            seed: 0,
            gradients: None,
        };
        let Some(y) = program.ends.y else { unreachable!("each network gives something") };
        let result = program.forward(&mut pass).and_then(|()| take(pass.get(y), &program.axes));
        locked(&self.rooms).push(room);
        result
    }

    fn program(&self, axes: &Axes) -> Result<Arc<Program>, Error> {
        let mut programs = locked(&self.programs);
        if let Some((_, program)) = programs.iter().find(|(known, _)| known == axes) {
            return Ok(program.clone());
        }
        let purpose = Purpose { mode: Mode::Inference, goes_back: false, of_input: false };
        let program = Arc::new(lower(self.plan, axes, purpose)?);
        programs.push((*axes, program.clone()));
        Ok(program)
    }
}

/// What a lock guards here is whole between any two steps, so that a panic elsewhere does not matter.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
