//! `weights!` in constants and functions, with all options, of generic and nested networks.

use tensor_core::prelude::*;

layer! {
    pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) }
}

layer! {
    pub struct Block<const D: usize>: [D] -> [D] {
        residual { norm: layer_norm, up: linear(8), gelu, down: linear(D) },
    }
}

layer! {
    pub struct Net: [4] -> [2] { blocks: [Block<4>; 3](rename: "layer"), head: linear(4 -> 2) }
}

layer! {
    pub struct Attend: [n, 4] -> [n, 4] { attend: attention(heads: 2) }
}

const TWO_LAYER: Pretrained<TwoLayer> = weights!("../fail/weights/files/two_layer.safetensors" => TwoLayer);
const NET: Pretrained<Net> = weights!("../fail/weights/files/layers.safetensors" => Net);

#[test]
fn they_load() {
    let device = Cpu::default();
    assert!(TWO_LAYER.path().is_some_and(|path| path.is_file()));
    let net: TwoLayer = TWO_LAYER.load(&device).unwrap();
    assert_eq!(net.hidden.weight.array(), [[0.0; 4]; 8]);
    assert_eq!(NET.load(&device).unwrap().blocks.len(), 3);
    let sharded = weights!("../fail/weights/files/sharded.index.json" => TwoLayer);
    assert_eq!(sharded.load(&device).unwrap().output.bias.array(), [0.0; 3]);
    let block = weights!("../fail/weights/files/layers.safetensors" => Block<4>, prefix: "layer.1.",);
    assert_eq!(block.load(&device).unwrap().up.bias.array(), [0.0; 8]);
    let prefixed = weights!("../fail/weights/files/prefixed.safetensors" => TwoLayer, prefix: "model.");
    assert!(prefixed.load(&device).is_ok());
    let ignored = weights!("../fail/weights/files/more.safetensors" => TwoLayer, ignore: ["pooler.*"]);
    assert!(ignored.load(&device).is_ok());
    let renamed = weights!(
        "../fail/weights/files/attention.safetensors" => Attend,
        rename: ["query" => "w_q", "key" => "w_k", "value" => "w_v", "dense" => "w_o"],
    );
    assert_eq!(renamed.load(&device).unwrap().attend.w_o.bias.array(), [0.0; 4]);
    let header = weights!("../fail/weights/files/header.json" => TwoLayer);
    assert!(header.load(&device).unwrap_err().to_string().contains("say with `load_from`"));
    assert!(header.load_from(TWO_LAYER.path().unwrap(), &device).is_ok());
    let error = TWO_LAYER.load_from(NET.path().unwrap(), &device).unwrap_err();
    assert!(error.to_string().contains("missing       hidden.weight [8, 4]"), "{error}");
}
