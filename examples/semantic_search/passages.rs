//! The text and the questions.

use std::{error::Error, path::Path};

use rand::{Rng, SeedableRng, rngs::StdRng};

/// So many questions were written before any search was tried; they come first.
pub const TEST: usize = 10;

/// A paragraph of the text and the heading above it.
pub struct Passage {
    pub heading: String,
    pub text: String,
}

impl Passage {
    /// The text after the last part of its heading, which often says what it is about.
    pub fn under_its_heading(&self) -> String {
        match self.heading.rsplit_once(" › ") {
            Some((_, last)) => format!("{last}: {}", self.text),
            None => self.text.clone(),
        }
    }
}

/// A question and the heading of the passage that answers it.
pub struct Question {
    pub text: String,
    pub heading: String,
}

fn read_text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("can't read `{}`: {error}", path.display()))
}

/// The paragraphs of a text under headings: lines that begin with `# `, or `Article I`, `Section 2` and the like.
pub fn read(path: &Path) -> Result<Vec<Passage>, Box<dyn Error>> {
    let text = read_text(path)?.replace("\r\n", "\n");
    let paragraphs =
        text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let passages = if text.starts_with("# ") { marked(paragraphs) } else { articles(paragraphs) };
    if passages.is_empty() {
        let path = path.display();
        return Err(format!(
            "`{path}` has no passage under a heading such as `# Threads`, `Article I` or `Section 2`"
        )
        .into());
    }
    Ok(passages)
}

fn marked(paragraphs: impl Iterator<Item = String>) -> Vec<Passage> {
    let (mut heading, mut passages) = (String::new(), Vec::new());
    for text in paragraphs {
        match text.strip_prefix("# ") {
            Some(next) => heading = next.into(),
            None if text.is_empty() => {}
            None => passages.push(Passage { heading: heading.clone(), text }),
        }
    }
    passages
}

fn articles(paragraphs: impl Iterator<Item = String>) -> Vec<Passage> {
    let (mut part, mut section) = (String::new(), String::new());
    let mut passages = Vec::new();
    for text in paragraphs {
        let (first, rest) = text.split_once(' ').unwrap_or((&text, ""));
        if text.is_empty() || text.starts_with("Passed by Congress ") {
            continue; // the editor's note on a date
        }
        match first {
            "Article" | "Amendment" if !rest.contains(' ') => (part, section) = (text, String::new()),
            "Section" if !rest.contains(' ') => section = format!(", {text}"),
            "Preamble" | "Amendments" if rest.is_empty() => (part, section) = (text, String::new()),
            // The title, and the editor's remarks on the amendments
            _ if part.is_empty() || part == "Amendments" => {}
            _ => passages.push(Passage { heading: format!("{part}{section}"), text }),
        }
    }
    passages
}

/// The lines `question | heading`; `#` begins a comment.
pub fn questions(path: &Path, passages: &[Passage]) -> Result<Vec<Question>, Box<dyn Error>> {
    let mut questions = Vec::new();
    for (number, line) in (1..).zip(read_text(path)?.lines()) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: &str| format!("`{}`, line {number}: {what}", path.display());
        let (text, heading) =
            line.split_once('|').ok_or_else(|| wrong("there is no `|` before a heading"))?;
        let question = Question { text: text.trim().into(), heading: heading.trim().into() };
        if !passages.iter().any(|passage| passage.heading == question.heading) {
            return Err(wrong(&format!("the text has no heading `{}`", question.heading)).into());
        }
        questions.push(question);
    }
    if questions.is_empty() {
        return Err(format!("`{}` has no question", path.display()).into());
    }
    Ok(questions)
}

/// Each passage with a probability of a quarter, and all that answer one of these questions.
pub fn quarter(passages: Vec<Passage>, questions: &[Question], seed: u64) -> Vec<Passage> {
    let mut random = StdRng::seed_from_u64(seed);
    let answers = |passage: &Passage| questions.iter().any(|question| question.heading == passage.heading);
    let count = passages.len();
    let drawn = |passage: &Passage| random.gen_bool(0.25) || answers(passage);
    let (some, mut others): (Vec<_>, Vec<_>) = passages.into_iter().partition(drawn);
    // A text of a few passages keeps one.
    if some.is_empty() && count > 0 { vec![others.swap_remove(0)] } else { some }
}

/// So many characters of a text.
pub fn beginning(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.into();
    }
    text.chars().take(characters - 1).chain(['…']).collect()
}
