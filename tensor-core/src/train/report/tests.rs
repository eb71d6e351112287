#![allow(unused_parens, reason = "in what `layer!` writes; rustc excuses them in other crates alone")]

use super::*;
use crate::prelude::*;
use crate::train::{Record, Sink};

layer! {
    struct Block<const D: usize, const F: usize>: [n, D] -> [n, D]
    where D % 2 == 0, F == 4 * D
    {
        residual { norm: layer_norm, attend: attention(heads: 2, mask: causal) },
        residual { up: linear(F), gelu, down: linear(D) },
    }
}
layer! {
    struct Branching: [n, 8] -> [n, 16] {
        blocks: [Block<8, 32>; 3],
        once: Block<8, 32>,
        fork(concat) { left: { first: linear(8), relu }, right: { dropout(0.5) } },
    }
}

fn full() -> Report {
    let mut records = Records::new();
    for step in 1..=500 {
        let (epoch, loss) =
            (step as f64 / 100.0, 2.0 / (step as f64).sqrt() + 0.1 * (step as f64).sin().abs());
        let rate = if step == 250 { f64::NAN } else { 1e-3 };
        records
            .record(&Record {
                step,
                epoch,
                seconds: 0.1 * step as f64,
                values: &[("train/loss", loss), ("train/rate", rate)],
            })
            .unwrap();
        if step % 100 == 0 {
            records
                .record(&Record {
                    step,
                    epoch,
                    seconds: 0.1 * step as f64,
                    values: &[("validation/loss", loss + 0.1)],
                })
                .unwrap();
        }
    }
    Report::new("A <b>bold</b> title")
        .result("kept & measured", 0.5)
        .records(&records)
        .confusion(&ConfusionMatrix::new(["<cat>", "dog"], &[0, 1, 1, 1], &[0, 0, 1, 1]))
        .summary(Branching::new(&Cpu::default()).summary().at([4, 5, 8]))
        .picture("a <picture>", b"\x89PNG\r\n\x1a\n...")
        .text("what it wrote", "</pre><script>alert(1)</script>")
        .seed(7)
        .environment()
        .command("train --name='<x>'")
}

/// All tags are closed in the order of their opening, and attributes are quoted; gives the text without them.
fn well_formed(page: &str) -> String {
    const VOID: [&str; 4] = ["meta", "link", "img", "br"];
    let (mut open, mut text, mut rest) = (Vec::new(), String::new(), page);
    while let Some(at) = rest.find('<') {
        text += &rest[..at];
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in {open:?}");
        } else if !tag.starts_with('!') && !tag.ends_with('/') {
            assert!(tag.matches('"').count() % 2 == 0, "<{tag}>");
            let name = tag.split(' ').next().unwrap();
            if ["style", "script"].contains(&name) {
                let close = format!("</{name}>");
                rest = &rest[rest.find(&close).expect("it is closed") + close.len()..];
            } else if !VOID.contains(&name) {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    text
}

#[test]
fn a_page_is_whole_and_needs_nothing_else() {
    let page = full().to_html().unwrap();
    let text = well_formed(&page);
    for part in [
        "A &lt;b&gt;bold&lt;/b&gt; title",
        "kept &amp; measured",
        "best validation loss",
        "&lt;cat&gt; taken for dog (1)",
        "3 × ",
        "concat",
        "[4, 5, 16]",
        "weight [32, 8]",
        "attention(8 → 8, heads: 2, mask: causal)",
        "seed",
        "rustc ",
        "&lt;/pre&gt;&lt;script&gt;alert(1)",
        "train --name=&#39;&lt;x&gt;&#39;",
        "Branching",
    ] {
        assert!(text.contains(part), "`{part}` is missing in {text}");
    }
    for foreign in ["http://", "https://", "//cdn", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    // The same network a second time is folded.
    assert_eq!((page.matches("<details").count(), page.matches(" open><summary>").count()), (2, 1));
    assert_eq!(page.matches("class=\"chart card\"").count(), 2);
}

#[test]
fn what_is_not_given_is_left_out() {
    let page = Report::new("nothing").to_html().unwrap();
    well_formed(&page);
    assert!(!page.contains("<figure") && !page.contains("id=\"curves\"") && !page.contains("<details"));
    let odd = Report::new("").curve("a", []).curve("b", [(0.0, f64::NAN)]).curve("c", [(5.0, 1.0)]).steps(0);
    let page = odd.confusion(&ConfusionMatrix::new([""; 0], &[], &[])).to_html().unwrap();
    assert!(well_formed(&page).contains("No finite value was measured."));
    assert!(!page.contains("NaN%") && !page.contains("inf%"), "{page}");
}

#[test]
fn a_long_training_makes_a_small_page() {
    let points = (0..1_000_000).map(|step| (f64::from(step), f64::from(step).sin()));
    let page = Report::new("long").curve("train/loss", points).to_html().unwrap();
    assert!(page.len() < 100_000, "{}", page.len());
}

#[test]
fn what_cannot_be_shown_or_written_is_refused() {
    let error = Report::new("").picture("a photo", b"BM1234").to_html().unwrap_err().to_string();
    assert_eq!(error, "the picture `a photo` is of another kind; PNG, JPEG, GIF, WebP and SVG can be shown");
    let file = std::env::temp_dir().join(format!("tensor-core-report-file-{}", std::process::id()));
    fs::write(&file, "").unwrap();
    let error = Report::new("").save(file.join("report.html")).unwrap_err();
    assert!(matches!(error, ReportError::Write { .. }), "{error}");
    fs::remove_file(file).unwrap();
}
