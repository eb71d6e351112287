//! Each op.

use super::*;

cases! {
    (b, n, m)
    linear: layer! { [5] -> [7] { fc: linear(5 -> 7) } } on x(b, Const::<5>);
    linear_no_bias: layer! { [5] -> [7] { fc: linear(5 -> 7, bias: false) } } on x(b, Const::<5>);
    linear_alone: layer! { [5] -> [7] { fc: linear(5 -> 7) } } on x(Const::<5>,);
    linear_deep: layer! { [5] -> [7] { fc: linear(5 -> 7) } } on x(b, 2, n, Const::<5>);
    layer_norm: layer! { [9] -> [9] { norm: layer_norm(eps: 1e-5) } } on x(b, Const::<9>);
    rms_norm: layer! { [9] -> [9] { norm: rms_norm(eps: 1e-6) } } on x(b, Const::<9>);
    flatten: layer! { [3, 4, 5] -> [2] { flatten, fc: linear(60 -> 2) } } on x(b, Const::<3>, Const::<4>, Const::<5>);
    lora: layer! { [6] -> [4] { fc: lora(6 -> 4, rank: 2, alpha: 8) } } on x(b, Const::<6>);
    lora_bias: layer! { [6] -> [4] { fc: lora(6 -> 4, rank: 3, alpha: 2, bias: true) } } on x(b, n, Const::<6>);
    relu: layer! { [7] -> [7] { relu } } on x(b, Const::<7>);
    gelu: layer! { [7] -> [7] { gelu } } on x(b, Const::<7>);
    gelu_tanh: layer! { [7] -> [7] { gelu_tanh } } on x(b, Const::<7>);
    silu: layer! { [7] -> [7] { silu } } on x(b, Const::<7>);
    tanh: layer! { [7] -> [7] { tanh } } on x(b, Const::<7>);
    sigmoid: layer! { [7] -> [7] { sigmoid } } on x(b, Const::<7>);
    softmax: layer! { [7] -> [7] { softmax } } on x(b, n, Const::<7>);
    log_softmax: layer! { [7] -> [7] { log_softmax } } on x(b, Const::<7>);
    dropout: layer! { [7] -> [7] { dropout(0.5) } } on x(b, Const::<7>);
    fork_add: layer! { [6] -> [10] {
        fork(add) { one: { a: linear(6 -> 10), silu }, two: { b: linear(6 -> 10) }, three: { c: linear(6 -> 10) } }
    } } on x(b, Const::<6>);
    fork_mul: layer! { [6] -> [10] {
        fork(mul) { gate: { w_gate: linear(6 -> 10), silu }, up: { w_up: linear(6 -> 10) } }
    } } on x(b, n, Const::<6>);
    fork_concat: layer! { [6] -> [14] {
        fork(concat) { narrow: { w_narrow: linear(6 -> 3) }, wide: { w_wide: linear(6 -> 5) }, same: { dropout(0.1) } }
    } } on x(b, Const::<6>);
    residual_of_itself: layer! { [6] -> [6] { residual { dropout(0.1) }, residual { relu } } } on x(b, Const::<6>);

    embedding: layer! { ids[n] -> [n, 5] { tokens: embedding(7 -> 5) } } on ids(7; b, n);
    embedding_alone: layer! { ids[n] -> [n, 5] { tokens: embedding(7 -> 5) } } on ids(7; n,);
    embedding_of: layer! { (users: ids[n], items: ids[n]) -> [n, 4] {
        fork(mul) { user: { users: embedding(5 -> 4) }, item: { items: embedding(7 -> 4, of: items) } }
    } } on ids(5; b, n), items: ids(7; b, n);
    embedding_add: layer! { (x: [n, 4], kinds: ids[n]) -> [n, 4] { kinds: embedding(3 -> 4, add: kinds) } }
        on x(b, n, Const::<4>), kinds: ids(3; b, n);
    tied: layer! { ids[n] -> [n, 7] { tokens: embedding(7 -> 5), norm: layer_norm, unembed(7, tie: tokens) } }
        on ids(7; b, n);
    positional: layer! { [n, 6] -> [n, 6] { places: positional(8) } } on x(b, n, Const::<6>);
    positional_alone: layer! { [n, 6] -> [n, 6] { places: positional(11) } } on x(n, Const::<6>);
    sinusoidal: layer! { [n, 6] -> [n, 6] { positional(8, kind: sinusoidal) } } on x(b, n, Const::<6>);
    class_token: layer! { [n, 5] -> [n + 1, 5] { class: class_token } } on x(b, n, Const::<5>);
    class_token_alone: layer! { [n, 5] -> [n + 1, 5] { class: class_token } } on x(n, Const::<5>);
    after_class_token: layer! { [n, 4] -> [n + 1, 4] {
        class: class_token, places: positional(9), attend: attention(heads: 2, mask: causal, rope: 100.0)
    } } on x(b, n, Const::<4>);
    pool_mean: layer! { [n, 5] -> [5] { pool(mean) } } on x(b, n, Const::<5>);
    pool_max: layer! { [n, 5] -> [5] { pool(max) } } on x(b, n, Const::<5>);
    pool_first: layer! { [n, 5] -> [5] { pool(first) } } on x(b, n, Const::<5>);
    pool_last: layer! { [n, 5] -> [5] { pool(last) } } on x(b, n, Const::<5>);
    pool_last_alone: layer! { [n, 5] -> [5] { pool(last) } } on x(n, Const::<5>);
    pool_mean_masked: layer! { (x: [n, 5], mask: [n]) -> [5] { pool(mean) } } on x(b, n, Const::<5>), mask: mask(b, n);
    pool_max_masked: layer! { (x: [n, 5], mask: [n]) -> [5] { pool(max) } } on x(b, n, Const::<5>), mask: mask(b, n);
    pool_first_masked: layer! { (x: [n, 5], mask: [n]) -> [5] { pool(first) } }
        on x(b, n, Const::<5>), mask: mask(b, n);
    pool_last_masked: layer! { (x: [n, 5], mask: [n]) -> [5] { pool(last) } } on x(b, n, Const::<5>), mask: mask(b, n);
    pool_last_masked_alone: layer! { (x: [n, 5], mask: [n]) -> [5] { pool(last) } } on x(n, Const::<5>), mask: mask(n,);
    pool_last_masked_deep: layer! { (x: [n, 5], mask: [n]) -> [5] { pool(last) } }
        on x(2, b, n, Const::<5>), mask: mask(2, b, n);

    patches: layer! { [2, 4, 6] -> [6, 8] { patches(2) } } on x(b, Const::<2>, Const::<4>, Const::<6>);
    patches_alone: layer! { [2, 4, 6] -> [6, 8] { patches(2) } } on x(Const::<2>, Const::<4>, Const::<6>);
    conv2d: layer! { [2, 7, 6] -> [3, 4, 3] { conv: conv2d(2 -> 3, kernel: 3, stride: 2, padding: 1) } }
        on x(b, Const::<2>, Const::<7>, Const::<6>);
    conv2d_no_bias: layer! { [1, 5, 5] -> [2, 4, 4] { conv: conv2d(1 -> 2, kernel: 2, bias: false) } }
        on x(b, Const::<1>, Const::<5>, Const::<5>);
    conv2d_alone: layer! { [1, 5, 5] -> [2, 4, 4] { conv: conv2d(1 -> 2, kernel: 2) } }
        on x(Const::<1>, Const::<5>, Const::<5>);
    conv2d_deep: layer! { [1, 5, 5] -> [2, 4, 4] { conv: conv2d(1 -> 2, kernel: 2) } }
        on x(b, n, Const::<1>, Const::<5>, Const::<5>);
    max_pool2d: layer! { [2, 4, 6] -> [2, 2, 3] { max_pool2d(2) } } on x(b, Const::<2>, Const::<4>, Const::<6>);
    avg_pool2d: layer! { [2, 4, 6] -> [2, 2, 3] { avg_pool2d(2) } } on x(b, Const::<2>, Const::<4>, Const::<6>);

    attention_head: attention! { [seq, 8] -> [seq, 4] { w_q: [8, 4], w_k: [8, 4], w_v: [8, 4] } } on x(n, Const::<8>);
    attention_heads: layer! { [n, 6] -> [n, 6] { attend: attention(heads: 2) } } on x(b, n, Const::<6>);
    attention_deep: layer! { [n, 6] -> [n, 6] { attend: attention(heads: 2, mask: causal) } } on x(2, b, n, Const::<6>);
    attention_causal: layer! { [n, 6] -> [n, 6] { attend: attention(heads: 3, mask: causal, bias: false) } }
        on x(b, n, Const::<6>);
    attention_window: layer! { [n, 6] -> [n, 6] { attend: attention(heads: 2, mask: window(3)) } }
        on x(b, n, Const::<6>);
    attention_padding: layer! { (x: [n, 6], mask: [n]) -> [n, 6] { attend: attention(heads: 2, mask: padding) } }
        on x(b, n, Const::<6>), mask: mask(b, n);
    attention_grouped: layer! { [n, 8] -> [n, 8] {
        attend: attention(heads: 4, kv_heads: 2, mask: causal, bias: false)
    } } on x(b, n, Const::<8>);
    attention_grouped_padding: layer! { (x: [n, 8], mask: [n]) -> [n, 8] {
        attend: attention(heads: 4, kv_heads: 2, mask: padding)
    } } on x(b, n, Const::<8>), mask: mask(b, n);
    attention_rope: layer! { [n, 8] -> [n, 8] {
        attend: attention(heads: 2, mask: causal, rope: 10_000.0, bias: false)
    } } on x(b, n, Const::<8>);
    attention_grouped_rope: layer! { [n, 12] -> [n, 12] {
        attend: attention(heads: 6, kv_heads: 1, mask: causal, rope: 10_000.0, qk_norm: true, bias: false)
    } } on x(b, n, Const::<12>);
    attention_normed: layer! { [n, 12] -> [n, 12] { attend: attention(heads: 3, qk_norm: true, dropout: 0.5) } }
        on x(b, n, Const::<12>);
    attention_lora: layer! { (x: [n, 8], mask: [n]) -> [n, 8] {
        attend: attention(heads: 4, kv_heads: 2, mask: padding, rope: 100.0, lora: qkvo, rank: 2, alpha: 3)
    } } on x(b, n, Const::<8>), mask: mask(b, n);
    attention_wide: attention! { [seq, 6] -> [seq, 5] { heads: 3, w_q: [6, 9], w_k: [6, 9], w_v: [6, 12], w_o: [12, 5] } }
        on x(b, n, Const::<6>);
    cross_attention: attention! { [n, 6] -> [n, 6] { heads: 2, context: [m, 4], w_k: [4, 6], w_v: [4, 6] } }
        on x(b, n, Const::<6>), context: x(b, m, Const::<4>);
    cross_attention_masked: attention! { (x: [n, 6], mask: [m]) -> [n, 6] {
        heads: 3, kv_heads: 1, mask: padding, context: [m, 4], rope: 50.0
    } } on x(b, n, Const::<6>), mask: mask(b, m), context: x(b, m, Const::<4>);
    cross_attention_causal: attention! { [n, 6] -> [n, 6] { heads: 2, mask: causal, context: [m, 4] } }
        on x(b, n, Const::<6>), context: x(b, m, Const::<4>);
}
