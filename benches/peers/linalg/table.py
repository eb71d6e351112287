"""Print a Markdown table, task x framework, of the smallest median over rounds per cell among JSON lines, and a line
`ratio <task> ours=<ms> best=<ms> peer=<name> ratio=<x>` for each task: table.py file ..."""
import fileinput
import json

cells, names, tasks = {}, [], []
for line in fileinput.input():
    record = json.loads(line)
    name, task = record["framework"], record["task"]
    names += [name] * (name not in names)
    tasks += [task] * (task not in tasks)
    cells[task, name] = min(record["ms"], cells.get((task, name), float("inf")))

OURS = "tensor-dsl"
names.sort(key=lambda name: name != OURS)
print("| task, ms | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
for task in tasks:
    shown = [f"{cells[task, name]:.4g}" if (task, name) in cells else "–" for name in names]
    print(f"| `{task}` | " + " | ".join(shown) + " |")
print()
for task in tasks:
    best, peer = min((cells[task, name], name) for name in names if name != OURS and (task, name) in cells)
    ours = cells[task, OURS]
    print(f"ratio {task} ours={ours:.4f} best={best:.4f} peer={peer.replace(' ', '-')} ratio={ours / best:.3f}")
