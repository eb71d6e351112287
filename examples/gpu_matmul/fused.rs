//! Products by this crate's kernels: a frozen network of one matrix.

use std::error::Error;

use tensor_core::prelude::*;

use crate::{Task, loops};

layer! {
    /// x → x·Wᵀ
    pub struct Product<const N: usize>: [N] -> [N] { product: linear(N -> N, bias: false) }
}

/// a·b, where the weight is bᵀ. A pool of so many threads does it.
pub fn multiply(task: &Task, threads: usize) -> Result<(Vec<f32>, f64), Box<dyn Error>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let by = || match task.side {
        128 => by_network::<128>(task),
        256 => by_network::<256>(task),
        512 => by_network::<512>(task),
        1024 => by_network::<1024>(task),
        other => Err(format!("there is no network for matrices of {other} × {other}")),
    };
    Ok(pool.install(by)?)
}

fn by_network<const N: usize>(task: &Task) -> Result<(Vec<f32>, f64), String> {
    let device = Cpu::default();
    let mut net = Product::<N>::new(&device);
    let b: Tensor<Rank2<N, N>, f32, _> = device.tensor_from_vec(task.b.clone(), (Const, Const));
    let transposed: Tensor<Rank2<N, N>, f32, _> = b.permute::<_, Axes2<1, 0>>();
    net.product.weight.tensor_mut().copy_from(&transposed.as_vec());
    let net = net.freeze();
    let mut c = vec![0.0; N * N];
    net.forward_into(&[N, N], &task.a, &mut c).map_err(|error| error.to_string())?;
    let milliseconds = loops::milliseconds(|| {
        let fitting = net.forward_into(&[N, N], &task.a, &mut c);
        debug_assert!(fitting.is_ok(), "it did so before");
    });
    Ok((c, milliseconds))
}
