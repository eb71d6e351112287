//! The page around its sections.

use super::html::{Escaped, duration, put, spaced};
use super::{Report, chart, confusion, network, overview};
use crate::plan::grouped;

/// Nothing is loaded from anywhere; the page's own style and script run.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

pub(super) fn write(report: &Report) -> String {
    let mut page = String::new();
    let title = Escaped(&report.title);
    put!(&mut page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    put!(&mut page, "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">");
    put!(&mut page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    put!(&mut page, "<meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>");
    put!(
        &mut page,
        "<link rel=\"icon\" href=\"data:,\"><style>{}</style></head><body>",
        include_str!("page.css")
    );
    let sections = sections(report);
    head(&mut page, report, &sections);
    put!(&mut page, "<main>");
    for (id, heading, content) in sections {
        put!(&mut page, "<section id=\"{id}\"><h2>{heading}</h2>{content}</section>\n");
    }
    put!(&mut page, "</main><script>{}</script></body></html>\n", include_str!("page.js"));
    page
}

/// Those of which something is known: the id, the heading, the content.
fn sections(report: &Report) -> Vec<(&'static str, &'static str, String)> {
    let mut sections = Vec::new();
    let mut add = |id, heading, write: &dyn Fn(&mut String)| {
        let mut content = String::new();
        write(&mut content);
        sections.push((id, heading, content));
    };
    add("summary", "Summary", &|page| overview::write(page, report));
    if !report.curves.is_empty() {
        add("curves", "Curves", &|page| chart::write(page, &report.curves));
    }
    if let Some(matrix) = &report.confusion {
        add("confusion", "Confusion matrix", &|page| confusion::write(page, matrix));
    }
    if !report.samples.is_empty() {
        add("samples", "Samples", &|page| {
            page.push_str("<div class=\"samples\">");
            report.samples.iter().for_each(|sample| sample.write(page));
            page.push_str("</div>");
        });
    }
    if let Some(summary) = &report.summary {
        add("network", "Network", &|page| network::write(page, summary));
    }
    if report.environment.is_some() || report.seed.is_some() {
        add("environment", "Environment", &|page| environment(page, report));
    }
    sections
}

fn head(page: &mut String, report: &Report, sections: &[(&str, &str, String)]) {
    put!(
        page,
        "<header><p class=\"eyebrow\">Training report</p><h1>{}</h1><p class=\"byline\">",
        Escaped(&report.title)
    );
    let facts = [
        report.environment.as_ref().map(|environment| environment.date.clone()),
        report.seconds.map(duration),
        report.steps.map(|steps| format!("{} steps", spaced(&grouped(steps)))),
        report.seed.map(|seed| format!("seed {seed}")),
    ];
    for fact in facts.iter().flatten() {
        put!(page, "<span>{}</span>", Escaped(fact));
    }
    put!(page, "</p><nav aria-label=\"Sections\">");
    for (id, heading, _) in sections {
        put!(page, "<a href=\"#{id}\">{heading}</a>");
    }
    put!(page, "</nav></header>");
}

fn environment(page: &mut String, report: &Report) {
    put!(page, "<dl class=\"facts card\">");
    let seed = report.seed.map(|seed| ("seed", seed.to_string()));
    let rows = report.environment.iter().flat_map(|environment| environment.rows.iter().cloned());
    for (name, value) in rows.chain(seed) {
        put!(page, "<div><dt>{name}</dt><dd>{}</dd></div>", Escaped(&value));
    }
    put!(page, "</dl>");
}
