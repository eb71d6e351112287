"""NumPy and FAISS (flat index) on the work of benches/search.rs: JSON lines on standard output."""
import json
import time

import faiss
import numpy

ROWS, WIDTH, TOP = 100_000, 384, 10
faiss.omp_set_num_threads(2)
random = numpy.random.default_rng(0)
rows = random.standard_normal((ROWS, WIDTH), dtype=numpy.float32)
rows /= numpy.linalg.norm(rows, axis=1, keepdims=True)
index = faiss.IndexFlatIP(WIDTH)
index.add(rows)


def by_numpy(queries):
    scores = queries @ rows.T
    best = numpy.argpartition(-scores, TOP, axis=1)[:, :TOP]
    order = numpy.argsort(-numpy.take_along_axis(scores, best, 1), axis=1)
    return numpy.take_along_axis(best, order, 1)


def milliseconds(work):
    work()
    found, started = [], time.perf_counter()
    while len(found) < 5 or time.perf_counter() - started < 2:
        before = time.perf_counter()
        work()
        found.append((time.perf_counter() - before) * 1e3)
    return sorted(found)[len(found) // 2], len(found)


for batch in (1, 32, 256):
    queries = random.standard_normal((batch, WIDTH), dtype=numpy.float32)
    assert (by_numpy(queries) == index.search(queries, TOP)[1]).mean() > 0.99
    for name, work in ((f"numpy {numpy.__version__}", lambda: by_numpy(queries)),
                       (f"faiss {faiss.__version__} flat", lambda: index.search(queries, TOP))):
        ms, n = milliseconds(work)
        print(json.dumps({"framework": name, "task": f"search_100k_384_top10_b{batch}", "ms": round(ms, 4), "n": n}), flush=True)
