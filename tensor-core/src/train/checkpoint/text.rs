//! What a checkpoint holds of a training beside weights, as lines of text. Numbers of 64 bits are written as their bits, so
//! that all of them come back as they were.

use std::fmt::Write;

use crate::by_name::ByName;
use crate::train::trainer::{Best, Course, Curve, Means, Stopped};

/// Settings on which it depends how a training goes on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Terms {
    pub(crate) seed: Option<u64>,
    pub(crate) accumulate: u64,
    pub(crate) per_epoch: Option<u64>,
    /// How weights are averaged.
    pub(crate) average: String,
    /// What the optimizer remembers.
    pub(crate) remembers: String,
    /// What the best state is chosen by.
    pub(crate) goal: String,
}

/// The lines of a training.
pub(crate) fn to_text(course: &Course, terms: &Terms) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        // Writing to a string does not fail.
        _ = writeln!(text, "{name} {value}");
    };
    terms.seed.iter().for_each(|seed| line("seed", seed));
    terms.per_epoch.iter().for_each(|count| line("per_epoch", count));
    line("accumulate", &terms.accumulate);
    line("average", &terms.average);
    line("remembers", &terms.remembers);
    line("goal", &terms.goal);
    for (name, value) in counts(&mut course.clone()) {
        line(name, value);
    }
    line("seconds", &bits(course.seconds));
    course.evaluated.iter().for_each(|step| line("evaluated", step));
    if let Some(Best { step, value }) = course.best {
        line("best", &format_args!("{step} {}", bits(value)));
    }
    if course.stopped == Some(Stopped::NoImprovement) {
        line("stopped", &"no_improvement");
    }
    if !course.schedule.is_empty() {
        let numbers: Vec<String> = course.schedule.iter().copied().map(bits).collect();
        line("schedule", &numbers.join(" "));
    }
    for (what, means) in [("recent", &course.recent), ("of_epoch", &course.of_epoch)] {
        for (name, &(sum, weight)) in means.sums.iter() {
            line(what, &format_args!("{name} {} {}", bits(sum), bits(weight)));
        }
    }
    for (name, curve) in course.history.curves.iter() {
        let Curve { stride, points, last, begun } = curve;
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{}:{}", bits(*x), bits(*y))).collect();
        let begun = format!("{} {} {}", begun.0, bits(begun.1), bits(begun.2));
        line("curve", &format_args!("{name} {stride} {} {begun} {}", bits(*last), points.join(" ")));
    }
    text
}

/// What the lines say; or the first that can't be read.
pub(crate) fn from_text(text: &str) -> Result<(Course, Terms), String> {
    let (mut course, mut terms) = (Course::default(), Terms::default());
    for line in text.lines() {
        read_line(line, &mut course, &mut terms).ok_or_else(|| format!("`{line}` can't be read"))?;
    }
    Ok((course, terms))
}

fn read_line(line: &str, course: &mut Course, terms: &mut Terms) -> Option<()> {
    let (name, rest) = line.split_once(' ')?;
    let mut words = rest.split_ascii_whitespace();
    match name {
        "seed" => terms.seed = Some(rest.parse().ok()?),
        "per_epoch" => terms.per_epoch = Some(rest.parse().ok()?),
        "accumulate" => terms.accumulate = rest.parse().ok()?,
        "average" => terms.average = rest.to_owned(),
        "remembers" => terms.remembers = rest.to_owned(),
        "goal" => terms.goal = rest.to_owned(),
        "seconds" => course.seconds = number(rest)?,
        "evaluated" => course.evaluated = Some(rest.parse().ok()?),
        "best" => {
            let (step, value) = (words.next()?.parse().ok()?, number(words.next()?)?);
            course.best = Some(Best { step, value });
        }
        "stopped" => course.stopped = Some(Stopped::NoImprovement),
        "schedule" => course.schedule = words.map(number).collect::<Option<_>>()?,
        "recent" => read_mean(&mut course.recent, rest)?,
        "of_epoch" => read_mean(&mut course.of_epoch, rest)?,
        "curve" => read_curve(&mut course.history.curves, rest)?,
        _ => *counts(course).into_iter().find(|count| count.0 == name)?.1 = rest.parse().ok()?,
    }
    Some(())
}

/// The counts by name.
fn counts(course: &mut Course) -> [(&'static str, &mut u64); 6] {
    let Course { step, epoch, batch, batches, skipped, waited, .. } = course;
    [
        ("step", step),
        ("epoch", epoch),
        ("batch", batch),
        ("batches", batches),
        ("skipped", skipped),
        ("waited", waited),
    ]
}

/// A name may have spaces, so numbers are taken from the end.
fn read_mean(means: &mut Means, rest: &str) -> Option<()> {
    let mut words = rest.rsplitn(3, ' ');
    let (weight, sum) = (number(words.next()?)?, number(words.next()?)?);
    means.sums.insert(words.next()?.to_owned(), (sum, weight));
    Some(())
}

fn read_curve(curves: &mut ByName<Curve>, rest: &str) -> Option<()> {
    let words: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).collect();
    // What looks like a point ends the line; a name could not end in one, for it has no `:`.
    let first = words.iter().rposition(|word| !word.contains(':'))? + 1;
    let points = words[first..].iter().map(|point| {
        let (x, y) = point.split_once(':')?;
        Some((number(x)?, number(y)?))
    });
    let points = points.collect::<Option<Vec<_>>>()?;
    let (name, [stride, last, count, step, sum]) = words[..first].split_last_chunk::<5>()?;
    let begun = (count.parse().ok()?, number(step)?, number(sum)?);
    let curve = Curve { stride: stride.parse().ok()?, points, last: number(last)?, begun };
    curves.insert(name.join(" "), curve);
    Some(())
}

fn bits(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

fn number(text: &str) -> Option<f64> {
    u64::from_str_radix(text, 16).ok().map(f64::from_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_comes_back() {
        let mut course = Course {
            step: 12,
            epoch: 3,
            batch: 4,
            batches: u64::MAX,
            skipped: 1,
            seconds: 0.1,
            evaluated: Some(10),
            best: Some(Best { step: 10, value: f64::NEG_INFINITY }),
            waited: 2,
            stopped: Some(Stopped::NoImprovement),
            schedule: vec![0.1, f64::INFINITY, 2.0],
            ..Course::default()
        };
        course.recent.sums.insert("train/loss".into(), (1.0 / 3.0, 2.0));
        course.of_epoch.sums.insert("two words".into(), (-0.0, 2.0));
        let curve = Curve {
            stride: 2,
            points: vec![(1.0, 0.1), (3.0, f64::INFINITY)],
            last: 7.0,
            begun: (1, 5.0, 7.0),
        };
        course.history.curves.insert("a curve".into(), curve);
        let empty = Curve { stride: 1, points: Vec::new(), last: 0.0, begun: (0, 0.0, 0.0) };
        course.history.curves.insert("b/c".into(), empty);
        let terms = Terms {
            seed: Some(7),
            accumulate: 2,
            per_epoch: None,
            average: "0.9".into(),
            remembers: "a b".into(),
            goal: "the lowest `x y`".into(),
        };
        assert_eq!(from_text(&to_text(&course, &terms)).unwrap(), (course, terms));
    }

    #[test]
    fn lines_that_make_no_sense_are_told() {
        assert_eq!(from_text("step one\n").unwrap_err(), "`step one` can't be read");
        assert_eq!(from_text("steps 1\n").unwrap_err(), "`steps 1` can't be read");
    }
}
