//! Curves as charts whose lines stretch with the page while letters keep their size.

use tensor_header::Json;

use super::Curve;
use super::html::{Escaped, number, put};
use super::overview::spoken;
use super::ticks::Scale;
use crate::train::log::{Measure, measures, parts};

/// Of the square in which lines are drawn before it is stretched.
const SIDE: f64 = 1000.0;
/// A line is drawn through at most twice as many points: no screen shows more.
const BUCKETS: usize = 240;
/// Fewer points than these are marked, each.
const MARKED: usize = 40;
/// Curves of more points than these get a running mean, if they are noisy.
const SMOOTHED: usize = 60;

/// All charts, in the order in which the measures came.
pub(super) fn write(page: &mut String, curves: &[Curve]) {
    let groups = groups(curves);
    put!(page, "<div class=\"charts\">");
    for measure in measures(curves.iter().map(|curve| curve.name.as_str())) {
        let lines: Vec<_> = measure
            .curves
            .iter()
            .flat_map(|&(group, full)| {
                let of = curves.iter().filter(move |curve| curve.name == full);
                let colour = groups.iter().position(|known| *known == group).unwrap_or(0) % 8;
                of.map(move |curve| Line { group, colour, points: &curve.points })
            })
            .collect();
        chart(page, &measure, &lines);
    }
    put!(page, "</div>");
}

/// The groups, each of which has a colour; training and validation the first.
fn groups(curves: &[Curve]) -> Vec<&str> {
    let mut groups = vec!["train", "validation", "test", "epoch"];
    for curve in curves {
        let (group, _) = parts(&curve.name);
        // What has no group is drawn as training is.
        if !group.is_empty() && !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

struct Line<'c> {
    group: &'c str,
    colour: usize,
    points: &'c [(f64, f64)],
}

fn chart(page: &mut String, measure: &Measure<'_>, lines: &[Line<'_>]) {
    let finite = || lines.iter().flat_map(|line| line.points).filter(|(_, value)| value.is_finite());
    let steps = || lines.iter().flat_map(|line| line.points).map(|point| point.0);
    let x = Scale::between(steps().fold(f64::INFINITY, f64::min), steps().fold(f64::NEG_INFINITY, f64::max));
    let y = Scale::of(&mut finite().map(|point| point.1).collect());
    let name = spoken(measure.name);
    let name = Escaped(&name);

    put!(page, "<figure class=\"chart card\"><figcaption><h3>{name}</h3>");
    if y.is_log {
        put!(page, "<span class=\"note\">logarithmic</span>");
    }
    put!(page, "<ul class=\"legend\">");
    for line in lines {
        let last = line.points.last().map_or(f64::NAN, |point| point.1);
        let group = Escaped(if line.group.is_empty() { "last" } else { line.group });
        put!(page, "<li class=\"c{}\">{group} <b>{}</b></li>", line.colour, number(last));
    }
    put!(page, "</ul></figcaption>");
    if finite().next().is_none() {
        put!(page, "<p class=\"note\">No finite value was measured.</p></figure>");
        return;
    }

    let drawn: Vec<_> = lines.iter().map(|line| Drawn::of(line, &y)).collect();
    put!(page, "<div class=\"plot\" data-chart=\"{}\">", Escaped(&data(&drawn, &x, &y)));
    for tick in y.ticks() {
        put!(
            page,
            "<span class=\"y\" style=\"bottom:{:.2}%\">{}</span>",
            100.0 * y.place(tick),
            number(tick)
        );
    }
    put!(
        page,
        "<svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{name} over steps\">"
    );
    put!(page, "<path class=\"grid\" d=\"");
    for tick in y.ticks() {
        put!(page, "M0 {:.1}H1000", SIDE * (1.0 - y.place(tick)));
    }
    put!(page, "\"/>");
    for (line, drawn) in lines.iter().zip(&drawn) {
        let mut put_path = |class: &str, d: String| {
            if !d.is_empty() {
                put!(page, "<path class=\"{class} c{}\" d=\"{d}\"/>", line.colour);
            }
        };
        put_path("faint", drawn.faint.as_ref().map_or(String::new(), |points| path(points, &x, &y)));
        put_path("line", path(&drawn.strong, &x, &y));
        if line.points.len() <= MARKED {
            put_path("marks", marks(&drawn.strong, &x, &y));
        }
    }
    put!(page, "</svg>");
    put!(page, "<span class=\"x axis\">step</span>");
    let mut end = 0.0;
    for tick in x.whole_ticks() {
        let place = x.place(tick);
        // Long numbers must not run into each other on a narrow screen.
        if place - end >= 0.16 {
            put!(page, "<span class=\"x\" style=\"left:{:.2}%\">{}</span>", 100.0 * place, number(tick));
            end = place;
        }
    }
    put!(page, "</div></figure>");
}

/// What is drawn of a line.
struct Drawn<'c> {
    group: &'c str,
    colour: usize,
    strong: Vec<(f64, f64)>,
    /// Behind its running mean, the line itself.
    faint: Option<Vec<(f64, f64)>>,
}

impl<'c> Drawn<'c> {
    fn of(line: &Line<'c>, y: &Scale) -> Self {
        let Line { group, colour, points } = *line;
        let thin = thinned(points);
        if points.len() <= SMOOTHED {
            return Drawn { group, colour, strong: thin, faint: None };
        }
        let mean = running_mean(points);
        let off = points.iter().zip(&mean).map(|(point, mean)| (y.place(point.1) - y.place(mean.1)).abs());
        let (sum, count) =
            off.filter(|off| off.is_finite()).fold((0.0, 0), |(sum, count), off| (sum + off, count + 1));
        // A line without noise says more than its mean.
        if sum < 0.004 * f64::from(count) {
            return Drawn { group, colour, strong: thin, faint: None };
        }
        Drawn { group, colour, strong: thinned(&mean), faint: Some(thin) }
    }
}

/// Means of the finite values around each point.
fn running_mean(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    // Sums and counts of all points before each.
    let mut before = vec![(0.0, 0.0)];
    let (mut sum, mut count) = (0.0, 0.0);
    for (_, value) in points {
        if value.is_finite() {
            (sum, count) = (sum + value, count + 1.0);
        }
        before.push((sum, count));
    }
    let reach = points.len() / 50 + 1;
    let mean = |at: usize| {
        // At the ends as far on one side as on the other, lest they be drawn towards the middle; but not so near that a mean is
        // none.
        let near = at.min(points.len() - 1 - at).max(reach / 3);
        let reach = reach.min(near);
        let first = before[at.saturating_sub(reach)];
        let last = before[(at + reach + 1).min(points.len())];
        (last.0 - first.0) / (last.1 - first.1)
    };
    points.iter().enumerate().map(|(at, point)| (point.0, mean(at))).collect()
}

/// The least and the largest of each bucket of points, in their order: what shows of the line is the same.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= 2 * BUCKETS {
        return points.to_vec();
    }
    let mut thin = Vec::with_capacity(2 * BUCKETS);
    for bucket in points.chunks(points.len().div_ceil(BUCKETS)) {
        let ends = bucket.iter().enumerate().filter(|(_, point)| point.1.is_finite());
        let least = ends.clone().min_by(|a, b| a.1.1.total_cmp(&b.1.1));
        let most = ends.max_by(|a, b| a.1.1.total_cmp(&b.1.1));
        match (least, most) {
            (Some((a, first)), Some((b, second))) if a < b => thin.extend([*first, *second]),
            (Some((a, first)), Some((b, second))) if a > b => thin.extend([*second, *first]),
            (Some((_, only)), _) => thin.push(*only),
            // A gap.
            _ => thin.push(bucket[0]),
        }
    }
    thin
}

fn placed(point: (f64, f64), x: &Scale, y: &Scale) -> Option<(f64, f64)> {
    let place = (SIDE * x.place(point.0), SIDE * (1.0 - y.place(point.1)));
    (place.0.is_finite() && place.1.is_finite()).then_some(place)
}

/// A line through the points, with gaps where they are not finite.
fn path(points: &[(f64, f64)], x: &Scale, y: &Scale) -> String {
    let (mut path, mut goes_on) = (String::new(), false);
    for &point in points {
        let place = placed(point, x, y);
        if let Some((across, down)) = place {
            put!(&mut path, "{}{across:.1} {down:.1}", if goes_on { "L" } else { "M" });
        }
        goes_on = place.is_some();
    }
    path
}

/// A dot at each point: a stroke of no length with round ends.
fn marks(points: &[(f64, f64)], x: &Scale, y: &Scale) -> String {
    let places = points.iter().filter_map(|&point| placed(point, x, y));
    places.map(|(across, down)| format!("M{across:.1} {down:.1}h0")).collect()
}

/// For the script: the scales and the points of each line.
fn data(lines: &[Drawn<'_>], x: &Scale, y: &Scale) -> String {
    let point =
        |&(across, up): &(f64, f64)| -> Json<'_> { [across, f64::from(up as f32)].into_iter().collect() };
    let lines = lines.iter().map(|line| {
        Json::object([
            ("name", line.group.into()),
            ("colour", line.colour.into()),
            ("points", line.strong.iter().map(point).collect()),
        ])
    });
    Json::object([
        ("x", [x.least, x.most].into_iter().collect()),
        ("y", [y.least, y.most].into_iter().collect()),
        ("log", y.is_log.into()),
        ("lines", lines.collect()),
    ])
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_line_keeps_its_peaks() {
        let mut points: Vec<_> = (0..100_000).map(|i| (f64::from(i), f64::from(i).sin())).collect();
        points[77_777].1 = 9.0;
        points[500].1 = f64::NAN;
        let thin = thinned(&points);
        assert!(thin.len() <= 2 * BUCKETS && thin.contains(&(77_777.0, 9.0)), "{}", thin.len());
        assert!(thin.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_running_mean_keeps_the_ends_and_passes_gaps() {
        let mut points: Vec<_> = (0..200).map(|i| (f64::from(i), f64::from(i))).collect();
        points[100].1 = f64::NAN;
        let mean = running_mean(&points);
        assert!(mean[0].1 <= 1.0 && mean[199].1 >= 198.0);
        assert!((mean[100].1 - 100.0).abs() < 1e-9 && (mean[50].1 - 50.0).abs() < 1e-9);
    }

    #[test]
    fn gaps_and_single_points_are_drawn() {
        let (x, y) = (Scale::between(0.0, 3.0), Scale { least: 0.0, most: 1.0, is_log: false });
        let points = [(0.0, 0.0), (1.0, f64::NAN), (2.0, 1.0), (3.0, 0.5)];
        assert_eq!(path(&points, &x, &y), "M0.0 1000.0M666.7 0.0L1000.0 500.0");
        assert_eq!(marks(&points[..2], &x, &y), "M0.0 1000.0h0");
    }
}
