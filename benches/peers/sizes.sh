#!/usr/bin/env bash
# Networks of other sizes than the goals', beside PyTorch and JAX, a process per task, by turns: sizes.sh [task ...]
#   ROUNDS=3   how often all are measured
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=env.sh
. "$here/env.sh"
"$here/run.sh" --build tensor-dsl >&2
ours=$target/bin/tensor-dsl
all=({odd,narrow}_{fwd,train}_b{1,7,33,256,1024} encoder384_{fwd,train}_{4x77,1x512,16x16})
tasks=("$@")
[ $# -gt 0 ] || tasks=("${all[@]}")
for _ in $(seq "${ROUNDS:-3}"); do
    for task in "${tasks[@]}"; do
        "$ours" "$task"
        "$python" "$here/torch_bench.py" "$task"
        [[ $task != *train* ]] || "$python" "$here/torch_bench.py" --fused-adam "$task"
        "$python" "$here/jax_bench.py" "$task"
    done
done | grep '"ms"' | "$python" "$here/ratios.py"
