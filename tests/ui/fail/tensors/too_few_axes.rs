use tensor_core::prelude::*;

layer! {
    pub struct Rows: [seq, 4] -> [seq, 3] {
        output: linear(4 -> 3),
    }
}

fn main() {
    let device = Cpu::default();
    let net = Rows::new(&device);
    net.forward(device.zeros::<Rank1<4>>());
}
