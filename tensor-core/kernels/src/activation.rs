//! Which activations there are.

/// An element-wise function, or a softmax over the features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// x·Φ(x)
    Gelu,
    /// The same, approximately: by tanh
    GeluTanh,
    /// x·sigmoid(x)
    Silu,
    /// tanh(x)
    Tanh,
    /// 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// eˣ / Σ eˣ over the features
    Softmax,
    /// The logarithm of [`Activation::Softmax`]
    LogSoftmax,
}

impl Activation {
    /// Whether each number goes by itself, and not with the others of its row.
    pub const fn is_by_number(self) -> bool {
        !matches!(self, Activation::Softmax | Activation::LogSoftmax)
    }

    /// Whether its derivative follows from what it gave.
    pub const fn goes_back_by_output(self) -> bool {
        match self {
            Activation::Relu | Activation::Tanh | Activation::Sigmoid => true,
            Activation::Softmax | Activation::LogSoftmax => true,
            Activation::Gelu | Activation::GeluTanh | Activation::Silu => false,
        }
    }
}
