//! The essay's two NumPy programs on typed networks: the same weights and inputs, and the same numbers out.
//!
//! `make_fixture.py` beside this file is the NumPy side; `numpy.safetensors` holds what it drew and what it computed.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use tensor_core::prelude::*;

mod arrays;
#[path = "../support/mod.rs"]
mod support;

use arrays::{Array, Arrays};

layer! {
    /// Y = max(0, X·W1 + b1)·W2 + b2
    pub struct TwoLayer: [4] -> [3] {
        hidden: linear(4 -> 8),
        relu,
        output: linear(8 -> 3),
    }
}

attention! {
    /// softmax(Q·Kᵀ / √4)·V
    pub struct Head: [seq, 8] -> [seq, 4] {
        w_q: [8, 4], w_k: [8, 4], w_v: [8, 4],
    }
}

/// The most that a number may be away from NumPy's: rounding, in another order of summing.
const TOLERANCE: f64 = 1e-12;
const TOLERANCE_F32: f64 = 1e-5;

/// Runs two NumPy programs on typed networks and compares every number that comes out.
#[derive(Parser, Debug)]
struct Options {
    /// What make_fixture.py wrote
    #[arg(long, value_name = "FILE",
          default_value_os_t = support::repository("examples/numpy_verification/numpy.safetensors"))]
    arrays: PathBuf,
}

fn main() -> ExitCode {
    support::end(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let arrays = Arrays::read(&options.arrays)?;
    let network =
        Comparison::new(arrays.get("network.y", [5, 3])?, network::<f64>(&arrays)?, network::<f32>(&arrays)?);
    let attention = Comparison::new(
        arrays.get("attention.output", [5, 4])?,
        attention::<f64>(&arrays)?,
        attention::<f32>(&arrays)?,
    );
    network.print("network: max(0, X·W1 + b1)·W2 + b2");
    attention.print("attention: softmax(Q·Kᵀ / √4)·V");
    network.check("network")?;
    attention.check("attention")?;
    println!("result network_difference={:e}", network.difference());
    println!("result attention_difference={:e}", attention.difference());
    println!("result network_difference_f32={:e}", network.difference_f32());
    println!("result attention_difference_f32={:e}", attention.difference_f32());
    Ok(())
}

/// What the two-layer network gives with NumPy's weights for NumPy's input, row by row.
fn network<E: Element>(arrays: &Arrays) -> Result<Vec<E>, Box<dyn Error>>
where
    Cpu: Device<E>,
{
    let device = Cpu::default();
    let mut net = TwoLayer::<E, Cpu>::build(&device);
    net.hidden.weight.tensor_mut().copy_from(&arrays.get("network.w1", [4, 8])?.transposed().as_type());
    net.hidden.bias.tensor_mut().copy_from(&arrays.get("network.b1", [8])?.as_type());
    net.output.weight.tensor_mut().copy_from(&arrays.get("network.w2", [8, 3])?.transposed().as_type());
    net.output.bias.tensor_mut().copy_from(&arrays.get("network.b2", [3])?.as_type());
    let x: Tensor<Rank2<5, 4>, E, _> = device.tensor(arrays.get("network.x", [5, 4])?.as_type());
    Ok(net.try_forward(x)?.as_vec())
}

/// What the attention gives with NumPy's weights for NumPy's input, row by row.
fn attention<E: Element>(arrays: &Arrays) -> Result<Vec<E>, Box<dyn Error>>
where
    Cpu: Device<E>,
{
    let device = Cpu::default();
    let mut head = Head::<E, Cpu>::build(&device);
    head.w_q.weight.tensor_mut().copy_from(&arrays.get("attention.w_q", [8, 4])?.transposed().as_type());
    head.w_k.weight.tensor_mut().copy_from(&arrays.get("attention.w_k", [8, 4])?.transposed().as_type());
    head.w_v.weight.tensor_mut().copy_from(&arrays.get("attention.w_v", [8, 4])?.transposed().as_type());
    let x: Tensor<Rank2<5, 8>, E, _> = device.tensor(arrays.get("attention.x", [5, 8])?.as_type());
    Ok(head.try_forward(x)?.as_vec())
}

/// An output three times: by NumPy, and by a network in double and in single precision.
struct Comparison {
    numpy: Array<2>,
    double: Vec<f64>,
    single: Vec<f32>,
}

impl Comparison {
    fn new(numpy: Array<2>, double: Vec<f64>, single: Vec<f32>) -> Self {
        Comparison { numpy, double, single }
    }

    /// The largest difference from NumPy in double precision.
    fn difference(&self) -> f64 {
        support::largest_difference(&self.numpy.values, &self.double)
    }

    /// The largest difference from NumPy, which computes in double precision, in single precision.
    fn difference_f32(&self) -> f64 {
        support::largest_difference(&self.numpy.values, &self.single)
    }

    /// Every number, in as many digits as tell it from all others.
    fn print(&self, title: &str) {
        println!("{title}");
        println!("place   {:>22}  {:>22}  {:>14}", "NumPy", "f64", "f32");
        let columns = self.numpy.shape[1];
        for (place, ((numpy, double), single)) in
            self.numpy.values.iter().zip(&self.double).zip(&self.single).enumerate()
        {
            let (row, column) = (place / columns, place % columns);
            println!("[{row}, {column}]  {numpy:>22}  {double:>22}  {single:>14}");
        }
        println!(
            "largest difference from NumPy: {:.1e} in f64, {:.1e} in f32\n",
            self.difference(),
            self.difference_f32()
        );
    }

    fn check(&self, name: &str) -> Result<(), String> {
        for (number, difference, most) in
            [("f64", self.difference(), TOLERANCE), ("f32", self.difference_f32(), TOLERANCE_F32)]
        {
            if difference > most {
                return Err(format!(
                    "the {name} differs from NumPy by {difference:.1e} in {number}; {most:e} would be rounding"
                ));
            }
        }
        Ok(())
    }
}
