//! Many images in one picture.

use std::path::Path;

use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{
    BLACK, BitMapBackend, BitMapElement, DrawingBackend, IntoDrawingArea, SVGBackend, Text, TextStyle, WHITE,
};
use plotters::style::IntoFont;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Image;
use crate::train::{Pictures, PlotError, plot};

const MARGIN: u32 = 12;
const CAPTION: u32 = 18;
const TITLE: u32 = 34;
/// Enlarged images have at least so many pixels on their longer side.
const LEAST_SIDE: usize = 96;

/// Images in rows, with a title and a caption below each, as a PNG and an SVG.
///
/// Small images are enlarged, each pixel to a square; all of a sheet by the same factor.
#[derive(Clone, Debug)]
pub struct Sheet {
    title: String,
    columns: usize,
    images: Vec<(String, Image)>,
}

impl Sheet {
    /// A sheet without images.
    pub fn new(title: impl Into<String>) -> Self {
        Sheet { title: title.into(), columns: 5, images: Vec::new() }
    }

    /// How many images stand in a row; 5 if nothing is said.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns.max(1);
        self
    }

    /// Adds an image, which may have no caption.
    #[must_use]
    pub fn image(mut self, caption: impl Into<String>, image: Image) -> Self {
        self.images.push((caption.into(), image));
        self
    }

    /// Writes `<path>.svg` and `<path>.png`, creating the folder if need be.
    ///
    /// # Errors
    /// [`PlotError`] if there is no image, or a file can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<Pictures, PlotError> {
        let layout = self.layout()?;
        plot::save_both(path.as_ref(), |file, is_svg| {
            let refused = |reason: String| PlotError::Draw { path: file.into(), reason };
            if !is_svg {
                let backend = BitMapBackend::new(file, layout.size);
                return self.draw(&layout, backend).map_err(|error| refused(error.to_string()));
            }
            let mut text = String::new();
            let drawn = self.draw(&layout, SVGBackend::with_string(&mut text, layout.size));
            drawn.map_err(|error| refused(error.to_string()))?;
            // plotters-svg 0.3 names the type as no browser knows it.
            let text = text.replace("href=\"data:png;", "href=\"data:image/png;");
            std::fs::write(file, text).map_err(|source| PlotError::Write { path: file.into(), source })
        })
    }

    fn layout(&self) -> Result<Layout, PlotError> {
        let most = |side: fn(&Image) -> usize| self.images.iter().map(|(_, image)| side(image)).max();
        let (Some(height), Some(width)) = (most(Image::height), most(Image::width)) else {
            return Err(PlotError::NothingToDraw { title: self.title.clone() });
        };
        let enlarged = LEAST_SIDE.div_ceil(height.max(width));
        let columns = self.columns.min(self.images.len()) as u32;
        let rows = (self.images.len() as u32).div_ceil(columns);
        let has_captions = self.images.iter().any(|(caption, _)| !caption.is_empty());
        let below = if has_captions { CAPTION + MARGIN } else { MARGIN };
        let (width, height) = ((width * enlarged) as u32, (height * enlarged) as u32);
        let cell = (width + MARGIN, height + below);
        let size = (columns * cell.0 + MARGIN, rows * cell.1 + MARGIN + TITLE);
        Ok(Layout { enlarged, columns, cell, size })
    }

    fn draw<B: DrawingBackend>(
        &self,
        layout: &Layout,
        backend: B,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        plot::know_font();
        let area = backend.into_drawing_area();
        area.fill(&WHITE)?;
        let style = |size: u32, across: HPos| {
            TextStyle::from((plot::FONT, size).into_font()).color(&BLACK).pos(Pos::new(across, VPos::Top))
        };
        let title = style(20, HPos::Left);
        area.draw(&Text::new(&self.title[..], (MARGIN as i32, MARGIN as i32), title))?;
        for (index, (caption, image)) in (0..).zip(&self.images) {
            let (row, column) = (index / layout.columns, index % layout.columns);
            let left = (MARGIN + column * layout.cell.0) as i32;
            let top = (MARGIN + TITLE + row * layout.cell.1) as i32;
            let (width, height) = (image.width() * layout.enlarged, image.height() * layout.enlarged);
            let pixels = enlarged(image, layout.enlarged);
            let size = (width as u32, height as u32);
            let bitmap = BitMapElement::with_owned_buffer((left, top), size, pixels);
            area.draw(&bitmap.expect("three bytes for each pixel"))?;
            let below = (left + width as i32 / 2, top + height as i32 + 3);
            area.draw(&Text::new(&caption[..], below, style(14, HPos::Center)))?;
        }
        area.present()
    }
}

/// How the images of a sheet lie.
struct Layout {
    enlarged: usize,
    columns: u32,
    /// Width and height of an image with what surrounds it.
    cell: (u32, u32),
    size: (u32, u32),
}

/// The bytes of an image, each pixel a square.
fn enlarged(image: &Image, factor: usize) -> Vec<u8> {
    let (rgb, width) = (image.rgb(), image.width());
    let row = |y: usize| -> Vec<u8> {
        let pixels = rgb[y * width * 3..][..width * 3].chunks_exact(3);
        pixels.flat_map(|pixel| pixel.repeat(factor)).collect()
    };
    (0..image.height()).flat_map(|y| row(y).repeat(factor)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_pictures_are_written() {
        let folder = std::env::temp_dir().join(format!("tensor-core-sheet-{}", std::process::id()));
        let grey = Image::grey(2, 3, vec![0.0, 0.5, 1.0, 1.0, 0.5, 0.0]).unwrap();
        let colour = Image::colour(3, 2, (0..18).map(|i| i as f32 / 17.0).collect()).unwrap();
        let sheet =
            Sheet::new("Both & more").columns(2).image("grey", grey).image("<colour>", colour.clone());
        let pictures = sheet.image("", colour).save(folder.join("both")).unwrap();
        let svg = std::fs::read_to_string(&pictures.svg).unwrap();
        for text in ["Both &amp; more", "grey", "&lt;colour&gt;", "data:image/png;base64"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        let png = Image::read(&pictures.png).unwrap();
        // Enlarged by 32: two columns of 96 and two rows of 96 with captions.
        assert_eq!((png.width(), png.height()), (2 * 108 + 12, 2 * 126 + 46));
        // The first pixel of the first image is black, the last one of its first row white.
        let pixel = |y: usize, x: usize| png.channel(0).unwrap()[y * png.width() + x];
        assert_eq!((pixel(47, 13), pixel(47, 12 + 95)), (0.0, 1.0));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_empty_sheet_is_refused() {
        let error = Sheet::new("None").save("nowhere").unwrap_err().to_string();
        assert_eq!(error, "there is nothing to draw in `None`");
    }
}
