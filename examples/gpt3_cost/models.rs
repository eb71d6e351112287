//! The giants, declared. The compiler proves their sizes and counts their weights; nothing is allocated.

use tensor_core::prelude::*;

layer! {
    /// A block that norms before its two parts, as GPT-2, GPT-3 (`mask: causal`).
    pub struct CausalBlock<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D]
    where F == 4 * D, D % H == 0
    {
        residual { attend_norm: layer_norm, attend: attention(heads: H, mask: causal) },
        residual { feed_norm: layer_norm, up: linear(D -> F), gelu_tanh, down: linear(F -> D) },
    }
}

layer! {
    /// A block that norms before its two parts and sees everything, as ViT.
    pub struct PreNormBlock<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D]
    where F == 4 * D, D % H == 0
    {
        residual { attend_norm: layer_norm(eps: 1e-6), attend: attention(heads: H) },
        residual { feed_norm: layer_norm(eps: 1e-6), up: linear(D -> F), gelu, down: linear(F -> D) },
    }
}

layer! {
    /// A block that norms after its two parts, as BERT.
    pub struct PostNormBlock<const D: usize, const F: usize, const H: usize>: [n, D] -> [n, D]
    where F == 4 * D, D % H == 0
    {
        residual { attend: attention(heads: H) },
        attend_norm: layer_norm(eps: 1e-12),
        residual { up: linear(D -> F), gelu, down: linear(F -> D) },
        feed_norm: layer_norm(eps: 1e-12),
    }
}

/// Byte pairs of GPT-2, which GPT-3 took over.
pub const GPT_TOKENS: usize = 50_257;

pub const GPT3_WIDTH: usize = 12_288;
pub const GPT3_HIDDEN: usize = 4 * GPT3_WIDTH;
pub const GPT3_HEADS: usize = 96;
pub const GPT3_BLOCKS: usize = 96;
pub const GPT3_CONTEXT: usize = 2_048;

layer! {
    /// GPT-3 175B. Every other layer of the original attends within a band; here all see all positions before them, which
    /// takes as many weights.
    pub struct Gpt3: ids[n] -> [n, GPT_TOKENS] {
        tokens: embedding(GPT_TOKENS -> GPT3_WIDTH),
        positions: positional(GPT3_CONTEXT),
        blocks: [CausalBlock<GPT3_WIDTH, GPT3_HIDDEN, GPT3_HEADS>; GPT3_BLOCKS],
        norm: layer_norm,
        unembed(GPT_TOKENS, tie: tokens),
    }
}

pub const GPT2_WIDTH: usize = 768;
pub const GPT2_HIDDEN: usize = 4 * GPT2_WIDTH;
pub const GPT2_HEADS: usize = 12;
pub const GPT2_BLOCKS: usize = 12;
pub const GPT2_CONTEXT: usize = 1_024;

layer! {
    /// GPT-2 small. A change that takes it past its budget does not build.
    #[budget(params <= 125_000_000)]
    pub struct Gpt2: ids[n] -> [n, GPT_TOKENS] {
        tokens: embedding(GPT_TOKENS -> GPT2_WIDTH),
        positions: positional(GPT2_CONTEXT),
        blocks: [CausalBlock<GPT2_WIDTH, GPT2_HIDDEN, GPT2_HEADS>; GPT2_BLOCKS],
        norm: layer_norm,
        unembed(GPT_TOKENS, tie: tokens),
    }
}

pub const BERT_WIDTH: usize = 768;
pub const BERT_HIDDEN: usize = 4 * BERT_WIDTH;
pub const BERT_HEADS: usize = 12;
pub const BERT_BLOCKS: usize = 12;
pub const BERT_CONTEXT: usize = 512;
/// Word pieces of the uncased vocabulary.
pub const BERT_TOKENS: usize = 30_522;

layer! {
    /// BERT-base with its pooler: word pieces and, for each, which of two texts it is of → one vector.
    pub struct Bert: (ids: ids[n], kinds: ids[n]) -> [BERT_WIDTH] {
        tokens: embedding(BERT_TOKENS -> BERT_WIDTH),
        positions: positional(BERT_CONTEXT),
        kinds: embedding(2 -> BERT_WIDTH, add: kinds),
        norm: layer_norm(eps: 1e-12),
        blocks: [PostNormBlock<BERT_WIDTH, BERT_HIDDEN, BERT_HEADS>; BERT_BLOCKS],
        pool(first),
        pooler: linear(BERT_WIDTH -> BERT_WIDTH),
        tanh,
    }
}

pub const VIT_WIDTH: usize = 768;
pub const VIT_HIDDEN: usize = 4 * VIT_WIDTH;
pub const VIT_HEADS: usize = 12;
pub const VIT_BLOCKS: usize = 12;
pub const VIT_CHANNELS: usize = 3;
pub const VIT_IMAGE: usize = 224;
pub const VIT_PATCH: usize = 16;
pub const VIT_PATCHES: usize = (VIT_IMAGE / VIT_PATCH) * (VIT_IMAGE / VIT_PATCH);
pub const VIT_CLASSES: usize = 1_000;

layer! {
    /// ViT-B/16: an image → the scores of ImageNet's classes.
    pub struct Vit: [VIT_CHANNELS, VIT_IMAGE, VIT_IMAGE] -> [VIT_CLASSES] {
        patches(VIT_PATCH),
        project: linear(VIT_CHANNELS * VIT_PATCH * VIT_PATCH -> VIT_WIDTH),
        class: class_token,
        positions: positional(VIT_PATCHES + 1),
        blocks: [PreNormBlock<VIT_WIDTH, VIT_HIDDEN, VIT_HEADS>; VIT_BLOCKS],
        norm: layer_norm(eps: 1e-6),
        pool(first),
        head: linear(VIT_WIDTH -> VIT_CLASSES),
    }
}

// "175.0B" in table 2.1 of "Language Models are Few-Shot Learners", arXiv:2005.14165. The weights were never published;
// this is the count of the paper's sizes.
const _: () = assert!(Gpt3::PARAMS == 174_604_259_328);
// The checkpoint `gpt2`, openai-community/gpt2 on Hugging Face. (The 117M of the paper's table 2 was a mistake of counting,
// as the README of github.com/openai/gpt-2 says.)
const _: () = assert!(Gpt2::PARAMS == 124_439_808);
// `BertModel` of the checkpoint `bert-base-uncased`, google-bert/bert-base-uncased on Hugging Face; "110M" in
// arXiv:1810.04805.
const _: () = assert!(Bert::PARAMS == 109_482_240);
// `num_params` of torchvision's `ViT_B_16_Weights.IMAGENET1K_V1`; "86M" in table 1 of arXiv:2010.11929.
const _: () = assert!(Vit::PARAMS == 86_567_656);
// Its "17.56 GFLOPS" count multiply-accumulates.
const _: () = assert!(Vit::macs([VIT_CHANNELS, VIT_IMAGE, VIT_IMAGE]) / 10_000_000 == 1_756);
