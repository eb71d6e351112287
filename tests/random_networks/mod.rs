//! Random networks: `generate.py` wrote this file, and says how.

use super::*;

mod net00 {
    use super::*;
    layer! { pub struct Part0<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D { residual { norm: layer_norm, up: linear(D -> F), sigmoid, down: linear(F -> D) } } }
    layer! { pub struct Part1: [2] -> [4] {
        item11: linear(4),
        item12: linear(12 / 3, bias: true, rename: "outside.item12"),
        fork(concat) { branch0: { item13: lora(4 -> 4, rank: 1, alpha: 2), item14: linear(4 -> 1) }, branch1: { item15: linear(4 -> 1, bias: true) }, branch2: { item16: linear(3), item17: linear(3 -> 6) } },
        item18: linear(8 -> 4)
    } }
    layer! { pub struct Net: [2] -> [4] {
        softmax,
        item1: rms_norm(eps: 1e-2),
        residual { item2: layer_norm(eps: 1e-3), residual { item3: lora(2 -> 6, rank: 2, alpha: 5), item4: lora(6 -> 7, rank: 2, alpha: 2), residual { item5: linear(4 + 1, rename: "outside.item5"), item6: linear(5 -> 2 * 4, bias: true), item7: linear(8 -> 7) }, item8: linear(7 -> 2) }, item9: Part0<2, 4> },
        item10: layer_norm,
        item19: Part1,
        residual { fork(concat) { branch0: { item20: linear(4 -> 3), item21: linear(3 -> 7) }, branch1: { item22: lora(4 -> 4, rank: 3, alpha: 4), dropout(0.5) } }, item23: linear(11 -> 4) },
        item24: linear(2 * 2, rename: "outside.item24"),
        residual { item25: lora(4 -> 2, rank: 1, alpha: 8), item26: linear(7, bias: true), item27: linear(7 -> 4) }
    } }
    tests!(with dropout, (Const<2>, Const<4>, Const<2>));
}

mod net01 {
    use super::*;
    layer! { pub struct Part0: [4] -> [9] {
        item1: Part1<4, 8>,
        residual { item2: linear(5, rename: "outside.item2"), item3: layer_norm(eps: 1e-3), sigmoid, item4: linear(5 -> 4) },
        item5: linear(4 -> 9)
    } }
    layer! { pub struct Part1<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D { residual { norm: layer_norm, up: linear(D -> F), silu, down: linear(F -> D) } } }
    layer! { pub struct Part2: [9] -> [6] {
        residual { item7: layer_norm(eps: 1e-3), silu, item8: lora(9 -> 2, rank: 2, alpha: 7), item9: linear(2 -> 9) },
        item10: linear(9 -> 3),
        softmax,
        item11: linear(3 -> 6)
    } }
    layer! { pub struct Net: [4] -> [6] {
        dropout(0.5),
        item6: Part0,
        item12: Part2
    } }
    tests!(with dropout, (Const<2>, Const<4>, Const<4>, Const<4>));
}

mod net02 {
    use super::*;
    layer! { pub struct Part0: [48] -> [8] {
        fork(concat) { branch0: { item1: linear(48 -> 3) }, branch1: { item2: linear(4), sigmoid, item3: linear(4 -> 7) } },
        fork(concat) { branch0: { silu, item4: linear(10 -> 6) }, branch1: { item5: linear(9), item6: linear(9 -> 1) }, branch2: { item7: linear(10 -> 7) } },
        item8: linear(14 -> 8)
    } }
    layer! { pub struct Net: [3, 4, 4] -> [5] {
        flatten,
        fork(add) { branch0: { item9: Part0, item10: linear(8 -> 1) }, branch1: { item11: linear(3, rename: "outside.item11"), item12: linear(3 -> 1) } },
        item13: lora(1 -> 5, rank: 2, alpha: 6),
        dropout(0.5),
        item14: layer_norm(eps: 1e-3),
        item15: lora(5 -> 5, rank: 2, alpha: 5),
        dropout(0.5),
        residual { residual { item16: rms_norm(eps: 1e-2), residual { silu, item17: linear(5 -> 7, bias: true), item18: linear(7 -> 5) }, sigmoid }, item19: linear(3, rename: "outside.item19"), log_softmax, item20: linear(3 -> 5) }
    } }
    tests!(with dropout, (Const<3>, Const<3>, Const<4>, Const<4>));
}

mod net03 {
    use super::*;
    layer! { pub struct Part0<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D { residual { norm: layer_norm, up: linear(D -> F), silu, down: linear(F -> D) } } }
    layer! { pub struct Net: [3, 5, 5] -> [3, 5, 4] {
        fork(concat) { branch0: { item1: linear(4, rename: "outside.item1"), item2: Part0<4, 8> }, branch1: { tanh } },
        fork(concat) { branch0: { item3: linear(3, bias: true), item4: linear(3 -> 9) }, branch1: { item5: linear(9 -> 4) } },
        item6: linear(4, bias: false)
    } }
    tests!(without dropout, (Const<3>, Const<5>, Const<5>));
}

mod net04 {
    use super::*;
    layer! { pub struct Part0<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D { residual { norm: layer_norm, up: linear(D -> F), relu, down: linear(F -> D) } } }
    layer! { pub struct Part1: [8] -> [1] {
        item3: lora(8 -> 4, rank: 3, alpha: 2),
        item4: linear(4 -> 1)
    } }
    layer! { pub struct Net: [6] -> [1] {
        item1: linear(18 / 3 -> 2 * 4, bias: true, rename: "outside.item1"),
        item2: Part0<8, 16>,
        item5: Part1
    } }
    tests!(without dropout, (Const<3>, Const<4>, Const<6>));
}

mod net05 {
    use super::*;
    layer! { pub struct Part0: [1] -> [1] {
        sigmoid
    } }
    layer! { pub struct Part1<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D { residual { norm: layer_norm, up: linear(D -> F), silu, down: linear(F -> D) } } }
    layer! { pub struct Net: [1] -> [7] {
        item1: [Part0; 2],
        item2: layer_norm(eps: 1e-3),
        residual { gelu },
        relu,
        log_softmax,
        tanh,
        item3: Part1<1, 2>,
        item4: linear(1, bias: false),
        fork(mul) { branch0: { gelu, fork(add) { branch0: { item5: linear(1 -> 6) }, branch1: { residual { item6: linear(7 + 1, bias: false), item7: lora(8 -> 7, rank: 2, alpha: 3), gelu, item8: linear(7 -> 1) }, item9: linear(1 -> 6) }, branch2: { item10: lora(1 -> 2, rank: 3, alpha: 7), item11: layer_norm, item12: linear(2 -> 6) } }, item13: linear(6 -> 2) }, branch1: { item14: linear(1 -> 2) }, branch2: { item15: linear(1 -> 8 + 1), item16: linear(9 -> 2) } },
        item17: linear(1 + 1 -> 7)
    } }
    tests!(without dropout, (Const<1>,));
}

mod net06 {
    use super::*;
    layer! { pub struct Part0: [2] -> [2] {
        item3: rms_norm,
        gelu_tanh
    } }
    layer! { pub struct Part1<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D { residual { norm: layer_norm, up: linear(D -> F), softmax, down: linear(F -> D) } } }
    layer! { pub struct Net: [3, 1, 4] -> [3, 1, 7] {
        log_softmax,
        item1: lora(4 -> 2, rank: 1, alpha: 4),
        item2: linear(1 + 1),
        item4: [Part0; 3],
        item5: lora(2 -> 7, rank: 2, alpha: 8),
        item6: Part1<7, 14>
    } }
    tests!(without dropout, (Const<3>, Const<1>, Const<4>));
}

mod net07 {
    use super::*;
    layer! { pub struct Net: [7] -> [7] {
        fork(add) { branch0: { relu, item1: linear(7 -> 5, bias: true), item2: linear(5 -> 7) }, branch1: { tanh }, branch2: { sigmoid } },
        tanh,
        residual { residual { item3: layer_norm, fork(mul) { branch0: { item4: linear(12 / 3), item5: linear(4 -> 6) }, branch1: { item6: layer_norm, item7: linear(6 + 1 -> 2, bias: false), item8: linear(2 -> 6) }, branch2: { item9: linear(7 -> 6) } }, item10: linear(7, bias: true) } }
    } }
    tests!(without dropout, (Const<7>,));
}

mod net08 {
    use super::*;
    layer! { pub struct Part0<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D { residual { norm: layer_norm, up: linear(D -> F), gelu_tanh, down: linear(F -> D) } } }
    layer! { pub struct Part1: [5] -> [5] {
        item9: linear(8, bias: true),
        item10: linear(8 -> 5)
    } }
    layer! { pub struct Part2<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D { residual { norm: layer_norm, up: linear(D -> F), softmax, down: linear(F -> D) } } }
    layer! { pub struct Part3: [2] -> [2] {
        item23: linear(5 + 1, rename: "outside.item23"),
        item24: linear(6 -> 2)
    } }
    layer! { pub struct Net: [8] -> [2] {
        item1: linear(6 + 1, bias: true),
        item2: lora(7 -> 8, rank: 1, alpha: 8),
        fork(mul) { branch0: { silu, item3: Part0<8, 16>, item4: linear(8 -> 3) }, branch1: { item5: linear(8 -> 3) } },
        residual { gelu, item6: linear(9, bias: false), item7: linear(9 -> 3) },
        sigmoid,
        residual { residual { silu }, item8: linear(3 -> 5, bias: false), item11: [Part1; 2], item12: linear(5 -> 3) },
        item13: Part2<3, 6>,
        fork(mul) { branch0: { fork(mul) { branch0: { item14: linear(2 + 1), fork(mul) { branch0: { item15: rms_norm(eps: 1e-2), item16: linear(9, bias: true) }, branch1: { item17: linear(3 -> 9) } } }, branch1: { item18: linear(3 -> 9) }, branch2: { item19: linear(3 -> 9) } }, item20: linear(9 -> 2) }, branch1: { log_softmax, item21: linear(2, bias: true) }, branch2: { item22: linear(3 -> 2) } },
        tanh,
        item25: [Part3; 2]
    } }
    tests!(without dropout, (Const<2>, Const<3>, Const<8>));
}

mod net09 {
    use super::*;
    layer! { pub struct Part0: [9] -> [9] {
        relu
    } }
    layer! { pub struct Part1: [9] -> [9] {
        item4: linear(2 + 1),
        residual { item5: linear(2 + 1 -> 9, bias: false, rename: "outside.item5"), item6: linear(9 -> 3) },
        item7: lora(3 -> 8, rank: 3, alpha: 5),
        item8: linear(8 -> 9)
    } }
    layer! { pub struct Net: [9] -> [9] {
        tanh,
        gelu_tanh,
        softmax,
        item1: [Part0; 3],
        residual { item2: linear(2 * 2, bias: false, rename: "outside.item2"), dropout(0.1), item3: linear(4 -> 9) },
        tanh,
        residual { item9: Part1 }
    } }
    tests!(with dropout, (Const<9>,));
}

mod net10 {
    use super::*;
    layer! { pub struct Net: [1] -> [6] {
        item1: linear(1 -> 1, bias: true, rename: "outside.item1"),
        item2: rms_norm,
        item3: linear(1 -> 18 / 3)
    } }
    tests!(without dropout, (Const<2>, Const<2>, Const<1>));
}

mod net11 {
    use super::*;
    layer! { pub struct Net: [7] -> [7] {
        item1: linear(7 -> 7, bias: true, rename: "outside.item1"),
        softmax,
        relu
    } }
    tests!(without dropout, (Const<3>, Const<7>));
}

mod net12 {
    use super::*;
    layer! { pub struct Part0<const D: usize, const F: usize>: [D] -> [D] where F == 2 * D { residual { norm: layer_norm, up: linear(D -> F), relu, down: linear(F -> D) } } }
    layer! { pub struct Net: [1] -> [2] {
        sigmoid,
        item1: linear(1 + 1),
        log_softmax,
        item2: Part0<2, 4>,
        residual { softmax },
        tanh
    } }
    tests!(without dropout, (Const<4>, Const<1>));
}

mod net13 {
    use super::*;
    layer! { pub struct Net: [seq, 3] -> [seq, 9] {
        dropout(0.5),
        item1: linear(3 -> 1, bias: true),
        item2: rms_norm,
        item3: linear(1 -> 8),
        log_softmax,
        item4: linear(8 -> 9)
    } }
    tests!(with dropout, (Const<3>, Const<3>));
}

mod net14 {
    use super::*;
    layer! { pub struct Part0: [6] -> [5] {
        residual { item2: lora(6 -> 4, rank: 3, alpha: 4), gelu_tanh, item3: linear(4 -> 6) },
        item4: linear(6 -> 5)
    } }
    layer! { pub struct Part1: [1] -> [1] {
        silu,
        tanh
    } }
    layer! { pub struct Part2: [5] -> [5] {
        item17: linear(7 + 1, bias: false, rename: "outside.item17"),
        item18: linear(8 -> 5)
    } }
    layer! { pub struct Net: [6] -> [5] {
        item1: layer_norm,
        residual { item5: Part0, item6: linear(5 -> 6) },
        fork(concat) { branch0: { item7: linear(6 -> 2) }, branch1: { silu }, branch2: { item8: linear(6 -> 3) } },
        dropout(0.5),
        item9: linear(11 -> 1, bias: true, rename: "outside.item9"),
        item10: [Part1; 1],
        fork(mul) { branch0: { item11: linear(1 -> 24 / 3, bias: true), fork(add) { branch0: { item12: linear(8 -> 1) }, branch1: { item13: linear(8 -> 1) }, branch2: { item14: linear(8 -> 1) } }, item15: linear(1 -> 5) }, branch1: { item16: linear(1 -> 5) } },
        item19: [Part2; 3]
    } }
    tests!(with dropout, (Const<3>, Const<3>, Const<6>));
}

mod net15 {
    use super::*;
    layer! { pub struct Net: [3] -> [2] {
        item1: linear(1, rename: "outside.item1"),
        item2: lora(1 -> 2, rank: 1, alpha: 6),
        gelu_tanh
    } }
    tests!(without dropout, (Const<3>,));
}
