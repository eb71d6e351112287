"""Files of Debian packages, for the fetch scripts beside this file. Needs apt-get and dpkg-deb."""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile


def fetch(package, inside, wanted, target, sha256):
    """Downloads `package` and puts the files below its folder `inside` that match `wanted` into `target`.

    `wanted` is a pattern, or several, from that folder on.

    They are there whole or not at all: written under another name, checked against `sha256` (of all names and
    contents, sorted), then renamed.
    """
    target = pathlib.Path(target)
    if target.is_dir() and digest(target) == sha256:
        print(f"{target}: there already")
        return
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is needed to get the Debian package {package}: use Debian or Ubuntu, or a container")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=target.parent) as scratch:
        scratch = pathlib.Path(scratch)
        print(f"downloading {package} …", flush=True)
        # As root, apt-get would hand the download to a user who may not write here, and warn.
        run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package], scratch)
        (archive,) = scratch.glob("*.deb")
        run(["dpkg-deb", "-x", archive.name, "unpacked"], scratch)
        source, made = scratch / "unpacked" / inside, scratch / "made"
        patterns = [f"**/{wanted}"] if isinstance(wanted, str) else wanted
        for file in sorted({file for pattern in patterns for file in source.glob(pattern)}):
            place = made / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
        notice = scratch / "unpacked/usr/share/doc" / package / "copyright"
        found = digest(made) if made.is_dir() else "nothing"
        if found != sha256:
            sys.exit(f"{package} holds other files than expected: SHA-256 {found} instead of {sha256}")
        shutil.copyfile(notice, made / "copyright")
        if target.exists():
            shutil.rmtree(target)
        made.rename(target)
    print(f"{target}: {sum(1 for file in target.rglob('*') if file.is_file()) - 1} files")


def digest(folder):
    """SHA-256 of all files' names and contents, the licence apart."""
    sha256 = hashlib.sha256()
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    for name in sorted(files):
        if name != "copyright":
            content = files[name].read_bytes()
            sha256.update(f"{name} {len(content)}\n".encode())
            sha256.update(content)
    return sha256.hexdigest()


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}\nIf the package is unknown, run apt-get update first.")
