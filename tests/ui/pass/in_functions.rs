//! A declaration in a function, without the prelude, made by a `macro_rules!`.

macro_rules! mlp {
    ($name:ident, $inputs:expr, $hidden:literal, $output:expr) => {
        tensor_core::layer! {
            struct $name: [$inputs] -> [$output] {
                hidden: linear($inputs -> $hidden),
                relu,
                output: linear($hidden -> $output),
            }
        }
    };
}

#[test]
fn it_runs() {
    const INPUTS: usize = 3;
    mlp!(Mlp, INPUTS + 1, 8, 3);
    assert_eq!(Mlp::PARAMS, 4 * 8 + 8 + 8 * 3 + 3);
}
