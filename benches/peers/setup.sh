#!/usr/bin/env bash
# Make the Python environment that run.sh uses: setup.sh [directory]
# torch's own wheel for x86-64 Linux links the CUDA libraries and does not import without them, so
# they are installed too (6 GB in all); every measurement stays on the CPU.
set -euo pipefail
venv=${1:-${TMPDIR:-/tmp}/peers/venv}
python3 -m venv "$venv"
"$venv/bin/pip" install -q torch==2.15.0 'jax[cpu]==0.10.2' numpy scikit-learn matplotlib safetensors
JAX_PLATFORMS=cpu "$venv/bin/python" -c 'import jax, numpy, sklearn, torch; print("torch", torch.__version__, "jax", jax.__version__)'
