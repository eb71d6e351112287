//! The one drawing behind both picture formats.

use std::{fs, path::Path, sync::Once};

use plotters::{
    chart::{ChartBuilder, ChartContext, LabelAreaPosition, SeriesLabelPosition},
    coord::{cartesian::Cartesian2d, types::RangedCoordf64},
    prelude::{
        BLACK, BitMapBackend, Circle, Color, DrawingBackend, IntoDrawingArea, LineSeries, PathElement,
        RGBColor, Rectangle, SVGBackend, WHITE,
    },
    style::{FontStyle, register_font},
};

use super::{Chart, Curve, PlotError, is_finite};

const SIZE: (u32, u32) = (800, 500);

/// Registered under a name of our own, so that no other user of plotters is affected. To an SVG viewer the same string
/// is a list of choices.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";

/// Okabe and Ito's colours, which the colour-blind can tell apart; "Color Universal Design", 2008.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

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
        static FONT_IS_KNOWN: Once = Once::new();
        FONT_IS_KNOWN.call_once(|| {
            let known = register_font(FONT, FontStyle::Normal, include_bytes!("font/dejavu_sans_subset.ttf"));
            assert!(known.is_ok(), "the font in this crate is well formed");
        });
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
        let (left, right) = widened(left, right);
        let (bottom, top) = framed(bottom, top);
        let mut plot = ChartBuilder::on(&area)
            .caption(&self.title, (FONT, 24))
            .margin(16)
            .margin_right(28)
            .set_label_area_size(LabelAreaPosition::Left, 72)
            .set_label_area_size(LabelAreaPosition::Bottom, 48)
            .build_cartesian_2d(left..right, bottom..top)?;
        let vertical = match (&self.vertical[..], &self.curves[..]) {
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
        for (curve, colour) in self.curves.iter().zip(COLOURS.into_iter().cycle()) {
            draw_curve(&mut plot, curve, colour)?;
        }
        if self.curves.len() > 1 {
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

/// Draws each run of finite points; a run of one is a dot, since a line through it would not be seen.
fn draw_curve<'a, B: DrawingBackend + 'a>(
    plot: &mut Plot<'a, B>,
    curve: &Curve,
    colour: RGBColor,
) -> Result<(), plotters::drawing::DrawingAreaErrorKind<B::ErrorType>> {
    let line = colour.stroke_width(2);
    for run in curve.points.split(|point| !is_finite(point)).filter(|run| !run.is_empty()) {
        plot.draw_series(LineSeries::new(run.iter().copied(), line))?;
        if let [point] = run {
            plot.draw_series([Circle::new(*point, 3, colour.filled())])?;
        }
    }
    // A series of nothing carries the name, so that it stands in the legend once, however many gaps there are.
    plot.draw_series(std::iter::empty::<Rectangle<(f64, f64)>>())?
        .label(&curve.name)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], line));
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
    fn the_vertical_axis_starts_at_0_unless_curves_stay_far_from_it() {
        assert_eq!(framed(0.1, 1.1).0, 0.0);
        assert!(framed(90.0, 100.0).0 > 89.0);
        assert!(framed(-1.0, 1.0).0 < -1.0);
        assert_eq!(framed(0.0, 0.0), (-1.0, 1.0));
    }
}
