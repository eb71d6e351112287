#!/usr/bin/env bash
# Networks of other sizes than the goals', beside PyTorch and JAX, a process per task, by turns: sizes.sh [task ...]
#   ROUNDS=3   how often all are measured
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tmp=${TMPDIR:-/tmp}
python=${PYTHON:-$tmp/peers/venv/bin/python}
"$here/run.sh" --build tensor-dsl >&2
ours=${PEERS_TARGET:-$tmp/peers-target}/bin/tensor-dsl
# As in run.sh: freed pages are kept.
export GLIBC_TUNABLES=glibc.malloc.trim_threshold=1073741824:glibc.malloc.mmap_threshold=1073741824
export RAYON_NUM_THREADS=2 OMP_NUM_THREADS=2 MKL_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 JAX_PLATFORMS=cpu
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
