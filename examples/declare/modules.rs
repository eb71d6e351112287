//! The tensors as a tree of modules, each of which is something that the language has an item for.

use std::collections::BTreeMap;

use crate::header::Tensor;

/// What the tensors of a module are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Linear {
        inputs: usize,
        outputs: usize,
        bias: bool,
    },
    LayerNorm(usize),
    RmsNorm(usize),
    Embedding {
        vocabulary: usize,
        width: usize,
    },
    Positions {
        most: usize,
        width: usize,
    },
    Conv {
        inputs: usize,
        outputs: usize,
        kernel: usize,
        bias: bool,
    },
    Attention(Attention),
    /// Equal modules in a row.
    Stack {
        count: usize,
        each: Vec<Module>,
    },
    /// Tensors that are none of these.
    Unknown,
}

/// Four matrices of an attention, and what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    pub width: usize,
    pub queries: usize,
    pub keys: usize,
    pub outputs: usize,
    pub bias: bool,
    /// The names of the four in the file, below the module's path.
    pub names: [String; 4],
}

/// A module: where it stands in the file, and its tensors' names below that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    pub path: String,
    pub kind: Kind,
    /// Names below the path.
    pub tensors: Vec<String>,
}

/// Names of the queries', keys', values' and the output's matrix, as they are met.
const MATRICES: [[&str; 4]; 10] = [
    ["w_q", "w_k", "w_v", "w_o"],
    ["q_proj", "k_proj", "v_proj", "o_proj"],
    ["q_proj", "k_proj", "v_proj", "out_proj"],
    ["query", "key", "value", "output.dense"],
    ["q_lin", "k_lin", "v_lin", "out_lin"],
    ["to_q", "to_k", "to_v", "to_out.0"],
    ["wq", "wk", "wv", "wo"],
    ["query", "key", "value", "dense"],
    ["q", "k", "v", "o"],
    ["q", "k", "v", "out"],
];

impl Module {
    /// The modules of a file, in the order of their names, where numbers count as numbers.
    pub fn tree(tensors: &[Tensor]) -> Vec<Module> {
        let all: Vec<(&str, &Tensor)> = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        modules(&all)
    }
}

fn modules(tensors: &[(&str, &Tensor)]) -> Vec<Module> {
    let (stacks, rest) = stacks(tensors);
    let mut groups: BTreeMap<&str, Vec<(&str, &Tensor)>> = BTreeMap::new();
    for (name, tensor) in rest {
        let (path, leaf) = name.rsplit_once('.').unwrap_or(("", name));
        groups.entry(path).or_default().push((leaf, tensor));
    }
    let mut all: Vec<Module> = groups.into_iter().map(|(path, leaves)| single(path, &leaves)).collect();
    join_attentions(&mut all);
    all.extend(stacks);
    all.sort_by_key(|module| natural(&module.path));
    all
}

/// A module of its own tensors.
fn single(path: &str, leaves: &[(&str, &Tensor)]) -> Module {
    let shape =
        |name: &str| leaves.iter().find(|(leaf, _)| *leaf == name).map(|(_, tensor)| tensor.shape.as_slice());
    let (weight, bias) = (shape("weight"), shape("bias"));
    let known = leaves.iter().all(|(leaf, tensor)| ["weight", "bias"].contains(leaf) && tensor.floats);
    let (name, is) = (path.to_lowercase(), |word: &str| path.to_lowercase().contains(word));
    let table = is("embed") || name.ends_with("wte") || name.ends_with("wpe") || name.ends_with("tokens");
    let kind = match (weight, bias) {
        _ if !known || path.is_empty() => Kind::Unknown,
        (Some(&[most, width]), None) if (table && is("pos")) || name.ends_with("wpe") => {
            Kind::Positions { most, width }
        }
        (Some(&[vocabulary, width]), None) if table => Kind::Embedding { vocabulary, width },
        (Some(&[outputs, inputs]), None) => Kind::Linear { inputs, outputs, bias: false },
        (Some(&[outputs, inputs]), Some(&[same])) if same == outputs => {
            Kind::Linear { inputs, outputs, bias: true }
        }
        (Some(&[width]), Some(&[same])) if same == width => Kind::LayerNorm(width),
        (Some(&[width]), None) => Kind::RmsNorm(width),
        (Some(&[outputs, inputs, kernel, other]), None) if kernel == other => {
            Kind::Conv { inputs, outputs, kernel, bias: false }
        }
        (Some(&[outputs, inputs, kernel, other]), Some(&[same])) if kernel == other && same == outputs => {
            Kind::Conv { inputs, outputs, kernel, bias: true }
        }
        _ => Kind::Unknown,
    };
    Module {
        path: path.to_owned(),
        kind,
        tensors: leaves.iter().map(|(leaf, _)| (*leaf).to_owned()).collect(),
    }
}

/// By their numbers, modules with what each of them has, under the names within it.
type Copies<'t> = BTreeMap<usize, Vec<(&'t str, &'t Tensor)>>;

/// Modules `layers.0`, `layers.1` … that are the same, as one; and what is left.
fn stacks<'t>(tensors: &[(&'t str, &'t Tensor)]) -> (Vec<Module>, Vec<(&'t str, &'t Tensor)>) {
    let mut numbered: BTreeMap<&str, Copies<'_>> = BTreeMap::new();
    for &(name, tensor) in tensors {
        if let Some((path, number, rest)) = first_number(name) {
            numbered.entry(path).or_default().entry(number).or_default().push((rest, tensor));
        }
    }
    let shapes = |all: &[(&str, &Tensor)]| -> Vec<(String, Vec<usize>)> {
        all.iter().map(|(name, tensor)| ((*name).to_owned(), tensor.shape.clone())).collect()
    };
    numbered.retain(|_, copies| {
        let first = copies.get(&0).map(|first| shapes(first));
        copies.keys().copied().eq(0..copies.len())
            && first.is_some_and(|first| first.iter().all(|(name, _)| name.contains('.')))
            && copies.values().all(|copy| Some(shapes(copy)) == copies.get(&0).map(|first| shapes(first)))
    });
    let rest = tensors
        .iter()
        .copied()
        .filter(|(name, _)| first_number(name).is_none_or(|(path, ..)| !numbered.contains_key(path)));
    let rest = rest.collect();
    let stack = |(path, copies): (&str, Copies<'_>)| {
        let tensors = copies
            .iter()
            .flat_map(|(number, copy)| copy.iter().map(move |(name, _)| format!("{number}.{name}")));
        let tensors = tensors.collect();
        Module {
            path: path.to_owned(),
            kind: Kind::Stack { count: copies.len(), each: modules(&copies[&0]) },
            tensors,
        }
    };
    (numbered.into_iter().map(stack).collect(), rest)
}

/// `layers.3.up.weight` as `layers`, 3, `up.weight`.
fn first_number(name: &str) -> Option<(&str, usize, &str)> {
    let mut start = 0;
    for word in name.split('.') {
        let end = start + word.len();
        if let Ok(number) = word.parse()
            && start > 0
        {
            return Some((&name[..start - 1], number, name.get(end + 1..)?));
        }
        start = end + 1;
    }
    None
}

/// Makes one module of four matrices that are an attention's.
fn join_attentions(modules: &mut Vec<Module>) {
    for names in MATRICES {
        let ending = format!("{}.", names[0]);
        let prefixes: Vec<String> = modules
            .iter()
            .filter_map(|module| format!("{}.", module.path).strip_suffix(&ending).map(str::to_owned))
            .collect();
        for prefix in prefixes {
            // BERT's output matrix stands beside the others, in `attention.output` and not in `attention.self`.
            let outer = prefix.trim_end_matches("self.").to_owned();
            let paths = [0, 1, 2].map(|i| format!("{prefix}{}", names[i]));
            let output = [format!("{prefix}{}", names[3]), format!("{outer}{}", names[3])];
            let find = |path: &str| {
                let module = modules.iter().find(|module| module.path == path)?;
                match module.kind {
                    Kind::Linear { inputs, outputs, bias } => Some((inputs, outputs, bias)),
                    _ => None,
                }
            };
            let [Some(q), Some(k), Some(v)] = paths.each_ref().map(|path| find(path)) else { continue };
            let Some((output, o)) = output.iter().find_map(|path| Some((path, find(path)?))) else {
                continue;
            };
            let one_width = q.0 == k.0 && k.0 == v.0 && k.1 == v.1 && o.0 == q.1;
            if !one_width || [q, k, v, o].iter().any(|matrix| matrix.2 != q.2) {
                continue;
            }
            let all: Vec<String> = paths.iter().chain([output]).cloned().collect();
            let path = outer.trim_end_matches('.').to_owned();
            let below = |full: &String| {
                if path.is_empty() { full.clone() } else { full[path.len() + 1..].to_owned() }
            };
            let leaves = if q.2 { &["weight", "bias"][..] } else { &["weight"] };
            let tensors =
                all.iter().flat_map(|full| leaves.iter().map(|leaf| format!("{}.{leaf}", below(full))));
            let attention = Attention {
                width: q.0,
                queries: q.1,
                keys: k.1,
                outputs: o.1,
                bias: q.2,
                names: std::array::from_fn(|i| below(&all[i])),
            };
            let joined = Module { tensors: tensors.collect(), kind: Kind::Attention(attention), path };
            modules.retain(|module| !all.contains(&module.path));
            modules.push(joined);
        }
    }
}

/// A key by which `h.10` comes after `h.9`, and `layer10` after `layer9`.
fn natural(path: &str) -> Vec<(String, usize)> {
    let mut parts = vec![(String::new(), 0_usize)];
    for c in path.chars() {
        let (text, number) = parts.last_mut().expect("there is one from the start on");
        match c.to_digit(10) {
            Some(digit) => *number = number.saturating_mul(10).saturating_add(digit as usize),
            None if *number > 0 || text.ends_with('0') => parts.push((c.to_string(), 0)),
            None => text.push(c),
        }
    }
    parts
}
