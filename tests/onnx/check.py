"""Compares what onnxruntime computes with what declared networks give.

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install onnx==1.23.2 onnxruntime==1.32.0 safetensors==0.8.0
    cargo test --workspace --features full --test onnx     # writes target/onnx
    /tmp/venv/bin/python tests/onnx/check.py

For each folder of target/onnx: the files pass ONNX's checker with strict inference of shapes; their initialisers are the state
dict, name by name; onnxruntime takes inputs of each pass, and its output is the network's to 1e-5, absolutely or relative to
numbers above 1. `apart.onnx` has its weights in a file of their own, `fixed.onnx` the sizes of the first pass. With
`--reference`, ONNX's own reference implementation computes the output as well; it has no kernels for `double`. Exits non-zero
if something differs.
"""

import argparse
import sys
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import load_file

TOLERANCE = 1e-5

WITHOUT_REFERENCE = {"double"}


def passes(values):
    """The passes in a file: inputs by name, and the output."""
    runs = {}
    for key, value in values.items():
        run, name = key.split(".", 1)
        runs.setdefault(int(run), {})[name] = value
    return [runs[run] for run in sorted(runs)]


def check_file(path, weights):
    """What is wrong with a file, if something is."""
    model = onnx.load(path)
    onnx.checker.check_model(path, full_check=True)
    onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert sorted(found) == sorted(weights), f"initialisers {sorted(found)}, weights {sorted(weights)}"
    for name, value in weights.items():
        assert numpy.array_equal(found[name], value), f"`{name}` differs"


def apart(found, expected):
    """The largest difference, absolutely or relative to numbers above 1."""
    assert found.shape == expected.shape and found.dtype == expected.dtype, (found.shape, expected.shape)
    assert numpy.isfinite(expected).all()
    return float((abs(found - expected) / numpy.maximum(1, abs(expected))).max())


def inputs_of(run):
    return {name: value for name, value in run.items() if name != "output"}


def difference(path, runs, fixed):
    """The largest difference of the file's outputs in onnxruntime from the network's."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 2
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    largest = 0.0
    for run in runs:
        inputs = inputs_of(run)
        given = {value.name for value in session.get_inputs()}
        assert given == set(inputs), f"inputs {sorted(given)}, {sorted(inputs)} wanted"
        sizes = {}
        for value in session.get_inputs():
            for axis, size in zip(value.shape, inputs[value.name].shape, strict=True):
                assert isinstance(axis, str) != fixed or axis == size, f"`{value.name}` has the axis {axis}"
                sizes[axis] = size
        (output,) = session.get_outputs()
        (found,) = session.run([output.name], inputs)
        for axis, size in zip(output.shape, found.shape, strict=True):
            axis = axis if isinstance(axis, int) else eval(axis, {}, sizes)  # `n + 1`
            assert axis == size, f"the output has {size} places where {axis} are said"
        largest = max(largest, apart(found, run["output"]))
    return largest


def difference_from_reference(path, runs):
    """The same in ONNX's reference implementation."""
    evaluator = ReferenceEvaluator(str(path))
    return max(apart(evaluator.run(None, inputs_of(run))[0], run["output"]) for run in runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("target/onnx"))
    parser.add_argument("--reference", action="store_true", help="ask ONNX's reference implementation, too")
    arguments = parser.parse_args()
    folder = arguments.folder
    cases = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if not cases:
        sys.exit(f"{folder} holds no networks: cargo test --workspace --features full --test onnx")
    failed, all_largest = [], ("", 0.0)
    for case in cases:
        weights, runs = load_file(case / "weights.safetensors"), passes(load_file(case / "values.safetensors"))
        largest = 0.0
        try:
            for name, part in [("named", runs), ("apart", runs), ("fixed", runs[:1])]:
                path = case / f"{name}.onnx"
                check_file(path, weights)
                largest = max(largest, difference(path, part, name == "fixed"))
                if arguments.reference and case.name not in WITHOUT_REFERENCE and name == "named":
                    largest = max(largest, difference_from_reference(path, part))
        except Exception as error:  # whatever library it comes from: the other cases are checked as well
            failed.append(case.name)
            print(f"{case.name}: {error}")
            continue
        print(f"{case.name}: {largest:.1e}")
        if not largest <= TOLERANCE:
            failed.append(case.name)
        all_largest = max(all_largest, (case.name, largest), key=lambda one: one[1])
    print(f"{len(cases)} networks; the largest difference is {all_largest[1]:.1e}, of {all_largest[0]}")
    if failed:
        sys.exit(f"differ or fail: {', '.join(failed)}")


if __name__ == "__main__":
    main()
