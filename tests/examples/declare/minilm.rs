// From the names and shapes in `minilm.header.json`. What they do not tell is to be put right: activations, heads, masks, where
// `residual { … }` belongs, and the order of the items.
use tensor_core::prelude::*;

layer! {
    pub struct MiniLmLayer: [n, 384] -> [n, 384] {
        attention: attention(384 -> 384, heads: 12), // heads, mask, rope: the file does not say
        attention_output_layernorm: layer_norm(rename: "attention.output.LayerNorm"),
        intermediate_dense: linear(384 -> 1536, rename: "intermediate.dense"),
        gelu, // or another activation: the file does not say
        output_dense: linear(1536 -> 384, rename: "output.dense"),
        output_layernorm: layer_norm(rename: "output.LayerNorm"),
    }
}

layer! {
    pub struct MiniLm: (x: ids[n], token_type_embeddings_ids: ids[n]) -> [n, 384] {
        embeddings_word_embeddings: embedding(30522 -> 384, rename: "embeddings.word_embeddings"),
        embeddings_position_embeddings: positional(512, rename: "embeddings.position_embeddings"),
        embeddings_token_type_embeddings: embedding(2 -> 384, add: token_type_embeddings_ids, rename: "embeddings.token_type_embeddings"),
        embeddings_layernorm: layer_norm(rename: "embeddings.LayerNorm"),
        layer: [MiniLmLayer; 6](rename: "encoder.layer"),
        pooler_dense: linear(384 -> 384, rename: "pooler.dense"),
    }
}

pub const MINILM: Pretrained<MiniLm> = weights!(
    "minilm.header.json" => MiniLm,
    rename: [
        "attention.self.query" => "attention.w_q",
        "attention.self.key" => "attention.w_k",
        "attention.self.value" => "attention.w_v",
        "attention.output.dense" => "attention.w_o",
    ],
    // No item takes them here.
    ignore: [
        "embeddings.position_ids",
    ],
);
