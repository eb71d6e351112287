//! Functions of one `f32` that compile to vector instructions; `FUSED` says whether the processor has one for a·b + c.

/// a·b + c
#[inline(always)]
fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    // Without the instruction `mul_add` is a slow function.
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// eˣ, to some 2 units in the last place; 0 where it is below 1.7·10⁻³⁸, nearly the smallest normal number.
#[inline(always)]
pub(crate) fn exp<const FUSED: bool>(x: f32) -> f32 {
    const HIGHEST: f32 = 88.722_83;
    let inside = if x > HIGHEST { HIGHEST } else { x };
    let y = exp_to_highest::<FUSED>(inside);
    if x > HIGHEST { f32::INFINITY } else { y }
}

/// [`exp`] of numbers whose exponential is finite, as those less their largest are: two comparisons less.
///
/// Cephes' `expf`: 2ⁿ by the exponent bits, and a polynomial for the rest, by Estrin's scheme: a sum of Horner's waits for
/// the one before.
#[inline(always)]
pub(crate) fn exp_to_highest<const FUSED: bool>(x: f32) -> f32 {
    const LOWEST: f32 = -86.98;
    // Adding and subtracting 1.5·2²³ rounds to a whole number; with 126 more, the last bits are those of 2ⁿ⁻¹'s exponent.
    const ROUND: f32 = 12_582_912.0 + 126.0;
    let inside = if x < LOWEST { LOWEST } else { x };
    let rounded = multiply_add::<FUSED>(inside, std::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let rest = multiply_add::<FUSED>(n, 2.121_944_4e-4, multiply_add::<FUSED>(n, -0.693_359_4, inside));
    let square = rest * rest;
    let high = multiply_add::<FUSED>(rest, 2.0 * 1.987_569_1e-4, 2.0 * 1.398_199_9e-3);
    let middle = multiply_add::<FUSED>(rest, 2.0 * 8.333_452e-3, 2.0 * 4.166_579_6e-2);
    let low = multiply_add::<FUSED>(rest, 2.0 * 1.666_666_5e-1, 2.0 * 5e-1);
    let p = multiply_add::<FUSED>(multiply_add::<FUSED>(high, square, middle), square, low);
    let twice = multiply_add::<FUSED>(multiply_add::<FUSED>(p, rest, 2.0), rest, 2.0);
    // A product, so that NaN stays NaN whatever its bits are.
    let y = twice * f32::from_bits(rounded.to_bits() << 23);
    if x < LOWEST { 0.0 } else { y }
}

/// tanh x = 1 − 2 / (e²ˣ + 1), and near 0, where that would cancel, Cephes' polynomial.
#[inline(always)]
pub(crate) fn tanh<const FUSED: bool>(x: f32) -> f32 {
    let z = x * x;
    let mut p = -5.704_988_7e-3;
    p = multiply_add::<FUSED>(p, z, 2.063_909e-2);
    p = multiply_add::<FUSED>(p, z, -5.373_971_6e-2);
    p = multiply_add::<FUSED>(p, z, 1.333_144_2e-1);
    p = multiply_add::<FUSED>(p, z, -3.333_328e-1);
    let near = multiply_add::<FUSED>(p * z, x, x);
    let far = 1.0 - 2.0 / (exp::<FUSED>(2.0 * x) + 1.0);
    if x.abs() < 0.625 { near } else { far }
}

/// 1 / (1 + e⁻ˣ)
#[inline(always)]
pub(crate) fn sigmoid<const FUSED: bool>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<FUSED>(-x))
}

/// The standard normal distribution's density φ(x) and its integral Φ(x), to some 6e-7 of their values, 5e-6 in the far tail.
///
/// Φ(−|x|) = e^(−x²/2) · t · S(t) with t = 1 / (1 + 0.34·|x|). S is the polynomial whose largest error, as a share of the
/// value, is least for |x| up to 13.5 (3e-8, found by weighted least squares, weights by Lawson's method). A share, since
/// GELU multiplies the tail with x, and a norm may come after it.
#[inline(always)]
pub(crate) fn normal<const FUSED: bool>(x: f32) -> (f32, f32) {
    let t = 1.0 / multiply_add::<FUSED>(x.abs(), 0.34, 1.0);
    let power = exp_to_highest::<FUSED>(-0.5 * x * x);
    let t2 = t * t;
    let t4 = t2 * t2;
    // By Estrin's scheme, as above.
    let s01 = multiply_add::<FUSED>(t, 0.136_133_48, 0.135_619_34);
    let s23 = multiply_add::<FUSED>(t, 0.116_034_925, 0.115_035_1);
    let s45 = multiply_add::<FUSED>(t, 0.204_732_51, -0.046_394_97);
    let s67 = multiply_add::<FUSED>(t, 0.140_672_03, -0.275_462_17);
    let low = multiply_add::<FUSED>(s23, t2, s01);
    let high = multiply_add::<FUSED>(t4, -0.026_370_242, multiply_add::<FUSED>(s67, t2, s45));
    let tail = power * (t * multiply_add::<FUSED>(high, t4, low));
    let integral = if x < 0.0 { tail } else { 1.0 - tail };
    (power * 0.398_942_3, integral)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> impl Iterator<Item = f32> {
        (-4000..4000).map(|i| i as f32 * 0.0231)
    }

    fn exp_is_near<const FUSED: bool>() {
        for x in line() {
            let (found, expected) = (f64::from(exp::<FUSED>(x)), f64::from(x).exp());
            if expected > 1.7e-38 && expected < 3.4e38 {
                assert!((found / expected - 1.0).abs() < 3e-7, "e^{x} is {found}, not {expected}");
            }
        }
        assert_eq!((exp::<FUSED>(f32::NEG_INFINITY), exp::<FUSED>(f32::INFINITY)), (0.0, f32::INFINITY));
        assert_eq!((exp::<FUSED>(-100.0), exp::<FUSED>(89.0)), (0.0, f32::INFINITY));
        // Those of processors, of GPUs, and with a sign.
        for bits in [0x7fc0_0000, 0x7fff_ffff, 0x7fc0_0001, 0xffc0_0000, 0xffff_ffff] {
            assert!(exp::<FUSED>(f32::from_bits(bits)).is_nan(), "{bits:x}");
        }
        assert_eq!(exp::<FUSED>(0.0), 1.0);
    }

    fn others_are_near<const FUSED: bool>() {
        for x in line().chain(line().map(|x| x * 1e-3)) {
            let wide = f64::from(x);
            assert!(
                (f64::from(tanh::<FUSED>(x)) - wide.tanh()).abs() <= 3e-7 * wide.tanh().abs(),
                "tanh {x}"
            );
            assert!(
                (f64::from(sigmoid::<FUSED>(x)) - 1.0 / (1.0 + (-wide).exp())).abs() < 2e-7,
                "sigmoid {x}"
            );
            let (density, integral) = normal::<FUSED>(x);
            assert!((f64::from(density) - (-wide * wide / 2.0).exp() * 0.398_942_280_4).abs() < 2e-7, "{x}");
            // Φ' = φ
            let slope =
                (f64::from(normal::<FUSED>(x + 0.05).1) - f64::from(normal::<FUSED>(x - 0.05).1)) / 0.1;
            assert!((slope - f64::from(density)).abs() < 1e-3, "{x}: {integral}");
        }
        for x in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(tanh::<FUSED>(x).is_nan(), x.is_nan());
            assert_eq!(sigmoid::<FUSED>(x).is_nan(), x.is_nan());
        }
        assert!(normal::<FUSED>(f32::NAN).1.is_nan());
        assert_eq!((normal::<FUSED>(f32::INFINITY).1, normal::<FUSED>(f32::NEG_INFINITY).1), (1.0, 0.0));
        let known = [(0.0, 0.5), (1.0, 0.841_344_746_1), (-1.0, 0.158_655_253_9), (-3.0, 1.349_898_031_6e-3)];
        for (x, integral) in known.into_iter().chain([(-5.0, 2.866_515_718_8e-7), (-8.0, 6.220_960_574e-16)])
        {
            let found = f64::from(normal::<FUSED>(x).1);
            let bound = if x < -3.0 { 5e-6 } else { 1e-6 };
            assert!((found / integral - 1.0).abs() < bound, "Φ({x}) is {integral}, not {found}");
        }
    }

    #[test]
    fn exp_is_near_and_keeps_what_is_not_finite() {
        exp_is_near::<false>();
        exp_is_near::<true>();
    }

    #[test]
    fn the_others_are_near() {
        others_are_near::<false>();
        others_are_near::<true>();
    }
}
