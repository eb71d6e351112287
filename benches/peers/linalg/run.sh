#!/usr/bin/env bash
# tensor_core::linalg beside faer, NumPy, SciPy and scikit-learn, all on two threads: run.sh
#   ROUNDS=2 run.sh    each side twice, by turns; the table keeps the smaller median per cell
#   run.sh --build     only builds
# Appends to results-<date>.jsonl beside this script and prints the table with a line `ratio <task> …` for each task.
# Python is $PYTHON or the environment that ../setup.sh makes, with scipy added.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-${TMPDIR:-/tmp}/peers/venv/bin/python}
[ -x "$python" ] || "$here/../setup.sh"
"$python" -c 'import scipy' 2>/dev/null || "$python" -m pip install -q scipy
export RAYON_NUM_THREADS=2 OMP_NUM_THREADS=2 MKL_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2
# As in ../run.sh: freed pages are kept, so that no accident of heap layout decides.
export GLIBC_TUNABLES=glibc.malloc.trim_threshold=1073741824:glibc.malloc.mmap_threshold=1073741824
out=$here/results-$(date -u +%F).jsonl
ours=${LINALG_BENCH:-}
if [ -z "$ours" ]; then
    # The last line of cargo's messages that names a program is the bench.
    ours=$(cd "$here" && cargo bench -p tensor-benches --features linalg --bench linalg --no-run --message-format json |
        "$python" -c 'import json, sys
print([e for e in (json.loads(line).get("executable") for line in sys.stdin) if e][-1])')
fi
[ "${1:-}" != --build ] || { echo "$ours"; exit; }
touch "$out"; started=$(wc -l < "$out")
for round in $(seq "${ROUNDS:-1}"); do
    echo "round $round" >&2
    "$ours" --bench --json >> "$out"
    "$python" "$here/linalg_bench.py" >> "$out"
done
tail -n +$((started + 1)) "$out" | "$python" "$here/table.py"
