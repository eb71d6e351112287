//! The kernels as tensor-core has them, and the one type that they take of it.
#![allow(dead_code, unused_imports, reason = "tensor-core calls them")]

#[path = "../../tensor-core/src/kernels/mod.rs"]
mod kernels;

mod ops {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Activation {
        Relu,
        Gelu,
        GeluTanh,
        Silu,
        Tanh,
        Sigmoid,
        Softmax,
        LogSoftmax,
    }
}
