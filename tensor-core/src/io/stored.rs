//! A tensor in the bytes of a file, and what is done to its numbers on their way.

use std::borrow::Cow;
use std::ops::Range;

use super::codec::Codec;
use super::encoding::Encoding;
use crate::kernels::eight::EightBit;

/// A tensor in the bytes of a file.
#[derive(Clone, Debug)]
pub(crate) struct Stored<'a> {
    pub(crate) dtype: Encoding,
    /// After the steps.
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: &'a [u8],
    steps: Cow<'a, [Step]>,
}

/// What is done to the numbers of a tensor once they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// `[rows, columns]` becomes `[columns, rows]`.
    Transpose { rows: usize, columns: usize },
    /// These elements of the outermost axis stay, each of so many numbers.
    Keep { elements: Range<usize>, numbers: usize },
    /// The elements of the outermost axis, each of so many numbers, come in this order.
    Order { elements: Vec<usize>, numbers: usize },
}

impl<'a> Stored<'a> {
    pub(super) fn new(dtype: Encoding, shape: Vec<usize>, bytes: &'a [u8]) -> Self {
        Stored { dtype, shape, bytes, steps: Cow::Borrowed(&[]) }
    }

    pub(super) fn with_steps(self, steps: &'a [Step]) -> Self {
        Stored { steps: steps.into(), ..self }
    }

    pub(super) fn is_readable(&self) -> bool {
        self.dtype.is_readable()
    }

    /// Whether its numbers come as they are in the file.
    pub(super) fn is_untouched(&self) -> bool {
        self.steps.is_empty()
    }

    /// Its numbers in the order of its axes, or nothing if their type can't be read.
    pub(crate) fn numbers<E: Codec>(&self) -> Option<Vec<E>> {
        let read = self.dtype.decode(self.bytes)?;
        Some(self.steps.iter().fold(read, |numbers, step| step.apply(numbers)))
    }
}

impl Stored<'_> {
    /// A matrix in eight bits: as it is, if it is so in the file, else rounded.
    pub(crate) fn eight_bits(&self, inputs: usize) -> EightBit {
        #[cfg(feature = "gguf")]
        if self.dtype == Encoding::Blocks(super::gguf::BlockType::Q8_0)
            && let Some(rows) = self.whole_rows(inputs)
        {
            return EightBit::of_blocks(self.bytes, inputs, rows.len(), |row| rows[row]);
        }
        EightBit::of_numbers(&self.numbers().unwrap_or_default(), inputs)
    }

    /// Which row of the file each row is, where rows are all that the steps move.
    #[cfg(feature = "gguf")]
    fn whole_rows(&self, inputs: usize) -> Option<Vec<usize>> {
        let mut rows: Vec<usize> = (0..self.bytes.len() / (inputs / 32 * 34)).collect();
        for step in &*self.steps {
            rows = match step {
                Step::Keep { elements, numbers } if *numbers == inputs => {
                    rows.get(elements.clone())?.to_vec()
                }
                Step::Order { elements, numbers } if *numbers == inputs => {
                    elements.iter().map(|&row| rows.get(row).copied()).collect::<Option<_>>()?
                }
                _ => return None,
            };
        }
        Some(rows)
    }
}

impl Step {
    fn apply<E: Copy>(&self, numbers: Vec<E>) -> Vec<E> {
        if numbers.is_empty() {
            return numbers; // beside an axis of none, others may be longer than any memory
        }
        match self {
            Step::Transpose { rows, columns } => {
                let column = |c: usize| numbers[c..].iter().step_by(*columns).take(*rows);
                (0..*columns).flat_map(column).copied().collect()
            }
            Step::Keep { elements, numbers: each } => {
                numbers[elements.start * each..elements.end * each].to_vec()
            }
            Step::Order { elements, numbers: each } => {
                elements.iter().flat_map(|&i| &numbers[i * each..][..*each]).copied().collect()
            }
        }
    }
}
