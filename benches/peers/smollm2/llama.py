"""SmolLM2 by llama.cpp: llama.py FILE NAME, see run.sh. With `--tokens` it only says the tokens that all programs read."""

import json
import sys
import time
from pathlib import Path

from llama_cpp import Llama

PROMPT, WINDOW = 256, 16


def main():
    reference = Path(__file__).resolve().parents[3] / "tests" / "fixtures" / "smollm2" / "reference.json"
    tokens = json.loads(reference.read_text())["passage"][:PROMPT]
    if sys.argv[1] == "--tokens":
        print(",".join(map(str, tokens)))
        return
    llama = Llama(sys.argv[1], n_ctx=1024, n_threads=2, n_threads_batch=2, verbose=False)

    def read(part):
        started = time.perf_counter()
        llama.eval(part)
        return time.perf_counter() - started

    prompt = step = float("inf")
    for _ in range(4):
        llama.reset()
        prompt = min(prompt, read(tokens))
    for _ in range(4):
        llama.reset()
        read(tokens[:WINDOW])
        times = [read([token]) for token in tokens[WINDOW : 5 * WINDOW]]
        step = min(step, *(sum(times[at : at + WINDOW]) / WINDOW for at in range(len(times) - WINDOW + 1)))
    print(f"{sys.argv[2]} prompt={PROMPT / prompt:.1f} decode={1 / step:.1f}")


if __name__ == "__main__":
    main()
