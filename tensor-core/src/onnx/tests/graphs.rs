//! Graphs: which nodes, in which order, with which names.

use super::*;
use crate::onnx::proto::{GraphMessage, ValueInfo, data_type};

/// `[batch, 4]`
fn axes(value: &ValueInfo) -> String {
    let tensor = value.kind.as_ref().and_then(|kind| kind.tensor.as_ref()).expect("values are tensors");
    let dims = tensor.shape.as_ref().expect("values have shapes").dim.iter();
    let dims =
        dims.map(|dim| dim.param.clone().or(dim.value.map(|size| size.to_string())).unwrap_or_default());
    format!("{} [{}]", value.name.as_deref().unwrap_or_default(), dims.collect::<Vec<_>>().join(", "))
}

fn graph(model: &Model) -> &GraphMessage {
    model.graph.as_ref().expect("a file has a graph")
}

#[test]
fn a_perceptron_is_two_products_and_what_is_between() {
    let net = TwoLayer::new(&Cpu::default());
    let model = exported(&net, &Export::default());
    assert_well_formed(&net, &model);
    assert_eq!(operators(&model), ["Gemm", "Relu", "Gemm"]);
    let (graph, names) = (graph(&model), |names: &[String]| names.join(", "));
    assert_eq!(names(&graph.node[0].input), "input, hidden.weight, hidden.bias");
    assert_eq!(names(&graph.node[0].output), "hidden/Gemm");
    assert_eq!(names(&graph.node[2].output), "output");
    assert_eq!(graph.name.as_deref(), Some("TwoLayer"));
    assert_eq!(axes(&graph.input[0]), "input [batch, 4]");
    assert_eq!(axes(&graph.output[0]), "output [batch, 3]");
    assert_eq!(model.producer_name.as_deref(), Some("tensor-core"));
    assert_eq!(model.producer_version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!((model.ir_version, model.opset_import[0].version), (Some(9), Some(20)));
}

#[test]
fn an_attention_is_its_products() {
    attention! {
        struct Causal: [n, 8] -> [n, 8] { heads: 2, mask: causal, bias: false }
    }
    let net = Causal::new(&Cpu::default());
    let model = exported(&net, &Export::default());
    assert_well_formed(&net, &model);
    let split = ["Transpose", "MatMul", "Reshape", "Transpose"];
    let seen = ["Shape", "Squeeze", "Range", "Unsqueeze", "LessOrEqual", "Where"];
    let mut expected = split.to_vec();
    expected.push("Mul");
    expected.extend([split, split].concat());
    expected.extend(["Transpose", "MatMul"]);
    expected.extend(seen);
    expected.extend(["Softmax", "MatMul", "Transpose", "Reshape", "Transpose", "MatMul"]);
    assert_eq!(operators(&model), expected);
}

#[test]
fn networks_with_side_inputs_are_well_formed() {
    let net = Encoder::new(&Cpu::default());
    for export in [
        Export::default(),
        Export::default().leading([]),
        Export::default().leading(["a", "b"]),
        Export::default().fix("n", 16).fix("batch", 1),
    ] {
        assert_well_formed(&net, &exported(&net, &export));
    }
    let model = exported(&net, &Export::default());
    let graph = graph(&model);
    assert_eq!(graph.input.iter().map(axes).collect::<Vec<_>>(), ["input [batch, n]", "mask [batch, n]"]);
    let kinds = graph.input.iter().filter_map(|input| input.kind.as_ref()?.tensor.as_ref()?.elem_type);
    assert_eq!(kinds.collect::<Vec<_>>(), [data_type::INT64, data_type::FLOAT]);
    let names: Vec<&str> = graph.node.iter().filter_map(|node| node.name.as_deref()).collect();
    for name in ["tokens/Gather", "blocks.1.attend/Softmax", "last.w_up/MatMul", "head/Gemm"] {
        assert!(names.contains(&name), "no `{name}` in {names:?}");
    }
}

#[test]
fn images_are_well_formed() {
    let net = Images::new(&Cpu::default());
    for leading in [vec![], vec!["batch"], vec!["video", "frame"]] {
        assert_well_formed(&net, &exported(&net, &Export::default().leading(leading)));
    }
}

/// Positions, masks and angles of the next block are those of the first.
#[test]
fn what_blocks_compute_alike_is_there_once() {
    let model = exported(&Encoder::new(&Cpu::default()), &Export::default());
    for op in ["Range", "Cos", "Sin"] {
        assert_eq!(operators(&model).iter().filter(|&&found| found == op).count(), 1, "{op}");
    }
    let softmaxes = operators(&model).iter().filter(|&&op| op == "Softmax").count();
    assert_eq!(softmaxes, 3);
}

#[test]
fn axes_have_names_or_sizes() {
    layer! { struct Longer: [n, 4] -> [n + 1, 4] { class: class_token } }
    let net = Longer::new(&Cpu::default());
    let signature = |export: &Export| {
        let model = exported(&net, export);
        let graph = graph(&model);
        format!("{} -> {}", axes(&graph.input[0]), axes(&graph.output[0]))
    };
    assert_eq!(signature(&Export::default()), "input [batch, n, 4] -> output [batch, n + 1, 4]");
    assert_eq!(
        signature(&Export::default().leading(["a", "b"]).fix("n", 3).fix("n", 5).fix("a", 2)),
        "input [2, b, 5, 4] -> output [2, b, 6, 4]"
    );
    assert_eq!(
        signature(&Export::default().leading([]).input_name("x").output_name("y")),
        "x [n, 4] -> y [n + 1, 4]"
    );
}

/// A network that gives its input as it is has an output of another name still.
#[test]
fn nothing_to_do_is_an_identity() {
    layer! { struct Nothing: [4] -> [4] { dropout(0.5) } }
    let net = Nothing::new(&Cpu::default());
    let model = exported(&net, &Export::default());
    assert_well_formed(&net, &model);
    assert_eq!(operators(&model), ["Identity"]);
}

#[test]
fn the_same_network_gives_the_same_bytes() {
    let net = Encoder::new(&Cpu::default());
    let bytes = net.onnx_bytes(&Export::default()).unwrap();
    assert_eq!(net.onnx_bytes(&Export::default()).unwrap(), bytes);
    assert_eq!(decode(&bytes).encode_to_vec(), bytes);
}

#[test]
fn names_of_nodes_leave_keys_alone() {
    layer! {
        struct Odd: [4] -> [4] { hidden: linear(4 -> 4, rename: "hidden/MatMul"), relu, relu, other: linear(4 -> 4) }
    }
    let net = Odd::new(&Cpu::default());
    let export = Export::default().leading([]).input_name("relu/Relu").output_name("relu/Relu_2");
    assert_well_formed(&net, &exported(&net, &export));
}

#[test]
fn doubles_stay_doubles() {
    let net = TwoLayer::<f64, _>::build(&Cpu::default());
    let model = decode(&net.onnx_bytes(&Export::default()).unwrap());
    let graph = graph(&model);
    assert!(graph.initializer.iter().all(|weight| weight.data_type == Some(data_type::DOUBLE)));
    let weight = graph.initializer[0].raw_data.as_ref().unwrap();
    let first = f64::from_le_bytes(weight[..8].try_into().unwrap());
    assert_eq!(first, net.hidden.weight.array()[0][0]);
}

/// The graph refers to pages of the other file, which hold what the one file holds.
#[test]
fn weights_apart_are_the_same() {
    let folder = std::env::temp_dir().join(format!("tensor_core_onnx_apart_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let net = Encoder::new(&Cpu::default());
    net.export_onnx_and_weights(folder.join("net.onnx"), &Export::default()).unwrap();
    let apart = decode(&std::fs::read(folder.join("net.onnx")).unwrap());
    let weights = std::fs::read(folder.join("net.onnx.weights")).unwrap();
    std::fs::remove_dir_all(folder).unwrap();

    let whole = exported(&net, &Export::default());
    assert_eq!(graph(&apart).node, graph(&whole).node);
    assert_eq!(graph(&apart).initializer.len(), graph(&whole).initializer.len());
    let mut last = 0;
    for (apart, whole) in graph(&apart).initializer.iter().zip(&graph(&whole).initializer) {
        assert_eq!((&apart.name, &apart.dims, apart.data_location), (&whole.name, &whole.dims, Some(1)));
        assert_eq!(apart.raw_data, None);
        let text = |key: &str| {
            let found = apart.external_data.iter().find(|text| text.key.as_deref() == Some(key));
            found.and_then(|text| text.value.clone()).unwrap()
        };
        let [offset, length] = ["offset", "length"].map(|key| text(key).parse::<usize>().unwrap());
        assert_eq!((text("location").as_str(), offset % 4096), ("net.onnx.weights", 0));
        assert_eq!(Some(&weights[offset..offset + length]), whole.raw_data.as_deref());
        last = offset + length;
    }
    assert_eq!(last, weights.len());
}
