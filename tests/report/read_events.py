#!/usr/bin/env python3
"""Reads a folder of event files with TensorBoard's own reader and compares it with `log.jsonl` beside them, the same log.

    pip install tensorboard && python3 tests/report/read_events.py target/report/board

Exits with 77 and says so where TensorBoard is not installed.
"""

import json
import sys
from pathlib import Path

import importlib.util

SKIPPED = 77


def main(folder):
    if importlib.util.find_spec("tensorboard") is None:
        print("SKIPPED: event files are not read by TensorBoard; get it by `pip install tensorboard`")
        return SKIPPED
    import numpy
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0})
    read.Reload()
    expected = {}
    for line in (folder / "log.jsonl").read_text().splitlines():
        values = json.loads(line)
        step = values.pop("step")
        for name in ("epoch", "seconds"):
            del values[name]
        for name, value in values.items():
            expected.setdefault(name, []).append((step, float(numpy.float32(value))))
    found = {name: [(event.step, event.value) for event in read.Scalars(name)] for name in read.Tags()["scalars"]}
    assert found == expected, f"{found}\n{expected}"
    for name, points in expected.items():
        assert [step for step, _ in points] == list(range(1, 41)), name
    histograms = {name: read.Histograms(name) for name in read.Tags()["histograms"]}
    [histogram] = histograms["weights/hidden"]
    said = histogram.histogram_value
    assert histogram.step == 40 and said.num == 1000 == sum(said.bucket), said
    assert abs(said.sum - sum(float(numpy.sin(numpy.float32(i / 100))) for i in range(1000))) < 1e-2
    print(f"result scalars={sum(map(len, found.values()))}\nresult histograms={len(histograms)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
