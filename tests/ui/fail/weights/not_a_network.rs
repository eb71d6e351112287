use tensor_core::prelude::*;

struct Plain;

const W: Pretrained<Plain> = weights!("files/two_layer.safetensors" => Plain);

fn main() {}
