"""Print a Markdown table, task x framework, of the median over rounds per cell among JSON lines, and a line
`ratio <task> ours=<ms> best=<ms> peer=<name> ratio=<x>` for each task, the ratio of tensor-dsl to the fastest peer:
table.py [--plot FILE] [file ...]"""
import argparse
import fileinput
import json
import statistics

parser = argparse.ArgumentParser()
parser.add_argument("--plot")
parser.add_argument("files", nargs="*")
options = parser.parse_args()
OURS = "tensor-dsl"


def encoder(tokens, d, ff, seq):
    return 2 * tokens * (4 * d * d + 2 * d * ff) + 4 * tokens * seq * d


ENC, MLP = encoder(1024, 256, 1024, 128), 784 * 512 + 512 * 10
QKV = 3 * 2 * 1024 * 256 * 256  # input gradients of the first block's q, k, v: nobody needs them
# Floating point operations of the matrix products a task cannot do without; None where memory or
# call overhead decides, not arithmetic.
TASKS = {
    "gemm_1024": 2 * 1024**3,
    "mlp_train_b128": 2 * 128 * (2 * MLP + 512 * 10),
    "mlp_train_iris_b16": None,
    "mlp_fwd_b1": None,
    "mlp_fwd_b128": 2 * 128 * MLP,
    "encoder_fwd": ENC,
    "encoder_train": 3 * ENC - QKV,
    "encoder6_train": 18 * ENC - QKV,
    "mha_fwd_1024": 2 * 1024 * 4 * 512 * 512 + 4 * 1024 * 1024 * 512,
    "mha_fwd_1024_fused": 2 * 1024 * 4 * 512 * 512 + 4 * 1024 * 1024 * 512,
    "mha_fwd_4096_fused": 2 * 4096 * 4 * 512 * 512 + 4 * 4096 * 4096 * 512,
    "adam_1m": None,
    "adam_10m": None,
    "decode_384": None,
    "decode_hamlet": None,
    "encoder_train_peak_rss_mb": None,
    "none_peak_rss_mb": None,
}
cells, names, others, fastest = {}, [], [], (float("inf"), "")
ratios = []
for line in fileinput.input(options.files):
    r = json.loads(line)
    value = r.get("ms", r.get("mb"))
    if "meta_end" in r:
        others.append(r["percent_by_others"])
    if value is None or r.get("task") not in TASKS:
        continue
    if r["framework"] not in names:
        names.append(r["framework"])
    cells.setdefault((r["task"], r["framework"]), []).append(value)
    if r["task"] == "gemm_1024":
        fastest = min(fastest, (r.get("min_ms", value), r["framework"]))


def show(v, mb=False):
    return f"{v:.0f}" if mb or v >= 100 else f"{v:.2f}" if v >= 1 else f"{v:.4f}"


rate = TASKS["gemm_1024"] / fastest[0] if fastest[1] else None  # per millisecond
print("| task | FLOP limit | best peer | " + " | ".join(names) + " |")
print("|---" * (len(names) + 3) + "|")
for task, flop in TASKS.items():
    row = {n: statistics.median(cells[task, n]) for n in names if (task, n) in cells}
    if not row:
        continue
    mb = task.endswith("mb")
    best = min(row, key=row.get)
    ours = [n for n in row if n.startswith(OURS)]
    peers = {n: v for n, v in row.items() if n not in ours}
    if ours and peers and not task.startswith("none"):
        fastest_peer = min(peers, key=peers.get)
        ratios.append((task, row[ours[0]], peers[fastest_peer], fastest_peer))
    limit = show(flop / rate) if flop and rate else "–"
    texts = ["–" if n not in row else ("**%s**" if n == best else "%s") % show(row[n], mb) for n in names]
    print(f"| {task} | {limit} | {best} | " + " | ".join(texts) + " |")
if rate:
    print(f"\nFLOP limit: the task's matrix products at {rate / 1e6:.0f} GFLOP/s, the fastest single 1024³ product seen ({fastest[1]}).")
noisy = sorted(((max(v) / min(v), n, t) for (t, n), v in cells.items() if len(v) > 1 and t[-2:] != "mb"), reverse=True)
if noisy:
    print(f"\n{sum(r[0] > 1.1 for r in noisy)} of {len(noisy)} cells differ by more than 10 % between rounds; the worst:",
          "; ".join(f"{n} {t} x{r:.2f}" for r, n, t in noisy[:6]) + ".")
if others:
    print(f"\nOther processes took under {max(others) + 1} % of the two cores during each of {len(others)} measurements.")

print()
for task, ours, peer, name in ratios:
    print(f"ratio {task} ours={show(ours)} best={show(peer)} peer={name.replace(' ', '-')} ratio={ours / peer:.2f}")

if options.plot and ratios:
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8, 0.4 * len(ratios) + 1.2), layout="constrained")
    tasks = [f"{task}\n{name}" for task, _, _, name in ratios][::-1]
    values = [ours / peer for _, ours, peer, _ in ratios][::-1]
    bars = axis.barh(tasks, values, color="#3b6ea8")
    axis.bar_label(bars, [f"{value:.2f}" for value in values], padding=3)
    axis.axvline(1, color="black", linewidth=0.8)
    axis.set_xlabel("time (or memory) of tensor-dsl over that of the fastest peer; below 1 is better")
    axis.tick_params(axis="y", labelsize=7)
    figure.savefig(options.plot)
