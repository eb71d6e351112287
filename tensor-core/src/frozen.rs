//! Networks in use: nothing changes any more, so that all that can be prepared is.

use std::sync::Arc;

use dfdx::prelude::*;

use crate::Error;
use crate::exec::fused::{self, Given, Input, Service};
use crate::exec::{Inputs, SideAt};
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
        let inputs = std::iter::once(&value).chain(sides.iter().map(|side| &side.value)).map(fused::input);
        service.run(inputs, &axes, fused::given(&sides), |y, axes| tensor_of(N::PLAN, &device, y, axes))
    }

    /// What the network gives for numbers `x` with these sizes, into `y`, both in the order of their axes. Once it has seen
    /// the sizes and as many threads at once, it allocates nothing.
    ///
    /// # Errors
    /// As [`forward_all_into`](Self::forward_all_into).
    pub fn forward_into(&self, sizes: &[usize], x: &[f32], y: &mut [f32]) -> Result<(), Error> {
        self.forward_all_into(Flat::Numbers(sizes, x), &[], y)
    }

    /// As [`forward_into`](Self::forward_into), for a network that takes ids.
    ///
    /// # Errors
    /// As [`forward_all_into`](Self::forward_all_into).
    pub fn forward_ids_into(&self, sizes: &[usize], ids: &[usize], y: &mut [f32]) -> Result<(), Error> {
        self.forward_all_into(Flat::Ids(sizes, ids), &[], y)
    }

    /// As [`forward_into`](Self::forward_into), for a network that takes side inputs: these, in the order of its signature.
    ///
    /// ```
    /// use tensor_core::frozen::Flat;
    /// use tensor_core::prelude::*;
    ///
    /// layer! {
    ///     pub struct Reader: (tokens: ids[n], mask: [n]) -> [8] {
    ///         words: embedding(50 -> 8), attend: attention(heads: 2, mask: padding), pool(mean),
    ///     }
    /// }
    /// let served = Reader::new(&Cpu::seed_from_u64(0)).freeze();
    /// let (tokens, mask) = ([3, 1, 4, 0, 1, 5, 0, 0], [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// let mut y = [0.0; 16];
    /// served.forward_all_into(Flat::Ids(&[2, 4], &tokens), &[Flat::Numbers(&[2, 4], &mask)], &mut y)?;
    /// # Ok::<(), tensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Axes`] if the sizes are not those of an input, [`Error::Side`] if a side input's don't fit these,
    /// [`Error::SideCount`] if there are more or fewer of them than declared, [`Error::Length`] if the slices are not as long
    /// as their sizes say, [`Error::Empty`] without a position where something is made of every sequence,
    /// [`Error::NotFrozen`] for weights in another order than that of their axes; and those of the items.
    pub fn forward_all_into(&self, x: Flat<'_>, sides: &[Flat<'_>], y: &mut [f32]) -> Result<(), Error> {
        let plan = N::PLAN;
        let Some(service) = &self.service else { return Err(Error::NotFrozen { network: plan.name }) };
        if sides.len() != plan.sides.len() {
            let (takes, given) = (plan.sides.len(), sides.len());
            return Err(Error::SideCount { network: plan.name, takes, given });
        }
        let axes = x.axes().filter(|axes| axes.ends_in(&plan.input));
        let Some(axes) = axes else {
            let (takes, given) = (plan.input.to_string(), x.sizes());
            return Err(Error::Axes { network: plan.name, takes, given });
        };
        x.check("input", &axes)?;
        if axes.elements() == 0 {
            return match axes.through(&plan.input, &plan.output).elements() {
                0 => expect_length("output", 0, y.len()),
                _ => Err(Error::Empty { network: plan.name, given: axes.to_string() }),
            };
        }
        for (side, declared) in sides.iter().zip(plan.sides) {
            let Some(axes) = side.axes() else {
                let (takes, given) = (declared.axes.to_string(), side.sizes());
                return Err(Error::Side { network: plan.name, side: declared.name, takes, given });
            };
            side.check(declared.name, &axes)?;
        }
        let given = sides.iter().zip(plan.sides).filter_map(|(side, declared)| {
            Some(Given { at: SideAt::new(declared.name, side.axes()?), traced: false })
        });
        let inputs = std::iter::once(&x).chain(sides).map(|input| match *input {
            Flat::Numbers(_, numbers) => Input::Slice(numbers),
            Flat::Ids(_, ids) => Input::Ids(ids.into()),
        });
        service.run(inputs, &axes, given, |found, _| {
            expect_length("output", found.len(), y.len())?;
            y.copy_from_slice(found);
            Ok(())
        })
    }
}

/// An input as its sizes and a slice in the order of its axes.
#[derive(Clone, Copy, Debug)]
pub enum Flat<'a> {
    /// Of numbers.
    Numbers(&'a [usize], &'a [f32]),
    /// Of ids.
    Ids(&'a [usize], &'a [usize]),
}

impl Flat<'_> {
    /// Its axes; none if there are more than a tensor has.
    fn axes(&self) -> Option<Axes> {
        let (sizes, ids) = match *self {
            Flat::Numbers(sizes, _) => (sizes, false),
            Flat::Ids(sizes, _) => (sizes, true),
        };
        (sizes.len() <= Axes::MAX).then(|| Axes::of_sizes(sizes).with_ids(ids))
    }

    /// Its sizes, for errors.
    fn sizes(&self) -> String {
        match *self {
            Flat::Numbers(sizes, _) => format!("{sizes:?}"),
            Flat::Ids(sizes, _) => format!("ids{sizes:?}"),
        }
    }

    /// Whether it is as long as its axes say.
    fn check(&self, what: &'static str, axes: &Axes) -> Result<(), Error> {
        let given = match self {
            Flat::Numbers(_, numbers) => numbers.len(),
            Flat::Ids(_, ids) => ids.len(),
        };
        expect_length(what, axes.elements() as usize, given)
    }
}

fn expect_length(what: &'static str, expected: usize, given: usize) -> Result<(), Error> {
    if expected == given { Ok(()) } else { Err(Error::Length { what, expected, given }) }
}
