//! What a thread keeps from pass to pass: programs, and buffers to run them in.

use std::cell::RefCell;
use std::sync::Arc;

use super::lower::{Given, Purpose, lower};
use super::program::Program;
use crate::Error;
use crate::plan::{Axes, Plan};

/// Programs that a thread keeps, or a frozen network.
pub(super) const PROGRAMS: usize = 32;
/// Sets of buffers that a thread keeps: as many as it has passes at once.
const SETS: usize = 4;

/// What a program depends on. A plan is constant data, so that its address tells which it is.
#[derive(PartialEq)]
struct Key {
    plan: usize,
    axes: Axes,
    sides: Vec<Given>,
    purpose: Purpose,
}

/// Programs and what each is for, the last used first; the one that was not used for longest gives way.
#[derive(Debug)]
pub(super) struct Programs<K>(pub(super) Vec<(K, Arc<Program>)>);

impl<K> Programs<K> {
    pub(super) const fn new() -> Self {
        Programs(Vec::new())
    }

    pub(super) fn find(&mut self, fits: impl Fn(&K) -> bool) -> Option<Arc<Program>> {
        let place = self.0.iter().position(|(key, _)| fits(key))?;
        self.0[..=place].rotate_right(1);
        Some(self.0[0].1.clone())
    }

    pub(super) fn add(&mut self, key: K, program: Arc<Program>) {
        self.0.insert(0, (key, program));
        self.0.truncate(PROGRAMS);
    }
}

/// Buffers of a pass, one after another.
pub(super) type Buffers = Vec<Vec<f32>>;

thread_local! {
    static KEPT_PROGRAMS: RefCell<Programs<Key>> = const { RefCell::new(Programs::new()) };
    static KEPT_BUFFERS: RefCell<Vec<Buffers>> = const { RefCell::new(Vec::new()) };
}

/// The program of `plan` on these axes, with these side inputs: a kept one, or a new one.
pub(super) fn program(
    plan: &'static Plan,
    axes: &Axes,
    sides: impl Iterator<Item = Given>,
    purpose: Purpose,
) -> Result<Arc<Program>, Error> {
    let key = Key { plan: std::ptr::from_ref(plan).addr(), axes: *axes, sides: sides.collect(), purpose };
    KEPT_PROGRAMS.with_borrow_mut(|kept| {
        if let Some(program) = kept.find(|other| *other == key) {
            return Ok(program);
        }
        let program = Arc::new(lower(plan, axes, &key.sides, purpose)?);
        kept.add(key, program.clone());
        Ok(program)
    })
}

/// Buffers on loan, which go back when this is dropped.
pub(super) struct Loan(pub(super) Buffers);

impl Loan {
    pub(super) fn of(program: &Program) -> Self {
        let mut buffers = KEPT_BUFFERS.with_borrow_mut(|kept| kept.pop().unwrap_or_default());
        program.fit(&mut buffers);
        Loan(buffers)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let buffers = std::mem::take(&mut self.0);
        // A thread that ends has none to keep.
        let _ = KEPT_BUFFERS.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() < SETS {
                kept.push(buffers);
            }
        });
    }
}
