#!/usr/bin/env python3
"""Writes numpy.safetensors beside this file: two programs in NumPy, a network of two layers and attention, in float64.

    pip install numpy==2.4.6 safetensors==0.8.0
    python3 examples/numpy_verification/make_fixture.py

Both draw from one random stream, the network first. Matrices are as NumPy has them, [in, out]. A second
run gives the same bytes; another CPU may differ in the last digits of what is computed.
"""

import json
import struct
from pathlib import Path

import numpy as np
from safetensors.numpy import save

SEED = 42


def two_layer_network():
    X = np.random.randn(5, 4)
    W1 = np.random.randn(4, 8)
    b1 = np.random.randn(8)
    W2 = np.random.randn(8, 3)
    b2 = np.random.randn(3)

    H = np.maximum(0, X @ W1 + b1)
    Y = H @ W2 + b2
    return {"x": X, "w1": W1, "b1": b1, "w2": W2, "b2": b2, "hidden": H, "y": Y}


def attention():
    X = np.random.randn(5, 8)
    W_q = np.random.randn(8, 4)
    W_k = np.random.randn(8, 4)
    W_v = np.random.randn(8, 4)

    Q, K, V = X @ W_q, X @ W_k, X @ W_v
    scores = Q @ K.T / np.sqrt(4)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    output = weights @ V
    return {"x": X, "w_q": W_q, "w_k": W_k, "w_v": W_v, "weights": weights, "output": output}


def main():
    np.random.seed(SEED)
    tensors = {f"network.{key}": value for key, value in two_layer_network().items()}
    tensors |= {f"attention.{key}": value for key, value in attention().items()}
    data = save(
        {key: np.ascontiguousarray(value) for key, value in tensors.items()},
        metadata={"numpy": np.__version__, "seed": str(SEED)},
    )
    # The library writes the header's keys in an order that changes from run to run: sort them.
    length = struct.unpack("<Q", data[:8])[0]
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    data = struct.pack("<Q", len(header)) + header + data[8 + length :]
    Path(__file__).with_name("numpy.safetensors").write_bytes(data)
    for key, value in tensors.items():
        print(f"{key:18} {value.dtype} {list(value.shape)}")


if __name__ == "__main__":
    main()
