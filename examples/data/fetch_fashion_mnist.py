#!/usr/bin/env python3
"""Fetches Fashion-MNIST into target/data/fashion_mnist: 70,000 pictures of clothes, 28 × 28, in ten classes.

    python3 examples/data/fetch_fashion_mnist.py

31 MB, from the Debian package dataset-fashion-mnist. MIT licence, copyright 2017 Zalando SE; put beside the files.
"""

import pathlib

import debian_package

SHA256 = "f6e3961e62c940a92bccb34c8dd4eef53f625fc0bef89b7271a4fda0ed79ce47"


def main():
    debian_package.fetch(
        package="dataset-fashion-mnist",
        inside="usr/share/datasets/fashion-mnist",
        wanted="*-ubyte.gz",
        target=pathlib.Path(__file__).resolve().parents[2] / "target/data/fashion_mnist",
        sha256=SHA256,
    )


if __name__ == "__main__":
    main()
