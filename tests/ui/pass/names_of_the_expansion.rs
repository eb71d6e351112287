// Constants and types may have the names that the expansion has for its own.

use tensor_core::prelude::*;

const SIZE: usize = 4;
const B: usize = 8;

struct E;

impl E {
    const W: usize = 8;
}

layer! { pub struct Block<const W: usize>: [W] -> [W] { a: linear(W -> W), relu } }
layer! { pub struct Picture: [1, SIZE, SIZE] -> [10] { flatten, out: linear(10) } }
layer! { pub struct ByConstant: [B] -> [B] { block: Block<B> } }
layer! { pub struct ByPath: [E::W] -> [E::W] { a: linear(E::W -> E::W), block: Block<{ E::W }> } }

fn main() {
    let device = Cpu::default();
    let x: Tensor<Rank1<8>, f32, Cpu> = device.zeros();
    let _ = ByPath::new(&device).forward(ByConstant::new(&device).forward(x));
    let _ = Picture::new(&device).forward(device.zeros::<Rank3<1, 4, 4>>());
}
