//! The steps of programs: one file for what belongs together, forward and back.

mod activation;
mod attention;
mod decode;
mod embedding;
mod gather;
mod join;
mod norm;
mod pool;
mod product;
mod row_blocks;
mod rows;

pub(super) use activation::{Activate, ActivationBack, Dropout};
pub(super) use attention::{Attend, AttendBack, Shares, Turn};
pub(super) use decode::{AddPlaces, AttendKept, TurnOn};
pub(super) use embedding::{Embed, EmbedBack, IdsAt};
pub(super) use gather::{Gather, Scatter, Transpose};
pub(super) use join::{Add, Concat, Multiply, MultiplyBack, Part};
pub(super) use norm::{Norm, NormBack, Scale};
pub(super) use pool::{CheckMask, PoolBack, PoolRows, Pooling};
pub(super) use product::{InputGradient, Product, Projection, WeightGradient};
pub(super) use row_blocks::{BlockValues, RowBlocks};
pub(super) use rows::{AddRows, Repeat, RepeatBack, RowsBack, RowsOf};

use super::program::Pass;
use super::value::{Uses, Value};
use super::way_back::WayBack;
use crate::Error;

/// A list of steps, and what all of them can do.
macro_rules! steps {
    ($(#[$meta:meta])* $Steps:ident { $($Step:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub(super) enum $Steps {
            $($Step($Step),)+
        }

        $(impl From<$Step> for $Steps {
            fn from(step: $Step) -> Self {
                $Steps::$Step(step)
            }
        })+

        impl $Steps {
            /// What it does to values.
            pub(super) fn uses(&self) -> Uses {
                match self { $($Steps::$Step(step) => step.uses(),)+ }
            }

            pub(super) fn run(&self, pass: &mut Pass<'_>) -> Result<(), Error> {
                match self { $($Steps::$Step(step) => step.run(pass),)+ }
            }
        }
    };
}

steps! {
    /// A step of a pass.
    Forward {
        Product, Activate, Norm, Dropout, Embed, AddRows, Repeat, Turn, Attend, Add, Multiply, Concat, CheckMask,
        PoolRows, Gather, Transpose, AddPlaces, TurnOn, AttendKept, RowBlocks,
    }
}

steps! {
    /// A step of the way back.
    Backward {
        WeightGradient, InputGradient, ActivationBack, NormBack, Dropout, EmbedBack, RowsBack, Turn, AttendBack, Add,
        MultiplyBack, Part, RepeatBack, PoolBack, Scatter, Transpose,
    }
}

impl Forward {
    /// Adds the steps that give the gradients of what it takes.
    pub(super) fn back(&self, back: &mut WayBack) {
        match self {
            Forward::Product(step) => step.back(back),
            Forward::Activate(step) => step.back(back),
            Forward::Norm(step) => step.back(back),
            Forward::Dropout(step) => step.back(back),
            Forward::Embed(step) => step.back(back),
            Forward::AddRows(step) => step.back(back),
            Forward::Turn(step) => step.back(back),
            Forward::Attend(step) => step.back(back),
            Forward::Add(step) => step.back(back),
            Forward::Multiply(step) => step.back(back),
            Forward::Concat(step) => step.back(back),
            Forward::Repeat(step) => step.back(back),
            Forward::CheckMask(step) => step.back(back),
            Forward::PoolRows(step) => step.back(back),
            Forward::Gather(step) => step.back(back),
            Forward::Transpose(step) => step.back(back),
            Forward::AddPlaces(_) | Forward::TurnOn(_) | Forward::AttendKept(_) => {
                unreachable!("a step of decoding has no way back")
            }
            Forward::RowBlocks(_) => unreachable!("a frozen network has no way back"),
        }
    }
}

impl Backward {
    /// The weights whose gradients it adds to.
    #[cfg(feature = "mpi")]
    pub(super) fn weights(&self) -> [Option<usize>; 2] {
        match self {
            Backward::WeightGradient(step) => step.weights(),
            Backward::NormBack(step) => step.weights(),
            Backward::EmbedBack(step) => [Some(step.table()), None],
            Backward::RowsBack(step) => [Some(step.weight()), None],
            _ => [None; 2],
        }
    }

    /// The value that it gives, where it gives one.
    pub(super) fn gives(&self) -> Option<Value> {
        let uses = self.uses();
        uses.changes.map(|(_, to)| to).or(uses.writes.first().copied())
    }
}
