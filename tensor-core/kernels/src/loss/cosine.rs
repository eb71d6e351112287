//! The loss of cosines of pairs of rows.

use crate::{Threads, parts::in_parts, scratch::with_scratch, vectorised};

/// What is added to squared lengths, as in PyTorch, so that the cosine with a row of zeros is 0.
pub const TINY: f32 = 1e-12;

/// Pairs of a part.
const PAIRS: usize = 64;

vectorised! {
    /// The loss of a pair times `scale`; `gradient` gets that by `a`.
    fn pair(a: &[f32], b: &[f32], alike: bool, margin: f32, gradient: &mut [f32], scale: f32) -> f32 {
        let (mut dot, mut aa, mut bb) = ([0.0f32; 16], [0.0f32; 16], [0.0f32; 16]);
        for (a, b) in a.chunks(16).zip(b.chunks(16)) {
            for ((((&x, &y), dot), aa), bb) in a.iter().zip(b).zip(&mut dot).zip(&mut aa).zip(&mut bb) {
                *dot += x * y;
                *aa += x * x;
                *bb += y * y;
            }
        }
        let total = |sums: [f32; 16]| sums.iter().sum::<f32>();
        let (dot, aa, bb) = (total(dot), total(aa) + TINY, total(bb) + TINY);
        let length = aa.sqrt() * bb.sqrt();
        let cosine = dot / length;
        let (loss, slope) = match alike {
            true => (1.0 - cosine, -scale),
            false if cosine <= margin => (0.0, 0.0),
            false => (cosine - margin, scale),
        };
        let (of_b, of_a) = (slope / length, slope * cosine / aa);
        for ((g, &x), &y) in gradient.iter_mut().zip(a).zip(b) {
            *g = of_b * y - of_a * x;
        }
        loss * scale
    }
}

/// The mean over pairs of rows of 1 − cos where they are to be alike, else of max(0, cos − margin); `gradient` gets that by
/// `a`.
pub fn cosine_embedding(a: &[f32], b: &[f32], alike: &[bool], margin: f32, gradient: &mut [f32]) -> f32 {
    let (rows, width) = (alike.len(), a.len() / alike.len());
    let scale = 1.0 / rows as f32;
    with_scratch(rows, |losses| {
        let slices = [(gradient, PAIRS * width), (&mut *losses, PAIRS)];
        in_parts(Threads::All, slices, &|part, [gradient, losses]| {
            let (a, b) = (&a[part * PAIRS * width..], &b[part * PAIRS * width..]);
            let pairs = a.chunks(width).zip(b.chunks(width)).zip(&alike[part * PAIRS..]);
            for (((a, b), &alike), (gradient, loss)) in pairs.zip(gradient.chunks_mut(width).zip(losses)) {
                *loss = pair(a, b, alike, margin, gradient, scale);
            }
        });
        losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() as f32
    })
}
