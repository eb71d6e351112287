//! Values by hand, gradients, refusals.

mod ids;
mod images;
mod sequences;
mod steps;
