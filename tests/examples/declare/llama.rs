// From the names and shapes in `llama.header.json`. What they do not tell is to be put right: activations, heads, masks, where
// `residual { … }` belongs, and the order of the items.
use tensor_core::prelude::*;

layer! {
    pub struct LlamaLayers: [n, 96] -> [n, 96] {
        input_layernorm: rms_norm,
        self_attn: attention(96 -> 96, heads: 6, kv_heads: 2, bias: false), // heads, mask, rope: the file does not say
        post_attention_layernorm: rms_norm,
        fork(mul) {
            gate: { mlp_gate_proj: linear(96 -> 256, bias: false, rename: "mlp.gate_proj"), silu }, // or another activation: the file does not say
            up: { mlp_up_proj: linear(96 -> 256, bias: false, rename: "mlp.up_proj") },
        },
        mlp_down_proj: linear(256 -> 96, bias: false, rename: "mlp.down_proj"),
    }
}

layer! {
    pub struct Llama: ids[n] -> [n, 320] {
        model_embed_tokens: embedding(320 -> 96, rename: "model.embed_tokens"),
        layers: [LlamaLayers; 11](rename: "model.layers"),
        model_norm: rms_norm(rename: "model.norm"),
        lm_head: linear(96 -> 320, bias: false),
    }
}

pub const LLAMA: Pretrained<Llama> = weights!(
    "llama.header.json" => Llama,
    rename: [
        "self_attn.q_proj" => "self_attn.w_q",
        "self_attn.k_proj" => "self_attn.w_k",
        "self_attn.v_proj" => "self_attn.w_v",
        "self_attn.o_proj" => "self_attn.w_o",
    ],
);
