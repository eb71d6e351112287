#!/usr/bin/env python3
"""Writes reviews.csv: 1600 sentences of product reviews, half of them favourable.

    python3 examples/data/make_reviews.py vaderSentiment-3.3.2.tar.gz     # the source package, from PyPI

Kept are sentences of 4 to 40 words whose mean rating by twenty people is at most -1 or at least 1 (from -4 to 4), 800 of
each kind, drawn with seed 0 and in the order of the source.
"""

import csv
import html
import io
import pathlib
import random
import sys
import tarfile

INNER = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
TABLE = "hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt"
OF_EACH = 800


def main():
    with tarfile.open(sys.argv[1]) as package:
        inner = package.extractfile(INNER).read()
    with tarfile.open(fileobj=io.BytesIO(inner)) as data:
        lines = data.extractfile(TABLE).read().decode("latin-1").splitlines()
    kinds = {"unfavourable": [], "favourable": []}
    for place, line in enumerate(lines):
        _, rating, sentence = line.split("\t")
        rating, sentence = float(rating), html.unescape(" ".join(sentence.split()))
        if abs(rating) >= 1 and 4 <= len(sentence.split()) <= 40 and sentence.isascii():
            kinds["favourable" if rating > 0 else "unfavourable"].append((place, sentence))
    draw = random.Random(0)
    chosen = [(place, kind, sentence) for kind, all in kinds.items() for place, sentence in draw.sample(all, OF_EACH)]
    path = pathlib.Path(__file__).with_name("reviews.csv")
    with open(path, "w", newline="", encoding="ascii") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("kind", "sentence"))
        table.writerows((kind, sentence) for _, kind, sentence in sorted(chosen))
    print(path)


if __name__ == "__main__":
    main()
