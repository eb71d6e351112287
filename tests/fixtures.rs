//! The PyTorch fixtures can be read, hold what their README says, and differences from them are measured
//! right.

mod support;

use support::fixture::{Array, Difference, Fixture};

#[test]
fn every_case_holds_what_the_readme_says() {
    let cases = Fixture::cases();
    assert_eq!(cases.len(), 56, "{cases:?}");
    for case in cases {
        let fixture = Fixture::open(&case);
        let network = fixture.metadata("network");
        assert!(network.contains(" -> ["), "{case}: {network}");
        assert!(fixture.metadata("torch").starts_with("2."));
        assert!(fixture.metadata("seed").parse::<u32>().is_ok());
        if case == "adam_two_layer" {
            continue;
        }
        if fixture.has("x") {
            assert_eq!(fixture.f64("grad.x").shape, fixture.f64("x").shape, "{case}");
        } else {
            assert!(network.starts_with("ids") && !fixture.i64("ids").values.is_empty(), "{case}: {network}");
        }
        for (side, values) in fixture.under("side.") {
            assert!(network.contains(&format!("{side}: [")), "{case}: {network}");
            let gradient = format!("grad.side.{side}");
            // A mask is no function's input.
            assert_eq!(fixture.has(&gradient), side != "mask", "{case}: {side}");
            assert!(side == "mask" || fixture.f64(&gradient).shape == values.shape, "{case}: {side}");
        }
        assert_eq!(fixture.f64("cotangent").shape, fixture.f64("y").shape, "{case}");
        for (key, gradient) in fixture.gradients() {
            assert_eq!(gradient.shape, fixture.f64(&format!("param.{key}")).shape, "{case}: {key}");
        }
        let frozen = match case.as_str() {
            "lora" => 1,
            "lora_bias" => 2,
            _ => 0,
        };
        assert_eq!(fixture.parameters().count(), fixture.gradients().count() + frozen, "{case}");
    }
}

/// The reader puts elements where PyTorch has them: y = x·Wᵀ + b by hand.
#[test]
fn linear_by_hand() {
    for case in ["linear", "linear_leading_axes", "linear_one_row"] {
        let fixture = Fixture::open(case);
        let (weight, bias) = (fixture.f64("param.fc.weight"), fixture.f64("param.fc.bias"));
        assert_eq!((weight.shape.as_slice(), bias.shape.as_slice()), ([7, 5].as_slice(), [7].as_slice()));
        let dot = |row: &[f64], w: &[f64]| row.iter().zip(w).map(|(x, w)| x * w).sum::<f64>();
        let rows = fixture.f64("x").values.chunks(5);
        let y =
            rows.flat_map(|row| weight.values.chunks(5).zip(&bias.values).map(move |(w, b)| dot(row, w) + b));
        let y = Array::new(&fixture.f64("y").shape, y.collect());
        Difference::assert_close(case, &y, fixture.f64("y"), 1e-14, 1e-14);
    }
}

#[test]
fn labels_and_losses() {
    let deep = Fixture::open("deep");
    assert_eq!(deep.i64("labels").shape, [8]);
    assert!(deep.i64("labels").values.iter().all(|label| (0..10).contains(label)));
    assert_eq!(deep.f64("loss").shape, Vec::<usize>::new());

    let adam = Fixture::open("adam_two_layer");
    assert!(adam.f64("losses").values.is_sorted_by(|a, b| a > b));
    let shapes = |prefix| adam.under(prefix).map(|(key, array)| (key, &array.shape)).collect::<Vec<_>>();
    assert_eq!(shapes("initial."), shapes("final."));
    assert_eq!(shapes("initial.").len(), 4);
}

#[test]
fn largest_differences_are_located() {
    let expected = Array::new(&[2, 3], vec![1.0, -2.0, 1e-3, 100.0, 0.0, f64::INFINITY]);
    let found = Array::new(&[2, 3], vec![1.0, -2.0, 2e-3, 100.5, 0.0, f64::INFINITY]);
    let difference = Difference::between(&found, &expected).unwrap();
    assert_eq!(
        (difference.absolute.index.as_slice(), difference.absolute.difference),
        ([1, 0].as_slice(), 0.5)
    );
    assert_eq!(
        (difference.relative.index.as_slice(), difference.relative.difference),
        ([0, 2].as_slice(), 0.5)
    );
    let line = "largest absolute difference 5.0e-1 at [1, 0]: found 1.005e2, expected 1e2";
    assert_eq!(difference.to_string().lines().next(), Some(line));
    assert_eq!(Difference::between(&expected, &expected).unwrap().absolute.difference, 0.0);
    assert_eq!(Difference::between(&Array::new(&[0], vec![]), &Array::new(&[0], vec![])), None);
}

#[test]
fn what_is_not_a_number_is_no_match() {
    let one = Array::new(&[2], vec![0.0, 1.0]);
    for bad in [f64::NAN, f64::INFINITY] {
        let difference = Difference::between(&Array::new(&[2], vec![0.0, bad]), &one).unwrap();
        for largest in [difference.absolute, difference.relative] {
            assert_eq!((largest.index.as_slice(), largest.difference), ([1].as_slice(), f64::INFINITY));
        }
    }
}

#[test]
#[should_panic(expected = "`y` at [1] is 1.1e0, PyTorch has 1e0")]
fn values_too_far_apart_panic() {
    let expected = Array::new(&[2], vec![0.0, 1.0]);
    Difference::assert_close("y", &Array::new(&[2], vec![1e-9, 1.1]), &expected, 1e-8, 1e-8);
}

#[test]
#[should_panic(expected = "`y` at [0] is inf")]
fn infinities_panic_within_any_tolerance() {
    let expected = Array::new(&[1], vec![f64::NEG_INFINITY]);
    Difference::assert_close("y", &Array::new(&[1], vec![f64::INFINITY]), &expected, 1.0, 1.0);
}

#[test]
#[should_panic(expected = "shape found, shape expected")]
fn other_shapes_panic() {
    Difference::between(&Array::new(&[2, 1], vec![0.0; 2]), &Array::new(&[1, 2], vec![0.0; 2]));
}

#[test]
#[should_panic(expected = "linear.safetensors has no `param.fc.wieght` of f64; it has [\"cotangent\"")]
fn missing_keys_are_named() {
    Fixture::open("linear").f64("param.fc.wieght");
}
