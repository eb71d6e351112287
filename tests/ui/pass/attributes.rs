//! Docs, derives and lint levels on the struct and on its items; a renamed item; restricted visibility.

use tensor_core::prelude::*;

layer! {
    /// A network.
    #[derive(Clone)]
    #[must_use]
    pub(crate) struct Documented: [4] -> [3] {
        /// The first matrix.
        #[allow(dead_code)]
        hidden: linear(4 -> 8, rename: "encoder.fc1"),
        /// Not a field.
        relu,
        #[doc = "The last matrix."]
        output: linear(8 -> 3, rename: "encoder.fc2"),
    }
}

#[test]
fn it_runs() {
    let net = Documented::new(&Cpu::default());
    assert!(format!("{:?}", net.clone()).contains("hidden"));
}
