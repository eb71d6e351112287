//! What one wants to know first: results, measures, how it was made.

use super::html::{Escaped, duration, number, put, spaced};
use super::{Curve, Report};
use crate::plan::grouped;
use crate::train::log::parts;

/// Large figures at the top, at most so many.
const FIGURES: usize = 8;

pub(super) fn write(page: &mut String, report: &Report) {
    let mut figures = figures(report);
    figures.truncate(FIGURES);
    // No row of one beside a full one.
    let columns = if figures.len() > 6 { 4 } else { figures.len().max(1) };
    put!(page, "<dl class=\"figures\" style=\"--columns:{columns}\">");
    for Figure { name, value, note } in &figures {
        put!(page, "<div class=\"card\"><dt>{}</dt><dd>{}", Escaped(name), Escaped(value));
        if !note.is_empty() {
            put!(page, "<small>{}</small>", Escaped(note));
        }
        put!(page, "</dd></div>");
    }
    put!(page, "</dl>");
    let command = report
        .command
        .as_deref()
        .or(report.environment.as_ref().map(|environment| environment.command.as_str()));
    if let Some(command) = command {
        put!(
            page,
            "<div class=\"card\"><h3>Command</h3><pre class=\"command\"><code>{}</code></pre></div>",
            Escaped(command)
        );
    }
    if !report.curves.is_empty() {
        measures(page, &report.curves);
    }
}

struct Figure {
    name: String,
    value: String,
    note: String,
}

fn figures(report: &Report) -> Vec<Figure> {
    let results = report.results.iter().map(|(name, value)| figure(name, value.clone(), String::new()));
    let mut figures: Vec<_> = results.collect();
    // What training itself sees says little of what was learnt.
    let is_judged =
        |curve: &&Curve| better(&curve.name).is_some() && !["train", "epoch"].contains(&parts(&curve.name).0);
    let judged: Vec<_> = report.curves.iter().filter(is_judged).collect();
    // Where nothing was held back, training's own measures have to do.
    let judged = if judged.is_empty() {
        report.curves.iter().filter(|curve| better(&curve.name).is_some()).collect()
    } else {
        judged
    };
    for curve in judged.into_iter().take(3) {
        figures.extend(best_figure(curve));
    }
    if let Some(seconds) = report.seconds {
        figures.push(figure("duration", duration(seconds), String::new()));
    }
    if let Some(steps) = report.steps {
        let epochs = report.epochs.filter(|epochs| *epochs > 0.0);
        let note = epochs
            .map_or(String::new(), |epochs| format!("{} epochs", number((100.0 * epochs).round() / 100.0)));
        figures.push(figure("steps", spaced(&grouped(steps)), note));
    }
    figures.extend(throughput(report));
    if let Some(summary) = &report.summary {
        let cost = summary.plan().cost(summary.axes());
        let note = if cost.trainable == cost.params {
            String::new()
        } else {
            format!("{} train", spaced(&grouped(cost.trainable)))
        };
        figures.push(figure("parameters", spaced(&grouped(cost.params)), note));
    }
    figures
}

fn figure(name: &str, value: String, note: String) -> Figure {
    Figure { name: name.to_owned(), value, note }
}

/// The best of a curve, and when it was.
fn best_figure(curve: &Curve) -> Option<Figure> {
    let (step, value) = best(curve)?;
    let (group, measure) = parts(&curve.name);
    let last = curve.points.last()?;
    let note = if last.0 == step {
        format!("at the end, step {}", number(step))
    } else {
        format!("at step {}; last {}", number(step), number(last.1))
    };
    Some(figure(format!("best {group} {}", spoken(measure)).trim(), number(value), note))
}

/// What was measured of the speed, or else the steps a second.
fn throughput(report: &Report) -> Option<Figure> {
    let measured = report.curves.iter().find_map(|curve| {
        let what = parts(&curve.name).1.strip_suffix("_per_second")?;
        let mut values: Vec<f64> =
            curve.points.iter().map(|point| point.1).filter(|value| value.is_finite()).collect();
        values.sort_unstable_by(f64::total_cmp);
        let middle = *values.get(values.len() / 2)?;
        Some(figure(&format!("{} a second", spoken(what)), number(middle), "median".to_owned()))
    });
    measured.or_else(|| {
        let rate = report.steps? as f64 / report.seconds.filter(|seconds| *seconds > 0.0)?;
        Some(figure("steps a second", number(rate), String::new()))
    })
}

/// Each measure: its last value, its best, its range.
fn measures(page: &mut String, curves: &[Curve]) {
    put!(
        page,
        "<div class=\"card\"><h3>Measures</h3><div class=\"scroll\" tabindex=\"0\"><table class=\"measures\"><thead><tr><th>measure</th>"
    );
    for head in ["last", "best", "at step", "least", "most"] {
        put!(page, "<th class=\"n\">{head}</th>");
    }
    put!(page, "</tr></thead><tbody>");
    for curve in curves {
        let last = curve.points.last().map_or("–".to_owned(), |point| number(point.1));
        put!(page, "<tr><td><code>{}</code></td><td class=\"n\">{last}</td>", Escaped(&curve.name));
        match best(curve) {
            Some((step, value)) => {
                put!(
                    page,
                    "<td class=\"n\"><b>{}</b></td><td class=\"n\">{}</td>",
                    number(value),
                    number(step)
                );
            }
            None => put!(page, "<td class=\"n\">–</td><td class=\"n\">–</td>"),
        }
        for ends in [least(curve), most(curve)] {
            put!(page, "<td class=\"n\">{}</td>", ends.map_or("–".to_owned(), |(_, value)| number(value)));
        }
        put!(page, "</tr>");
    }
    put!(page, "</tbody></table></div></div>");
}

/// Which values of a measure are better.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Better {
    Less,
    More,
}

/// Told by the words of its name; nothing is said of measures that are neither good nor bad, such as a learning rate.
fn better(name: &str) -> Option<Better> {
    const LESS: [&str; 10] =
        ["loss", "error", "perplexity", "mse", "mae", "rmse", "nll", "entropy", "divergence", "distance"];
    const MORE: [&str; 11] =
        ["accuracy", "precision", "recall", "f1", "auc", "score", "r2", "iou", "bleu", "similarity", "psnr"];
    let lower = parts(name).1.to_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_alphanumeric());
    words.find_map(|word| match word {
        _ if LESS.contains(&word) => Some(Better::Less),
        _ if MORE.contains(&word) => Some(Better::More),
        _ => None,
    })
}

fn best(curve: &Curve) -> Option<(f64, f64)> {
    match better(&curve.name)? {
        Better::Less => least(curve),
        Better::More => most(curve),
    }
}

fn least(curve: &Curve) -> Option<(f64, f64)> {
    let numbers = curve.points.iter().copied().filter(|point| !point.1.is_nan());
    numbers.reduce(|best, new| if new.1 < best.1 { new } else { best })
}

fn most(curve: &Curve) -> Option<(f64, f64)> {
    let numbers = curve.points.iter().copied().filter(|point| !point.1.is_nan());
    numbers.reduce(|best, new| if new.1 > best.1 { new } else { best })
}

/// `learning_rate` in words.
pub(super) fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_better_is_known_by_name() {
        assert_eq!(better("validation/loss"), Some(Better::Less));
        assert_eq!(better("test/squared_error"), Some(Better::Less));
        assert_eq!(better("accuracy"), Some(Better::More));
        assert_eq!(better("train/learning_rate"), None);
        assert_eq!(better("train/tokens_per_second"), None);
        // The group is no measure.
        assert_eq!(better("loss/scale"), None);
    }

    #[test]
    fn the_best_passes_over_nan() {
        let points = vec![(1.0, f64::NAN), (2.0, 0.5), (3.0, 0.4), (4.0, 0.4), (5.0, f64::NAN)];
        let curve = Curve { name: "validation/loss".to_owned(), points };
        let figure = best_figure(&curve).unwrap();
        assert_eq!((figure.name.as_str(), figure.value.as_str()), ("best validation loss", "0.4"));
        assert_eq!(figure.note, "at step 3; last NaN");
    }
}
