#!/usr/bin/env python3
"""Counts what a program asks of NVIDIA's driver in each step: copies and their bytes, waits, kernels.

    python3 scripts/cuda/calls.py PROGRAM ARGUMENT… --steps

The program runs twice, with two numbers of steps put after its last argument; the difference, divided by that of the steps,
is what a step costs, without what comes before and after. `calls.c`, which cc compiles, stands between the program and the
driver, so that calls of cuBLAS are counted too.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

FEW, MANY = 20, 120


def counts(library: pathlib.Path, command: list[str], steps: int, folder: pathlib.Path) -> dict[str, tuple[int, int]]:
    told = folder / "calls"
    environment = {**os.environ, "LD_PRELOAD": str(library), "CUDA_CALLS": str(told)}
    subprocess.run([*command, str(steps)], env=environment, check=True, stdout=subprocess.DEVNULL)
    lines = (line.split("\t") for line in told.read_text().splitlines())
    return {kind: (int(calls), int(size)) for kind, calls, size in lines}


def main() -> None:
    command = sys.argv[1:]
    if not command:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        library = folder / "calls.so"
        source = pathlib.Path(__file__).with_name("calls.c")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        few, many = (counts(library, command, steps, folder) for steps in (FEW, MANY))
    for kind, (calls, size) in many.items():
        calls, size = ((now - before) / (MANY - FEW) for now, before in zip((calls, size), few[kind]))
        print(f"{kind}: {calls:g}" + (f", {size:g} bytes" if size else ""))


if __name__ == "__main__":
    main()
