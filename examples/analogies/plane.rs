//! Vectors on a plane: the two directions in which they differ most.

use std::error::Error;

use faer::{Mat, Side};

use crate::words::{Vector, WIDTH};

/// Points on a plane.
pub struct Plane {
    pub points: Vec<(f64, f64)>,
    /// The share of the vectors' variance that the plane shows.
    pub explained: f64,
}

/// Projects vectors onto the eigenvectors of their covariance with the two largest eigenvalues.
pub fn project(vectors: &[Vector]) -> Result<Plane, Box<dyn Error>> {
    let count = vectors.len().max(1) as f64;
    let mean: Vec<f64> =
        (0..WIDTH).map(|i| vectors.iter().map(|vector| f64::from(vector[i])).sum::<f64>() / count).collect();
    let centred = Mat::from_fn(vectors.len(), WIDTH, |row, i| f64::from(vectors[row][i]) - mean[i]);
    let covariance = centred.transpose() * &centred;
    let eigen = covariance.self_adjoint_eigen(Side::Lower).map_err(|error| format!("{error:?}"))?;
    let (axes, values) = (eigen.U(), eigen.S());
    // The values ascend.
    let places = &centred * axes.subcols(WIDTH - 2, 2);
    let points = (0..vectors.len()).map(|row| (places[(row, 1)], places[(row, 0)])).collect();
    let total: f64 = (0..WIDTH).map(|i| values[i]).sum();
    Ok(Plane { points, explained: (values[WIDTH - 1] + values[WIDTH - 2]) / total })
}
