//! NumPy's arrays from a safetensors file.

use std::{collections::BTreeMap, path::Path};

use safetensors::{Dtype, SafeTensors};
use tensor_core::prelude::Element;

/// A row-major array in double precision.
#[derive(Clone, Debug)]
pub struct Array<const AXES: usize> {
    pub shape: [usize; AXES],
    pub values: Vec<f64>,
}

/// The arrays of a file by name.
pub struct Arrays(BTreeMap<String, (Vec<usize>, Vec<f64>)>);

impl Arrays {
    /// Reads a file of float64 arrays.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let bytes = std::fs::read(path).map_err(|error| format!("can't read `{shown}`: {error}"))?;
        let tensors = SafeTensors::deserialize(&bytes)
            .map_err(|error| format!("`{shown}` is not a safetensors file: {error}"))?;
        let mut arrays = BTreeMap::new();
        for (name, view) in tensors.iter() {
            if view.dtype() != Dtype::F64 {
                return Err(format!("`{shown}`, array `{name}`: it holds {:?}, not F64", view.dtype()));
            }
            let (words, _) = view.data().as_chunks();
            let values = words.iter().copied().map(f64::from_le_bytes).collect();
            arrays.insert(name.to_owned(), (view.shape().to_vec(), values));
        }
        Ok(Arrays(arrays))
    }

    /// The array called `name`, which must have this shape.
    pub fn get<const AXES: usize>(&self, name: &str, shape: [usize; AXES]) -> Result<Array<AXES>, String> {
        let (found, values) = self.0.get(name).ok_or_else(|| format!("the file has no array `{name}`"))?;
        if *found != shape {
            return Err(format!("array `{name}` has shape {found:?}, not {shape:?}"));
        }
        Ok(Array { shape, values: values.clone() })
    }
}

impl<const AXES: usize> Array<AXES> {
    /// The values in a network's number type.
    pub fn as_type<E: Element>(&self) -> Vec<E> {
        self.values.iter().copied().map(E::of).collect()
    }
}

impl Array<2> {
    /// NumPy's programs multiply by `[in, out]`; PyTorch, and so a network here, keeps `[out, in]`.
    pub fn transposed(&self) -> Self {
        let [rows, columns] = self.shape;
        let value = |place: usize| self.values[place % rows * columns + place / rows];
        Array { shape: [columns, rows], values: (0..rows * columns).map(value).collect() }
    }
}
