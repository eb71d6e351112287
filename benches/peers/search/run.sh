#!/usr/bin/env bash
# Exact search of 100,000 × 384 for the ten nearest, beside NumPy and FAISS, two threads each: run.sh
# Then beside the machine's limits, measured in turn with it: reading all rows once, or the multiplications.
# Makes a Python environment on the first call (numpy, faiss-cpu). PYTHON names another one, ROUNDS how often all are measured.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export RAYON_NUM_THREADS=2 OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2
venv=${TMPDIR:-/tmp}/peers/search
if [ -z "${PYTHON:-}" ]; then
    [ -x "$venv/bin/python" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q numpy faiss-cpu; }
    PYTHON=$venv/bin/python
fi
build() { cargo bench -q --features search --bench search --no-run --message-format=json; }
bench=${BENCH:-$(build | "$PYTHON" -c 'import json, sys
print([m["executable"] for m in map(json.loads, sys.stdin) if m.get("target", {}).get("name") == "search" and m.get("executable")][-1])')}
for _ in $(seq "${ROUNDS:-3}"); do
    "$bench" peers
    "$PYTHON" benches/peers/search/peers.py
done | "$PYTHON" benches/peers/ratios.py
"$bench" --bench none
