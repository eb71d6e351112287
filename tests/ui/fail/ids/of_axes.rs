use tensor_core::prelude::*;

layer! {
    pub struct Ratings: (users: ids[n], items: ids[m]) -> [n, 8] {
        films: embedding(100 -> 8, of: items),
    }
}

fn main() {}
