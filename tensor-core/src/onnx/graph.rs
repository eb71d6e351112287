//! A graph under construction: nodes, their values' names, constants.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use prost::Message;

use super::proto::{Attribute, GraphMessage, Node, TensorMessage, data_type};

/// A value of the graph, by its name.
pub(super) type Value = Rc<str>;

/// Nodes in the order in which they can be computed. What two items compute alike is there once.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    names: HashSet<Value>,
    /// How often a name was wanted.
    wanted: HashMap<String, usize>,
    /// The outputs of each node that is there, by its message without them.
    made: HashMap<Vec<u8>, Vec<Value>>,
    /// The items around what is written now, outermost first.
    path: Vec<String>,
    /// The element type of numbers.
    float: i32,
}

impl Graph {
    /// An empty graph of numbers of type `float`, whose inputs and initialisers have these names.
    pub(super) fn new(float: i32, names: impl IntoIterator<Item = Value>) -> Self {
        Graph {
            nodes: Vec::new(),
            names: names.into_iter().collect(),
            wanted: HashMap::new(),
            made: HashMap::new(),
            path: Vec::new(),
            float,
        }
    }

    /// The element type of numbers.
    pub(super) fn float(&self) -> i32 {
        self.float
    }

    /// Names of what follows begin with this item's, up to the matching [`leave`](Self::leave).
    pub(super) fn enter(&mut self, item: String) {
        self.path.push(item);
    }

    pub(super) fn leave(&mut self) {
        self.path.pop();
    }

    /// Where in the network the item stands that is written now: `blocks.0.attend`.
    pub(super) fn path(&self) -> String {
        self.path.join(".")
    }

    /// The value of a node with one output.
    pub(super) fn node(&mut self, op_type: &str, inputs: &[&Value], attributes: Vec<Attribute>) -> Value {
        let [value] = self.outputs(op_type, inputs, attributes);
        value
    }

    /// The values of a node.
    pub(super) fn outputs<const N: usize>(
        &mut self,
        op_type: &str,
        inputs: &[&Value],
        attributes: Vec<Attribute>,
    ) -> [Value; N] {
        let mut node = Node {
            input: inputs.iter().map(|&input| input.as_ref().to_owned()).collect(),
            op_type: Some(op_type.to_owned()),
            attribute: attributes,
            ..Node::default()
        };
        let key = node.encode_to_vec();
        if let Some(made) = self.made.get(&key)
            && let Ok(values) = made.clone().try_into()
        {
            return values;
        }
        let values: [Value; N] = std::array::from_fn(|_| self.free_name(op_type));
        node.output = values.iter().map(|value| value.as_ref().to_owned()).collect();
        node.name = node.output.first().cloned();
        self.nodes.push(node);
        self.made.insert(key, values.to_vec());
        values
    }

    /// `blocks.0.attend/MatMul`, or what nobody else is called.
    fn free_name(&mut self, op_type: &str) -> Value {
        let path = self.path();
        let wanted = if path.is_empty() { op_type.to_owned() } else { format!("{path}/{op_type}") };
        let count = self.wanted.entry(wanted.clone()).or_default();
        loop {
            *count += 1;
            let name: Value =
                if *count == 1 { wanted.as_str().into() } else { format!("{wanted}_{count}").into() };
            if self.names.insert(name.clone()) {
                return name;
            }
        }
    }

    /// A whole number for each axis, place …: `[n]`.
    pub(super) fn integers(&mut self, values: &[i64]) -> Value {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(data_type::INT64, vec![values.len() as i64], bytes)
    }

    /// A whole number without axes.
    pub(super) fn integer(&mut self, value: i64) -> Value {
        self.constant(data_type::INT64, Vec::new(), value.to_le_bytes().into())
    }

    /// A number without axes.
    pub(super) fn number(&mut self, value: f64) -> Value {
        self.table(&[value], &[])
    }

    /// Numbers with these axes.
    pub(super) fn table(&mut self, values: &[f64], sizes: &[usize]) -> Value {
        let bytes = if self.float == data_type::DOUBLE {
            values.iter().flat_map(|value| value.to_le_bytes()).collect()
        } else {
            values.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect()
        };
        self.constant(self.float, sizes.iter().map(|&size| size as i64).collect(), bytes)
    }

    fn constant(&mut self, kind: i32, dims: Vec<i64>, bytes: Vec<u8>) -> Value {
        let tensor =
            TensorMessage { dims, data_type: Some(kind), raw_data: Some(bytes), ..TensorMessage::default() };
        self.node("Constant", &[], vec![Attribute::tensor("value", tensor)])
    }

    /// The same value with other axes: a size, 0 for that of the axis at the same place, −1 for what is left.
    pub(super) fn reshape(&mut self, x: &Value, sizes: &[i64]) -> Value {
        let shape = self.integers(sizes);
        self.node("Reshape", &[x, &shape], Vec::new())
    }

    /// The same value with its axes in another order.
    pub(super) fn transpose(&mut self, x: &Value, order: Vec<i64>) -> Value {
        self.node("Transpose", &[x], vec![Attribute::ints("perm", order)])
    }

    /// The same value with axes of size 1 at these places.
    pub(super) fn unsqueeze(&mut self, x: &Value, places: &[i64]) -> Value {
        let places = self.integers(places);
        self.node("Unsqueeze", &[x, &places], Vec::new())
    }

    /// The same value with other elements.
    pub(super) fn cast(&mut self, x: &Value, kind: i32) -> Value {
        self.node("Cast", &[x], vec![Attribute::int("to", kind.into())])
    }

    /// Element by element, or along axes that one of them lacks: `Add`, `Mul` …
    pub(super) fn join(&mut self, op_type: &str, left: &Value, right: &Value) -> Value {
        self.node(op_type, &[left, right], Vec::new())
    }

    /// Of one value alone: `Relu`, `Sqrt` …
    pub(super) fn apply(&mut self, op_type: &str, x: &Value) -> Value {
        self.node(op_type, &[x], Vec::new())
    }

    /// Over these axes, which go: `ReduceMean` …
    pub(super) fn reduce(&mut self, op_type: &str, x: &Value, places: &[i64], keeps_axes: bool) -> Value {
        let places = self.integers(places);
        self.node(op_type, &[x, &places], vec![Attribute::int("keepdims", keeps_axes.into())])
    }

    /// The nodes, the last of which give `result` under the name `output`.
    pub(super) fn finish(mut self, result: &Value, output: &str) -> GraphMessage {
        let result = result.as_ref();
        if self.nodes.iter().any(|node| node.output.iter().any(|name| name == result)) {
            for node in &mut self.nodes {
                for name in node.input.iter_mut().chain(&mut node.output).filter(|name| *name == result) {
                    *name = output.to_owned();
                }
            }
        } else {
            // The network gives its input as it is.
            let (input, output) = (vec![result.to_owned()], vec![output.to_owned()]);
            let op_type = Some("Identity".to_owned());
            self.nodes.push(Node {
                input,
                name: output.first().cloned(),
                output,
                op_type,
                attribute: Vec::new(),
            });
        }
        GraphMessage { node: self.nodes, ..GraphMessage::default() }
    }
}
