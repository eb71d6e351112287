//! Networks that take ids; sequences and images that don't fit.

use tensor_core::prelude::*;

use crate::support::net::{randomise, weights};

layer! {
    pub struct Tied: ids[n] -> [n, 7] { tokens: embedding(7 -> 5), places: positional(4), unembed(7, tie: tokens) }
}
layer! {
    pub struct Bert: (ids: ids[n], kinds: ids[n]) -> [4] {
        words: embedding(9 -> 4), kinds: embedding(2 -> 4, add: kinds), norm: layer_norm, pool(first),
    }
}

fn ids<const N: usize>(ids: [usize; N]) -> Tensor<Rank1<N>, usize, Cpu> {
    Cpu::default().tensor(ids)
}

#[test]
fn an_id_that_is_none_is_named_with_its_place() {
    let device = Cpu::default();
    let net = Tied::new(&device);
    let error = net.try_forward(device.tensor([[0, 6, 2], [3, 7, 1]])).map(drop).expect_err("7 ids, from 0");
    assert_eq!(error, Error::Id { item: "tokens", id: 7, place: vec![1, 1], vocabulary: 7 });
    assert_eq!(error.to_string(), "`tokens` has 7 ids, from 0 to 6, but the id at [1, 1] is 7");
    let bert = Bert::new(&device);
    let error = bert.try_forward(ids([0, 8, 1]), ids([0, 1, 2])).map(drop).expect_err("2 kinds");
    assert_eq!(error, Error::Id { item: "kinds", id: 2, place: vec![2], vocabulary: 2 });
}

#[test]
fn too_long_a_sequence_says_both_lengths() {
    let error = Tied::new(&Cpu::default()).try_forward(ids([0; 5])).map(drop).expect_err("4 positions");
    assert_eq!(error.to_string(), "`places` has 4 positions, but was given 5");
}

#[test]
fn a_tied_table_is_one_weight() {
    assert_eq!(Tied::PARAMS, 7 * 5 + 4 * 5);
    let mut net = Tied::<f64, _>::build(&Cpu::default());
    randomise(&mut net, 1);
    let keys: Vec<String> = weights(&net).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["tokens.weight", "places.weight"]);

    let bytes = net.save_bytes().expect("it can be saved");
    let mut other = Tied::<f64, _>::build(&Cpu::default());
    other.load_bytes(&bytes).expect("it can be loaded");
    assert_eq!(other.forward(ids([1, 2])).array(), net.forward(ids([1, 2])).array());

    // One step changes it by the gradient of both uses.
    let loss = net.forward_train(ids([1, 2]), net.alloc_grads()).square().mean::<Rank0, _>();
    let (before, gradients) = (net.tokens.weight.array(), loss.backward());
    let gradient = gradients.get(net.tokens.weight.tensor()).array();
    let mut sgd = Sgd::new(&net, SgdConfig { lr: 0.5, ..Default::default() });
    sgd.update(&mut net, &gradients).expect("every weight has a gradient");
    for (row, after) in net.tokens.weight.array().iter().enumerate() {
        for (column, after) in after.iter().enumerate() {
            assert!((after - (before[row][column] - 0.5 * gradient[row][column])).abs() < 1e-15);
        }
    }
}

#[test]
fn embeddings_are_added() {
    let mut net = Bert::<f64, _>::build(&Cpu::default());
    randomise(&mut net, 1);
    let sum = |word: usize, kind: usize| -> Vec<f64> {
        let (words, kinds) = (net.words.weight.array(), net.kinds.weight.array());
        words[word].iter().zip(kinds[kind]).map(|(word, kind)| word + kind).collect()
    };
    let x = Cpu::default().tensor_from_vec(sum(3, 1), (Const::<4>,));
    layer! { struct Norm: [4] -> [4] { norm: layer_norm } }
    let mut norm = Norm::<f64, _>::build(&Cpu::default());
    norm.norm = net.norm.clone();
    assert_eq!(net.forward(ids([3, 8]), ids([1, 0])).array(), norm.forward(x).array());
}

layer! {
    pub struct Ratings: (users: ids[n], items: ids[n]) -> [n, 1] {
        fork(add) {
            user: { user_bias: embedding(5 -> 1) },
            item: { item_bias: embedding(7 -> 1, of: items) },
            both: {
                fork(mul) {
                    taste: { tastes: embedding(5 -> 3) },
                    kind: { kinds: embedding(7 -> 3, of: items) },
                },
                sum: linear(3 -> 1),
            },
        },
    }
}

#[test]
fn two_inputs_of_ids_are_multiplied() {
    let mut net = Ratings::<f64, _>::build(&Cpu::default());
    randomise(&mut net, 1);
    let (users, items) = ([0, 4, 2, 2], [6, 0, 3, 6]);
    let y = net.forward(ids(users), ids(items)).array();
    for (row, (user, item)) in users.into_iter().zip(items).enumerate() {
        let (p, q) = (net.tastes.weight.array()[user], net.kinds.weight.array()[item]);
        let w = net.sum.weight.array()[0];
        let product: f64 = (0..3).map(|k| w[k] * p[k] * q[k]).sum::<f64>() + net.sum.bias.array()[0];
        let expected = product + net.user_bias.weight[[user, 0]] + net.item_bias.weight[[item, 0]];
        assert!((y[row][0] - expected).abs() < 1e-14, "{} and {expected}", y[row][0]);
    }
    let gradients = net.forward_train(ids(users), ids(items), net.alloc_grads()).sum::<Rank0, _>().backward();
    let of_bias = gradients.get(net.item_bias.weight.tensor()).array().map(|[g]| g);
    assert_eq!(of_bias, [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 2.0]);
    let error = net.try_forward(ids([0]), ids([7])).map(drop).expect_err("7 items, from 0");
    assert_eq!(error.to_string(), "`item_bias` has 7 ids, from 0 to 6, but the id at [0] is 7");
    assert!(net.summary().to_string().contains("embedding(7 -> 3, of: items)"));
}

#[test]
fn an_empty_batch_is_one_but_an_empty_sequence_is_told() {
    layer! { pub struct Pooled: [n, 6] -> [6] { pool(mean) } }
    let device = Cpu::default();
    let net = Pooled::new(&device);
    let none: Tensor<(usize, Const<3>, Const<6>), f32, _> = device.zeros_like(&(0, Const, Const));
    assert_eq!(net.forward(none).shape().0, 0);
    let empty: Tensor<(usize, Const<6>), f32, _> = device.zeros_like(&(0, Const));
    let error = net.try_forward(empty).map(drop).expect_err("there is no mean of nothing");
    assert_eq!(error.to_string(), "`Pooled` needs at least one row, but was given [0, 6]");
}

#[test]
fn no_ids_beside_some_are_told() {
    let none: Tensor<(usize,), usize, Cpu> = Cpu::default().tensor_from_vec(Vec::new(), (0,));
    let error =
        Bert::new(&Cpu::default()).try_forward(ids([1, 2]), none).map(drop).expect_err("two kinds are due");
    assert_eq!(error.to_string(), "the side input `kinds` of `Bert` takes ids[2], but was given ids[0]");
}

/// What is not a number must not become one on the way.
#[test]
fn nan_comes_through_every_op() {
    macro_rules! comes_through {
        ($($Net:ident: [$($input:tt)*] -> [$($output:tt)*] { $($body:tt)* } on $x:ty;)*) => {$({
            layer! { struct $Net: [$($input)*] -> [$($output)*] { $($body)* } }
            let device = Cpu::default();
            let net = $Net::new(&device);
            let mut values = vec![0.5; <$x>::default().num_elements()];
            values[1] = f32::NAN;
            let x: Tensor<$x, f32, _> = device.tensor_from_vec(values, Default::default());
            assert!(net.forward(x.clone()).as_vec().iter().any(|y| y.is_nan()), stringify!($Net));
            let trained = net.forward_train(x, net.alloc_grads());
            assert!(trained.as_vec().iter().any(|y| y.is_nan()), stringify!($Net));
        })*};
    }
    comes_through! {
        Attend: [n, 6] -> [n, 6] { attend: attention(heads: 3, mask: causal, rope: 10.0, qk_norm: true) } on Rank2<3, 6>;
        Places: [n, 6] -> [n, 6] { places: positional(4) } on Rank2<3, 6>;
        Classed: [n, 6] -> [n + 1, 6] { class: class_token } on Rank2<3, 6>;
        Mean: [n, 6] -> [6] { pool(mean) } on Rank2<3, 6>;
        Max: [n, 6] -> [6] { pool(max) } on Rank2<3, 6>;
        First: [n, 6] -> [6] { pool(first) } on Rank2<3, 6>;
        Patches: [1, 4, 4] -> [4, 4] { patches(2) } on Rank3<1, 4, 4>;
        Conv: [1, 4, 4] -> [2, 3, 3] { conv: conv2d(1 -> 2, kernel: 2) } on Rank3<1, 4, 4>;
        MaxPool: [1, 4, 4] -> [1, 2, 2] { max_pool2d(2) } on Rank3<1, 4, 4>;
        AvgPool: [1, 4, 4] -> [1, 2, 2] { avg_pool2d(2) } on Rank3<1, 4, 4>;
    }
}
