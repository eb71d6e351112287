use super::*;

fn image() -> Vec<f32> {
    (0..2 * 5 * 5).map(|i| (i * 7 % 23) as f32).collect()
}

fn changed(change: impl FnOnce(&mut Image<'_>)) -> Vec<f32> {
    let mut values = image();
    change(&mut Image { values: &mut values, sizes: [2, 5, 5], fill: -1.0 });
    values
}

#[test]
fn shifts_move_rows_and_columns() {
    let (before, after) = (image(), changed(|image| image.shift(1, -2)));
    for channel in 0..2 {
        for row in 0..5 {
            for column in 0..5 {
                let at = |row: usize, column: usize| channel * 25 + row * 5 + column;
                let expected = if row >= 1 && column < 3 { before[at(row - 1, column + 2)] } else { -1.0 };
                assert_eq!(after[at(row, column)], expected);
            }
        }
    }
}

#[test]
fn flips_mirror_each_row() {
    let (before, after) = (image(), changed(|image| image.flip()));
    assert_eq!(after[..5].iter().rev().copied().collect::<Vec<_>>(), before[..5]);
    assert_eq!(
        changed(|image| {
            image.flip();
            image.flip();
        }),
        before
    );
}

#[test]
fn a_quarter_turn_moves_each_pixel_and_four_of_them_none() {
    let (before, after) = (image(), changed(|image| image.rotate(90.0)));
    for row in 0..5 {
        for column in 0..5 {
            let from = before[(4 - column) * 5 + row];
            assert!((after[row * 5 + column] - from).abs() < 1e-4, "{row} {column}");
        }
    }
    assert_eq!(changed(|image| image.rotate(0.0)), before);
}

#[test]
fn cuts_are_squares_within_the_image() {
    let after = changed(|image| image.cut(0, 4, 3));
    for (at, (after, before)) in after.iter().zip(image()).enumerate() {
        let (row, column) = (at % 25 / 5, at % 5);
        assert_eq!(*after, if row < 2 && column >= 3 { -1.0 } else { before });
    }
}

#[test]
fn images_do_not_depend_on_those_before_and_draws_differ() {
    let augment = Augment::new(3).shift(1).flip(0.5).rotate(20.0).brightness(0.5).contrast(0.5).cutout(2);
    let mut all = [image(), image(), image()].concat();
    augment.apply_all(&mut all, [2, 5, 5], 10).unwrap();
    for (place, found) in all.chunks(50).enumerate() {
        let mut alone = image();
        augment.apply(&mut alone, [2, 5, 5], 10 + place as u64).unwrap();
        assert_eq!(found, alone);
    }
    assert_ne!(all[..50], all[50..100]);
    let mut kept = image();
    Augment::new(3)
        .shift(0)
        .flip(0.0)
        .rotate(0.0)
        .brightness(0.0)
        .contrast(0.0)
        .apply(&mut kept, [2, 5, 5], 1)
        .unwrap();
    assert_eq!(kept, image());
}

#[test]
fn contrast_keeps_the_mean_and_brightness_moves_it() {
    let mean = |values: &[f32]| values.iter().sum::<f32>() / 50.0;
    let (mut contrasted, mut brighter) = (image(), image());
    Augment::new(1).contrast(0.5).apply(&mut contrasted, [2, 5, 5], 0).unwrap();
    Augment::new(1).brightness(0.5).apply(&mut brighter, [2, 5, 5], 0).unwrap();
    assert!(contrasted != image() && (mean(&contrasted) - mean(&image())).abs() < 1e-4);
    let moved = mean(&brighter) - mean(&image());
    assert!(moved != 0.0 && moved.abs() <= 0.5);
}

#[test]
fn what_goes_too_far_is_refused() {
    let told = |augment: Augment| {
        let mut values = image();
        let error = augment.apply(&mut values, [2, 5, 5], 0).unwrap_err();
        assert_eq!(values, image());
        error.to_string()
    };
    let new = || Augment::new(0);
    assert_eq!(told(new().shift(5)), "a shift of 5 pixels leaves nothing of an image of 5 × 5");
    assert_eq!(told(new().flip(1.5)), "the probability of a flip is from 0 to 1, not 1.5");
    assert_eq!(told(new().rotate(f64::NAN)), "a rotation is from 0 to 180 degrees, not NaN");
    assert_eq!(told(new().contrast(-0.5)), "contrast is from 0 to 1, not -0.5");
    let error = new().apply(&mut [0.0; 9], [1, 2, 5], 0).unwrap_err();
    let expected = "images of [1, 2, 5] (channels, height, width) have 10 numbers each, but 9 were given";
    assert_eq!(error.to_string(), expected);
    let huge = new().apply(&mut [0.0; 9], [usize::MAX, 2, 5], 0);
    assert!(matches!(huge, Err(AugmentError::Length { expected: usize::MAX, given: 9, .. })), "{huge:?}");
}
