#!/usr/bin/env bash
# dfdx compiles some of its kernels (reshapes, joins, changes of the number type) when a program first needs them, from headers
# in the folders of the machine that built it. This gathers those headers, for a program that is to run elsewhere:
#
#     scripts/cuda/headers.sh collect TARGET_FOLDER ARCHIVE   # where it was built: the build's headers, with their paths
#     scripts/cuda/headers.sh install ARCHIVE                 # where it runs: puts them at the same paths
#
# CUDA's own headers are not in the archive; `install` links those of the toolkit there (CUDA_PATH, or /usr/local/cuda).
set -euo pipefail
case "${1:-}" in
collect)
    folder="$(cd "$2" && pwd)"
    find "$folder" -path '*/build/dfdx-*/out/*.cuh' -print0 | tar --null -czf "$3" -P -T -
    ;;
install)
    tar -xzPf "$2"
    here="$(cd "$(dirname "$0")/../.." && pwd)"
    toolkit="$here/target/cuda-toolkit"
    [ -e "$toolkit/include" ] || { mkdir -p "$toolkit" && ln -s "${CUDA_PATH:-/usr/local/cuda}/include" "$toolkit/include"; }
    ;;
*)
    sed -n '2,8p' "$0" >&2
    exit 2
    ;;
esac
