#!/usr/bin/env bash
# The sentence encoder all-MiniLM-L6-v2, beside PyTorch (transformers) and candle, two threads each: run.sh
#   ROUNDS=3   how often all are measured, by turns
#   PYTHON=…   an interpreter with torch and transformers; else ../setup.sh makes an environment, and transformers is added
#   BENCH=…, CANDLE=…   programs that are built already
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-${TMPDIR:-/tmp}/peers/venv/bin/python}
[ -x "$python" ] || "$here/../setup.sh"
"$python" -c 'import transformers' 2>/dev/null || "$python" -m pip install -q transformers
export RAYON_NUM_THREADS=2 OMP_NUM_THREADS=2 MKL_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2
# As in ../run.sh: freed pages are kept, so that no accident of heap layout decides.
export GLIBC_TUNABLES=glibc.malloc.trim_threshold=1073741824:glibc.malloc.mmap_threshold=1073741824
build() {
    (cd "$here/../../.." && cargo bench -q -p tensor-benches --bench minilm --no-run --message-format=json) | "$python" -c 'import json, sys
print([e for e in (json.loads(line).get("executable") for line in sys.stdin) if e][-1])'
}
ours=${BENCH:-$(build)}
target=${TMPDIR:-/tmp}/peers-target/default
candle=${CANDLE:-$target/release/minilm}
[ -n "${CANDLE:-}" ] || (cd "$here/../rust" && cargo build -q --release -p candle-bench --bin minilm --target-dir "$target")
for _ in $(seq "${ROUNDS:-3}"); do
    "$ours" peers
    "$candle"
    "$python" "$here/peers.py"
done | "$python" "$here/../ratios.py"
