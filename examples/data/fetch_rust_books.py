#!/usr/bin/env python3
"""Fetches books about Rust into target/data/rust-books.txt: passages under headings.

    python3 examples/data/fetch_rust_books.py

17 MB, from Debian's package rust-doc: The Rust Programming Language, the Reference, Rust by Example and the
Rustonomicon, by the Rust project's developers. MIT or Apache License 2.0.

A heading is a line that begins with `# `; passages are paragraphs, which are separated by empty lines. Code is left out.
"""

import html.parser
import os
import pathlib

import debian_package

ROOT = pathlib.Path(__file__).resolve().parents[2] / "target/data"
BOOKS = {
    "book": "The Rust Programming Language",
    "reference": "The Rust Reference",
    "rust-by-example": "Rust by Example",
    "nomicon": "The Rustonomicon",
}
SHA256 = "d71d73959b9c08c21f711672d26125462438fab5f84d505f670ef3077900ad91"
# A passage is closed once it has so many words.
WORDS = 60
HEADINGS = ("h1", "h2", "h3", "h4")


class Page(html.parser.HTMLParser):
    """The paragraphs of a page, each under the path of headings above it."""

    def __init__(self):
        super().__init__()
        self.in_main, self.skips, self.tag, self.text = False, 0, None, []
        self.headings, self.paragraphs = {}, []

    def handle_starttag(self, tag, attributes):
        if tag == "main":
            self.in_main = True
        elif tag in ("pre", "table", "nav", "button"):
            self.skips += 1
        elif tag in (*HEADINGS, "p", "li"):
            self.close()
            self.tag = tag

    def handle_endtag(self, tag):
        if tag == "main":
            self.close()
            self.in_main = False
        elif tag in ("pre", "table", "nav", "button"):
            self.skips -= 1
        elif tag in (*HEADINGS, "p", "li"):
            self.close()

    def handle_data(self, text):
        if self.in_main and not self.skips:
            self.text.append(text)

    def close(self):
        text, tag = " ".join("".join(self.text).split()), self.tag or "p"
        self.text, self.tag = [], None
        if not text:
            return
        if tag in HEADINGS:
            level = int(tag[1])
            self.headings = {l: h for l, h in self.headings.items() if l < level} | {level: text}
        else:
            self.paragraphs.append((tuple(self.headings.values()), text))


def passages(page):
    """Paragraphs of the same section, joined until they have enough words."""
    parser = Page()
    parser.feed(page.read_text(encoding="utf-8"))
    joined = []
    for headings, text in parser.paragraphs:
        if joined and joined[-1][0] == headings and len(joined[-1][1].split()) < WORDS:
            joined[-1] = (headings, f"{joined[-1][1]} {text}")
        else:
            joined.append((headings, text))
    return [(headings, text) for headings, text in joined if len(text.split()) >= 8]


def main():
    folder = ROOT / "rust-books"
    debian_package.fetch(
        package="rust-doc",
        inside="usr/share/doc/rust-doc/html",
        wanted=[f"{book}/**/*.html" for book in BOOKS],
        target=folder,
        sha256=SHA256,
    )
    lines, seen, count = [], set(), 0
    for book, title in BOOKS.items():
        for page in sorted((folder / book).rglob("*.html")):
            # Pages of everything at once, and of earlier editions, say the same again.
            earlier = page.relative_to(folder / book).parts[0] in ("2018-edition", "first-edition", "second-edition")
            if page.name in ("print.html", "toc.html", "404.html") or earlier:
                continue
            for headings, text in passages(page):
                if text in seen:
                    continue
                seen.add(text)
                heading = " › ".join((title, *headings))
                if not lines or lines[-1][0] != heading:
                    lines.append((heading, []))
                lines[-1][1].append(text)
                count += 1
    target = ROOT / "rust-books.txt"
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    sections = ("\n\n".join([f"# {heading}", *texts]) for heading, texts in lines)
    temporary.write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    temporary.replace(target)
    print(f"{target}: {count} passages")


if __name__ == "__main__":
    main()
