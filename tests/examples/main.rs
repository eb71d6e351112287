//! The examples as their users meet them: options, results, pictures, and one sentence for each mistake.

#[path = "../support/mod.rs"]
mod support;

#[cfg(all(feature = "linalg", feature = "search"))]
mod analogies;
#[cfg(all(feature = "audio", feature = "vision"))]
mod audio;
#[cfg(all(feature = "linalg", feature = "vision"))]
mod autoencoder;
#[cfg(feature = "vision")]
mod collapse;
mod declare;
#[cfg(feature = "linalg")]
mod eigen;
mod gpt;
mod gpt3_cost;
mod gpu_matmul;
#[cfg(all(feature = "linalg", feature = "vision"))]
mod image_compression;
mod lora;
#[cfg(all(feature = "search", feature = "text"))]
mod lora_minilm;
mod numpy_verification;
#[cfg(all(feature = "linalg", feature = "vision"))]
mod pca_digits;
mod recommender;
#[cfg(all(feature = "search", feature = "text"))]
mod semantic_search;
#[cfg(all(feature = "gguf", feature = "text"))]
mod smollm2;
mod two_layer;
#[cfg(feature = "vision")]
mod vision;
mod vit;
