//! A GPU as this thread uses it: its kernels, cuBLAS, and what is kept on it.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use cudarc::cublas::{CudaBlas, result::sgemm, sys};
use cudarc::driver::{
    CudaDevice, CudaFunction, CudaSlice, DevicePtr, DeviceSlice, LaunchAsync, LaunchConfig,
};
use cudarc::nvrtc::{Ptx, compile_ptx};

use crate::Error;
use crate::cuda::tf32_is_allowed;

/// An address on the GPU; 0 for what is missing.
pub(super) type Address = u64;

const SOURCE: [&str; 4] = [
    include_str!("kernels.cu"),
    include_str!("attention.cu"),
    include_str!("losses.cu"),
    include_str!("rules.cu"),
];
const MODULE: &str = "tensor_dsl";
/// What `KERNEL name(` declares in the source.
const KERNELS: &[&str] = &[
    "fill",
    "copy_to",
    "add_to",
    "multiply_by",
    "drop_some",
    "repeat",
    "activate",
    "activation_back",
    "softmax",
    "softmax_back",
    "finish_product",
    "sum_columns",
    "norm_rows",
    "norm_back",
    "norm_weights_back",
    "embed",
    "embed_back",
    "copy_columns",
    "transpose",
    "gather",
    "scatter",
    "turn",
    "pool",
    "pool_back",
    "total",
    "cross_entropy",
    "weighted_cross_entropy",
    "soft_cross_entropy",
    "compare",
    "binary_cross_entropy",
    "improbable",
    "cosine_embedding",
    "unit_rows",
    "unit_rows_back",
    "chunk_squares",
    "adam",
    "sgd",
    "lion",
    "rms_prop",
    "attend",
    "attend_along",
    "attend_back_queries",
    "attend_back_keys",
];
/// Threads of a block.
const THREADS: u32 = 256;
/// Blocks that are enough to fill any GPU; kernels loop over what is left.
const MOST_BLOCKS: usize = 4096;
/// Constants that are kept on the GPU.
const MOST_KEPT: usize = 256;
/// Sets of buffers that are kept: as many as there are passes at once.
const SETS: usize = 4;

/// Devices that a thread keeps.
const DEVICES: usize = 4;

/// Buffers of a pass, one after another.
pub(super) type Buffers = Vec<CudaSlice<f32>>;

/// A GPU.
pub(super) struct Gpu {
    pub(super) device: Arc<CudaDevice>,
    blas: CudaBlas,
    functions: RefCell<HashMap<&'static str, CudaFunction>>,
    /// By the address of what they are copies of on the host, which they keep alive.
    kept: RefCell<Constants>,
    buffers: RefCell<Vec<Buffers>>,
}

/// Copies of constants, beside these.
type Constants = HashMap<usize, (Box<dyn Any>, Kept)>;

/// A constant's copies on the GPU.
enum Kept {
    Numbers(CudaSlice<f32>),
    Lists(Vec<CudaSlice<u64>>),
}

thread_local! {
    static GPUS: RefCell<Vec<Rc<Gpu>>> = const { RefCell::new(Vec::new()) };
}

impl Gpu {
    /// That of this device, made when it is first asked for.
    pub(super) fn of(device: &Arc<CudaDevice>) -> Result<Rc<Gpu>, Error> {
        GPUS.with_borrow_mut(|gpus| {
            if let Some(gpu) = gpus.iter().find(|gpu| Arc::ptr_eq(&gpu.device, device)) {
                return Ok(gpu.clone());
            }
            let gpu = Rc::new(Gpu::new(device.clone())?);
            gpus.insert(0, gpu.clone());
            gpus.truncate(DEVICES);
            Ok(gpu)
        })
    }

    fn new(device: Arc<CudaDevice>) -> Result<Self, Error> {
        let blas = CudaBlas::new(device.clone()).map_err(Error::device)?;
        if !device.has_func(MODULE, KERNELS[0]) {
            device.load_ptx(compiled()?, MODULE, KERNELS).map_err(Error::device)?;
        }
        let get = |&name: &&'static str| Some((name, device.get_func(MODULE, name)?));
        let functions = RefCell::new(KERNELS.iter().filter_map(get).collect());
        Ok(Gpu { device, blas, functions, kept: RefCell::default(), buffers: RefCell::default() })
    }

    /// Buffers of at least these lengths.
    pub(super) fn lend(self: &Rc<Self>, sizes: &[usize]) -> Result<Loan, Error> {
        let buffers = self.buffers.borrow_mut().pop().unwrap_or_default();
        let mut loan = Loan { gpu: self.clone(), buffers };
        for (place, &size) in sizes.iter().enumerate() {
            match loan.buffers.get_mut(place) {
                Some(buffer) if buffer.len() >= size => {}
                Some(buffer) => *buffer = self.alloc(size)?,
                None => loan.buffers.push(self.alloc(size)?),
            }
        }
        Ok(loan)
    }

    /// Memory with anything in it.
    pub(super) fn alloc(&self, length: usize) -> Result<CudaSlice<f32>, Error> {
        // SAFETY: any bits are numbers; each step writes what later ones read.
        unsafe { self.device.alloc::<f32>(length.max(1)) }.map_err(Error::device)
    }

    /// A copy of numbers of the host.
    pub(super) fn upload(&self, numbers: &[f32]) -> Result<CudaSlice<f32>, Error> {
        self.device.htod_sync_copy(numbers).map_err(Error::device)
    }

    /// A copy of numbers of the host, which nobody waits for.
    pub(super) fn upload_owned(&self, numbers: Vec<f32>) -> Result<CudaSlice<f32>, Error> {
        self.device.htod_copy(numbers).map_err(Error::device)
    }

    /// A copy of places.
    pub(super) fn upload_places(&self, places: impl Iterator<Item = usize>) -> Result<CudaSlice<u64>, Error> {
        self.device.htod_copy(places.map(|place| place as u64).collect()).map_err(Error::device)
    }

    /// Numbers of the GPU, once they are there.
    pub(super) fn download(&self, at: Address, length: usize) -> Result<Vec<f32>, Error> {
        let mut numbers = vec![0.0; length];
        self.device.bind_to_thread().map_err(Error::device)?;
        // SAFETY: the caller's value has this length; the copy waits for the stream.
        unsafe { cudarc::driver::result::memcpy_dtoh_async(&mut numbers, at, *self.device.cu_stream()) }
            .map_err(Error::device)?;
        self.device.synchronize().map_err(Error::device)?;
        Ok(numbers)
    }

    /// The copy of a constant, made when it is first asked for.
    pub(super) fn constant(&self, numbers: &Arc<[f32]>) -> Result<Address, Error> {
        let key = numbers.as_ptr().addr();
        if let Some((_, Kept::Numbers(copy))) = self.kept.borrow().get(&key) {
            return Ok(*copy.device_ptr());
        }
        let copy = self.upload(numbers)?;
        let address = *copy.device_ptr();
        self.keep(key, (Box::new(numbers.clone()), Kept::Numbers(copy)));
        Ok(address)
    }

    /// The copies of what `lists` makes of a constant, made when they are first asked for.
    pub(super) fn lists<T: ?Sized + 'static>(
        &self,
        constant: &Arc<T>,
        lists: impl FnOnce() -> Vec<Vec<usize>>,
    ) -> Result<Vec<Address>, Error> {
        let key = Arc::as_ptr(constant).cast::<()>().addr();
        let addresses = |copies: &[CudaSlice<u64>]| copies.iter().map(|copy| *copy.device_ptr()).collect();
        if let Some((_, Kept::Lists(copies))) = self.kept.borrow().get(&key) {
            return Ok(addresses(copies));
        }
        let copies = lists().into_iter().map(|list| self.upload_places(list.into_iter()));
        let copies = copies.collect::<Result<Vec<_>, _>>()?;
        let found = addresses(&copies);
        self.keep(key, (Box::new(constant.clone()), Kept::Lists(copies)));
        Ok(found)
    }

    fn keep(&self, key: usize, constant: (Box<dyn Any>, Kept)) {
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(key, constant);
    }

    /// Starts a kernel.
    pub(super) fn launch<P>(
        &self,
        name: &'static str,
        config: LaunchConfig,
        parameters: P,
    ) -> Result<(), Error>
    where
        CudaFunction: LaunchAsync<P>,
    {
        let function = match self.functions.borrow().get(name) {
            Some(function) => function.clone(),
            None => unreachable!("`KERNELS` names `{name}`"),
        };
        // SAFETY: the callers in this folder give each kernel what its signature in the source says, with lengths of
        // values that lie in buffers at least that long.
        unsafe { function.launch(config, parameters) }.map_err(Error::device)
    }

    /// Starts a kernel with one thread for each of `n` numbers.
    pub(super) fn each<P>(&self, name: &'static str, n: usize, parameters: P) -> Result<(), Error>
    where
        CudaFunction: LaunchAsync<P>,
    {
        self.launch(name, config((blocks(n) as u32, 1, 1), (THREADS, 1, 1), 0), parameters)
    }

    /// Writes the same number many times.
    pub(super) fn fill(&self, at: Address, length: usize, value: f32) -> Result<(), Error> {
        self.each("fill", length, (length, at, value))
    }

    /// Copies numbers on the GPU.
    pub(super) fn copy(&self, to: Address, from: Address, length: usize) -> Result<(), Error> {
        self.each("copy_to", length, (length, to, from))
    }

    /// Starts a kernel with one warp for each of `rows` rows.
    pub(super) fn rows<P>(&self, name: &'static str, rows: usize, parameters: P) -> Result<(), Error>
    where
        CudaFunction: LaunchAsync<P>,
    {
        let warps = (THREADS / 32) as usize;
        let blocks = rows.div_ceil(warps).clamp(1, MOST_BLOCKS) as u32;
        self.launch(name, config((blocks, 1, 1), (THREADS, 1, 1), 0), parameters)
    }

    /// Starts a kernel with a block for each 32 of `width` columns.
    pub(super) fn columns<P>(&self, name: &'static str, width: usize, parameters: P) -> Result<(), Error>
    where
        CudaFunction: LaunchAsync<P>,
    {
        let blocks = width.div_ceil(32).max(1) as u32;
        self.launch(name, config((blocks, 1, 1), (32, 32, 1), 0), parameters)
    }

    /// C = alpha · A·B + beta · C of matrices row by row, A and B perhaps transposed: `[rows, inner]·[inner, columns]`.
    pub(super) fn multiply(&self, task: Multiplication) -> Result<(), Error> {
        let Multiplication { sizes: [rows, inner, columns], a, b, c, alpha, beta } = task;
        let transposed = |transposed: bool| match transposed {
            true => sys::cublasOperation_t::CUBLAS_OP_T,
            false => sys::cublasOperation_t::CUBLAS_OP_N,
        };
        let [rows, inner, columns] =
            [rows, inner, columns].map(|size| i32::try_from(size).map_err(Error::device));
        let (rows, inner, columns) = (rows?, inner?, columns?);
        // cuBLAS reads matrices column by column, so that ours are transposed to it: Cᵀ = Bᵀ·Aᵀ.
        let [of_a, of_b] = [(a.1, rows, inner), (b.1, inner, columns)]
            .map(|(transposed, rows, columns)| if transposed { rows } else { columns });
        self.device.bind_to_thread().map_err(Error::device)?;
        let mode = if tf32_is_allowed() {
            sys::cublasMath_t::CUBLAS_TF32_TENSOR_OP_MATH
        } else {
            sys::cublasMath_t::CUBLAS_DEFAULT_MATH
        };
        // SAFETY: the sizes are those of the values, as the plan's check proved; the factors live through the call.
        unsafe {
            sys::cublasSetMathMode(*self.blas.handle(), mode).result().map_err(Error::device)?;
            sgemm(
                *self.blas.handle(),
                transposed(b.1),
                transposed(a.1),
                columns,
                rows,
                inner,
                &alpha,
                b.0 as *const f32,
                of_b,
                a.0 as *const f32,
                of_a,
                &beta,
                c as *mut f32,
                columns,
            )
        }
        .map_err(Error::device)
    }
}

/// Blocks of a kernel with one thread for each of `n` numbers.
pub(super) fn blocks(n: usize) -> usize {
    n.div_ceil(THREADS as usize).clamp(1, MOST_BLOCKS)
}

/// The kernels, compiled once a process: to PTX for the oldest GPU that NVRTC knows, which the driver compiles for its own.
fn compiled() -> Result<Ptx, Error> {
    static COMPILED: OnceLock<Result<Ptx, Error>> = OnceLock::new();
    COMPILED.get_or_init(|| compile_ptx(SOURCE.concat()).map_err(Error::device)).clone()
}

/// A product of matrices.
pub(super) struct Multiplication {
    /// Rows of C, what is summed over, columns of C.
    pub(super) sizes: [usize; 3],
    /// A, and whether it lies there transposed.
    pub(super) a: (Address, bool),
    pub(super) b: (Address, bool),
    pub(super) c: Address,
    pub(super) alpha: f32,
    pub(super) beta: f32,
}

pub(super) fn config(
    grid_dim: (u32, u32, u32),
    block_dim: (u32, u32, u32),
    shared_mem_bytes: u32,
) -> LaunchConfig {
    LaunchConfig { grid_dim, block_dim, shared_mem_bytes }
}

/// Buffers on loan, which go back when this is dropped.
pub(super) struct Loan {
    gpu: Rc<Gpu>,
    pub(super) buffers: Buffers,
}

impl Drop for Loan {
    fn drop(&mut self) {
        let mut kept = self.gpu.buffers.borrow_mut();
        if kept.len() < SETS {
            kept.push(std::mem::take(&mut self.buffers));
        }
    }
}
