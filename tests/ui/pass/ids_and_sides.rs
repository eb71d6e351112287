//! Ids and side inputs, under names that the expansion would like to use.

use tensor_core::prelude::*;

layer! {
    struct Bert<const S1: usize, const T1: usize, const E: usize>: (ids: ids[n], kinds: ids[n], mask: [n]) -> [S1]
    where S1 % 2 == 0
    {
        words: embedding(T1 -> S1),
        kinds: embedding(E -> S1, add: kinds),
        places: positional(16),
        norm: layer_norm,
        attend: attention(heads: 2, mask: padding),
        pool(mean),
    }
}

layer! {
    struct Odd: (gradients: [n, 4], net: [m, 6], x: ids[n]) -> [n, 4] {
        kinds: embedding(3 -> 4, add: x),
        residual { cross: attention(heads: 2, context: net) },
    }
}

layer! {
    struct Outer: (x: [n, 4], gradients: [m, 6], kinds: ids[n]) -> [n, 4] {
        inner: Odd(net: gradients, x: kinds),
        rows: [Odd; 2](net: gradients, x: kinds, rename: "others"),
    }
}

// Raw names, too.
layer! {
    struct Raw: (x: [n, 4], r#in: [m, 6]) -> [n, 4] { cross: attention(heads: 2, context: r#in) }
}
layer! { struct Outside: (x: [n, 4], r#type: [m, 6]) -> [n, 4] { inner: Raw(r#in: r#type) } }

layer! {
    struct Rated: (users: ids[n], items: ids[n]) -> [n, 4] {
        fork(mul) { user: { users: embedding(5 -> 4) }, item: { items: embedding(7 -> 4, of: items) } },
    }
}
layer! { struct Around: (x: ids[n], films: ids[n]) -> [n, 4] { rated: Rated(items: films), same: relu_of_four::Same } }
mod relu_of_four {
    use tensor_core::prelude::*;
    layer! { pub(super) struct Same: [4] -> [4] { relu } }
}

layer! {
    struct Text: ids[n] -> [n, 7] {
        tokens: embedding(7 -> 4), residual { norm: layer_norm, tanh }, unembed(7, tie: tokens),
    }
}

// Another network takes the ids.
layer! { struct Nested: ids[n] -> [n, 2] { text: Text, head: linear(7 -> 2) } }

layer! {
    struct Forked: ids[n] -> [n, 5] {
        fork(concat) { left: { a: embedding(7 -> 2) }, right: { b: embedding(7 -> 3), tanh } },
    }
}

#[test]
fn they_run() {
    let device = Cpu::default();
    let ids = device.tensor([[1, 2, 3], [0, 6, 2]]);
    let kinds = device.tensor([[0, 1, 1], [0, 0, 2]]);
    let bert = Bert::<4, 9, 3>::new(&device);
    let mask: Tensor<Rank2<2, 3>, f32, _> = device.ones();
    let _: Tensor<Rank2<2, 4>, f32, _> = bert.forward(ids.clone(), kinds.clone(), mask.clone());
    let trained = bert.forward_train(ids.clone(), kinds.clone(), mask.clone(), bert.alloc_grads());
    let mut bert = bert;
    let gradients = trained.square().mean().backward();
    Adam::new(&bert, AdamConfig::default())
        .update(&mut bert, &gradients)
        .expect("all weights have gradients");
    let _: Tensor<Rank2<2, 4>, f32, _> = Module::forward(&bert, (ids.clone(), kinds.clone(), mask));

    let (x, context) = (device.sample_normal::<Rank3<2, 3, 4>>(), device.sample_normal::<Rank3<2, 5, 6>>());
    let _: Tensor<Rank3<2, 3, 4>, f32, _> = Outside::new(&device).forward(x.clone(), context.clone());
    let _: Tensor<Rank3<2, 3, 4>, f32, _> = Outer::new(&device).forward(x, context, kinds);
    let _: Tensor<Rank3<2, 3, 2>, f32, _> = Nested::new(&device).forward(ids.clone());
    let _: Tensor<Rank3<2, 3, 5>, f32, _> = Forked::new(&device).forward(ids.clone());
    // dfdx's way: ids may carry a tape.
    let traced: Tensor<Rank3<2, 3, 7>, f32, _, OwnedTape<f32, Cpu>> =
        Module::forward(&Text::new(&device), Trace::<f32, Cpu>::leaky_trace(&ids));
    traced.mean().backward();
}
