#!/usr/bin/env python3
"""Writes camera.png and chelsea.jpg from the pictures that scikit-image ships.

    pip download --no-deps scikit-image && unzip scikit_image-*.whl 'skimage/data/*.png'
    python3 make_pictures.py skimage/data          # needs Pillow

camera.png is copied byte for byte; chelsea.png becomes a JPEG of quality 90, a quarter of its size.
"""

import pathlib
import shutil
import sys

from PIL import Image


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_pictures.py SKIMAGE_DATA_FOLDER")
    source, here = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent
    shutil.copyfile(source / "camera.png", here / "camera.png")
    with Image.open(source / "chelsea.png") as picture:
        picture.convert("RGB").save(here / "chelsea.jpg", quality=90, optimize=True)


if __name__ == "__main__":
    main()
