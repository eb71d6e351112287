//! A photograph as vision transformers read it: 224 × 224 in three colours → 196 patches → 196 vectors of 768 numbers.

use std::{error::Error, path::Path};

use tensor_core::{
    picture::{Image, Sheet},
    prelude::*,
};

use crate::support;

const SIDE: usize = 224;
const PATCH: usize = 16;
/// Patches in a row and in a column.
const GRID: usize = SIDE / PATCH;

layer! { pub struct Patches: [3, SIDE, SIDE] -> [196, 768] { patches(16) } }
layer! {
    /// The entry of ViT-Base/16, "An Image is Worth 16x16 Words", arXiv:2010.11929.
    pub struct Entry: [3, SIDE, SIDE] -> [196, 768] {
        patches(16),
        embed: linear(768 -> 768),
        places: positional(196),
    }
}

/// Cuts the photograph, checks that the patches are its squares, and draws them.
pub fn show<D: Device<f32>>(path: &Path, output: &Path, device: &D) -> Result<(), Box<dyn Error>> {
    let whole = Image::read(path)?;
    let image = in_colour(&whole.middle_square().resized(SIDE, SIDE))?;
    let x: Tensor<Rank3<3, SIDE, SIDE>, f32, D> = image.tensor(device)?;

    // These types are the proof: another patch size or width would not compile.
    let patches: Tensor<Rank2<196, 768>, f32, D> = Patches::new(device).try_forward(x.clone())?;
    let entry = Entry::new(device);
    let vectors: Tensor<Rank2<196, 768>, f32, D> = entry.try_forward(x)?;

    let rows = patches.as_vec();
    let joined = joined(&rows)?;
    let difference = support::largest_difference(joined.numbers(), image.numbers());
    println!(
        "a photograph of {} × {}: its middle at {SIDE} × {SIDE}, 3 colours",
        whole.height(),
        whole.width()
    );
    println!("patches of {PATCH} × {PATCH}: {GRID} × {GRID} = 196, each {PATCH} · {PATCH} · 3 = 768 numbers");
    println!(
        "one product [196, 768] · [768, 768], and a vector for each place: {:?}",
        vectors.shape().concrete()
    );
    println!("{}\n", entry.summary());

    let mut sheet = Sheet::new("A photograph, its 196 patches, and 16 of them").columns(3);
    sheet = sheet.image("224 × 224 × 3", image.clone()).image("14 × 14 patches", grid(&image)?);
    sheet = sheet.image("rows 5 to 8, columns 4 to 7", near(&rows)?);
    let pictures = sheet.save(output.join("patches"))?;
    println!("patches: {}, {}\n", pictures.svg.display(), pictures.png.display());
    println!("result patches={}", rows.len() / (3 * PATCH * PATCH));
    println!("result patch_numbers={}", 3 * PATCH * PATCH);
    println!("result patch_difference={difference}\n");
    Ok(())
}

/// With three channels; what is grey has the same numbers in each.
fn in_colour(image: &Image) -> Result<Image, Box<dyn Error>> {
    if image.channels() == 3 {
        return Ok(image.clone());
    }
    println!("the photograph is grey: its numbers stand for red, green and blue alike");
    Ok(Image::colour(image.height(), image.width(), image.numbers().repeat(3))?)
}

/// The picture that patches make: each row of numbers is channel, row, column.
fn joined(patches: &[f32]) -> Result<Image, Box<dyn Error>> {
    let mut numbers = vec![0.0; patches.len()];
    for (at, patch) in patches.chunks_exact(3 * PATCH * PATCH).enumerate() {
        let (top, left) = (at / GRID * PATCH, at % GRID * PATCH);
        for (line, row) in patch.chunks_exact(PATCH).enumerate() {
            let (channel, y) = (line / PATCH, top + line % PATCH);
            numbers[(channel * SIDE + y) * SIDE + left..][..PATCH].copy_from_slice(row);
        }
    }
    Ok(Image::colour(SIDE, SIDE, numbers)?)
}

/// With a white line around each patch.
fn grid(image: &Image) -> Result<Image, Box<dyn Error>> {
    let is_line = |at: usize| (at % SIDE).is_multiple_of(PATCH) || (at / SIDE % SIDE).is_multiple_of(PATCH);
    let numbers = image.numbers().iter().enumerate().map(|(at, &n)| if is_line(at) { 1.0 } else { n });
    Ok(Image::colour(SIDE, SIDE, numbers.collect())?)
}

/// Sixteen patches, each pixel as a square.
fn near(patches: &[f32]) -> Result<Image, Box<dyn Error>> {
    const LINE: usize = 3; // white between them
    const SQUARE: usize = 3; // a pixel's side
    const CELL: usize = PATCH * SQUARE + LINE;
    let mut numbers = vec![1.0; 3 * SIDE * SIDE];
    for (row, column) in (0..4).flat_map(|row| (0..4).map(move |column| (row, column))) {
        let patch = &patches[((4 + row) * GRID + 3 + column) * 3 * PATCH * PATCH..];
        for (channel, y, x) in every(PATCH * SQUARE) {
            let pixel = patch[(channel * PATCH + y / SQUARE) * PATCH + x / SQUARE];
            numbers[(channel * SIDE + row * CELL + y) * SIDE + column * CELL + x] = pixel;
        }
    }
    Ok(Image::colour(SIDE, SIDE, numbers)?)
}

fn every(side: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..3 * side * side).map(move |at| (at / side / side, at / side % side, at % side))
}
