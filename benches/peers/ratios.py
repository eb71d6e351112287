"""Reads JSON lines; prints the median over the rounds of each, in milliseconds, and a line
`ratio <task> ours=<ms> best=<ms> peer=<name> ratio=<x>` for each task, the fastest of the others being `best`."""
import json
import statistics
import sys

cells = {}
for line in sys.stdin:
    line = json.loads(line)
    name = "tensor-dsl" if line["framework"].startswith("tensor-dsl") else line["framework"]
    cells.setdefault(line["task"], {}).setdefault(name, []).append(line["ms"])
frameworks = sorted({name for row in cells.values() for name in row}, key=lambda name: (name != "tensor-dsl", name))
print("| task | " + " | ".join(frameworks) + " |")
print("|---" * (len(frameworks) + 1) + "|")
for task, row in cells.items():
    row = {name: statistics.median(found) for name, found in row.items()}
    print(f"| `{task}` | " + " | ".join(f"{row[name]:.3g}" if name in row else "–" for name in frameworks) + " |")
for task, row in cells.items():
    row = {name: statistics.median(found) for name, found in row.items()}
    ours = row.pop("tensor-dsl")
    best = min(row, key=row.get)
    print(f"ratio {task} ours={ours:.3f} best={row[best]:.3f} peer={best.replace(' ', '-')} ratio={ours / row[best]:.2f}")
