#!/usr/bin/env bash
# tensor_core::linalg beside faer, NumPy, SciPy and scikit-learn, all on two threads: run.sh
#   ROUNDS=2 run.sh    each side twice, by turns; a cell of the table is the median of its rounds
#   run.sh --build     only builds
# Appends to results-<date>.jsonl beside this script and prints the table with a line `ratio <task> …` for each task.
# scipy is added to Python's environment. Variables: ../env.sh; LINALG_BENCH names a program that is built already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../env.sh
. "$here/../env.sh"
"$python" -c 'import scipy' 2>/dev/null || "$python" -m pip install -q scipy
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
tail -n +$((started + 1)) "$out" | "$python" "$here/../ratios.py"
