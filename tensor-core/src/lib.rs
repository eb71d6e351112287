//! Neural networks whose shapes are proved by the compiler.
//!
//! A network is declared by [`layer!`]: its sizes are proved when the crate is checked, and a mistake is one sentence at
//! the size to blame. The declaration expands into a struct of typed tensors on top of [dfdx](https://docs.rs/dfdx),
//! whose tape, optimizers and devices work on it.
//!
//! ```
//! use tensor_core::prelude::*;
//!
//! layer! {
//!     pub struct TwoLayer: [4] -> [3] {
//!         hidden: linear(4 -> 8),
//!         relu,
//!         output: linear(8 -> 3),
//!     }
//! }
//!
//! let device = Cpu::default();
//! let net = TwoLayer::new(&device);
//! let x: Tensor<Rank2<32, 4>, f32, _> = device.sample_normal();
//! let y: Tensor<Rank2<32, 3>, f32, _> = net.forward(x);
//! ```
//!
//! # Map
//! A declaration is constant data, a [`Plan`](plan::Plan), and weights.
//!
//! | module | |
//! |---|---|
//! | [`plan`] | the data: checks at compile time, counting, the summary |
//! | [`ops`] | one file an op: its sizes, shape rule, cost, weights, composed form |
//! | [`exec`] | what runs a plan on weights; its kernels on the CPU are a crate of their own, `tensor-kernels` |
//! | [`param`], [`stack`] | weights |
//! | [`shape`] | which tensors a network takes, and the type of what it gives |
//! | [`mod@layer`] | what a declaration implements |
//! | [`loss`], [`train`], [`data`] | training; its loop, checkpoints and logs by the feature `trainer`; the guide `training` (features `plot` and `report`) |
//! | `linalg` | eigenvectors, principal components, singular values (feature `linalg`) |
//! | `picture` | images, sheets of them (feature `vision`) |
//! | `audio` | waveforms, spectrograms (feature `audio`) |
//! | `search` | similarity of vectors, exact search for the nearest (feature `search`) |
//! | `onnx` | networks as files for other runtimes (feature `onnx`) |
//! | `cuda` | NVIDIA GPUs (feature `cuda`) |
//! | [`decode`] | step by step: the cache of keys and values, sampling |
//! | [`quantised`] | networks in use whose matrices are of eight bits |
//! | `parallel` | training on several processes and machines (feature `mpi`) |
//! | [`io`] | safetensors files with PyTorch's names |
//! | [`lora`] | low-rank adaptation of trained networks |
//! | [`gradcheck`](mod@gradcheck) | gradients against finite differences |

extern crate self as tensor_core;

#[cfg(feature = "audio")]
pub mod audio;
mod by_name;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod data;
pub mod decode;
pub mod error;
pub mod exec;
mod fit;
pub mod frozen;
pub mod gradcheck;
pub mod io;
pub mod keywords;
pub mod layer;
#[cfg(feature = "linalg")]
pub mod linalg;
pub mod lora;
pub mod loss;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod ops;
pub mod optim;
#[cfg(feature = "mpi")]
pub mod parallel;
pub mod param;
#[cfg(feature = "vision")]
pub mod picture;
pub mod plan;
pub mod prelude;
pub mod quantised;
#[cfg(feature = "search")]
pub mod search;
pub mod shape;
pub mod stack;
#[cfg(all(feature = "linalg", feature = "search", feature = "vision", feature = "audio"))]
#[doc = include_str!("../../docs/tour.md")]
pub mod tour {}
pub mod train;
#[cfg(all(feature = "plot", feature = "report"))]
#[doc = include_str!("../../docs/training.md")]
pub mod training {}

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use error::Error;

use tensor_kernels as kernels;

/// Declares a network whose shapes are proved by the compiler.
///
/// ```text
/// layer! {
///     #[attributes] vis struct Name<const A: usize, …>: [axes] -> [axes]
///     where A == 4 * B, D % H == 0, N <= 512
///     { item, item, … }
/// }
/// axes  = [dim, …]                                 // numbers
///       | ids[dim, …]                              // ids, for an embedding
///       | (x: axes, mask: axes, …)                 // with side inputs, which items find by name
/// item  = op                                       // no weights: relu, flatten, dropout(0.1) …
///       | name: op                                 // weights in the field `name`, keys `name.weight` …
///       | name: path::To::Network<…>               // another declared network
///       | name: [path::To::Network<…>; N]          // N in a row, keys `name.0` …
///       | residual { item, … }                     // x + f(x)
///       | fork(add | mul | concat) { name: { item, … }, … }
/// op    = keyword | keyword(sizes, option: value, …)
/// sizes = dim | dim -> dim                         // what it gives; or what it takes and gives
/// dim   = 8 | CONST | PARAMETER | runtime_axis | dim (+ - * /) dim | (dim)
/// ```
///
/// The ops are those of [`keywords`]. The last axis holds the features; a tensor may have any axes before the declared
/// ones. `rename: "key"` as an option of an op, or after a network as `name: Network(rename: "key")`, sets the key in
/// checkpoints. A nested network takes its side inputs from those of the same name here, or as it is told:
/// `name: Network(context: memory)`.
///
/// # Attributes
/// Those of a struct, and `#[budget(params <= 200_000)]` or `#[budget(macs <= 400_000)]` (of the declared axes): what
/// exceeds it is a compile error with the number.
///
/// # What it declares
/// A struct `Name<A, …, E = f32, D = Cpu>` with a field for each item that has weights, and on it
///
/// | | |
/// |---|---|
/// | `new(&device)`, `build(&device)` | fresh weights, `f32` or any number type |
/// | `forward(x)`, `try_forward(x)` | inference; side inputs follow: `forward(x, mask)` |
/// | `forward_train(x, gradients)`, `try_forward_train` | training: dropout is on, the result has a tape |
/// | `summary()` | the table of items |
/// | `PARAMS`, `macs([axes])`, `cost([axes])` | counted at compile time |
/// | [`StateDict`](io::StateDict) | `save`, `load` |
/// | dfdx's `Module`, `ModuleMut`, `TensorCollection`, `BuildOnDevice` | its optimizers, device and dtype moves |
///
/// # Errors
/// All mistakes of a declaration are reported by `cargo check`, each once, at the size to blame; the struct is still
/// there, so that code which uses it adds none.
///
/// ```compile_fail
/// # use tensor_core::prelude::*;
/// layer! {
///     pub struct TwoLayer: [4] -> [3] {
///         hidden: linear(4 -> 8),
///         relu,
///         output: linear(9 -> 3), // `output` takes 9 features, but `hidden` gives 8
///     }
/// }
/// ```
///
/// # Generic networks
/// `where` relations are used to prove the chain for all parameters, and are checked wherever the network is used with
/// known ones: in another `layer!`, in [`assert_layer!`], or when `new` is built.
///
/// ```
/// # use tensor_core::prelude::*;
/// layer! {
///     pub struct Block<const D: usize, const F: usize>: [D] -> [D] where F == 4 * D {
///         residual { norm: layer_norm, up: linear(D -> F), gelu, down: linear(4 * D -> D) },
///     }
/// }
/// assert_layer!(Block<768, 3072>);
/// ```
pub use tensor_macros::layer;

/// Declares an attention whose shapes are proved by the compiler.
///
/// ```text
/// attention! {
///     #[attributes] vis struct Name<const D: usize, …>: [n, D] -> [n, O]
///     where …
///     { option: value, … }
/// }
/// ```
///
/// | option | default | |
/// |---|---|---|
/// | `heads: H` | one head, without `w_o` | head_dim = columns of `w_q` / H, checked exact |
/// | `kv_heads: K` | `heads` | heads of keys and values, shared by groups of H / K heads of queries |
/// | `mask:` `none`, `causal`, `padding`, `window(W)` | `none` | which keys a query sees; `padding` hides those whose side input `mask: [n]` is 0 |
/// | `context: [m, C]` | itself | keys and values come from this side input |
/// | `rope: 10_000.0` | off | rotary positions of queries and keys, by halves as in Llama |
/// | `qk_norm: true` | off | an `rms_norm` on each head's queries and keys |
/// | `dropout: p` | 0 | of the attention weights, in training |
/// | `bias: true` | on where there is `w_o` | of all projections |
/// | `w_q`, `w_k`, `w_v`, `w_o`: `[in, out]` | from the sizes above | the matrices, as in X·W |
///
/// It declares what [`layer!`] declares, with the fields `w_q`, `w_k`, `w_v` and, with heads, `w_o`, in PyTorch's layout
/// `[out, in]`. In a chain of `layer!` the same options stand in an item: `attend: attention(heads: 12, mask: causal)`.
///
/// # Source
/// "Attention Is All You Need", arXiv:1706.03762; grouped queries, arXiv:2305.13245; rotary positions, arXiv:2104.09864.
///
/// ```
/// use tensor_core::prelude::*;
///
/// attention! {
///     /// One head: softmax(Q·Kᵀ / √4)·V.
///     pub struct Head: [seq, 8] -> [seq, 4] {
///         w_q: [8, 4], w_k: [8, 4], w_v: [8, 4],
///     }
/// }
/// attention! {
///     pub struct SelfAttention: [seq, 768] -> [seq, 768] { heads: 12, kv_heads: 4, mask: causal, rope: 10_000.0 }
/// }
/// attention! {
///     pub struct CrossAttention: [seq, 768] -> [seq, 768] { heads: 12, context: [m, 512] }
/// }
/// let device = Cpu::default();
/// let head = Head::new(&device);
/// let x: Tensor<Rank2<5, 8>, f32, _> = device.sample_normal();
/// let y: Tensor<Rank2<5, 4>, f32, _> = head.forward(x);
/// assert_eq!(Head::PARAMS, 3 * 8 * 4);
/// ```
/// ```compile_fail
/// # use tensor_core::prelude::*;
/// attention! {
///     pub struct Model: [seq, 512] -> [seq, 512] { heads: 12 } // 512 / 12 leaves a remainder of 8
/// }
/// ```
pub use tensor_macros::attention;

/// Proves the sizes of a generic network with given parameters when the crate is checked.
///
/// ```
/// # use tensor_core::prelude::*;
/// layer! {
///     pub struct Up<const D: usize, const F: usize>: [D] -> [F] where F == 4 * D { up: linear(D -> F) }
/// }
/// assert_layer!(Up<768, 3072>);
/// ```
/// ```compile_fail
/// # use tensor_core::prelude::*;
/// # layer! {
/// #     pub struct Up<const D: usize, const F: usize>: [D] -> [F] where F == 4 * D { up: linear(D -> F) }
/// # }
/// assert_layer!(Up<768, 3000>); // `Up` needs `F == 4 * D`, but `F` is 3000 and `4 * D` is 3072
/// ```
pub use tensor_macros::assert_layer;

/// Weights from a file, whose names and shapes are held against a declared network when the crate is checked.
///
/// ```text
/// weights!("file.safetensors" => Network, prefix: "bert.", rename: ["gamma" => "weight"], ignore: ["pooler.*"])
/// ```
///
/// An expression of the type [`Pretrained<Network>`](io::Pretrained), best that of a constant. The compiler reads the header
/// of the file alone. A weight that the file lacks or has in another shape, and a tensor that the network has no place for,
/// are errors of `cargo check`, each once; the first two at the item that declares the weight, wherever that is in the crate.
///
/// ```
/// use tensor_core::prelude::*;
///
/// layer! {
///     pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) }
/// }
///
/// const TRAINED: Pretrained<TwoLayer> = weights!("tests/two_layer.safetensors" => TwoLayer);
///
/// let net = TRAINED.load(&Cpu::default())?;
/// # assert_eq!(net.output.bias.array(), [0.0; 3]);
/// # Ok::<(), tensor_core::io::LoadError>(())
/// ```
/// ```compile_fail
/// # use tensor_core::prelude::*;
/// layer! {
///     pub struct TwoLayer: [4] -> [3] {
///         hidden: linear(4 -> 9), // `hidden` (TwoLayer) has weight `hidden.weight` [9, 4], but `two_layer.safetensors` has [8, 4]
///         relu,
///         output: linear(9 -> 3),
///     }
/// }
/// const TRAINED: Pretrained<TwoLayer> = weights!("tests/two_layer.safetensors" => TwoLayer);
/// ```
///
/// # The file
/// Its path begins at the folder of `Cargo.toml` or, if there is none such, at that of the source file. It is one of these:
///
/// | | |
/// |---|---|
/// | `model.safetensors` | a whole file |
/// | `model.safetensors.index.json` | the index of a checkpoint in several files, which lie beside it |
/// | `model.header.json` | the header of a file alone, as the example `declare` writes it with `--header`: a few kilobytes to commit, by which shapes are proved also where the weights are not; [`load_from`](io::Pretrained::load_from) is told where they are |
///
/// A build notices when the file changes. For that the compiler goes through all of it at each build, a second for each
/// gigabyte or two; with a header alone it doesn't. No binary gets the bytes.
///
/// # Options
/// In this order, both when the crate is compiled and when the file is loaded:
///
/// | | |
/// |---|---|
/// | `prefix: "bert."` | is taken away from the names; tensors of other names are dropped |
/// | `ignore: ["pooler.*"]` | tensors that are left out; `*` stands for any text |
/// | `rename: ["gamma" => "weight"]` | in all names the one text becomes the other, one after another |
///
/// An option that changes nothing is an error, since it is misspelt. To rename one item's weights, write `rename: "fc1"` in
/// the declaration. Other layouts (transposed, packed) are for [`Checkpoint`](io::Checkpoint).
///
/// # Limits
/// Eleven items are told in one `cargo check`; the last says how many are left. Of a network declared in another crate the
/// errors are at its declaration there. It stands where an expression may: outside of functions as the value of a constant.
pub use tensor_macros::weights;

/// The README's code, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
