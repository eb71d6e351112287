//! The confusion matrix as a table with warm and cold cells.

use super::html::{Escaped, put, spaced};
use crate::plan::grouped;
use crate::train::ConfusionMatrix;

/// As many classes get wide columns, all equally.
const FEW: usize = 5;

/// The most frequent mistakes are told in words, so many of them.
const TOLD: usize = 3;

pub(super) fn write(page: &mut String, matrix: &ConfusionMatrix) {
    let classes = matrix.classes();
    let all = 0..classes.len();
    let total: usize = all.clone().map(|class| row_sum(matrix, class)).sum();
    put!(page, "<div class=\"card\"><p class=\"lead\">{}</p>", verdict(matrix, total));
    put!(
        page,
        "<div class=\"scroll\" tabindex=\"0\"><table class=\"confusion{}\"><thead><tr>",
        if classes.len() <= FEW { " few" } else { "" }
    );
    put!(page, "<td class=\"corner\"><i>actual</i> \\ <i>predicted</i></td>");
    for class in classes {
        put!(page, "<th scope=\"col\"><span>{}</span></th>", Escaped(class));
    }
    put!(page, "<th scope=\"col\" class=\"share\"><span>found</span></th></tr></thead><tbody>");
    for actual in all.clone() {
        put!(page, "<tr><th scope=\"row\">{}</th>", Escaped(&classes[actual]));
        let sum = row_sum(matrix, actual);
        for predicted in all.clone() {
            let count = matrix.count(actual, predicted);
            let class = match () {
                () if count == 0 => "none",
                () if actual == predicted => "right",
                () => "wrong",
            };
            // Of equal counts the rarer class has the stronger colour: what counts is the share of the row.
            let share = if sum == 0 { 0.0 } else { count as f64 / sum as f64 };
            let strong = if share > 0.55 { " strong" } else { "" };
            put!(
                page,
                "<td class=\"{class}{strong}\" style=\"--s:{:.0}%\">{}</td>",
                100.0 * share,
                spaced(&grouped(count as u64))
            );
        }
        put!(page, "<td class=\"share\">{}</td></tr>", percent(matrix.count(actual, actual), sum));
    }
    put!(page, "<tr class=\"share\"><th scope=\"row\">right</th>");
    for predicted in all.clone() {
        let sum: usize = all.clone().map(|actual| matrix.count(actual, predicted)).sum();
        put!(page, "<td class=\"share\">{}</td>", percent(matrix.count(predicted, predicted), sum));
    }
    put!(page, "<td class=\"share\"></td></tr></tbody></table></div>");
    put!(
        page,
        "<p class=\"note\"><b>found</b>: of the rows of a class, how many were predicted to be it (recall). <b>right</b>: of the \
         predictions of a class, how many were it (precision).</p></div>"
    );
}

fn row_sum(matrix: &ConfusionMatrix, actual: usize) -> usize {
    (0..matrix.classes().len()).map(|predicted| matrix.count(actual, predicted)).sum()
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.0}\u{202f}%", 100.0 * part as f64 / whole as f64) }
}

/// What the matrix says, in a sentence.
fn verdict(matrix: &ConfusionMatrix, total: usize) -> String {
    let classes = matrix.classes();
    let all = 0..classes.len();
    let right: usize = all.clone().map(|class| matrix.count(class, class)).sum();
    let mut text =
        format!("<b>{}</b> of {} right", spaced(&grouped(right as u64)), spaced(&grouped(total as u64)));
    let pairs = all.clone().flat_map(|actual| all.clone().map(move |predicted| (actual, predicted)));
    let mut mistakes: Vec<_> = pairs
        .filter(|(actual, predicted)| actual != predicted)
        .map(|(actual, predicted)| (matrix.count(actual, predicted), actual, predicted))
        .filter(|mistake| mistake.0 > 0)
        .collect();
    mistakes
        .sort_unstable_by_key(|&(count, actual, predicted)| (std::cmp::Reverse(count), actual, predicted));
    for (place, (count, actual, predicted)) in mistakes.iter().take(TOLD).enumerate() {
        let before = if place == 0 { "; most often " } else { ", " };
        let [actual, predicted] = [*actual, *predicted].map(|class| Escaped(&classes[class]));
        put!(&mut text, "{before}{actual} taken for {predicted} ({})", spaced(&grouped(*count as u64)));
    }
    text + "."
}
