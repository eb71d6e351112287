//! Inputs of a pass: what a program depends on of them, and their way into its buffers.

use std::any::Any;

use dfdx::prelude::*;

use super::as_f32;
use super::cache::Loan;
use super::lower::Given;
use super::program::Program;
use super::serve::Input;
use crate::Error;
use crate::exec::{SideInput, Value};
use crate::kernels::scratch::with_scratch;
use crate::param::Element;

/// What a program depends on of side inputs.
pub(crate) fn given<E: Element, D: Device<E>>(
    sides: &[SideInput<E, D>],
) -> impl Iterator<Item = Given> + Clone {
    sides.iter().map(|side| Given { at: side.at, traced: side.traced })
}

/// A value as an input of a [`Service`].
pub(crate) fn input<E: Element, D: Device<E>>(x: &Value<E, D, NoneTape>) -> Input<'_> {
    match x {
        Value::Ids(ids, _) => Input::Ids(ids.as_vec().into()),
        Value::Rows(rows) => Input::Numbers(Box::new(|numbers| numbers_into(rows, numbers))),
    }
}

/// Copies a tensor of `f32` in logical order.
pub(crate) fn numbers_into<S: Shape, E: Element, D: Device<E>>(
    tensor: &Tensor<S, E, D>,
    numbers: &mut [f32],
) -> Result<(), Error> {
    let contiguous = tensor.clone().try_contiguous().map_err(Error::device)?;
    let copy = |to: &mut [f32]| contiguous.copy_into(as_f32(to));
    match (&contiguous as &dyn Any).downcast_ref() {
        Some(here) if !numbers.is_empty() => copy_from(first::<S>(here), numbers, copy),
        _ => copy(numbers),
    }
    Ok(())
}

/// Copies numbers that lie side by side.
pub(super) fn copy_slice(from: &[f32], to: &mut [f32]) {
    copy_from(from.as_ptr(), to, |to| to.copy_from_slice(from));
}

/// Lets `copy` copy numbers that lie at an address, by way of another place where it would be slow.
fn copy_from(from: *const f32, to: &mut [f32], copy: impl Fn(&mut [f32])) {
    let place = to.as_ptr().addr();
    if to.len() < PAGE / size_of::<f32>() || !is_slow(from.addr(), place) {
        return copy(to);
    }
    with_scratch(to.len() + PAGE / size_of::<f32>(), |room| {
        let half_a_page_ahead = place.wrapping_sub(room.as_ptr().addr()).wrapping_add(PAGE / 2) % PAGE;
        let between = &mut room[half_a_page_ahead / size_of::<f32>()..][..to.len()];
        copy(between);
        // Unseen by the compiler, which would make one copy of the two again.
        to.copy_from_slice(std::hint::black_box(between));
    });
}

/// Where a tensor's first number lies.
fn first<S: Shape>(tensor: &Tensor<S, f32, Cpu>) -> *const f32 {
    &tensor[S::Concrete::default()]
}

/// Bytes of a page of memory.
const PAGE: usize = 4096;

/// Whether `memcpy` may run at a tenth of its speed, which it does in glibc before 2.39 on Zen 3 and 4 where it writes up to
/// 31 bytes ahead of where it reads, whole pages not counted (<https://sourceware.org/bugzilla/show_bug.cgi?id=30994>).
/// So it does on two neighbours of whole pages: malloc puts 16 bytes between them.
fn is_slow(from: usize, to: usize) -> bool {
    (1..32).contains(&(to.wrapping_sub(from) % PAGE))
}

/// Copies the numbers of the inputs into their buffers, and gives the ids of those that are ids.
pub(super) fn enter<E: Element, D: Device<E>>(
    program: &Program,
    loan: &mut Loan,
    x: &Value<E, D, NoneTape>,
    sides: &[SideInput<E, D>],
) -> Result<Vec<Vec<usize>>, Error> {
    let mut all_ids = Vec::new();
    let inputs = std::iter::once(x).chain(sides.iter().map(|side| &side.value));
    for (input, value) in inputs.zip(&program.ends.inputs) {
        match (input, *value) {
            (Value::Rows(rows), Some(value)) => {
                numbers_into(rows, &mut loan.0[program.buffer(value)][..program.len(value)])?;
            }
            (Value::Ids(ids, _), None) => all_ids.push(ids.as_vec()),
            _ => unreachable!("the program was made for these inputs"),
        }
    }
    Ok(all_ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_whole_from_wherever_they_lie() {
        let device = Cpu::default();
        for length in [1, 1000, 1024, 5000] {
            let given: Vec<f32> = (0..length).map(|i| i as f32).collect();
            let tensor = device.tensor_from_vec(given.clone(), (length,));
            let mut room = vec![0.0; length + PAGE / size_of::<f32>() + 16];
            for bytes_ahead in [0, 4, 16, 28, 32, 2048, PAGE - 4] {
                let start = (first(&tensor).addr() + bytes_ahead).wrapping_sub(room.as_ptr().addr()) % PAGE;
                let numbers = &mut room[start / size_of::<f32>()..][..length];
                let slow = is_slow(first(&tensor).addr(), numbers.as_ptr().addr());
                assert_eq!(slow, [4, 16, 28].contains(&bytes_ahead), "{bytes_ahead}");
                numbers.fill(f32::NAN);
                numbers_into(&tensor, numbers).unwrap();
                assert_eq!(*numbers, given);
                numbers.fill(f32::NAN);
                copy_slice(&given, numbers);
                assert_eq!(*numbers, given);
            }
        }
    }
}
