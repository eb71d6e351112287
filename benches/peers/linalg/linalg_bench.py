"""NumPy, SciPy and scikit-learn on two threads: one JSON line per task, as the Rust side prints them."""
import json
import os
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "2")
import numpy as np
import scipy
import scipy.linalg
import sklearn
from sklearn.decomposition import PCA
from sklearn.utils.extmath import randomized_svd


def timed(framework, task, f, least=7, seconds=2.0):
    """Warm up with two calls, then take the median."""
    f(), f()
    times, end = [], time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        started = time.perf_counter()
        f()
        times.append((time.perf_counter() - started) * 1e3)
    times.sort()
    line = {"framework": framework, "task": task, "ms": round(times[len(times) // 2], 4)}
    print(json.dumps(line | {"min_ms": round(times[0], 4), "n": len(times)}), flush=True)


NUMPY, SCIPY = f"numpy {np.__version__}", f"scipy {scipy.__version__}"
SKLEARN = f"scikit-learn {sklearn.__version__}"
rng = np.random.default_rng(0)

a = rng.standard_normal((1000, 1000))
timed(NUMPY, "svd_1000_f64", lambda: np.linalg.svd(a))
timed(SCIPY, "svd_1000_f64", lambda: scipy.linalg.svd(a))
timed(NUMPY, "svd_1000_f64_values", lambda: np.linalg.svd(a, compute_uv=False))
s = rng.standard_normal((512, 512))
s = s + s.T
timed(NUMPY, "eigh_512_f64", lambda: np.linalg.eigh(s))
timed(SCIPY, "eigh_512_f64", lambda: scipy.linalg.eigh(s, driver="evd"))
x = rng.standard_normal((1797, 64))
timed(SKLEARN, "pca_1797x64", lambda: PCA(10).fit(x))
x = rng.standard_normal((20000, 384))
timed(SKLEARN, "pca_20000x384_k50", lambda: PCA(50, svd_solver="covariance_eigh").fit(x))
x = rng.standard_normal((5000, 1000))
timed(SKLEARN, "rsvd_5000x1000_k50", lambda: randomized_svd(x, 50, random_state=0))
