//! Found by `cargo check` though nothing calls the function, and however deep the declaration stands.

pub mod models {
    #[allow(dead_code)]
    fn unused<T>(_: T) {
        tensor_core::layer! {
            struct Local: [4] -> [3] {
                hidden: linear(4 -> 8),
                relu,
                output: linear(9 -> 3),
            }
        }
    }
}

fn main() {}
