use tensor_core::prelude::*;

layer! {
    pub struct Net: [4] -> [4] {
        a: crate::self,
        b: [super::super; 2],
    }
}

fn main() {}
