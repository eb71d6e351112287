use tensor_core::prelude::*;

layer! {
    pub struct Model: ids[n] -> [n, 8] {
        tokens: embedding(100 -> 8),
    }
}

fn main() {
    let device = Cpu::default();
    let x: Tensor<Rank1<4>, f32, _> = device.zeros();
    Model::new(&device).forward(x);
}
