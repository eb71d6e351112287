//! Optimizers: [`Sgd`], [`Adam`], [`AdamW`], [`Lion`], [`RmsProp`], each one pass over a network's weights that can also
//! zero the gradients.
//!
//! A *rule* says how a weight changes; [`Optimizer`] applies it to all weights of a network, keeps what the rule remembers
//! of each, and knows which ones decay. The names are PyTorch's, and so are the numbers; only weight decay starts with what
//! is usual in practice: norms, biases and embeddings don't decay ([`Optimizer::with_groups`] changes that).
//!
//! ```
//! use tensor_core::optim::{AdamW, Optimizer};
//! use tensor_core::prelude::*;
//!
//! layer! { pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }
//!
//! let device = Cpu::seed_from_u64(0);
//! let mut net = TwoLayer::new(&device);
//! let mut optimizer = Optimizer::new(AdamW { learning_rate: 0.02, ..AdamW::default() }).clip_norm(1.0);
//!
//! let (x, labels): (Tensor<Rank2<6, 4>, f32, _>, _) = (device.sample_normal(), [0, 1, 2, 0, 1, 2]);
//! let mut gradients = net.alloc_grads();
//! let mut loss = f32::NAN;
//! for _ in 0..200 {
//!     let step = cross_entropy(net.forward_train(x.clone(), gradients), &labels);
//!     loss = step.array();
//!     gradients = step.backward();
//!     optimizer.step(&mut net, &mut gradients)?; // and the gradients are zero again
//! }
//! assert!(loss < 0.1, "{loss}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod adam;
mod divide;
mod fade;
mod group;
mod kept;
mod lion;
#[cfg(feature = "cuda")]
mod on_gpu;
mod optimizer;
mod parts;
mod rms_prop;
mod rule;
mod setting;
mod sgd;
mod state;
mod train_step;
mod visitors;

pub use adam::{Adam, AdamW};
pub use group::{Group, WeightInfo};
pub use lion::Lion;
pub use optimizer::Optimizer;
#[cfg(feature = "mpi")]
pub(crate) use parts::on_cpu;
pub use rms_prop::RmsProp;
pub use rule::{Change, MOST_REMEMBERED, MOST_SETTINGS, Part, Rule};
pub use setting::{Setting, Takes};
pub use sgd::Sgd;
pub use state::StateError;
#[cfg(feature = "trainer")]
pub(crate) use train_step::Gather;
