//! Declared networks as ONNX files beside what they give, under `target/onnx`, for `check.py` to compare with onnxruntime.
#![cfg(feature = "onnx")]

#[path = "../support/mod.rs"]
mod support;

mod networks;
mod ops;
#[allow(deprecated, reason = "a random network may have two linear items in a row")]
#[path = "../random_networks/mod.rs"]
mod random_networks;
mod written;

use support::net::randomise;
use tensor_core::prelude::*;
use written::{Case, ids, mask, numbers, stored};

/// Sizes that the axes b, n and m have in turn.
const SIZES: [(usize, usize, usize); 3] = [(2, 5, 7), (1, 1, 1), (3, 8, 2)];

/// A declaration, and its inputs: `x`, numbers; `ids(V; …)`; `mask`. The first line names the axes.
macro_rules! cases {
    (
        ($b:ident, $n:ident, $m:ident)
        $($case:ident: $form:ident! { $($declared:tt)* }
            on $main:ident($($shape:tt)*) $(, $side:ident: $kind:ident($($side_shape:tt)*))*;)*
    ) => {$(
        mod $case {
            use super::*;

            cases!(@declare $form Net: $($declared)*);

            #[test]
            fn is_written() {
                let mut net = Net::new(&Cpu::default());
                randomise(&mut net, 1);
                let mut case = Case::new(stringify!($case));
                for ($b, $n, $m) in SIZES {
                    let _ = ($b, $n, $m);
                    let x = cases!(@input $main($($shape)*));
                    $(let $side = cases!(@input $kind($($side_shape)*));)*
                    let y = net.forward(x.clone() $(, $side.clone())*);
                    let inputs = vec![("input", stored(&x)) $(, (stringify!($side), stored(&$side)))*];
                    case.run(inputs, stored(&y));
                }
                case.write(&net);
            }
        }
    )*};
    (@declare $form:ident Net: $($declared:tt)*) => { $form! { pub struct Net: $($declared)* } };
    (@input x($($shape:tt)*)) => { numbers(($($shape)*)) };
    (@input ids($most:literal; $($shape:tt)*)) => { ids($most, ($($shape)*)) };
    (@input mask($($shape:tt)*)) => { mask(($($shape)*)) };
}
use cases;

/// One of the random networks, whose test of gradients needs no dropout or does not mind.
macro_rules! tests {
    ($with:ident dropout, $Shape:ty) => {
        #[test]
        fn is_written() {
            let mut net = Net::new(&Cpu::default());
            randomise(&mut net, 1);
            let x: Tensor<$Shape, f32, Cpu> = numbers(Default::default());
            let y = net.forward(x.clone());
            let mut case = Case::new(module_path!());
            case.run(vec![("input", stored(&x))], stored(&y));
            case.write(&net);
        }
    };
}
use tests;
