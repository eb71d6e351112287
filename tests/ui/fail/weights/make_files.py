#!/usr/bin/env python3
"""Writes the small files that the tests of `weights!` name, into `files/`. Standard library only; zeros are the numbers.

    python3 tests/ui/fail/weights/make_files.py
"""

import json
import pathlib
import struct

FILES = pathlib.Path(__file__).parent / "files"
BYTES = {"F32": 4, "F16": 2, "I64": 8}


def header(tensors):
    entries, end = {}, 0
    for name, shape, *dtype in tensors:
        dtype = dtype[0] if dtype else "F32"
        size = BYTES[dtype]
        for axis in shape:
            size *= axis
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}
        end += size
    return json.dumps(entries, separators=(",", ":")).encode(), end


def write(name, tensors):
    text, end = header(tensors)
    text += b" " * (-len(text) % 8)
    (FILES / name).write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))


def linear(name, outputs, inputs):
    return [(f"{name}.weight", [outputs, inputs]), (f"{name}.bias", [outputs])]


def block(name, width=4, hidden=8):
    norm = [(f"{name}.norm.weight", [width]), (f"{name}.norm.bias", [width])]
    return norm + linear(f"{name}.up", hidden, width) + linear(f"{name}.down", width, hidden)


FILES.mkdir(exist_ok=True)
two_layer = linear("hidden", 8, 4) + linear("output", 3, 8)
write("two_layer.safetensors", two_layer)
write("../../../../../tensor-core/tests/two_layer.safetensors", two_layer)  # of the documentation
write("wider.safetensors", linear("hidden", 8, 5) + linear("output", 3, 8))
write("both.safetensors", linear("hidden", 9, 4) + linear("output", 3, 9))
write("renamed.safetensors", linear("fc1", 8, 4) + linear("output", 3, 8))
write("misspelt.safetensors", [("hidden.gamma", [8, 4]), ("hidden.bias", [8])] + linear("output", 3, 8))
write("more.safetensors", two_layer + linear("pooler.dense", 8, 8))
write("one_more.safetensors", two_layer + [("steps", [], "I64")])
write("prefixed.safetensors", [(f"model.{name}", shape) for name, shape in two_layer])
write("other.safetensors", [("vectors", [7, 50]), ("ranks", [7], "I64")])
write("whole_numbers.safetensors", [("hidden.weight", [8, 4], "I64"), ("hidden.bias", [8])] + linear("output", 3, 8))
write("transposed.safetensors", [("hidden.weight", [4, 8]), ("hidden.bias", [8])] + linear("output", 3, 8))
write("blocks.safetensors", [tensor for i in range(3) for tensor in block(f"blocks.{i}")] + linear("head", 2, 4))
write("wide_blocks.safetensors", [t for i in range(3) for t in block(f"blocks.{i}", hidden=16)] + linear("head", 2, 4))
write("layers.safetensors", [tensor for i in range(3) for tensor in block(f"layer.{i}")] + linear("head", 2, 4))

attention = [t for part in ("query", "key", "value", "dense") for t in linear(f"attend.{part}", 4, 4)]
write("attention.safetensors", attention)
write("many.safetensors", [t for i in range(14) for t in linear(f"l{i}", 5, 5)])

whole = (FILES / "two_layer.safetensors").read_bytes()
(FILES / "cut.safetensors").write_bytes(whole[:-8])
(FILES / "text.safetensors").write_bytes(b"not weights, but a text\n")
(FILES / "header.json").write_bytes(header(two_layer)[0])
(FILES / "list.json").write_bytes(b"[1, 2]")
write("shard-1.safetensors", two_layer[:2])
write("shard-2.safetensors", two_layer[2:])
places = {name: f"shard-{1 + (name[0] == 'o')}.safetensors" for name, _ in two_layer}
(FILES / "sharded.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
places["output.bias"] = "shard-1.safetensors"
(FILES / "wrong.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
