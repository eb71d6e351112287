"""Gets MovieLens (small): 100,004 ratings of films by 671 people, and the films' titles.

    python3 examples/data/fetch_movielens.py

It needs `apt-get` (Debian, Ubuntu), downloads 4.7 MB and writes `target/data/movielens/ratings.csv` and `movies.csv`.
GroupLens permits research use; redistribution and commercial use need its permission, so that the data is not part of
this repository: https://files.grouplens.org/datasets/movielens/ml-latest-small-README.html

- F. M. Harper and J. A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5 (2015), 19:1-19:19.
- The data is taken from Debian's package of R's `dslabs` 0.7.4, where it is the data frame `movielens`.
"""

import bz2
import csv
import gzip
import hashlib
import io
import lzma
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

PACKAGE = "r-cran-dslabs"
SHA256 = "c3f93382c44d4581de9561792a87b110cb239c70771cac5ad63fa0a259e71ef3"
FOLDER = "usr/lib/R/site-library/dslabs/data/Rdata."
RATINGS, USERS, FILMS = 100_004, 671, 9_066
OUTPUT = Path(__file__).resolve().parents[2] / "target" / "data" / "movielens"


def download():
    """The bytes of the Debian package, by apt's own sources."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", PACKAGE]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        except FileNotFoundError:
            sys.exit("this script needs apt-get, of Debian or Ubuntu")
        files = list(Path(folder).glob("*.deb"))
        if done.returncode != 0 or len(files) != 1:
            sys.exit(f"apt-get could not download {PACKAGE} (is `apt-get update` needed?): {done.stderr.strip()}")
        package = files[0].read_bytes()
    found = hashlib.sha256(package).hexdigest()
    if found != SHA256:
        sys.exit(f"{files[0].name} is another version than this script knows: its SHA-256 is {found}, not {SHA256}")
    return package


def members(package):
    """The files in the `data.tar` of a Debian package, which is an `ar` archive."""
    assert package[:8] == b"!<arch>\n", "not an ar archive"
    at = 8
    while at < len(package):
        name, size = package[at : at + 16].decode().strip(), int(package[at + 48 : at + 58])
        if name.startswith("data.tar"):
            return tarfile.open(fileobj=io.BytesIO(package[at + 60 : at + 60 + size]))
        at += 60 + size + size % 2
    sys.exit("the package has no data.tar")


class Reader:
    """R's serialization (format X, big-endian), as far as data frames need it.

    https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats
    """

    def __init__(self, data):
        self.data, self.at, self.references = data, 0, []
        assert self.take(2) == b"X\n", "not R's binary serialization"
        version, _, _ = self.ints(3)
        if version == 3:
            self.take(self.ints(1)[0])  # the native encoding

    def take(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def ints(self, count):
        return struct.unpack(f">{count}i", self.take(4 * count))

    def vector(self, code, size):
        (count,) = self.ints(1)
        return list(struct.unpack(f">{count}{code}", self.take(size * count)))

    def item(self):
        """Vectors as lists; those with attributes as (list, attributes)."""
        (flags,) = self.ints(1)
        kind, has_attributes, has_tag = flags & 255, flags & 512, flags & 1024
        if kind == 254:  # NULL
            return None
        if kind == 255:  # what was there before
            return self.references[(flags >> 8 or self.ints(1)[0]) - 1]
        if kind == 1:  # a symbol
            self.references.append(self.item())
            return self.references[-1]
        if kind == 2:  # a pairlist, as a dictionary
            found = {}
            while kind == 2:
                if has_attributes:
                    self.item()
                name = self.item() if has_tag else None
                found[name] = self.item()
                (flags,) = self.ints(1)
                kind, has_attributes, has_tag = flags & 255, flags & 512, flags & 1024
            assert kind == 254, f"a pairlist ends in {kind}"
            return found
        if kind == 9:  # a string
            (length,) = self.ints(1)
            return None if length < 0 else self.take(length).decode("latin-1" if flags >> 12 & 4 else "utf-8")
        if kind in (10, 13):  # logical, integer
            value = self.vector("i", 4)
        elif kind == 14:  # real
            value = self.vector("d", 8)
        elif kind in (16, 19):  # strings, a list
            value = [self.item() for _ in range(self.ints(1)[0])]
        else:
            sys.exit(f"R's type {kind} at byte {self.at} is not expected here")
        return (value, self.item()) if has_attributes else value


def lazy_load(index, database):
    """The variables of R's lazy-load database that `index` names."""
    (found, _, _), _ = Reader(gzip.decompress(index)).item()
    for name, (offset, length) in zip(found[1]["names"], found[0]):
        packed = database[offset + 4 : offset + length]  # after the length when unpacked
        unpack = {b"Z": xz, b"2": bz2.decompress, b"0": bytes}.get(packed[:1])
        yield name, lambda: Reader(unpack(packed[1:]) if unpack else zlib.decompress(packed)).item()


def xz(packed):
    """R writes the raw stream of LZMA2 without a header."""
    try:
        return lzma.decompress(packed)
    except lzma.LZMAError:
        return lzma.decompress(packed, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 6}])


def write(name, header, rows):
    """A CSV file, whole or not at all."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    temporary = OUTPUT / f"{name}.{os.getpid()}.tmp"
    with open(temporary, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)
    temporary.rename(OUTPUT / name)
    print(OUTPUT / name)


def main():
    with members(download()) as files:
        index, database = (files.extractfile(f"./{FOLDER}{end}").read() for end in ("rdx", "rdb"))
    frame = next((value() for name, value in lazy_load(index, database) if name == "movielens"), None)
    if frame is None:
        sys.exit("the package has no data frame `movielens`")
    columns = dict(zip(frame[1]["names"], frame[0]))
    films, ratings = {}, []
    genres, levels = columns["genres"][0], columns["genres"][1]["levels"]
    for film, title, year, genre, user, rating, time in zip(
        *(columns[name] for name in ("movieId", "title", "year")),
        genres,
        *(columns[name] for name in ("userId", "rating", "timestamp")),
    ):
        film, known = int(film), title is not None
        year = "" if year in (None, -(2**31)) else int(year)  # R's NA
        films[film] = (film, title if known else f"film {film}", year, levels[genre - 1])
        ratings.append((int(user), film, rating, int(time)))
    counts = len(ratings), len({user for user, *_ in ratings}), len(films)
    assert counts == (RATINGS, USERS, FILMS), counts
    write("movies.csv", ("movieId", "title", "year", "genres"), sorted(films.values()))
    write("ratings.csv", ("userId", "movieId", "rating", "timestamp"), sorted(ratings))


if __name__ == "__main__":
    main()
