use tensor_core::prelude::*;

layer! {
    pub struct Tree: [8] -> [8] {
        first: linear(8 -> 8),
        relu,
        rest: Tree,
    }
}

fn main() {
    let _ = Tree::new(&Cpu::default());
}
