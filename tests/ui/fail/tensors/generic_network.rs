use tensor_core::prelude::*;

layer! {
    pub struct Mlp<const D: usize, const F: usize>: [D] -> [D] {
        up: linear(D -> F),
        relu,
        down: linear(F -> D),
    }
}

fn main() {
    let device = Cpu::default();
    let net = Mlp::<768, 3072>::new(&device);
    net.forward(device.zeros::<Rank3<2, 7, 512>>());
}
