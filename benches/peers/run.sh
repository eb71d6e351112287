#!/usr/bin/env bash
# tensor-dsl beside its peers, one after another: run.sh [framework ...]
#   ROUNDS=2 run.sh              every framework twice; a cell of the table is the median of its rounds
#   run.sh jax dfdx dfdx-native  only these
#   run.sh mine=/path/to/binary  any other program that keeps to the protocol in README.md
#   TASKS="gemm_1024 adam_1m" run.sh jax   only these tasks
#   run.sh --build [name ...]    only build
#   run.sh --clean-build         time a clean release build of each Rust peer instead
# Appends to results-<date>.jsonl beside this script and prints the tasks in milliseconds.
# PEERS_MALLOC=default has a results file of its own. Further variables: env.sh.
# PEERS_LOCK=FILE holds that lock during each build and each framework's measurement.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=env.sh
. "$here/env.sh"
out=$here/results-$(date -u +%F)${PEERS_MALLOC:+-$PEERS_MALLOC-malloc}.jsonl

# Also known: candle-native, candle-mkl, burn-flex-native, burn-ndarray.
all=(tensor-dsl torch torch-fused-adam torch-compile jax dfdx dfdx-native candle candle-v4 burn-flex burn-flex-v4)

read -ra tasks <<< "${TASKS:-none gemm_1024 mlp_train_b128 mlp_train_iris_b16 mlp_fwd_b1 mlp_fwd_b128 encoder_fwd \
    encoder_train encoder6_train mha_fwd_1024 mha_fwd_1024_fused mha_fwd_4096_fused adam_1m adam_10m decode_384 decode_hamlet}"

# cargo arguments of a Rust peer, its -native suffix aside
cargo_args() {
    case $1 in
        dfdx) echo "-p dfdx-bench" ;;
        candle) echo "-p candle-bench" ;;
        candle-v4) echo "-p candle-bench --features v4" ;;
        candle-mkl) echo "-p candle-bench --features mkl" ;;
        burn-*) echo "-p burn-bench --no-default-features --features ${1#burn-}" ;;
        *) echo "unknown framework $1" >&2; return 1 ;;
    esac
}

build() { # name, target directory: leaves a binary named after the peer in $target/bin
    if [[ $1 == tensor-dsl ]]; then # with the release settings of its README, and no others
        (cd "$here/ours" && CARGO_TARGET_DIR="$target/ours" cargo build --release -q >&2)
        mkdir -p "$target/bin" && cp "$target/ours/release/tensor-dsl-bench" "$target/bin/$1"
        return
    fi
    local base=${1%-native} flags=() args
    [[ $1 == *-native ]] && flags=(RUSTFLAGS=-Ctarget-cpu=native)
    args=$(cargo_args "$base")
    # shellcheck disable=SC2086
    (cd "$here/rust" && env "${flags[@]}" CARGO_TARGET_DIR="$2" cargo build --release --locked -q $args >&2)
    local bin=${args#-p }
    mkdir -p "$target/bin" && cp "$2/release/${bin%% *}" "$target/bin/$1"
}

built_here() { [[ $1 != torch* && $1 != jax && $1 != *=* ]]; }

lock() { if [ -n "${PEERS_LOCK:-}" ]; then flock 9; fi; }
unlock() { if [ -n "${PEERS_LOCK:-}" ]; then flock -u 9; fi; }
[ -z "${PEERS_LOCK:-}" ] || exec 9> "$PEERS_LOCK"

launch() { # name [task ...]
    local name=$1; shift
    case $name in
        torch) "$python" "$here/torch_bench.py" "$@" ;;
        torch-*) "$python" "$here/torch_bench.py" "--${name#torch-}" "$@" ;;
        jax) "$python" "$here/jax_bench.py" "$@" ;;
        *=*) "${name#*=}" "$@" ;;
        *) "$target/bin/$name" "$@" ;;
    esac
}

busy() { # percent of both cores used, or stolen, over one second
    local a b
    read -ra a < <(head -1 /proc/stat); sleep 1; read -ra b < <(head -1 /proc/stat)
    local i total=0
    for i in {1..8}; do total=$((total + b[i] - a[i])); done
    echo $((100 - 100 * (b[4] + b[5] - a[4] - a[5]) / (total > 0 ? total : 1)))
}

ticks() { # sets total, and others: ticks of both cores, and those spent by neither us nor idling
    local c s i
    read -ra c < /proc/stat; read -ra s < "/proc/$$/stat"
    total=0
    for i in {1..8}; do total=$((total + c[i])); done
    others=$((total - c[4] - c[5] - s[13] - s[14] - s[15] - s[16]))
}

quiet() { # wait up to two minutes for an idle machine, and report what was found
    local i b=100
    for i in {1..120}; do b=$(busy); [ "$b" -le 5 ] && break; done
    echo "$b"
}

if [[ ${1:-} == --clean-build ]]; then
    (cd "$here/rust" && cargo fetch --locked -q)
    for name in dfdx candle burn-flex burn-ndarray; do
        dir=$target/clean; rm -rf "$dir"; lock; q=$(quiet); t=$(date +%s.%N)
        build "$name" "$dir"
        echo "{\"framework\":\"$name\",\"task\":\"clean_build_s\",\"s\":$(date +%s.%N | awk -v t="$t" '{printf "%.1f", $1 - t}'),\"busy_before\":$q}" | tee -a "$out"
        unlock
    done
    rm -rf "$target/clean"
    exit
fi

only_build=
if [[ ${1:-} == --build ]]; then only_build=1; shift; fi
names=("$@")
[ $# -eq 0 ] && names=("${all[@]}")
for name in "${names[@]}"; do
    built_here "$name" || continue
    dir=$target/default; [[ $name == *-native ]] && dir=$target/native
    echo "building $name" >&2
    lock; build "$name" "$dir"; unlock
done
[ -z "$only_build" ] || exit 0

touch "$out"; started=$(wc -l < "$out")
for round in $(seq "${ROUNDS:-1}"); do
    for name in "${names[@]}"; do
        lock; q=$(quiet)
        echo "round $round: ${name%%=*} (machine $q% busy before)" >&2
        echo "{\"meta\":\"${name%%=*}\",\"round\":$round,\"utc\":\"$(date -u +%FT%TZ)\",\"busy_before\":$q,\"load\":\"$(cut -d' ' -f1-3 /proc/loadavg)\"}" >> "$out"
        ticks; total0=$total others0=$others
        for task in "${tasks[@]}"; do # each in a process of its own: what ran before moves the heap, and the figures
            [[ $name == torch-fused-adam && $task != *train* && $task != adam* ]] && continue
            launch "$name" "$task" >> "$out" || echo "$name $task failed" >&2
        done
        ticks
        echo "{\"meta_end\":\"${name%%=*}\",\"round\":$round,\"percent_by_others\":$((100 * (others - others0) / (total - total0 + 1)))}" >> "$out"
        unlock
    done
done
tail -n +$((started + 1)) "$out" | "$python" "$here/table.py" --plot "$here/ratios.svg"
