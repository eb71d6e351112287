#!/usr/bin/env python3
"""Writes sounds/*.wav: five short sounds of Sonic Pi, FLAC turned into WAV of 16 bits.

    apt-get download sonic-pi-samples && dpkg-deb -x sonic-pi-samples_*.deb unpacked
    python3 -m venv venv && venv/bin/pip install soundfile
    venv/bin/python make_sounds.py unpacked/usr/share/sonic-pi/samples
"""

import pathlib
import sys

import soundfile

SOUNDS = ["drum_cowbell", "elec_bell", "misc_crow", "perc_snap2", "vinyl_scratch"]


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_sounds.py SAMPLES_FOLDER")
    folder = pathlib.Path(__file__).with_name("sounds")
    folder.mkdir(exist_ok=True)
    for name in SOUNDS:
        samples, rate = soundfile.read(pathlib.Path(sys.argv[1], f"{name}.flac"), dtype="int16")
        soundfile.write(folder / f"{name}.wav", samples, rate, subtype="PCM_16")
        print(name, samples.shape, rate)


if __name__ == "__main__":
    main()
