//! Images as networks take them, and sheets of images as pictures (feature `vision`).
//!
//! ```
//! use tensor_core::picture::{Image, Sheet};
//! use tensor_core::prelude::*;
//!
//! layer! { pub struct Patches: [1, 32, 48] -> [24, 64] { patches(8) } }
//!
//! let ramp: Vec<f32> = (0..32 * 48).map(|pixel| (pixel % 48) as f32 / 47.0).collect();
//! let image = Image::grey(32, 48, ramp)?;
//! let x: Tensor<Rank3<1, 32, 48>, f32, _> = image.tensor(&Cpu::default())?; // other sizes would be an error
//! let y: Tensor<Rank2<24, 64>, f32, _> = Patches::new(&Cpu::default()).forward(x);
//!
//! # let folder = std::env::temp_dir().join(format!("tensor-core-picture-{}", std::process::id()));
//! let pictures = Sheet::new("A ramp").image("as it is", image.clone()).image("half", image.resized(16, 24)).save(folder.join("ramp"))?;
//! assert!(pictures.png.ends_with("ramp.png") && pictures.svg.ends_with("ramp.svg"));
//! # std::fs::remove_dir_all(folder).unwrap();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod colour;
mod image;
mod sheet;

pub use colour::ColourMap;
pub use image::{Image, ImageError};
pub use sheet::Sheet;
