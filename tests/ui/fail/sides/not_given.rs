use tensor_core::prelude::*;

layer! {
    pub struct Model: (x: [n, 8], mask: [n]) -> [8] {
        pool(mean),
    }
}

fn main() {
    let device = Cpu::default();
    let x: Tensor<Rank2<4, 8>, f32, _> = device.zeros();
    Model::new(&device).forward(x);
}
