//! What is misspelt in a signature is read as it was meant, so uses of the network add no errors.

use tensor_core::prelude::*;

layer! {
    pub struct Net: [seq 4] => [seq, 3] {
        hidden: linear(4 -> 8),
        relu
        output: linear(8 -> 3);
    }
}

fn main() {
    let device = Cpu::default();
    let net = Net::new(&device);
    let y: Tensor<Rank2<2, 3>, f32, _> = net.forward(device.zeros::<Rank2<2, 4>>());
    println!("{:?} {:?}", y.array(), net.output);
}
