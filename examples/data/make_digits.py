#!/usr/bin/env python3
"""Writes digits.csv, with a header of names, from the file that scikit-learn ships.

    pip download --no-deps scikit-learn && unzip scikit_learn-*.whl sklearn/datasets/data/digits.csv.gz
    python3 make_digits.py sklearn/datasets/data/digits.csv.gz > digits.csv

Each line of scikit-learn's file is 64 pixels, row by row, from 0 to 16, and the digit.
"""

import csv
import gzip
import sys


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_digits.py SKLEARN_DIGITS_CSV_GZ > digits.csv")
    with gzip.open(sys.argv[1], "rt", newline="") as source:
        lines = [[int(float(cell)) for cell in line] for line in csv.reader(source)]
    if any(len(line) != 65 for line in lines):
        sys.exit(f"{sys.argv[1]}: expected 64 pixels and a digit in every line")
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow([f"{row}{column}" for row in range(8) for column in range(8)] + ["digit"])
    table.writerows(lines)


if __name__ == "__main__":
    main()
