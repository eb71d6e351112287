//! The words of the language, as functions that do nothing: an editor shows their docs at the word in a
//! declaration.

macro_rules! keywords {
    ($($(#[$meta:meta])* $keyword:ident;)+) => {$(
        $(#[$meta])*
        pub fn $keyword() {}
    )+};
}

keywords! {
    /// `linear(I -> O)`: y = x·Wᵀ + b on the last axis; `linear(O)` infers I. Options: `bias: true`.
    /// Weights: `weight [O, I]`, `bias [O]`.
    linear;
    /// `relu`: max(x, 0).
    relu;
    /// `gelu`: x·Φ(x), with the error function.
    gelu;
    /// `gelu_tanh`: gelu by its tanh approximation.
    gelu_tanh;
    /// `silu`: x·sigmoid(x).
    silu;
    /// `tanh`.
    tanh;
    /// `sigmoid`: 1 / (1 + e⁻ˣ).
    sigmoid;
    /// `softmax` over the features.
    softmax;
    /// The logarithm of `softmax` over the features.
    log_softmax;
    /// `layer_norm(eps: 1e-5)`: (x − mean) / √(variance + eps) · weight + bias over the features.
    layer_norm;
    /// `rms_norm(eps: 1e-6)`: x / √(mean(x²) + eps) · weight over the features.
    rms_norm;
    /// `dropout(p)`: in training drops each number with probability p and scales the others by 1/(1 − p).
    dropout;
    /// `flatten`: all declared axes become one.
    flatten;
    /// `lora(I -> O, rank: R, alpha: A)`: W·x + (A/R)·B·(A·x) with W frozen.
    lora;
}
