use tensor_core::prelude::*;

layer! {
    pub struct Ratings: (users: ids[n], items: ids[n]) -> [n, 8] {
        tastes: embedding(100 -> 8),
        films: embedding(100 -> 8, of: items, add: items),
    }
}

fn main() {}
