//! What goes in comes out.

use dfdx::{nn::tensor_collection::TensorCollection, prelude::*};
use safetensors::{Dtype as Stored, SafeTensors};

use super::*;
use crate::io::StateDict;

/// Numbers that `==` or a detour over decimal text would lose: NaNs with a payload, infinities, zeros, subnormals.
const ODD: [u32; 8] =
    [0x7fc0_1234, 0xff80_0001, 0x7f80_0000, 0xff80_0000, 0x8000_0000, 0, 0x0000_0001, 0x3dcc_cccd];
const ODD_WIDE: [u64; 4] =
    [0x7ff8_0000_dead_beef, 0xfff0_0000_0000_0001, 0x8000_0000_0000_0000, 0x3fb9_9999_9999_999a];

#[test]
fn f32_comes_back_bit_for_bit() {
    let folder = Folder::new();
    let path = folder.path("net.safetensors");
    let mut saved = two_layer(2);
    saved.hidden.bias.copy_from(&ODD.map(f32::from_bits));
    saved.save(&path).unwrap();
    assert_eq!(folder.names(), ["net.safetensors"]);

    let mut loaded = two_layer(1);
    assert_ne!(values(&loaded), values(&saved));
    loaded.load(&path).unwrap();
    assert_eq!(values(&loaded), values(&saved));
    assert_eq!(loaded.hidden.bias.array().map(f32::to_bits), ODD);
}

#[test]
fn f64_comes_back_bit_for_bit() {
    let device = Cpu::default();
    let a: Tensor<Rank2<2, 2>, f64, _> =
        device.tensor_from_vec(ODD_WIDE.map(f64::from_bits).into(), Default::default());
    let bytes = Pair::<_, _, _, _>::save_bytes(&Pair { a, b: device.tensor([0.1_f64, 0.2]) }).unwrap();

    let mut loaded = Pair::<Rank2<2, 2>, Rank1<2>, f64, Cpu> { a: device.zeros(), b: device.zeros() };
    loaded.load_bytes(&bytes).unwrap();
    assert_eq!(loaded.a.as_vec().into_iter().map(f64::to_bits).collect::<Vec<_>>(), ODD_WIDE);
    assert_eq!(loaded.b.array(), [0.1, 0.2]);
}

#[test]
fn bytes_are_deterministic_and_readable_by_pytorch() {
    let net = two_layer(1);
    let bytes = net.save_bytes().unwrap();
    assert_eq!(bytes, net.save_bytes().unwrap());

    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
    assert_eq!(header.offset_keys(), ["hidden.bias", "hidden.weight", "output.bias", "output.weight"]);
    assert_eq!(header.info("output.weight").unwrap().dtype, Stored::F32);
    assert_eq!(header.info("output.weight").unwrap().shape, [3, 8]);
}

#[test]
fn names_follow_the_fields() {
    type Net =
        ((Linear<2, 3>, ReLU), Residual<(Linear<3, 3>, Tanh)>, Repeated<Linear<3, 3>, 2>, LayerNorm1D<3>);
    let net = Cpu::default().build_module::<Net, f32>();
    let lines: Vec<_> = net.state_dict().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "0.0.weight [3, 2]",
            "0.0.bias [3]",
            "1.0.0.weight [3, 3]",
            "1.0.0.bias [3]",
            "2.0.weight [3, 3]",
            "2.0.bias [3]",
            "2.1.weight [3, 3]",
            "2.1.bias [3]",
            "3.gamma [3]",
            "3.beta [3]",
            "3.epsilon []",
        ]
    );
    let mut other = Cpu::default().build_module::<Net, f32>();
    other.load_bytes(&net.save_bytes().unwrap()).unwrap();
    assert_eq!(other.save_bytes().unwrap(), net.save_bytes().unwrap());
}

#[test]
fn scalars_are_saved_and_may_be_missing() {
    let device = Cpu::default();
    let mut net = device.build_module::<(LayerNorm1D<2>, Dropout), f32>();
    (net.0.epsilon, net.1.p) = (1e-12, 0.75);
    let mut other = device.build_module::<(LayerNorm1D<2>, Dropout), f32>();
    other.load_bytes(&net.save_bytes().unwrap()).unwrap();
    assert_eq!((other.0.epsilon, other.1.p), (1e-12, 0.75));

    let ones = [1.0_f32; 2].map(f32::to_le_bytes).concat();
    let tensors_only = file(&[("0.beta", Stored::F32, &[2], &ones), ("0.gamma", Stored::F32, &[2], &ones)]);
    other.load_bytes(&tensors_only).unwrap();
    assert_eq!((other.0.epsilon, other.0.beta.array()), (1e-12, [1.0, 1.0]));
}

#[test]
fn permuted_tensors_keep_their_logical_order() {
    let device = Cpu::default();
    let count = |n: usize| (0..n).map(|i| i as f32 + 0.5).collect::<Vec<_>>();
    // a turn of three axes is not its own inverse, so that a write in the inverse order would show
    let turned: Tensor<Rank3<4, 2, 3>, f32, _> = device
        .tensor_from_vec::<Rank3<2, 3, 4>>(count(24), Default::default())
        .permute::<_, Axes3<2, 0, 1>>();
    let flipped: Tensor<Rank2<3, 2>, f32, _> =
        device.tensor_from_vec::<Rank2<2, 3>>(count(6), Default::default()).permute();

    let saved = Pair::<_, _, _, _> { a: turned.clone(), b: flipped.clone() };
    let straight = Pair::<_, _, _, _> { a: turned.clone().contiguous(), b: flipped.clone().contiguous() };
    let bytes = saved.save_bytes().unwrap();
    assert_eq!(bytes, straight.save_bytes().unwrap());

    let mut loaded: Pair<Rank3<4, 2, 3>, Rank2<3, 2>, f32, Cpu> = Pair {
        a: device.zeros::<Rank3<2, 3, 4>>().permute::<_, Axes3<2, 0, 1>>(),
        b: device.zeros::<Rank2<2, 3>>().permute(),
    };
    loaded.load_bytes(&bytes).unwrap();
    assert_eq!(loaded.a.array(), turned.array());
    assert_eq!(loaded.b.array(), flipped.array());
}

#[test]
fn broadcast_and_empty_tensors_load() {
    let device = Cpu::default();
    let wanted = device.tensor([[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let saved: Pair<_, Rank1<0>, _, _> = Pair { a: wanted.clone(), b: device.zeros() };
    let mut loaded: Pair<Rank2<2, 3>, Rank1<0>, f32, Cpu> =
        Pair { a: device.tensor([7.0, 8.0, 9.0]).broadcast(), b: device.zeros() };
    loaded.load_bytes(&saved.save_bytes().unwrap()).unwrap();
    assert_eq!(loaded.a.array(), wanted.array());
}

#[test]
fn clones_keep_their_values_and_optimizers_their_tensors() {
    let bytes = two_layer(2).save_bytes().unwrap();
    let mut net = two_layer(1);
    let before = net.hidden.weight.array();
    let clone = net.hidden.weight.clone();
    let mut gradients = Gradients::leaky();
    gradients.try_alloc_for(&net.hidden.weight).unwrap();

    net.load_bytes(&bytes).unwrap();
    assert_eq!(clone.array(), before);
    assert_ne!(net.hidden.weight.array(), before);
    gradients.get(&net.hidden.weight); // panics for a tensor it has not seen
}

/// The four numbers of `bytes` as `E` reads them.
fn read<E: crate::io::StateDtype>(dtype: Stored, bytes: &[u8]) -> [E; 4]
where
    Cpu: Device<E>,
    Pair<Rank1<4>, Rank0, E, Cpu>: TensorCollection<E, Cpu>,
{
    let device = Cpu::default();
    let mut net: Pair<Rank1<4>, Rank0, E, Cpu> = Pair { a: device.zeros(), b: device.zeros() };
    let bytes = file(&[("a", dtype, &[4], bytes), ("b", Stored::F32, &[], &[0; 4])]);
    net.load_bytes(&bytes).unwrap();
    net.a.as_vec().try_into().unwrap()
}

#[test]
fn half_precision_widens_exactly() {
    let f16 = [0x3c00_u16, 0xc000, 0x7bff, 0x0001].map(u16::to_le_bytes).concat();
    assert_eq!(read::<f32>(Stored::F16, &f16), [1.0, -2.0, 65504.0, 5.960_464_5e-8]);
    assert_eq!(read::<f64>(Stored::F16, &f16), [1.0, -2.0, 65504.0, 2_f64.powi(-24)]);

    let bf16 = [0x3f80_u16, 0xc049, 0x7f80, 0x0001].map(u16::to_le_bytes).concat();
    assert_eq!(read::<f32>(Stored::BF16, &bf16), [1.0, -3.140_625, f32::INFINITY, f32::from_bits(0x1_0000)]);
    assert_eq!(read::<f64>(Stored::BF16, &bf16), [1.0, -3.140_625, f64::INFINITY, 2_f64.powi(-133)]);

    let special = [0x7c00_u16, 0xfc00, 0x8000, 0x7e00].map(u16::to_le_bytes).concat();
    let [infinity, minus_infinity, zero, nan] = read::<f32>(Stored::F16, &special);
    assert_eq!((infinity, minus_infinity), (f32::INFINITY, f32::NEG_INFINITY));
    assert!(zero == 0.0 && zero.is_sign_negative() && nan.is_nan());
}

#[test]
fn f64_rounds_to_the_nearest_f32() {
    let wide = [0.1, 1.0 + 2_f64.powi(-24), 1e300, -1e-300].map(f64::to_le_bytes).concat();
    let narrow = read::<f32>(Stored::F64, &wide);
    assert_eq!(narrow, [0.1, 1.0, f32::INFINITY, -0.0]);
    assert!(narrow[3].is_sign_negative());
}

#[test]
fn f32_widens_exactly() {
    let narrow = [0.1_f32, -0.0, f32::MIN_POSITIVE, f32::INFINITY];
    let wide = read::<f64>(Stored::F32, &narrow.map(f32::to_le_bytes).concat());
    assert_eq!(wide.map(f64::to_bits), narrow.map(|x| f64::from(x).to_bits()));
}
