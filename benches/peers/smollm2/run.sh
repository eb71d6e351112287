#!/usr/bin/env bash
# SmolLM2-135M step by step and on a prompt of 256 tokens, two threads: tokens per second by us, candle and llama.cpp.
#   PYTHON=/tmp/venv/bin/python run.sh          with llama-cpp-python==0.3.36 and gguf==0.19.0
#   ROUNDS=3 run.sh                             one after the other, so often
# Each program gives its best window of 16 tokens. `ours` keeps all matrices in 8 bits; candle and `llama.cpp` use the file's
# 4 to 5 bits, `llama.cpp-Q8_0` the same weights in 8 bits.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
file=${FILE:-$here/../../../target/data/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf}
python=${PYTHON:-python3}
export CARGO_TARGET_DIR=${PEERS_TARGET:-${TMPDIR:-/tmp}/peers-smollm2}
[ "${1:-}" = --only-run ] || cargo build --release --manifest-path "$here/Cargo.toml"
export RAYON_NUM_THREADS=2 OMP_NUM_THREADS=2
eight=$CARGO_TARGET_DIR/smollm2.Q8_0.gguf
[ -e "$eight" ] || "$python" "$here/requantise.py" "$file" "$eight"
tokens=$("$python" "$here/llama.py" --tokens)
for _ in $(seq "${ROUNDS:-1}"); do
    "$CARGO_TARGET_DIR/release/smollm2-ours" "$file" "$tokens"
    "$CARGO_TARGET_DIR/release/smollm2-candle" "$file" "$tokens"
    "$python" "$here/llama.py" "$file" llama.cpp
    "$python" "$here/llama.py" "$eight" llama.cpp-Q8_0
done
