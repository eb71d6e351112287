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
    /// `layer_norm(eps: 1e-5)`: (x − mean) / √(variance + eps) · weight + bias over the features. Where the
    /// width can't be inferred, `layer_norm(D)` says it, as `rms_norm(D)` does.
    layer_norm;
    /// `rms_norm(eps: 1e-6)`: x / √(mean(x²) + eps) · weight over the features.
    rms_norm;
    /// `dropout(p)`: in training drops each number with probability p and scales the others by 1/(1 − p). What is dropped is
    /// drawn from the device of the input: on a device that is made anew for each batch, such as `Cpu::default()`, it is the
    /// same each time. Keep one device for all batches, or give a `Trainer` a seed.
    dropout;
    /// `flatten`: all declared axes become one.
    flatten;
    /// `attention(heads: H, kv_heads: K, mask: none | causal | padding | window(W), context: name, rope: base, dropout: p,
    /// bias: true, qk_norm: false, w_q: [in, out], …)`: softmax(Q·Kᵀ/√head_dim)·V on `[n, D]`.
    /// Weights: `w_q.weight`, `w_k.weight`, `w_v.weight`, `w_o.weight`, and biases. With `lora: qv, rank: R, alpha: A` w_q
    /// and w_v are as `lora` items: frozen, with `w_q.lora_a` and `w_q.lora_b` beside; the letters are those of `qkvo`.
    attention;
    /// `embedding(V -> D)`: the row of a table for each id. Weights: `weight [V, D]`. With `of: name` it takes the ids of
    /// that side input in place of those that flow in; with `add: name` it adds the rows of its ids to what flows in.
    embedding;
    /// `unembed(V, tie: name)`: x·Wᵀ with the table of the embedding `name`.
    unembed;
    /// `positional(N)`: adds a learned vector to each of up to N positions; `kind: sinusoidal` has no weights.
    /// Weights: `weight [N, D]`. Where the width can't be inferred, `width: D` says it.
    positional;
    /// `patches(P)`: `[C, H, W] → [(H/P)(W/P), C·P·P]`.
    patches;
    /// `class_token`: a learned vector before the first position. Weights: `weight [D]`. Where the width can't be inferred,
    /// `class_token(D)` says it.
    class_token;
    /// `pool(mean | max | first | last)`: `[n, D] → [D]`, over the positions that a side input `mask` counts.
    pool;
    /// `conv2d(C -> O, kernel: K, stride: 1, padding: 0, bias: true)`: `[C, H, W] → [O, H', W']`.
    /// Weights: `weight [O, C, K, K]`, `bias [O]`.
    conv2d;
    /// `max_pool2d(K)`: the largest number in each K × K square.
    max_pool2d;
    /// `avg_pool2d(K)`: the mean of each K × K square.
    avg_pool2d;
    /// `lora(I -> O, rank: R, alpha: A, bias: false)`: W·x + b + (A/R)·B·(A·x), with W and the bias b frozen.
    lora;
}
