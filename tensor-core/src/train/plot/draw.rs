//! The one drawing behind both picture formats.

use std::{fs, path::Path, sync::Once};

use plotters::{
    chart::{ChartBuilder, ChartContext, LabelAreaPosition, SeriesLabelPosition},
    coord::{cartesian::Cartesian2d, types::RangedCoordf64},
    prelude::{
        BLACK, BitMapBackend, Circle, Color, DrawingBackend, EmptyElement, IntoDrawingArea, IntoFont,
        LineSeries, PathElement, RGBColor, Rectangle, SVGBackend, Text, TextStyle, WHITE,
    },
    style::{FontStyle, register_font},
};

use super::{Chart, Form, PlotError, Series, is_finite};

const SIZE: (u32, u32) = (800, 500);
const MARGIN: u32 = 16;
const RIGHT_MARGIN: u32 = 28;
const LEFT_LABELS: u32 = 72;
const BOTTOM_LABELS: u32 = 48;
const TITLE: u32 = 24;

/// Registered under a name of our own, so that no other user of plotters is affected. To an SVG viewer the same string
/// is a list of choices.
pub(crate) const FONT: &str = "DejaVu Sans, Verdana, sans-serif";

/// Okabe and Ito's colours, which the colour-blind can tell apart; "Color Universal Design", 2008. Four darker ones follow, so
/// that ten classes have a colour each.
const COLOURS: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
    RGBColor(136, 34, 85),
    RGBColor(140, 130, 20),
    RGBColor(150, 150, 150),
];

/// Lets plotters know the font.
pub(crate) fn know_font() {
    static FONT_IS_KNOWN: Once = Once::new();
    FONT_IS_KNOWN.call_once(|| {
        let known = register_font(FONT, FontStyle::Normal, include_bytes!("font/dejavu_sans_subset.ttf"));
        assert!(known.is_ok(), "the font in this crate is well formed");
    });
}

type Plot<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Chart {
    pub(super) fn write_svg(&self, file: &Path) -> Result<(), PlotError> {
        let mut text = String::new();
        self.draw(SVGBackend::with_string(&mut text, SIZE), file)?;
        fs::write(file, text).map_err(|source| PlotError::Write { path: file.into(), source })
    }

    pub(super) fn write_png(&self, file: &Path) -> Result<(), PlotError> {
        self.draw(BitMapBackend::new(file, SIZE), file)
    }

    fn draw<B: DrawingBackend>(&self, backend: B, file: &Path) -> Result<(), PlotError> {
        know_font();
        let bounds = self.bounds()?;
        self.draw_within(bounds, backend)
            .map_err(|error| PlotError::Draw { path: file.into(), reason: error.to_string() })
    }

    fn draw_within<B: DrawingBackend>(
        &self,
        [left, right, bottom, top]: [f64; 4],
        backend: B,
    ) -> Result<(), plotters::drawing::DrawingAreaErrorKind<B::ErrorType>> {
        let area = backend.into_drawing_area();
        area.fill(&WHITE)?;
        let ((left, right), (bottom, top)) = if self.is_map {
            same_scale((left, right), (bottom, top))
        } else {
            (widened(left, right), framed(bottom, top))
        };
        let mut plot = ChartBuilder::on(&area)
            .caption(&self.title, (FONT, TITLE))
            .margin(MARGIN)
            .margin_right(RIGHT_MARGIN)
            .set_label_area_size(LabelAreaPosition::Left, LEFT_LABELS)
            .set_label_area_size(LabelAreaPosition::Bottom, BOTTOM_LABELS)
            .build_cartesian_2d(left..right, bottom..top)?;
        let vertical = match (&self.vertical[..], &self.series[..]) {
            ("", [only]) => &only.name,
            (given, _) => given,
        };
        plot.configure_mesh()
            .x_desc(&self.horizontal)
            .y_desc(vertical)
            .axis_desc_style((FONT, 18))
            .label_style((FONT, 15))
            .axis_style(BLACK.mix(0.6))
            .bold_line_style(BLACK.mix(0.12))
            .max_light_lines(0)
            .x_label_formatter(&|value| tick(*value, right - left))
            .y_label_formatter(&|value| tick(*value, top - bottom))
            .draw()?;
        for (series, colour) in self.series.iter().zip(COLOURS.into_iter().cycle()) {
            draw_series(&mut plot, series, colour)?;
        }
        if self.series.len() > 1 {
            plot.configure_series_labels()
                .position(SeriesLabelPosition::MiddleRight)
                .background_style(WHITE.mix(0.85))
                .border_style(BLACK.mix(0.2))
                .label_font((FONT, 16))
                .draw()?;
        }
        area.present()
    }
}

fn draw_series<'a, B: DrawingBackend + 'a>(
    plot: &mut Plot<'a, B>,
    series: &Series,
    colour: RGBColor,
) -> Result<(), plotters::drawing::DrawingAreaErrorKind<B::ErrorType>> {
    let line = colour.stroke_width(2);
    let finite = || series.points.iter().copied().filter(is_finite);
    match &series.form {
        Form::Curve => {
            for run in series.points.split(|point| !is_finite(point)).filter(|run| !run.is_empty()) {
                plot.draw_series(LineSeries::new(run.iter().copied(), line))?;
                // A line through a single point would not be seen.
                if let [point] = run {
                    plot.draw_series([Circle::new(*point, 3, colour.filled())])?;
                }
            }
        }
        Form::Dots => {
            plot.draw_series(finite().map(|point| Circle::new(point, 2, colour.mix(0.7).filled())))?;
        }
        Form::Words(words) => {
            plot.draw_series(finite().map(|point| Circle::new(point, 2, colour.filled())))?;
            let style = TextStyle::from((FONT, 13).into_font()).color(&colour);
            let placed = words.iter().zip(&series.points).filter(|(_, point)| is_finite(point));
            plot.draw_series(placed.map(|(word, &point)| {
                EmptyElement::at(point) + Text::new(word.clone(), (4, -14), style.clone())
            }))?;
        }
    }
    // A series of nothing carries the name, so that it stands in the legend once, however many gaps there are.
    let named = plot.draw_series(std::iter::empty::<Rectangle<(f64, f64)>>())?.label(&series.name);
    match series.form {
        Form::Curve => named.legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], line)),
        _ => named.legend(move |(x, y)| Circle::new((x + 9, y), 3, colour.filled())),
    };
    Ok(())
}

/// The range of the horizontal axis: a single value gets room on both sides.
fn widened(least: f64, most: f64) -> (f64, f64) {
    if least < most { (least, most) } else { (least - 0.5, most + 0.5) }
}

/// The range of the vertical axis: a little air, and down to 0 unless all values stay far from it.
fn framed(least: f64, most: f64) -> (f64, f64) {
    if least == most {
        let room = if least == 0.0 { 1.0 } else { 0.5 * least.abs() };
        return (least - room, most + room);
    }
    let air = 0.05 * (most - least);
    let bottom = if least >= 0.0 && least < 0.5 * most { 0.0 } else { least - air };
    (bottom, most + air)
}

/// The ranges of a map's axes: some air around the points, and as much more on one axis as makes their units equal.
fn same_scale(horizontal: (f64, f64), vertical: (f64, f64)) -> ((f64, f64), (f64, f64)) {
    let width = f64::from(SIZE.0 - MARGIN - RIGHT_MARGIN - LEFT_LABELS);
    let height = f64::from(SIZE.1 - 2 * MARGIN - BOTTOM_LABELS - TITLE);
    let aired = |(least, most): (f64, f64)| 1.08 * (most - least);
    let unit = (aired(horizontal) / width).max(aired(vertical) / height);
    let unit = if unit > 0.0 { unit } else { 1.0 / height };
    let around = |(least, most): (f64, f64), pixels: f64| {
        let (middle, half) = (least + 0.5 * (most - least), 0.5 * unit * pixels);
        (middle - half, middle + half)
    };
    (around(horizontal, width), around(vertical, height))
}

/// A label of an axis whose ends are `span` apart: no more digits than tell neighbours apart.
fn tick(value: f64, span: f64) -> String {
    let text = if (1e-4..1e6).contains(&span) {
        // Labels stand a tenth or a twentieth of the span apart, so one digit below its tenth is enough.
        let decimals = (2.0 - span.log10().floor()).max(0.0) as usize;
        without_zeros(&format!("{value:.decimals$}"))
    } else {
        let text = format!("{value:.2e}");
        let (digits, exponent) = text.split_once('e').expect("`e` is in scientific notation");
        if value == 0.0 { "0".into() } else { format!("{}e{exponent}", without_zeros(digits)) }
    };
    if text == "-0" { "0".into() } else { text.replace('-', "\u{2212}") }
}

/// Takes the zeros from the end of a decimal fraction.
fn without_zeros(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short() {
        for (value, span, text) in [
            (0.30000000000000004, 1.1, "0.3"),
            (-0.0, 1.0, "0"),
            (-2.5, 8.0, "−2.5"),
            (1200.0, 5000.0, "1200"),
            (0.0025, 0.01, "0.0025"),
            (30000000000.000004, 1e11, "3e10"),
            (2e-6, 1e-5, "2e−6"),
            (0.0, 1e-5, "0"),
            (3e9, 1e10, "3e9"),
            (100.0, 300.0, "100"),
        ] {
            assert_eq!(tick(value, span), text);
        }
    }

    #[test]
    fn a_unit_of_a_map_is_as_long_on_both_axes() {
        let ((left, right), (bottom, top)) = same_scale((0.0, 1.0), (-3.0, 3.0));
        assert!(left < 0.0 && right > 1.0 && bottom < -3.0 && top > 3.0);
        assert!(((right - left) / (top - bottom) - 684.0 / 396.0).abs() < 1e-12);
        assert_eq!(same_scale((2.0, 2.0), (5.0, 5.0)).1, (4.5, 5.5));
    }

    #[test]
    fn the_vertical_axis_starts_at_0_unless_curves_stay_far_from_it() {
        assert_eq!(framed(0.1, 1.1).0, 0.0);
        assert!(framed(90.0, 100.0).0 > 89.0);
        assert!(framed(-1.0, 1.0).0 < -1.0);
        assert_eq!(framed(0.0, 0.0), (-1.0, 1.0));
    }
}
