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
    /// `embedding(V -> D)`: a row of the table for each id, `ids[…] → […, D]`; `embedding(V -> D, add: segments)`: adds the
    /// rows for the side input of ids `segments` to what flows. Weights: `weight [V, D]`.
    embedding;
    /// `unembed(V, tie: tokens)`: y = x·Wᵀ with the table W of the embedding `tokens`.
    unembed;
    /// `positional(N)`: adds a vector to each of up to N positions, learned or `kind: sinusoidal`. Weights: `weight [N, D]`.
    positional;
    /// `patches(P)`: `[C, H, W] → [(H/P)·(W/P), C·P·P]`, the squares of an image as a sequence.
    patches;
    /// `class_token`: a learned vector before the first position, `[n, D] → [n + 1, D]`. Weights: `weight [D]`.
    class_token;
    /// `pool(mean)`, or `max`, `first`, `last`: one vector of a sequence, `[n, D] → [D]`.
    pool;
    /// `conv2d(I -> O, kernel: K)`: slides O filters over an image, `[I, H, W] → [O, H', W']`. Options: `stride: 1`,
    /// `padding: 0`, `bias: true`. Weights: `weight [O, I, K, K]`, `bias [O]`.
    conv2d;
    /// `max_pool2d(K)`: the largest value of each square, `[C, H, W] → [C, H/K, W/K]`.
    max_pool2d;
    /// `avg_pool2d(K)`: the mean of each square, `[C, H, W] → [C, H/K, W/K]`.
    avg_pool2d;
    /// `attention(heads: H)`: softmax(Q·Kᵀ/√d)·V for each head, `[n, D] → [n, D]`. Options: `kv_heads`, `mask`, `context`,
    /// `rope`, `dropout`, `bias`, `qk_norm`. Weights: `w_q`, `w_k`, `w_v`, `w_o`, each as of a `linear`.
    attention;
}
