use tensor_core::prelude::*;

layer! {
    struct RawNames: [4] -> [4] {
        r#type: linear(4),
        relu,
        r#in: linear(4),
        tanh,
        forward: linear(4),
        gelu,
        hidden_2: linear(4),
    }
}

#[test]
fn they_are_fields() {
    let device = Cpu::default();
    let net = RawNames::new(&device);
    let _ = (&net.r#type, &net.r#in, &net.forward);
    let _: Tensor<Rank1<4>, f32, _> = net.forward(device.zeros::<Rank1<4>>());
}
