// From the names and shapes in `picture.header.json`. What they do not tell is to be put right: activations, heads, masks, where
// `residual { … }` belongs, and the order of the items.
use tensor_core::prelude::*;

layer! {
    pub struct Picture: [3, 7, 7] -> [10] {
        features_0: conv2d(3 -> 8, kernel: 3, padding: 1, rename: "features.0"), // stride and padding: the file does not say
        gelu, // or another activation: the file does not say
        features_3: conv2d(8 -> 16, kernel: 3, padding: 1, bias: false, rename: "features.3"), // stride and padding: the file does not say
        gelu, // or another activation: the file does not say
        flatten, // and perhaps pooling before: the file does not say
        classifier_1: linear(784 -> 32, rename: "classifier.1"),
        gelu, // or another activation: the file does not say
        classifier_4: linear(32 -> 10, rename: "classifier.4"),
    }
}

pub const PICTURE: Pretrained<Picture> = weights!(
    "picture.header.json" => Picture,
    // No item takes them here.
    ignore: [
        "anchors",
    ],
);
