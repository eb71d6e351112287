# What run.sh, sizes.sh, linalg/run.sh and minilm/run.sh have in common, to be sourced: the Python environment, the folder of
# what is built, two threads a side.
#   PYTHON=…         an interpreter with the peers; else setup.sh makes an environment on the first call
#   PEERS_TARGET=…   where the peers are built
#   PEERS_MALLOC=default   leaves glibc's malloc as it is
python=${PYTHON:-${TMPDIR:-/tmp}/peers/venv/bin/python}
[ -x "$python" ] || "$(dirname "${BASH_SOURCE[0]}")/setup.sh" >&2
target=${PEERS_TARGET:-${TMPDIR:-/tmp}/peers-target}
# glibc's malloc returns freed pages to the kernel, or not, by accidents of heap layout (one more
# environment variable will do), and some figures double or triple when it does: never let it.
[ "${PEERS_MALLOC:-}" = default ] ||
    export GLIBC_TUNABLES=glibc.malloc.trim_threshold=1073741824:glibc.malloc.mmap_threshold=1073741824
export RAYON_NUM_THREADS=2 OMP_NUM_THREADS=2 MKL_NUM_THREADS=2 OPENBLAS_NUM_THREADS=2 JAX_PLATFORMS=cpu
# Programs are built with the settings of their manifests alone.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS
