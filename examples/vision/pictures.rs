//! What the trained network sees: what it misread, and what it has learnt about patches and places.

use std::{error::Error, path::Path};

use tensor_core::{
    picture::{ColourMap, Image, Sheet},
    prelude::*,
};

use super::{labelled::Labelled, learning::Reader};

/// The first pictures that were taken for something else.
pub fn misread<const S: usize>(
    test: &Labelled<S>,
    predicted: &[usize],
    output: &Path,
) -> Result<(), Box<dyn Error>> {
    let wrong = (0..test.len()).filter(|&row| predicted[row] != test.labels[row]);
    let mut sheet = Sheet::new("Misread: what it is > what was seen").columns(6);
    for row in wrong.clone().take(24) {
        let [is, seen] = [test.labels[row], predicted[row]].map(|class| test.names[class]);
        sheet = sheet.image(format!("{is} > {seen}"), test.image(row)?);
    }
    if wrong.count() > 0 {
        println!("misread: {}", sheet.save(output.join("misread"))?.png.display());
    }
    Ok(())
}

/// The rows that patches are multiplied by: what each number of a vector looks for.
pub fn embedding<const S: usize, N: Reader<S, D>, D: Device<f32>>(
    net: &N,
    output: &Path,
) -> Result<(), Box<dyn Error>> {
    let (numbers, side) = net.embedding();
    let mut sheet = Sheet::new("What a patch is multiplied by: 32 of 64 rows").columns(8);
    for row in numbers.chunks_exact(side * side).take(32) {
        sheet = sheet.image("", between_ends(side, row)?);
    }
    println!("embedding: {}", sheet.save(output.join("embedding"))?.png.display());
    Ok(())
}

/// How similar the vectors of all places are to that of a few: nobody said which places are neighbours.
pub fn places<const S: usize, N: Reader<S, D>, D: Device<f32>>(
    net: &N,
    output: &Path,
) -> Result<(), Box<dyn Error>> {
    let (numbers, count) = net.places();
    let rows: Vec<&[f32]> = numbers.chunks_exact(numbers.len() / count).collect();
    let side = count.isqrt();
    let mut sheet = Sheet::new("Cosine of each place's vector with one place's").columns(4);
    for at in (0..8).map(|place| count * place / 8) {
        let cosines: Vec<f32> = rows.iter().map(|row| cosine(row, rows[at])).collect();
        let image = between_ends(side, &cosines)?.coloured(ColourMap::Viridis);
        sheet = sheet.image(format!("row {}, column {}", at / side, at % side), image);
    }
    println!("places: {}\n", sheet.save(output.join("places"))?.png.display());
    Ok(())
}

/// A square picture, the least number black and the largest white.
fn between_ends(side: usize, numbers: &[f32]) -> Result<Image, Box<dyn Error>> {
    let least = numbers.iter().copied().fold(f32::INFINITY, f32::min);
    let most = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let part = |number: &f32| (number - least) / (most - least).max(f32::MIN_POSITIVE);
    Ok(Image::grey(side, side, numbers.iter().map(part).collect())?)
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
