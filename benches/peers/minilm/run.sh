#!/usr/bin/env bash
# The sentence encoder all-MiniLM-L6-v2, beside PyTorch (transformers) and candle, two threads each: run.sh
#   ROUNDS=3   how often all are measured, by turns
#   BENCH=…, CANDLE=…   programs that are built already
# transformers is added to Python's environment. Further variables: ../env.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../env.sh
. "$here/../env.sh"
"$python" -c 'import transformers' 2>/dev/null || "$python" -m pip install -q transformers
build() {
    (cd "$here/../../.." && cargo bench -q -p tensor-benches --bench minilm --no-run --message-format=json) | "$python" -c 'import json, sys
print([e for e in (json.loads(line).get("executable") for line in sys.stdin) if e][-1])'
}
ours=${BENCH:-$(build)}
candle=${CANDLE:-$target/default/release/minilm}
[ -n "${CANDLE:-}" ] || (cd "$here/../rust" && cargo build -q --release -p candle-bench --bin minilm --target-dir "$target/default")
for _ in $(seq "${ROUNDS:-3}"); do
    "$ours" peers
    "$candle"
    "$python" "$here/peers.py"
done | "$python" "$here/../ratios.py"
