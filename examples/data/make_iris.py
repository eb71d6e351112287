#!/usr/bin/env python3
"""Writes iris.csv, with a header of names, from the file that scikit-learn ships.

    pip download --no-deps scikit-learn && unzip scikit_learn-*.whl sklearn/datasets/data/iris.csv
    python3 make_iris.py sklearn/datasets/data/iris.csv > iris.csv

The first line of scikit-learn's file is `rows,features,class 0,class 1,class 2`; every other line is four
measurements in centimetres and a class number.
"""

import csv
import sys

COLUMNS = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_iris.py SKLEARN_IRIS_CSV > iris.csv")
    with open(sys.argv[1], newline="") as source:
        head, *lines = csv.reader(source)
    rows, features, species = int(head[0]), int(head[1]), head[2:]
    if len(lines) != rows or any(len(line) != features + 1 for line in lines):
        sys.exit(f"{sys.argv[1]}: the first line promises {rows} rows of {features} numbers and a class")
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(COLUMNS)
    for *measurements, label in lines:
        table.writerow([*measurements, species[int(label)]])


if __name__ == "__main__":
    main()
