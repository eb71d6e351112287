//! Attention, sequences and images: inputs may be ids, and there may be side inputs.

use super::*;

/// A declaration, its fixture, and the shapes of the fixture's inputs. `x` is the main input, or `ids` of tokens.
macro_rules! parity {
    ($($case:ident: $form:ident! { $($declared:tt)* } on $main:ident($($shape:tt)*) $(, $side:ident($($side_shape:tt)*))*;)*) => {
        $(mod $case {
            use super::*;

            parity!(@declare $form Net: $($declared)*);

            #[test]
            fn the_declaration_is_the_fixtures() {
                let form = if stringify!($form) == "attention" { "attention!" } else { "" };
                let written = format!("{form}{}", dense(stringify!($($declared)*)));
                assert_eq!(written, dense(Fixture::open(stringify!($case)).metadata("network")));
            }

            parity!(@check $case: $main($($shape)*) $(, $side($($side_shape)*))*);
        })*

        /// The fixtures that have a test here.
        pub(super) const CASES: &[&str] = &[$(stringify!($case)),*];
    };

    (@declare $form:ident Net: $($declared:tt)*) => {
        $form! { pub struct Net: $($declared)* }
    };

    (@check $case:ident: $main:ident($($shape:tt)*) $(, $side:ident($($side_shape:tt)*))*) => {
        #[test]
        fn f64_agrees() {
            check::<f64>(F64);
        }

        #[test]
        fn f32_agrees() {
            check::<f32>(F32);
        }

        fn check<E: Element + StateDtype>(tolerance: f64)
        where
            Place: Device<E>,
        {
            let case = Case::new(stringify!($case), tolerance);
            let mut net = Net::<E, Place>::build(&place());
            net.load_bytes(&file(case.fixture.parameters())).expect("the fixture fits the declaration");
            let x = parity!(@main $main, case, E, ($($shape)*));
            $(let $side: Tensor<_, E, Place> = case.side(stringify!($side), ($($side_shape)*));)*

            case.close("y", &array(&net.forward(x.clone() $(, $side.clone())*)));

            let y = net.forward(Trace::<E, Place>::leaky_trace(&x) $(, $side.clone())*);
            let gradients = case.backward(y);
            parity!(@gradient $main, case, gradients, x);
            $(if case.fixture.has(concat!("grad.side.", stringify!($side))) {
                case.close(concat!("grad.side.", stringify!($side)), &array(&gradients.get(&$side)));
            })*
            case.compare(super::gradients(&net, &gradients));

            let y = net.forward_train(x, $($side,)* net.alloc_grads());
            case.compare(super::gradients(&net, &case.backward(y)));
        }
    };

    (@main x, $case:ident, $E:ty, $shape:expr) => {{
        let x: Tensor<_, $E, Place> = tensor(&place(), $shape, &$case.fixture.f64("x").values);
        x
    }};
    (@main ids, $case:ident, $E:ty, $shape:expr) => {
        place().tensor_from_vec($case.ids(), $shape)
    };
    (@gradient x, $case:ident, $gradients:ident, $x:ident) => {
        $case.close("grad.x", &array(&$gradients.get(&$x)));
    };
    (@gradient ids, $case:ident, $gradients:ident, $x:ident) => {};
}

parity! {
    attention_head: attention! { [seq, 8] -> [seq, 4] { w_q: [8, 4], w_k: [8, 4], w_v: [8, 4] } }
        on x(5, Const::<8>);
    attention_heads: layer! { [n, 6] -> [n, 6] { attend: attention(heads: 2) } } on x(Const::<2>, 5, Const::<6>);
    attention_causal: layer! { [n, 6] -> [n, 6] { attend: attention(heads: 3, mask: causal, bias: false) } }
        on x(2, Const::<5>, Const::<6>);
    attention_window: layer! { [n, 6] -> [n, 6] { attend: attention(heads: 2, mask: window(3)) } }
        on x(2, 7, Const::<6>);
    attention_padding: layer! {
        (x: [n, 6], mask: [n]) -> [n, 6] { attend: attention(heads: 2, mask: padding) }
    } on x(2, 5, Const::<6>), mask(2, 5);
    attention_grouped: layer! {
        [n, 8] -> [n, 8] { attend: attention(heads: 4, kv_heads: 2, mask: causal, bias: false) }
    } on x(2, 5, Const::<8>);
    attention_rope: layer! {
        [n, 8] -> [n, 8] { attend: attention(heads: 2, mask: causal, rope: 10_000.0, bias: false) }
    } on x(2, 5, Const::<8>);
    attention_grouped_rope: layer! {
        [n, 12] -> [n, 12] {
            attend: attention(heads: 6, kv_heads: 1, mask: causal, rope: 10_000.0, qk_norm: true, bias: false)
        }
    } on x(2, 5, Const::<12>);
    attention_wide: attention! {
        [seq, 6] -> [seq, 5] { heads: 3, w_q: [6, 9], w_k: [6, 9], w_v: [6, 12], w_o: [12, 5] }
    } on x(2, 5, Const::<6>);
    cross_attention: attention! {
        [n, 6] -> [n, 6] { heads: 2, context: [m, 4], w_k: [4, 6], w_v: [4, 6] }
    } on x(2, 5, Const::<6>), context(2, 3, Const::<4>);
    encoder_post_norm: layer! {
        [n, 6] -> [n, 6] {
            residual { attend: attention(heads: 2) }, norm_1: layer_norm,
            residual { up: linear(6 -> 11), gelu, down: linear(11 -> 6) }, norm_2: layer_norm
        }
    } on x(2, 5, Const::<6>);
    encoder_pre_norm: layer! {
        [n, 6] -> [n, 6] {
            residual { norm_1: layer_norm, attend: attention(heads: 2) },
            residual { norm_2: layer_norm, up: linear(6 -> 11), relu, down: linear(11 -> 6) }
        }
    } on x(2, 5, Const::<6>);
    decoder: layer! {
        (x: [n, 6], context: [m, 6]) -> [n, 6] {
            residual { norm_1: layer_norm, attend: attention(heads: 2, mask: causal) },
            residual { norm_2: layer_norm, cross: attention(heads: 3, context: context) },
            residual { norm_3: layer_norm, up: linear(6 -> 8), gelu, down: linear(8 -> 6) }
        }
    } on x(2, 5, Const::<6>), context(2, 3, Const::<6>);
    embedding: layer! { ids[n] -> [n, 5] { tokens: embedding(7 -> 5) } } on ids(2, 4);
    tied: layer! {
        ids[n] -> [n, 7] { tokens: embedding(7 -> 5), norm: layer_norm, unembed(7, tie: tokens) }
    } on ids(2, Const::<4>);
    positional: layer! { [n, 6] -> [n, 6] { places: positional(8) } } on x(2, 5, Const::<6>);
    sinusoidal: layer! { [n, 6] -> [n, 6] { positional(8, kind: sinusoidal) } } on x(2, 5, Const::<6>);
    patches: layer! { [2, 4, 6] -> [6, 8] { patches(2) } } on x(3, Const::<2>, Const::<4>, Const::<6>);
    class_token: layer! { [n, 5] -> [n + 1, 5] { class: class_token } } on x(2, 4, Const::<5>);
    pool_mean: layer! { [n, 5] -> [5] { pool(mean) } } on x(2, 4, Const::<5>);
    pool_max: layer! { [n, 5] -> [5] { pool(max) } } on x(2, 4, Const::<5>);
    pool_first: layer! { [n, 5] -> [5] { pool(first) } } on x(2, 4, Const::<5>);
    pool_last: layer! { [n, 5] -> [5] { pool(last) } } on x(2, 4, Const::<5>);
    pool_mean_masked: layer! { (x: [n, 5], mask: [n]) -> [5] { pool(mean) } } on x(2, 4, Const::<5>), mask(2, 4);
    pool_max_masked: layer! { (x: [n, 5], mask: [n]) -> [5] { pool(max) } } on x(2, 4, Const::<5>), mask(2, 4);
    pool_last_masked: layer! { (x: [n, 5], mask: [n]) -> [5] { pool(last) } } on x(2, 4, Const::<5>), mask(2, 4);
    conv2d: layer! {
        [2, 7, 6] -> [3, 4, 3] { conv: conv2d(2 -> 3, kernel: 3, stride: 2, padding: 1) }
    } on x(2, Const::<2>, Const::<7>, Const::<6>);
    conv2d_plain: layer! { [1, 5, 5] -> [2, 4, 4] { conv: conv2d(1 -> 2, kernel: 2) } }
        on x(Const::<1>, Const::<5>, Const::<5>);
    max_pool2d: layer! { [2, 4, 6] -> [2, 2, 3] { max_pool2d(2) } } on x(2, Const::<2>, Const::<4>, Const::<6>);
    avg_pool2d: layer! { [2, 4, 6] -> [2, 2, 3] { avg_pool2d(2) } } on x(2, Const::<2>, Const::<4>, Const::<6>);
}

mod gpt {
    use super::*;

    layer! {
        pub struct Block: [n, 8] -> [n, 8] {
            residual { norm_1: layer_norm, attend: attention(heads: 2, mask: causal) },
            residual { norm_2: layer_norm, up: linear(8 -> 12), gelu, down: linear(12 -> 8) },
        }
    }
    layer! {
        pub struct Net: ids[n] -> [n, 11] {
            tokens: embedding(11 -> 8), places: positional(6), blocks: [Block; 2], norm: layer_norm,
            unembed(11, tie: tokens),
        }
    }

    parity!(@check gpt: ids(2, 5));
}

/// A fixture, and how far from it is near enough.
struct Case {
    name: &'static str,
    fixture: Fixture,
    tolerance: f64,
}

impl Case {
    fn new(name: &'static str, tolerance: f64) -> Self {
        Case { name, fixture: Fixture::open(name), tolerance }
    }

    fn ids(&self) -> Vec<usize> {
        let ids = self.fixture.i64("ids").values.iter();
        ids.map(|&id| usize::try_from(id).expect("ids are not negative")).collect()
    }

    fn side<S: Shape, E: Element>(&self, name: &str, shape: S) -> Tensor<S, E, Place>
    where
        Place: Device<E>,
    {
        tensor(&place(), shape, &self.fixture.f64(&format!("side.{name}")).values)
    }

    fn close(&self, key: &str, found: &Array<f64>) {
        let name = format!("{}: {key}", self.name);
        Difference::assert_close(&name, found, self.fixture.f64(key), self.tolerance, self.tolerance);
    }

    /// Compares a pass, and goes back from it.
    fn backward<S: Shape, E: Element>(&self, y: Traced<S, E>) -> Gradients<E, Place>
    where
        Place: Device<E>,
    {
        self.close("y", &array(&y));
        let cotangent = tensor(&place(), *y.shape(), &self.fixture.f64("cotangent").values);
        (y * cotangent).sum::<Rank0, _>().backward()
    }

    fn compare(&self, gradients: Vec<(String, Array<f64>)>) {
        assert_eq!(gradients.len(), self.fixture.gradients().count());
        for (key, gradient) in gradients {
            self.close(&format!("grad.{key}"), &gradient);
        }
    }
}
