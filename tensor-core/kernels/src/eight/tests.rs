//! Products of eight bits against their definition, and against products of the numbers that they stand for.

use super::level::Level;
use super::*;

/// Numbers from −1 to 1, most of them small.
fn random(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state as i32 as f32 / i32::MAX as f32).powi(3)
    };
    (0..count).map(|_| next()).collect()
}

fn product(level: Level, x: &[f32], weight: &EightBit) -> Vec<f32> {
    let mut y = vec![f32::NAN; x.len() / weight.inputs() * weight.outputs()];
    multiply_rows_at(level, Rows::of(&mut y), 1.0, x, weight, &|_, _| {});
    y
}

/// Sizes of which some fill no group of outputs, and numbers of rows of all tiles.
const SIZES: [(usize, usize, usize); 9] = [
    (1, 32, 8),
    (1, 64, 1),
    (1, 96, 13),
    (1, 576, 192),
    (2, 32, 16),
    (3, 128, 7),
    (7, 64, 40),
    (16, 96, 24),
    (45, 160, 50),
];

#[test]
fn all_instructions_give_the_same_bits() {
    for (rows, inputs, outputs) in SIZES {
        let x = random(1, rows * inputs);
        let weight = EightBit::of_numbers(&random(2, outputs * inputs), inputs);
        let expected = product(Level::Plain, &x, &weight);
        for level in Level::all() {
            let found = product(level, &x, &weight);
            assert!(
                found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()),
                "{level:?} {rows} {inputs} {outputs}"
            );
        }
    }
}

#[test]
fn products_are_near_those_of_all_bits() {
    for (rows, inputs, outputs) in SIZES {
        let (x, numbers) = (random(3, rows * inputs), random(4, outputs * inputs));
        let found = product(Level::best(), &x, &EightBit::of_numbers(&numbers, inputs));
        for (row, found) in x.chunks(inputs).zip(found.chunks(outputs)) {
            for (weights, found) in numbers.chunks(inputs).zip(found) {
                let terms = row.iter().zip(weights).map(|(x, w)| f64::from(x * w));
                let (exact, sizes) = (terms.clone().sum::<f64>(), terms.map(f64::abs).sum::<f64>());
                // Each number is off by up to 1/254 of its block's largest, which is at most 1.
                let bound = (0.01 * inputs as f64).min(0.02 * sizes + 0.05 * (inputs as f64).sqrt());
                assert!((exact - f64::from(*found)).abs() < bound, "{exact} {found} {bound}");
            }
        }
    }
}

/// Blocks at the ends of what eight bits hold, where sums of 16 bits are fullest.
#[test]
fn the_largest_numbers_do_not_overflow() {
    let block = |x: i8| {
        let scale = half::f16::from_f32(1.0).to_bits().to_le_bytes();
        [&scale[..], &[x as u8; BLOCK]].concat()
    };
    for x in [-128, -127, 127] {
        let weight = EightBit::of_blocks(&block(x).repeat(3), BLOCK, 3, |row| row);
        for sign in [-1.0, 1.0] {
            for level in Level::all() {
                let found = product(level, &[127.0 * sign; BLOCK], &weight);
                assert_eq!(found, [32.0 * 127.0 * sign * f32::from(x); 3], "{level:?}");
            }
        }
    }
}

#[test]
fn blocks_are_taken_as_they_are_and_rows_are_read_back() {
    let (outputs, inputs) = (11, 96);
    let numbers = random(5, outputs * inputs);
    let weight = EightBit::of_numbers(&numbers, inputs);
    let row = |weight: &EightBit, output| {
        let mut row = vec![f32::NAN; inputs];
        weight.row(output, |at, x| row[at] = x);
        row
    };
    let mut bytes = Vec::new();
    for output in 0..outputs {
        for (found, exact) in row(&weight, output).chunks(BLOCK).zip(numbers[output * inputs..].chunks(BLOCK))
        {
            let largest = exact.iter().fold(0.0f32, |most, x| most.max(x.abs()));
            // Half a step of the block, and what the scale loses as an `f16`: a part in 2048 of the number.
            let bound = largest * (1.0 / 254.0 + 1.0 / 2048.0);
            assert!(found.iter().zip(exact).all(|(a, b)| (a - b).abs() <= 1.0001 * bound));
            let scale = half::f16::from_f32(largest / 127.0);
            bytes.extend(scale.to_bits().to_le_bytes());
            bytes.extend(exact.iter().map(|x| (x * (127.0 / largest)).round() as i8 as u8));
        }
    }
    assert_eq!(EightBit::of_blocks(&bytes, inputs, outputs, |row| row), weight);
    let turned = EightBit::of_blocks(&bytes, inputs, outputs, |row| outputs - 1 - row);
    assert_eq!(row(&turned, 0), row(&weight, outputs - 1));
    assert_eq!(weight.bytes(), 16 * 3 * 34);
}

#[test]
fn what_is_not_a_number_is_passed_on() {
    let mut numbers = random(6, 16 * 64);
    numbers[70] = f32::NAN; // output 1, block 0
    numbers[64 * 3 + 40] = f32::INFINITY; // output 3, block 1
    let weight = EightBit::of_numbers(&numbers, 64);
    for level in Level::all() {
        let y = product(level, &random(7, 64), &weight);
        assert!(y[1].is_nan() && !y[3].is_finite(), "{level:?} {y:?}");
        assert!(y.iter().enumerate().all(|(at, y)| at == 1 || at == 3 || y.is_finite()));
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut x = random(8, 2 * 64);
            x[100] = odd;
            let y = product(level, &x, &weight);
            assert!(y[16..].iter().all(|y| y.is_nan()) && y[0].is_finite(), "{level:?}");
        }
    }
}

#[test]
fn rows_are_finished_once_and_scaled() {
    for (rows, inputs, outputs) in SIZES {
        let x = random(9, rows * inputs);
        let weight = EightBit::of_numbers(&random(10, outputs * inputs), inputs);
        let expected: Vec<f32> = product(Level::best(), &x, &weight)
            .chunks(outputs)
            .enumerate()
            .flat_map(|(row, y)| y.iter().map(move |y| 0.5 * y + row as f32))
            .collect();
        let mut y = vec![0.0; rows * outputs];
        multiply_rows(Rows::of(&mut y), 0.5, &x, &weight, &|first, rows| {
            for (row, y) in rows.product.chunks_mut(outputs).enumerate() {
                y.iter_mut().for_each(|y| *y += (first + row) as f32);
            }
        });
        assert_eq!(y, expected);
    }
}
