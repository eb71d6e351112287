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
//! | [`exec`] | what runs a plan on weights |
//! | [`param`], [`stack`] | weights |
//! | [`shape`] | which tensors a network takes, and the type of what it gives |
//! | [`mod@layer`] | what a declaration implements |
//! | [`loss`], [`train`], [`data`] | training |
//! | [`decode`] | step by step: the cache of keys and values, sampling |
//! | [`io`] | safetensors files with PyTorch's names |
//! | [`gradcheck`](mod@gradcheck) | gradients against finite differences |

extern crate self as tensor_core;

#[cfg(feature = "data")]
pub mod data;
pub mod decode;
pub mod error;
pub mod exec;
pub mod gradcheck;
pub mod io;
pub mod keywords;
pub mod layer;
pub mod loss;
pub mod ops;
pub mod param;
pub mod plan;
pub mod prelude;
pub mod shape;
pub mod stack;
pub mod train;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use error::Error;

/// Declares a network whose shapes are proved by the compiler.
///
/// ```text
/// layer! {
///     #[attributes] vis struct Name<const A: usize, …>: [axes] -> [axes]
///     where A == 4 * B, D % H == 0, N <= 512
///     { item, item, … }
/// }
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
/// checkpoints.
///
/// # What it declares
/// A struct `Name<A, …, E = f32, D = Cpu>` with a field for each item that has weights, and on it
///
/// | | |
/// |---|---|
/// | `new(&device)`, `build(&device)` | fresh weights, `f32` or any number type |
/// | `forward(x)`, `try_forward(x)` | inference |
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

/// The README's code, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
