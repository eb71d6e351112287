//! Networks in use: nothing changes any more, so that all that can be prepared is.

use std::sync::Arc;

use dfdx::prelude::*;

use crate::Error;
use crate::exec::Inputs;
use crate::exec::fused::{self, Input, Service};
use crate::layer::{Layer, enter_plan, tensor_of};
use crate::param::Weights;
use crate::plan::Axes;

/// A network whose weights don't change any more, see [`Freeze::freeze`].
#[derive(Debug)]
pub struct Frozen<N> {
    net: N,
    /// Absent where a weight's numbers lie in another order than that of its axes.
    service: Option<Service>,
}

/// Networks of `f32` on the CPU, which can be frozen.
pub trait Freeze: Layer<f32, Cpu> + Sized {
    /// The network for use alone: its weights are packed as products take them, buffers are kept from call to call, and
    /// several threads may use it at once through `&self`.
    ///
    /// ```
    /// use tensor_core::prelude::*;
    ///
    /// layer! { pub struct TwoLayer: [4] -> [3] { hidden: linear(4 -> 8), relu, output: linear(8 -> 3) } }
    ///
    /// let device = Cpu::seed_from_u64(0);
    /// let net = TwoLayer::new(&device);
    /// let x: Tensor<Rank2<5, 4>, f32, _> = device.sample_normal();
    /// let expected = net.forward(x.clone()).array();
    ///
    /// let frozen = net.freeze();
    /// assert_eq!(frozen.forward(x.clone()).array(), expected);
    ///
    /// // Without tensors, and without allocating.
    /// let mut y = [0.0; 15];
    /// frozen.forward_into(&[5, 4], &x.as_vec(), &mut y)?;
    /// assert_eq!(y, expected.as_flattened());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn freeze(self) -> Frozen<Self> {
        let mut weights = Weights::on_host();
        self.weights(&mut weights);
        let fuses = weights.are_on_host();
        let hosts: Vec<Arc<[f32]>> = weights.hosts().collect();
        let service = fuses.then(|| Service::new(Self::PLAN, hosts));
        Frozen { net: self, service }
    }
}

impl<N: Layer<f32, Cpu>> Freeze for N {}

impl<N: Layer<f32, Cpu>> Frozen<N> {
    /// The network.
    pub fn net(&self) -> &N {
        &self.net
    }

    /// The network, to be trained further.
    pub fn thaw(self) -> N {
        self.net
    }

    /// As the network's `forward`.
    ///
    /// # Panics
    /// With the sentence of what [`try_forward`](Self::try_forward) reports.
    #[track_caller]
    pub fn forward<X, O: Shape>(&self, x: X) -> Tensor<O, f32, Cpu>
    where
        X: Inputs<f32, Cpu>,
        N: Module<X, Output = Tensor<O, f32, Cpu>, Error = Error>,
        Cpu: Storage<X::Number>,
    {
        crate::layer::expect_pass(self.try_forward(x))
    }

    /// As the network's `try_forward`.
    ///
    /// # Errors
    /// Those of the network's.
    pub fn try_forward<X, O: Shape>(&self, x: X) -> Result<Tensor<O, f32, Cpu>, Error>
    where
        X: Inputs<f32, Cpu>,
        N: Module<X, Output = Tensor<O, f32, Cpu>, Error = Error>,
        Cpu: Storage<X::Number>,
    {
        let Some(service) = &self.service else { return self.net.try_forward(x) };
        if x.sizes().contains(&0) {
            return self.net.try_forward(x);
        }
        let (x, sides) = x.split(N::PLAN)?;
        let device = Tensor::device(&x).clone();
        let (value, axes) = enter_plan(N::PLAN, x)?;
        let inputs = std::iter::once(&value).chain(sides.iter().map(|side| &side.value));
        let inputs: Vec<Input<'_>> = inputs.map(fused::input).collect();
        service.run(&inputs, &axes, &fused::given(&sides), |y, axes| tensor_of(N::PLAN, &device, y, axes))
    }

    /// What the network gives for numbers `x` with these sizes, into `y`, both in the order of their axes. Once it has seen
    /// the sizes and as many threads at once, it allocates nothing.
    ///
    /// # Errors
    /// [`Error::Axes`] if the sizes are not those of an input, [`Error::Length`] if the slices are not as long as their
    /// sizes say, [`Error::NotFrozen`] for a network with side
    /// inputs, or weights in another order than that of their axes.
    pub fn forward_into(&self, sizes: &[usize], x: &[f32], y: &mut [f32]) -> Result<(), Error> {
        self.into(Axes::of_sizes(sizes), Input::Slice(x), x.len(), y)
    }

    /// As [`forward_into`](Self::forward_into), for a network that takes ids.
    ///
    /// # Errors
    /// As [`forward_into`](Self::forward_into).
    pub fn forward_ids_into(&self, sizes: &[usize], ids: &[usize], y: &mut [f32]) -> Result<(), Error> {
        self.into(Axes::of_sizes(sizes).with_ids(true), Input::Ids(ids.into()), ids.len(), y)
    }

    fn into(&self, axes: Axes, x: Input<'_>, given: usize, target: &mut [f32]) -> Result<(), Error> {
        let service = self.service.as_ref().filter(|_| N::PLAN.sides.is_empty());
        let Some(service) = service else { return Err(Error::NotFrozen { network: N::PLAN.name }) };
        if !axes.ends_in(&N::PLAN.input) {
            return Err(Error::axes(N::PLAN.name, &N::PLAN.input, &axes));
        }
        let expected = axes.elements() as usize;
        let length = |what, expected, given| Err(Error::Length { what, expected, given });
        if expected != given {
            return length("input", expected, given);
        }
        if expected == 0 {
            return if target.is_empty() { Ok(()) } else { length("output", 0, target.len()) };
        }
        service.run(&[x], &axes, &[], |y, _| {
            if y.len() != target.len() {
                return length("output", y.len(), target.len());
            }
            target.copy_from_slice(y);
            Ok(())
        })
    }
}
