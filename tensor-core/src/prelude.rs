//! What a declaration and its training need: `use tensor_core::prelude::*;`.

pub use dfdx::losses::*;
pub use dfdx::nn::{
    BuildModule, BuildOnDevice, DeviceBuildExt, ModelEMA, Module, ModuleMut, NumParams, ResetParams,
    ToDevice, ToDtype, ZeroGrads,
};
pub use dfdx::optim::*;
pub use dfdx::shapes::*;
pub use dfdx::tensor::*;
pub use dfdx::tensor_ops::*;

pub use crate::error::Error;
pub use crate::frozen::{Freeze, Frozen};
pub use crate::io::Pretrained;
pub use crate::io::StateDict;
pub use crate::layer::{Layer, Network};
pub use crate::lora::Adapt;
pub use crate::loss::{cross_entropy, try_cross_entropy};
pub use crate::param::{Element, Param};
pub use crate::plan::{Cost, Plan, Summary};
pub use tensor_macros::{assert_layer, attention, layer, weights};
